with located as (

    select
        locations.*,
        months.plan_year,
        months.cod_version as month_version
    from {{ ref('int_reached_locations') }} as locations
    inner join {{ ref('int_months') }} as months
        on locations.month = months.month

),

plans as (

    select distinct
        plan_year,
        cod_version
    from {{ ref('stg_needs') }}

),

targets as (

    select
        'month' as basis,
        located.month_version as to_version,
        located.*
    from located

    union all

    select
        'plan' as basis,
        plans.cod_version as to_version,
        located.*
    from located
    inner join plans
        on located.plan_year = plans.plan_year

),

-- the parts are apportioned one by one and the total is their sum, so that they still add up
apportioned as (

    select
        targets.basis,
        targets.month,
        targets.plan_year,
        targets.to_version as cod_version,
        targets.sector,
        targets.activity_code,
        targets.population_group,
        targets.location_level,
        recode.to_pcode as location_pcode,
        recode.to_adm1_pcode as adm1_pcode,
        recode.to_adm2_pcode as adm2_pcode,
        targets.reached is not null as has_figure,
        {{ apportion('targets.girls') }} as girls,
        {{ apportion('targets.boys') }} as boys,
        {{ apportion('targets.women') }} as women,
        {{ apportion('targets.men') }} as men,
        {{ apportion('targets.older_women') }} as older_women,
        {{ apportion('targets.older_men') }} as older_men,
        {{ apportion('targets.unsplit') }} as unsplit,
        {{ apportion('targets.with_disability') }} as with_disability,
        {{ apportion('targets.reached_new') }} as reached_new
    from targets
    inner join {{ ref('int_recode') }} as recode
        on
            targets.cod_version = recode.from_version
            and targets.location_pcode = recode.from_pcode
            and targets.to_version = recode.to_version

),

summed as (

    select
        basis,
        month,
        plan_year,
        cod_version,
        sector,
        activity_code,
        population_group,
        location_level,
        location_pcode,
        adm1_pcode,
        adm2_pcode,
        (
            sum(
                coalesce(girls, 0) + coalesce(boys, 0) + coalesce(women, 0) + coalesce(men, 0)
                + coalesce(older_women, 0) + coalesce(older_men, 0) + coalesce(unsplit, 0)
            ) filter (where has_figure)
        )::bigint as reached,
        sum(reached_new)::bigint as reached_new,
        sum(girls)::bigint as girls,
        sum(boys)::bigint as boys,
        sum(women)::bigint as women,
        sum(men)::bigint as men,
        sum(older_women)::bigint as older_women,
        sum(older_men)::bigint as older_men,
        sum(with_disability)::bigint as with_disability
    from apportioned
    group by all

),

over_months as (

    select
        'plan' as basis,
        months.month,
        summed.plan_year,
        summed.cod_version,
        summed.sector,
        summed.activity_code,
        summed.population_group,
        summed.location_level,
        summed.location_pcode,
        summed.adm1_pcode,
        summed.adm2_pcode,
        greatest(max(summed.reached), sum(summed.reached_new))::bigint as reached
    from summed
    inner join {{ ref('int_months') }} as months
        on summed.plan_year = months.plan_year and summed.month <= months.month
    where summed.basis = 'plan'
    group by all

),

periods as (

    select
        basis,
        month,
        cod_version,
        sector,
        activity_code,
        population_group,
        location_level,
        location_pcode,
        adm1_pcode,
        adm2_pcode,
        reached,
        girls,
        boys,
        women,
        men,
        older_women,
        older_men,
        with_disability
    from summed
    where basis = 'month'

    union all by name

    select
        basis,
        month,
        cod_version,
        sector,
        activity_code,
        population_group,
        location_level,
        location_pcode,
        adm1_pcode,
        adm2_pcode,
        reached
    from over_months

)

select * from periods
