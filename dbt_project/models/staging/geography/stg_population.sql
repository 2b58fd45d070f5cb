with population as (

    select
        ps_version,
        cod_version,
        ref_year::integer as ref_year,
        level::integer as admin_level,
        pcode,
        sex,
        age_range,
        age_min::integer as age_min,
        age_max::integer as age_max,
        population::bigint as population
    from {{ source('checked', 'population') }}

)

select * from population
