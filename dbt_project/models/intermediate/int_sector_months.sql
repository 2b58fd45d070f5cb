with reporting as (

    select
        cluster as sector,
        month,
        value_status = 'reported' as is_reported
    from {{ ref('reporting') }}

    union all

    select distinct
        sector,
        month,
        true as is_reported
    from {{ ref('stg_activities') }}

),

sector_months as (

    select
        sector,
        month,
        bool_or(is_reported) as is_reported
    from reporting
    group by sector, month

)

select * from sector_months
