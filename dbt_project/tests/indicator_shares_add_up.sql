-- In a single choice each settlement of the base is in exactly one option or without consensus.
with single_choices as (

    select distinct
        round,
        question
    from {{ ref('stg_questions') }}
    where type = 'select_one'

),

broken as (

    select
        indicators.round,
        indicators.pcode,
        indicators.question
    from {{ ref('area_indicators') }} as indicators
    inner join single_choices
        on indicators.round = single_choices.round and indicators.question = single_choices.question
    where indicators.value_status = 'reported'
    group by indicators.round, indicators.cod_version, indicators.pcode, indicators.question
    having sum(indicators.settlements) <> min(indicators.base)

)

select * from broken
