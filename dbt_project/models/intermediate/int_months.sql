with context as (

    select as_of from {{ source('lake', 'context') }}

),

reported as (

    select max(month) as last_month
    from {{ ref('stg_submissions') }}
    where source = 'clusters' and is_current

),

calendar as (

    select
        month,
        (month || '-01')::date as period_start,
        last_day((month || '-01')::date) as period_end,
        last_day((month || '-01')::date) + due_day::integer as due_on,
        left(month, 4)::integer as plan_year
    from {{ source('office', 'months') }}

),

months as (

    select
        calendar.month,
        calendar.period_start,
        calendar.period_end,
        calendar.plan_year,
        calendar.due_on,
        versions.cod_version
    from calendar
    cross join context
    cross join reported
    inner join {{ ref('int_cod_versions') }} as versions
        on calendar.period_end between versions.valid_on and versions.valid_to
    where calendar.due_on < context.as_of or calendar.month <= reported.last_month

)

select * from months
