with weeks as (

    select
        *,
        strftime(period_end, '%Y-%m') as month
    from {{ ref('weekly') }}

),

-- the version in force in the last of its weeks is the month's
months as (

    select
        month,
        max_by(cod_version, week) as cod_version,
        count(distinct week) as weeks_elapsed
    from weeks
    group by month

),

series as (

    select
        *,
        strftime(period_end, '%Y-%m') as month
    from {{ ref('int_displacement_series') }}

),

-- the stock at the end of the month: the last figure reported in it
ends as (

    select
        cod_version,
        month,
        adm2_pcode,
        location_type,
        count(idps) as weeks_reported,
        max_by(week, week) filter (where idps is not null) as week,
        max_by(period_end, week) filter (where idps is not null) as as_of_week_end,
        max_by(idps, week) filter (where idps is not null) as idps,
        max_by(is_estimate, week) filter (where idps is not null) as is_estimate
    from series
    group by all

),

earlier as (

    select
        *,
        last_value(idps ignore nulls) over before as previous_idps,
        last_value(if(idps is null, null, month) ignore nulls) over before as previous_month
    from ends
    window before as (
        partition by cod_version, adm2_pcode, location_type
        order by month
        rows between unbounded preceding and 1 preceding
    )

),

named as (

    select
        earlier.month,
        (earlier.month || '-01')::date as period_start,
        last_day((earlier.month || '-01')::date) as period_end,
        earlier.cod_version,
        units.adm1_pcode,
        units.adm1_name,
        earlier.adm2_pcode,
        units.name as adm2_name,
        earlier.location_type,
        earlier.idps,
        case when earlier.idps is null then 'not_reported' else 'reported' end as value_status,
        earlier.week as reported_week,
        earlier.as_of_week_end,
        earlier.is_estimate,
        earlier.weeks_reported,
        months.weeks_elapsed,
        earlier.previous_month,
        earlier.previous_idps,
        earlier.idps - earlier.previous_idps as change,
        {{ share('(earlier.idps - earlier.previous_idps)', 'earlier.previous_idps') }} as change_share
    from earlier
    inner join months
        on earlier.month = months.month and earlier.cod_version = months.cod_version
    left join {{ ref('admin_units') }} as units
        on earlier.cod_version = units.cod_version and earlier.adm2_pcode = units.pcode

)

select * from named
