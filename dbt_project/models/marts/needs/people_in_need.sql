with needs as (

    select * from {{ ref('stg_needs') }}

),

named as (

    select
        needs.plan_year,
        make_date(needs.plan_year, 1, 1) as period_start,
        make_date(needs.plan_year, 12, 31) as period_end,
        needs.cod_version,
        needs.sector,
        sectors.name as sector_name,
        sectors.is_core,
        units.adm1_pcode,
        units.adm1_name,
        needs.adm2_pcode,
        units.name as adm2_name,
        needs.population_group,
        groups.name as population_group_name,
        needs.population,
        needs.severity,
        case when needs.severity is null then 'not_assessed' else 'reported' end as severity_status,
        needs.people_in_need,
        needs.value_status,
        needs.targeted
    from needs
    inner join {{ source('office', 'sectors') }} as sectors
        on needs.sector = sectors.sector
    left join {{ source('office', 'population_groups') }} as groups
        on needs.population_group = groups.population_group
    left join {{ ref('admin_units') }} as units
        on needs.cod_version = units.cod_version and needs.adm2_pcode = units.pcode

)

select * from named
