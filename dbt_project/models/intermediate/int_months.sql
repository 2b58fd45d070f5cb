with context as (

    select as_of from {{ source('lake', 'context') }}

),

reported as (

    select
        min(month || '-01')::date as first_start,
        max(month || '-01')::date as last_start
    from {{ ref('stg_submissions') }}
    where source = 'clusters' and is_current

),

bounds as (

    select
        reported.first_start,
        greatest(
            reported.last_start,
            (
                date_trunc('month', context.as_of - {{ var('cluster_due_day') }}::integer) - interval 1 month
            )::date
        ) as last_start
    from reported
    cross join context

),

starts as (

    select unnest(generate_series(first_start, last_start, interval 1 month))::date as period_start
    from bounds

),

months as (

    select
        period_start,
        last_day(period_start) as period_end,
        strftime(period_start, '%Y-%m') as month,
        year(period_start)::integer as plan_year,
        last_day(period_start) + {{ var('cluster_due_day') }}::integer as due_on
    from starts

),

versioned as (

    select
        months.month,
        months.period_start,
        months.period_end,
        months.plan_year,
        months.due_on,
        versions.cod_version
    from months
    inner join {{ ref('int_cod_versions') }} as versions
        on months.period_end between versions.valid_on and versions.valid_to

)

select * from versioned
