with submissions as (

    select * from {{ ref('stg_submissions') }}
    where source = 'clusters'

),

-- a cluster is expected to report if the plan has needs for its sector or if it has ever handed anything in
expected as (

    select
        sectors.sector as cluster,
        sectors.name as cluster_name
    from {{ source('office', 'sectors') }} as sectors
    where
        sectors.sector in (select needs.sector from {{ ref('stg_needs') }} as needs)
        or sectors.sector in (select submissions.cluster from submissions)

),

attempts as (

    select
        cluster,
        month,
        count(*) as submissions,
        count(*) filter (where verdict = 'refused') as submissions_refused,
        (min(received_at) filter (where verdict <> 'refused')) as first_accepted_at,
        (max(received_at) filter (where is_current)) as received_at,
        sum(rows_total) filter (where is_current) as rows_total,
        sum(rows_accepted) filter (where is_current) as rows_accepted,
        sum(rows_refused) filter (where is_current) as rows_refused
    from submissions
    group by cluster, month

),

days as (

    select
        *,
        ((first_accepted_at at time zone 'UTC') at time zone '{{ var("time_zone") }}')::date as first_accepted_on
    from attempts

),

judged as (

    select
        expected.cluster,
        expected.cluster_name,
        months.month,
        months.period_start,
        months.period_end,
        months.cod_version,
        months.due_on,
        case
            when days.first_accepted_on <= months.due_on then 'on_time'
            when days.first_accepted_on > months.due_on then 'late'
            when days.submissions > 0 then 'refused'
            when months.due_on >= context.as_of then 'not_due'
            else 'missing'
        end as reporting_status,
        case when days.first_accepted_on is null then 'not_reported' else 'reported' end as value_status,
        days.first_accepted_on,
        days.received_at,
        coalesce(days.submissions, 0)::bigint as submissions,
        coalesce(days.submissions_refused, 0)::bigint as submissions_refused,
        days.rows_total::bigint as rows_total,
        days.rows_accepted::bigint as rows_accepted,
        days.rows_refused::bigint as rows_refused
    from expected
    cross join {{ ref('int_months') }} as months
    cross join {{ source('lake', 'context') }} as context
    left join days
        on expected.cluster = days.cluster and months.month = days.month

)

select * from judged
