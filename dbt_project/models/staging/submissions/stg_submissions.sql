with submissions as (

    select
        source,
        sender,
        arrival_id,
        received_at,
        taken_at,
        verdict,
        partition as partition_key,
        rows_total::bigint as rows_total,
        rows_accepted::bigint as rows_accepted,
        rows_refused::bigint as rows_refused,
        sequence::integer as sequence
    from {{ source('checked', 'submissions') }}

),

-- a resubmission replaces the earlier one of the same sender; a refused one replaces nothing
ranked as (

    select
        *,
        row_number() over (
            partition by source, partition_key, sender, verdict = 'refused'
            order by sequence desc, received_at desc, arrival_id desc
        ) as recency
    from submissions

),

labelled as (

    select
        source,
        partition_key,
        arrival_id,
        sender,
        sequence,
        received_at,
        taken_at,
        verdict,
        rows_total,
        rows_accepted,
        rows_refused,
        verdict <> 'refused' and recency = 1 as is_current,
        case when source = 'clusters' then nullif(regexp_extract(partition_key, '\d{4}-\d{2}$'), '') end as month,
        -- the partition names the cluster (WSH|2025-03); the refused file of an unknown sender may have none
        case
            when source = 'clusters' and contains(partition_key, '|') then split_part(partition_key, '|', 1)
            when source = 'clusters' then upper(regexp_replace(sender, '-focal$', ''))
        end as cluster
    from ranked

)

select * from labelled
