with weeks as (

    select * from {{ ref('int_displacement_weeks') }}

),

earlier as (

    select
        cod_version,
        week,
        adm2_pcode,
        location_type,
        last_value(idps ignore nulls) over before as previous_idps,
        last_value(if(idps is null, null, week) ignore nulls) over before as previous_week,
        last_value(if(idps is null, null, period_start) ignore nulls) over before as previous_start,
        last_value(if(idps is null, null, is_estimate) ignore nulls) over before as previous_is_estimate
    from {{ ref('int_displacement_series') }}
    window before as (
        partition by cod_version, adm2_pcode, location_type
        order by week
        rows between unbounded preceding and 1 preceding
    )

),

compared as (

    select
        weeks.*,
        earlier.previous_week,
        earlier.previous_idps,
        earlier.previous_is_estimate,
        ((weeks.period_start - earlier.previous_start) // 7)::integer as weeks_since_previous
    from weeks
    left join earlier
        on
            weeks.cod_version = earlier.cod_version
            and weeks.week = earlier.week
            and weeks.adm2_pcode = earlier.adm2_pcode
            and weeks.location_type = earlier.location_type

),

named as (

    select
        compared.week,
        compared.period_start,
        compared.period_end,
        compared.cod_version,
        compared.adm1_pcode,
        units.adm1_name,
        compared.adm2_pcode,
        units.name as adm2_name,
        compared.location_type,
        compared.idps,
        compared.households,
        compared.women,
        compared.men,
        compared.children,
        case when compared.idps is null then 'not_reported' else 'reported' end as value_status,
        compared.as_of,
        compared.previous_week,
        compared.previous_idps,
        compared.previous_is_estimate,
        compared.weeks_since_previous,
        compared.idps - compared.previous_idps as change,
        {{ share('(compared.idps - compared.previous_idps)', 'compared.previous_idps') }} as change_share
    from compared
    left join {{ ref('admin_units') }} as units
        on compared.cod_version = units.cod_version and compared.adm2_pcode = units.pcode

)

select * from named
