with delivered as (

    select *
    from {{ ref('stg_activities') }}
    where status in ('ongoing', 'completed')

)

select * from delivered
