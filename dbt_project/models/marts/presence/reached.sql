with figures as (

    select * from {{ ref('int_reached_sectors') }}
    where basis = 'month'

),

sector_months as (

    select
        sector_months.sector,
        sector_months.is_reported,
        months.*
    from {{ ref('int_sector_months') }} as sector_months
    inner join {{ ref('int_months') }} as months
        on sector_months.month = months.month

),

-- where the plan sees needs a figure is owed, whether or not anything was reported
planned as (

    select distinct
        needs.plan_year,
        needs.sector,
        needs.population_group,
        recode.to_version as cod_version,
        recode.to_pcode as pcode
    from {{ ref('stg_needs') }} as needs
    inner join {{ ref('int_recode') }} as recode
        on needs.cod_version = recode.from_version and needs.adm2_pcode = recode.from_pcode

),

cells as (

    select
        sector_months.month,
        planned.cod_version,
        planned.sector,
        planned.population_group,
        2 as admin_level,
        planned.pcode
    from planned
    inner join sector_months
        on
            planned.sector = sector_months.sector
            and planned.plan_year = sector_months.plan_year
            and planned.cod_version = sector_months.cod_version

    union

    select
        month,
        cod_version,
        sector,
        population_group,
        admin_level,
        pcode
    from figures

),

-- zero only where the sector reported the month and no activity there; a row without a figure stays unknown
valued as (

    select
        cells.*,
        sector_months.period_start,
        sector_months.period_end,
        figures.driver_activity,
        case
            when not sector_months.is_reported then null
            when figures.pcode is null then 0
            else figures.reached
        end as reached,
        figures.girls,
        figures.boys,
        figures.women,
        figures.men,
        figures.older_women,
        figures.older_men,
        figures.with_disability
    from cells
    inner join sector_months
        on cells.sector = sector_months.sector and cells.month = sector_months.month
    left join figures
        on
            cells.month = figures.month
            and cells.cod_version = figures.cod_version
            and cells.sector = figures.sector
            and cells.population_group = figures.population_group
            and cells.pcode = figures.pcode

),

split as (

    select
        * exclude (girls, boys, women, men, older_women, older_men),
        {% for part in ['girls', 'boys', 'women', 'men', 'older_women', 'older_men'] %}
            case when reached = 0 then 0 else {{ part }} end as {{ part }},
        {% endfor %}
        coalesce(girls + boys + women + men + older_women + older_men, 0) as reached_split
    from valued

),

named as (

    select
        split.month,
        split.period_start,
        split.period_end,
        split.cod_version,
        split.sector,
        sectors.name as sector_name,
        split.admin_level,
        split.pcode,
        units.adm1_pcode,
        units.adm1_name,
        units.adm2_pcode,
        units.adm2_name,
        split.population_group,
        groups.name as population_group_name,
        split.reached::bigint as reached,
        case when split.reached is null then 'not_reported' else 'reported' end as value_status,
        split.girls,
        split.boys,
        split.women,
        split.men,
        split.older_women,
        split.older_men,
        split.reached_split::bigint as reached_split,
        case
            when split.reached is null or (split.reached > 0 and split.reached_split = 0) then 'not_reported'
            when split.reached_split < split.reached then 'partial'
            else 'complete'
        end as sadd_status,
        split.with_disability,
        split.driver_activity
    from split
    inner join {{ source('office', 'sectors') }} as sectors
        on split.sector = sectors.sector
    left join {{ source('office', 'population_groups') }} as groups
        on split.population_group = groups.population_group
    left join {{ ref('admin_units') }} as units
        on split.cod_version = units.cod_version and split.pcode = units.pcode

)

select * from named
