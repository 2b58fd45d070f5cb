with questions as (

    select
        round,
        question,
        label_en,
        label_local,
        type,
        -- forms of other countries write the method as aok_mode, aok_yes and so on
        coalesce(nullif(regexp_replace(aggregation, '^aok_', ''), ''), 'mode') as aggregation,
        sector,
        option,
        option_label_en,
        option_label_local,
        option_order::integer as option_order
    from {{ source('checked', 'questions') }}

)

select * from questions
