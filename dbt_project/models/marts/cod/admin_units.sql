with places as (

    select * from {{ ref('stg_places') }}

),

versions as (

    select * from {{ ref('int_cod_versions') }}

),

areas as (

    select
        cod_version,
        pcode,
        area_class
    from {{ source('office', 'areas') }}

),

named as (

    select
        places.cod_version,
        places.valid_on,
        -- still in force: no end
        nullif(versions.valid_to, date '9999-12-31') as valid_to,
        places.admin_level,
        places.pcode,
        places.name,
        places.name_local,
        places.parent_pcode,
        places.adm1_pcode,
        adm1.name as adm1_name,
        places.adm2_pcode,
        adm2.name as adm2_name,
        places.adm3_pcode,
        adm3.name as adm3_name,
        places.population,
        places.area_sqkm,
        places.center_lat,
        places.center_lon,
        areas.area_class
    from places
    left join places as adm1
        on places.cod_version = adm1.cod_version and places.adm1_pcode = adm1.pcode
    left join places as adm2
        on places.cod_version = adm2.cod_version and places.adm2_pcode = adm2.pcode
    left join places as adm3
        on places.cod_version = adm3.cod_version and places.adm3_pcode = adm3.pcode
    left join versions
        on places.cod_version = versions.cod_version
    left join areas
        on places.cod_version = areas.cod_version and places.pcode = areas.pcode

)

select * from named
