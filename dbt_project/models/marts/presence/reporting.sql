with submissions as (

    select * from {{ ref('stg_submissions') }}
    where source = 'clusters'

),

attempts as (

    select
        cluster,
        month,
        count(*) as submissions,
        count(*) filter (where verdict = 'refused') as submissions_refused,
        (min(received_at) filter (where verdict <> 'refused'))::date as first_accepted_on,
        (max(received_at) filter (where is_current)) as received_at,
        sum(rows_total) filter (where is_current) as rows_total,
        sum(rows_accepted) filter (where is_current) as rows_accepted,
        sum(rows_refused) filter (where is_current) as rows_refused
    from submissions
    group by cluster, month

),

judged as (

    select
        clusters.cluster,
        clusters.name as cluster_name,
        months.month,
        months.period_start,
        months.period_end,
        months.cod_version,
        months.due_on,
        case
            when attempts.first_accepted_on <= months.due_on then 'on_time'
            when attempts.first_accepted_on > months.due_on then 'late'
            when attempts.submissions > 0 then 'refused'
            when months.due_on >= context.as_of then 'not_due'
            else 'missing'
        end as reporting_status,
        case when attempts.first_accepted_on is null then 'not_reported' else 'reported' end as value_status,
        attempts.first_accepted_on,
        attempts.received_at,
        coalesce(attempts.submissions, 0)::bigint as submissions,
        coalesce(attempts.submissions_refused, 0)::bigint as submissions_refused,
        attempts.rows_total::bigint as rows_total,
        attempts.rows_accepted::bigint as rows_accepted,
        attempts.rows_refused::bigint as rows_refused
    from {{ source('office', 'clusters') }} as clusters
    cross join {{ ref('int_months') }} as months
    cross join {{ source('lake', 'context') }} as context
    left join attempts
        on clusters.cluster = attempts.cluster and months.month = attempts.month

)

select * from judged
