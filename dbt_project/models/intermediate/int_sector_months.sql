with reporting as (

    select
        cluster as sector,
        month,
        value_status = 'reported' as is_reported,
        null::boolean as says_for_whom
    from {{ ref('reporting') }}

    union all

    select
        sector,
        month,
        true as is_reported,
        count(population_group) > 0 as says_for_whom
    from {{ ref('stg_activities') }}
    group by sector, month

),

-- presence alone is no report on people: what was not asked for must not come out as zero
sector_months as (

    select
        sector,
        month,
        bool_or(is_reported) and coalesce(bool_and(says_for_whom), true) as is_reported
    from reporting
    group by sector, month

)

select * from sector_months
