with population as (

    select * from {{ ref('stg_population') }}

),

named as (

    select
        population.cod_version,
        population.ps_version,
        population.ref_year,
        make_date(population.ref_year, 1, 1) as period_start,
        make_date(population.ref_year, 12, 31) as period_end,
        population.admin_level,
        population.pcode,
        units.name,
        units.adm1_pcode,
        units.adm2_pcode,
        population.sex,
        population.age_range,
        population.age_min,
        population.age_max,
        population.population
    from population
    left join {{ ref('admin_units') }} as units
        on population.cod_version = units.cod_version and population.pcode = units.pcode

)

select * from named
