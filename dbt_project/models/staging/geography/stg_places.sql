with places as (

    select
        cod_version,
        level::integer as admin_level,
        pcode,
        name,
        name_local,
        parent_pcode,
        case when level = 1 then pcode when level > 1 then adm1_pcode end as adm1_pcode,
        case when level = 2 then pcode when level > 2 then adm2_pcode end as adm2_pcode,
        case when level = 3 then pcode when level > 3 then adm3_pcode end as adm3_pcode,
        population::bigint as population,
        area_sqkm::decimal(12, 3) as area_sqkm,
        center_lat::decimal(9, 5) as center_lat,
        center_lon::decimal(9, 5) as center_lon,
        valid_on,
        valid_to
    from {{ source('checked', 'places') }}

)

select * from places
