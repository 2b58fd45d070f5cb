with needs as (

    select * from {{ ref('people_in_need') }}

),

plans as (

    select distinct
        plan_year,
        cod_version
    from needs

),

sector_months as (

    select
        sector_months.sector,
        sector_months.is_reported,
        months.month,
        months.plan_year,
        months.period_end,
        count(*) filter (where sector_months.is_reported) over so_far as months_reported,
        count(*) over so_far as months_elapsed
    from {{ ref('int_sector_months') }} as sector_months
    inner join {{ ref('int_months') }} as months
        on sector_months.month = months.month
    window so_far as (
        partition by sector_months.sector, months.plan_year
        order by months.month
        rows between unbounded preceding and current row
    )

),

reached as (

    select * from {{ ref('int_reached_sectors') }}
    where basis = 'plan' and admin_level = 2

),

-- who works where, month by month, in the plan's own districts
organisations as (

    select
        delivered.month,
        delivered.sector,
        recode.to_version as cod_version,
        recode.to_adm2_pcode as adm2_pcode,
        count(distinct delivered.delivering_org_id) as organisations
    from {{ ref('int_delivered') }} as delivered
    inner join {{ ref('int_recode') }} as recode
        on
            delivered.cod_version = recode.from_version
            and delivered.location_pcode = recode.from_pcode
    where delivered.location_level > 1
    group by all

),

cells as (

    select
        plan_year,
        cod_version,
        sector,
        population_group,
        adm2_pcode
    from needs

    union

    select
        plans.plan_year,
        reached.cod_version,
        reached.sector,
        reached.population_group,
        reached.pcode as adm2_pcode
    from reached
    inner join plans
        on left(reached.month, 4)::integer = plans.plan_year

),

measured as (

    select
        cells.*,
        sector_months.month,
        sector_months.period_end,
        sector_months.is_reported,
        sector_months.months_reported,
        sector_months.months_elapsed,
        needs.population,
        needs.severity,
        needs.people_in_need,
        needs.targeted,
        case
            when not sector_months.is_reported then null
            when reached.pcode is null then 0
            else reached.reached
        end as reached,
        case when sector_months.is_reported then coalesce(organisations.organisations, 0) end as organisations
    from cells
    inner join sector_months
        on cells.sector = sector_months.sector and cells.plan_year = sector_months.plan_year
    left join needs
        on
            cells.plan_year = needs.plan_year
            and cells.sector = needs.sector
            and cells.adm2_pcode = needs.adm2_pcode
            and cells.population_group = needs.population_group
    left join reached
        on
            sector_months.month = reached.month
            and cells.cod_version = reached.cod_version
            and cells.sector = reached.sector
            and cells.adm2_pcode = reached.pcode
            and cells.population_group = reached.population_group
    left join organisations
        on
            sector_months.month = organisations.month
            and cells.cod_version = organisations.cod_version
            and cells.sector = organisations.sector
            and cells.adm2_pcode = organisations.adm2_pcode

),

gaps as (

    select
        measured.month,
        make_date(measured.plan_year, 1, 1) as period_start,
        measured.period_end,
        measured.plan_year,
        measured.cod_version,
        measured.sector,
        sectors.name as sector_name,
        sectors.is_core,
        units.adm1_pcode,
        units.adm1_name,
        measured.adm2_pcode,
        units.name as adm2_name,
        measured.population_group,
        groups.name as population_group_name,
        measured.severity,
        measured.people_in_need,
        measured.targeted,
        measured.reached::bigint as reached,
        case when measured.reached is null then 'not_reported' else 'reported' end as value_status,
        (measured.people_in_need - measured.targeted)::bigint as planning_gap,
        {{ shortfall('measured.people_in_need', 'measured.reached') }} as need_gap,
        {{ shortfall('measured.targeted', 'measured.reached') }} as response_gap,
        (measured.reached - measured.targeted)::bigint as over_reach,
        {{ share('measured.reached', 'measured.people_in_need') }} as coverage_of_need,
        {{ share('measured.reached', 'measured.targeted') }} as coverage_of_target,
        measured.organisations::bigint as organisations,
        case
            when not measured.is_reported or measured.people_in_need is null then null
            else measured.people_in_need > 0 and measured.organisations = 0
        end as presence_gap,
        measured.months_reported::bigint as months_reported,
        measured.months_elapsed::bigint as months_elapsed
    from measured
    inner join {{ source('office', 'sectors') }} as sectors
        on measured.sector = sectors.sector
    left join {{ source('office', 'population_groups') }} as groups
        on measured.population_group = groups.population_group
    left join {{ ref('admin_units') }} as units
        on measured.cod_version = units.cod_version and measured.adm2_pcode = units.pcode

)

select * from gaps
