with core as (

    select *
    from {{ ref('sector_gaps') }}
    where is_core

),

-- in one place the sectors reach the same people: the largest figure counts, nothing is added up
drivers as (

    select
        month,
        adm2_pcode,
        population_group,
        sector as driver_sector
    from core
    where reached is not null
    qualify row_number() over (
        partition by plan_year, month, adm2_pcode, population_group
        order by reached desc, sector asc
    ) = 1

),

largest as (

    select
        month,
        period_start,
        period_end,
        plan_year,
        cod_version,
        adm1_pcode,
        adm1_name,
        adm2_pcode,
        adm2_name,
        population_group,
        population_group_name,
        max(targeted) as targeted,
        max(reached) as reached,
        count(*) as core_sectors_expected,
        count(reached) as core_sectors_reported,
        count(*) filter (where presence_gap) as core_sectors_absent
    from core
    group by all

),

gaps as (

    select
        largest.month,
        largest.period_start,
        largest.period_end,
        largest.plan_year,
        largest.cod_version,
        largest.adm1_pcode,
        largest.adm1_name,
        largest.adm2_pcode,
        largest.adm2_name,
        largest.population_group,
        largest.population_group_name,
        intersectoral.preliminary_severity,
        intersectoral.preliminary_people_in_need,
        coalesce(intersectoral.value_status, 'not_assessed') as people_in_need_status,
        largest.targeted,
        largest.reached,
        case when largest.reached is null then 'not_reported' else 'reported' end as value_status,
        drivers.driver_sector,
        {{ shortfall('intersectoral.preliminary_people_in_need', 'largest.reached') }} as need_gap,
        {{ shortfall('largest.targeted', 'largest.reached') }} as response_gap,
        (largest.reached - largest.targeted)::bigint as over_reach,
        {{ share('largest.reached', 'intersectoral.preliminary_people_in_need') }} as coverage_of_need,
        {{ share('largest.reached', 'largest.targeted') }} as coverage_of_target,
        largest.core_sectors_expected,
        largest.core_sectors_reported,
        largest.core_sectors_absent
    from largest
    left join {{ ref('intersectoral') }} as intersectoral
        on
            largest.plan_year = intersectoral.plan_year
            and largest.adm2_pcode = intersectoral.adm2_pcode
            and largest.population_group = intersectoral.population_group
    left join drivers
        on
            largest.month = drivers.month
            and largest.adm2_pcode = drivers.adm2_pcode
            and largest.population_group = drivers.population_group

)

select * from gaps
