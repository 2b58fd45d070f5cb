with interviews as (

    select * from {{ ref('stg_interviews') }}

),

settlements as (

    select
        round,
        cod_version,
        settlement_pcode,
        adm1_pcode,
        adm2_pcode,
        adm3_pcode,
        count(distinct interview_id) as interviews
    from interviews
    group by all
    having count(distinct interview_id) >= {{ var('hsm_minimum_interviews') }}

),

rounds as (

    select
        round,
        min(interview_date) as period_start,
        max(interview_date) as period_end
    from interviews
    group by round

),

questions as (

    select distinct
        round,
        question,
        type,
        aggregation
    from {{ ref('stg_questions') }}
    where aggregation <> 'hh_level'

),

-- "don't know" and "prefer not to answer" are no answers
answers as (

    select distinct
        answers.round,
        interviews.settlement_pcode,
        answers.question,
        questions.type,
        questions.aggregation,
        answers.interview_id,
        answers.option
    from {{ ref('stg_answers') }} as answers
    inner join interviews
        on answers.round = interviews.round and answers.interview_id = interviews.interview_id
    inner join questions
        on answers.round = questions.round and answers.question = questions.question
    where answers.option not in {{ sql_list(var('hsm_no_answer_options')) }}

),

votes as (

    select
        answers.round,
        answers.settlement_pcode,
        answers.question,
        answers.type,
        answers.aggregation,
        answers.option,
        max(options.option_order) as option_order,
        count(distinct answers.interview_id) as votes
    from answers
    left join {{ ref('stg_questions') }} as options
        on
            answers.round = options.round
            and answers.question = options.question
            and answers.option = options.option
    where answers.type <> 'integer'
    group by all

),

-- what counts for more, by the question's method: votes, one decisive option, or the option's place in the list
-- (written from the least to the gravest, and from the most recent to the longest ago)
ranked as (

    select
        *,
        case
            when aggregation in ('yes', 'no') then if(option = aggregation, 1000000, votes)
            when aggregation = 'highest' then option_order
            when aggregation = 'recent' then -option_order
            else votes
        end as standing
    from votes
    where type = 'select_one'

),

winners as (

    select *
    from ranked
    qualify standing = max(standing) over (partition by round, settlement_pcode, question)

),

single_choices as (

    select
        round,
        settlement_pcode,
        question,
        case when count(*) = 1 then min(option) else 'NC' end as option,
        max(votes) as votes
    from winners
    group by all

),

multiple_choices as (

    select
        round,
        settlement_pcode,
        question,
        option,
        votes
    from votes
    where type = 'select_multiple'
    qualify
        option not in {{ sql_list(var('hsm_exclusive_options')) }}
        or bool_and(option in {{ sql_list(var('hsm_exclusive_options')) }}) over (
            partition by round, settlement_pcode, question
        )

),

numbers as (

    select
        round,
        settlement_pcode,
        question,
        interview_id,
        try_cast(option as bigint)::hugeint as value
    from answers
    where type = 'integer' and try_cast(option as bigint) is not null

),

spread as (

    select
        *,
        count(*) over of_settlement as n,
        sum(value) over of_settlement as total,
        sum(value * value) over of_settlement as squares
    from numbers
    window of_settlement as (partition by round, settlement_pcode, question)

),

-- the mean of the values within one standard deviation of the mean, rounded up; all in whole numbers:
-- |value - mean| <= sd, multiplied out
means as (

    select
        round,
        settlement_pcode,
        question,
        'NUMBER' as option,
        count(*) as votes,
        sum(value) // count(*) + (sum(value) % count(*) > 0)::integer as value
    from spread
    where (n * value - total) * (n * value - total) * (n - 1) <= n * (n * squares - total * total)
    group by all

),

outcomes as (

    select
        *,
        null::hugeint as value
    from single_choices

    union all

    select
        *,
        null::hugeint as value
    from multiple_choices

    union all

    select * from means

),

answered as (

    select
        round,
        settlement_pcode,
        question,
        count(distinct interview_id) as interviews_answering
    from answers
    group by all

),

consensus as (

    select
        settlements.round,
        rounds.period_start,
        rounds.period_end,
        settlements.cod_version,
        settlements.adm1_pcode,
        settlements.adm2_pcode,
        settlements.adm3_pcode,
        settlements.settlement_pcode,
        questions.question,
        questions.type as question_type,
        questions.aggregation,
        coalesce(outcomes.option, 'NA') as option,
        outcomes.value::bigint as value,
        case
            when outcomes.option is null then 'not_reported'
            when outcomes.option = 'NC' then 'no_consensus'
            else 'reported'
        end as value_status,
        coalesce(outcomes.votes, 0)::bigint as votes,
        coalesce(answered.interviews_answering, 0)::bigint as interviews_answering,
        settlements.interviews
    from settlements
    inner join rounds
        on settlements.round = rounds.round
    inner join questions
        on settlements.round = questions.round
    left join outcomes
        on
            settlements.round = outcomes.round
            and settlements.settlement_pcode = outcomes.settlement_pcode
            and questions.question = outcomes.question
    left join answered
        on
            settlements.round = answered.round
            and settlements.settlement_pcode = answered.settlement_pcode
            and questions.question = answered.question

)

select * from consensus
