with submissions as (

    select * from {{ ref('stg_submissions') }}

),

dated as (

    select
        submissions.source,
        submissions.partition_key,
        submissions.sender,
        submissions.sequence,
        submissions.arrival_id,
        submissions.received_at,
        submissions.taken_at,
        submissions.received_at::date as period_start,
        submissions.received_at::date as period_end,
        versions.cod_version,
        submissions.verdict,
        submissions.is_current,
        case
            when submissions.verdict = 'refused' then 'refused'
            when submissions.is_current then 'in_use'
            else 'replaced'
        end as use_status,
        submissions.rows_total,
        submissions.rows_accepted,
        submissions.rows_refused
    from submissions
    left join {{ ref('int_cod_versions') }} as versions
        on submissions.received_at::date between versions.valid_on and versions.valid_to

)

select * from dated
