with answers as (

    select
        round,
        interview_id,
        question,
        option
    from {{ source('checked', 'answers') }}

)

select * from answers
