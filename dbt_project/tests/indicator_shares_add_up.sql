-- In a single choice each settlement of the base is in exactly one option or without consensus.
select indicators.round, indicators.pcode, indicators.question
from {{ ref('area_indicators') }} as indicators
inner join (select distinct round, question, type from {{ ref('stg_questions') }}) as questions
    on indicators.round = questions.round and indicators.question = questions.question
where questions.type = 'select_one' and indicators.value_status = 'reported'
group by indicators.round, indicators.cod_version, indicators.pcode, indicators.question
having sum(indicators.settlements) <> any_value(indicators.base)
