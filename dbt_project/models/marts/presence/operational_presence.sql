with activities as (

    select
        month,
        cod_version,
        sector,
        delivering_org_id as org_id,
        activity_code,
        case when adm2_pcode is null then 1 else 2 end as admin_level,
        coalesce(adm2_pcode, adm1_pcode) as pcode
    from {{ ref('int_delivered') }}

),

present as (

    select
        month,
        cod_version,
        sector,
        org_id,
        admin_level,
        pcode,
        count(distinct activity_code) as n_activities,
        count(*) as n_records
    from activities
    group by all

),

named as (

    select
        present.month,
        months.period_start,
        months.period_end,
        present.cod_version,
        present.sector,
        sectors.name as sector_name,
        present.org_id,
        organisations.name as org_name,
        organisations.acronym as org_acronym,
        organisations.type_code as org_type_code,
        organisations.type_name as org_type_name,
        present.admin_level,
        present.pcode,
        units.adm1_pcode,
        units.adm1_name,
        units.adm2_pcode,
        units.adm2_name,
        units.area_class,
        present.n_activities,
        present.n_records
    from present
    inner join {{ ref('int_months') }} as months
        on present.month = months.month
    inner join {{ source('office', 'sectors') }} as sectors
        on present.sector = sectors.sector
    left join {{ source('office', 'organisations') }} as organisations
        on present.org_id = organisations.org_id
    left join {{ ref('admin_units') }} as units
        on present.cod_version = units.cod_version and present.pcode = units.pcode

)

select * from named
