with consensus as (

    select
        *,
        unnest([1, 2]) as admin_level
    from {{ ref('settlement_consensus') }}
    where question_type <> 'integer'

),

located as (

    select
        * exclude (adm1_pcode, adm2_pcode, adm3_pcode),
        case when admin_level = 1 then adm1_pcode else adm2_pcode end as pcode
    from consensus

),

rounds as (

    select distinct
        round,
        period_start,
        period_end,
        cod_version
    from located

),

-- an area that was assessed in some round is named in every round of the same COD version: not assessed is told
areas as (

    select distinct
        cod_version,
        admin_level,
        pcode
    from located

),

-- an option nobody chose is a zero; no consensus is a category of its own
options as (

    select
        round,
        question,
        label_en,
        sector,
        option,
        option_label_en,
        option_order
    from {{ ref('stg_questions') }}
    where
        type <> 'integer'
        and aggregation <> 'hh_level'
        and option not in {{ sql_list(var('hsm_no_answer_options')) }}

    union all

    select distinct
        round,
        question,
        label_en,
        sector,
        'NC' as option,
        'No consensus' as option_label_en,
        9999 as option_order
    from {{ ref('stg_questions') }}
    where type = 'select_one' and aggregation <> 'hh_level'

),

assessed as (

    select
        round,
        cod_version,
        admin_level,
        pcode,
        count(distinct settlement_pcode) as settlements_assessed
    from located
    group by all

),

bases as (

    select
        round,
        cod_version,
        admin_level,
        pcode,
        question,
        count(distinct settlement_pcode) as base
    from located
    where option <> 'NA'
    group by all

),

chosen as (

    select
        round,
        cod_version,
        admin_level,
        pcode,
        question,
        option,
        count(distinct settlement_pcode) as settlements
    from located
    where option <> 'NA'
    group by all

),

indicators as (

    select
        rounds.round,
        rounds.period_start,
        rounds.period_end,
        rounds.cod_version,
        areas.admin_level,
        areas.pcode,
        units.adm1_pcode,
        units.adm1_name,
        units.adm2_pcode,
        units.adm2_name,
        options.question,
        options.label_en as question_label,
        options.sector,
        options.option,
        options.option_label_en as option_label,
        options.option_order,
        coalesce(assessed.settlements_assessed, 0)::bigint as settlements_assessed,
        case when assessed.pcode is not null then coalesce(bases.base, 0) end as base,
        case when bases.base > 0 then coalesce(chosen.settlements, 0) end as settlements,
        case
            when assessed.pcode is null then 'not_assessed'
            when bases.base is null then 'not_reported'
            else 'reported'
        end as value_status
    from rounds
    inner join areas
        on rounds.cod_version = areas.cod_version
    inner join options
        on rounds.round = options.round
    left join assessed
        on
            rounds.round = assessed.round
            and areas.cod_version = assessed.cod_version
            and areas.admin_level = assessed.admin_level
            and areas.pcode = assessed.pcode
    left join bases
        on
            rounds.round = bases.round
            and areas.cod_version = bases.cod_version
            and areas.admin_level = bases.admin_level
            and areas.pcode = bases.pcode
            and options.question = bases.question
    left join chosen
        on
            rounds.round = chosen.round
            and areas.cod_version = chosen.cod_version
            and areas.admin_level = chosen.admin_level
            and areas.pcode = chosen.pcode
            and options.question = chosen.question
            and options.option = chosen.option
    left join {{ ref('admin_units') }} as units
        on areas.cod_version = units.cod_version and areas.pcode = units.pcode

),

shares as (

    select
        *,
        {{ share('settlements', 'base') }} as share_of_settlements
    from indicators

)

select * from shares
