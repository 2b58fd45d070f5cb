with context as (

    select plan_cycle::integer as jiaf_cycle from {{ source('lake', 'context') }}

),

sectors as (

    select *
    from {{ ref('people_in_need') }}
    where is_core

),

drivers as (

    select
        plan_year,
        adm2_pcode,
        population_group,
        sector as driver_sector
    from sectors
    where people_in_need is not null
    qualify row_number() over (
        partition by plan_year, adm2_pcode, population_group
        order by people_in_need desc, sector asc
    ) = 1

),

counted as (

    select
        plan_year,
        period_start,
        period_end,
        cod_version,
        adm1_pcode,
        adm1_name,
        adm2_pcode,
        adm2_name,
        population_group,
        population_group_name,
        max(population) as population,
        count(severity) as core_sectors_assessed,
        count(*) filter (where severity >= 5) as at_5,
        count(*) filter (where severity >= 4) as at_4,
        count(*) filter (where severity >= 3) as at_3,
        count(*) filter (where severity >= 2) as at_2,
        max(people_in_need) as highest_people_in_need
    from sectors
    group by all

),

-- JIAF 2, preliminary (Mosaic): four core sectors must agree, so fewer than four assessed decide nothing
classed as (

    select
        *,
        case
            when core_sectors_assessed < 4 then null
            when at_5 >= 2 and at_4 >= 4 then 5
            when at_4 >= 4 then 4
            when at_3 >= 4 then 3
            when at_2 >= 4 then 2
            else 1
        end as preliminary_severity
    from counted

),

ruled as (

    select
        classed.*,
        context.jiaf_cycle,
        case
            when classed.preliminary_severity is null then 'severity_not_assessed'
            when context.jiaf_cycle >= 2026 and classed.preliminary_severity <= 2 then 'blank_severity_2_or_less'
            when classed.highest_people_in_need is null then 'no_core_sector_figure'
            else 'highest_core_sector'
        end as people_in_need_rule
    from classed
    cross join context

),

intersectoral as (

    select
        ruled.plan_year,
        ruled.period_start,
        ruled.period_end,
        ruled.cod_version,
        ruled.adm1_pcode,
        ruled.adm1_name,
        ruled.adm2_pcode,
        ruled.adm2_name,
        ruled.population_group,
        ruled.population_group_name,
        ruled.population,
        ruled.core_sectors_assessed,
        ruled.preliminary_severity::integer as preliminary_severity,
        case when ruled.preliminary_severity is null then 'not_assessed' else 'reported' end as severity_status,
        case
            when ruled.people_in_need_rule = 'highest_core_sector' then ruled.highest_people_in_need
        end as preliminary_people_in_need,
        case
            when ruled.people_in_need_rule = 'highest_core_sector' then 'reported' else 'not_assessed'
        end as value_status,
        ruled.people_in_need_rule,
        case
            when ruled.people_in_need_rule = 'highest_core_sector' then drivers.driver_sector
        end as driver_sector,
        ruled.jiaf_cycle
    from ruled
    left join drivers
        on
            ruled.plan_year = drivers.plan_year
            and ruled.adm2_pcode = drivers.adm2_pcode
            and ruled.population_group = drivers.population_group

)

select * from intersectoral
