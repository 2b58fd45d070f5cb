with individuals as (

    select * from {{ ref('stg_individuals') }}

),

-- a family is counted once, where its focal point is registered (without one: in the first of its districts)
families as (

    select
        extract,
        register,
        cod_version,
        family,
        adm1_pcode,
        adm2_pcode
    from individuals
    where record_status = 'active'
    qualify row_number() over (
        partition by extract, register, cod_version, family
        order by coalesce(is_focal, false) desc, adm2_pcode asc, person asc
    ) = 1

),

facts as (

    select
        extract,
        register,
        cod_version,
        adm1_pcode,
        adm2_pcode,
        1 as records,
        (record_status = 'active')::integer as individuals,
        0 as families
    from individuals

    union all

    select
        extract,
        register,
        cod_version,
        adm1_pcode,
        adm2_pcode,
        0 as records,
        0 as individuals,
        1 as families
    from families

    union all

    select
        extract,
        register,
        cod_version,
        adm1_pcode,
        adm2_pcode,
        records,
        individuals,
        families
    from {{ ref('stg_register_counts') }}

),

counted as (

    select
        extract,
        register,
        cod_version,
        case
            when grouping(adm1_pcode) = 1 then 0
            when grouping(adm2_pcode) = 1 then 1
            else 2
        end as admin_level,
        coalesce(adm2_pcode, adm1_pcode) as pcode,
        sum(records) as records,
        sum(individuals) as individuals,
        sum(families) as families
    from facts
    group by
        extract, register, cod_version,
        rollup (adm1_pcode, adm2_pcode)

),

extracts as (

    select distinct
        extract,
        register,
        cod_version
    from counted

),

totals as (

    select
        extracts.extract,
        extracts.extract::date as period_start,
        extracts.extract::date as period_end,
        extracts.register,
        extracts.cod_version,
        units.admin_level,
        units.pcode,
        units.name,
        units.adm1_pcode,
        units.adm1_name,
        units.adm2_pcode,
        units.adm2_name,
        coalesce(counted.families, 0)::bigint as families,
        coalesce(counted.individuals, 0)::bigint as individuals,
        coalesce(counted.records, 0)::bigint as records,
        (coalesce(counted.records, 0) - coalesce(counted.individuals, 0))::bigint as inactive_records
    from extracts
    inner join {{ ref('admin_units') }} as units
        on extracts.cod_version = units.cod_version and units.admin_level <= 2
    left join counted
        on
            extracts.extract = counted.extract
            and extracts.register = counted.register
            and extracts.cod_version = counted.cod_version
            and units.admin_level = counted.admin_level
            and (units.admin_level = 0 or units.pcode = counted.pcode)

)

select * from totals
