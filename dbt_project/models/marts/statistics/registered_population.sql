with individuals as (

    select
        extract,
        register,
        cod_version,
        adm1_pcode,
        adm2_pcode,
        sex,
        age_bracket,
        count(*) as individuals
    from {{ ref('stg_individuals') }}
    where record_status = 'active'
    group by all

    union all

    select
        extract,
        register,
        cod_version,
        adm1_pcode,
        adm2_pcode,
        sex,
        age_bracket,
        individuals
    from {{ ref('stg_register_counts') }}
    where sex <> 'all'

),

-- cells and every margin: country, region and district, all sexes, all ages
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
        case when grouping(sex) = 1 then 'all' else sex end as sex,
        case when grouping(age_bracket) = 1 then 'all' else age_bracket end as age_bracket,
        sum(individuals) as individuals
    from individuals
    group by
        extract, register, cod_version,
        rollup (adm1_pcode, adm2_pcode),
        cube (sex, age_bracket)

),

extracts as (

    select distinct
        extract,
        register,
        cod_version
    from counted

),

areas as (

    select
        extracts.*,
        units.admin_level,
        units.pcode,
        units.name,
        units.adm1_pcode,
        units.adm1_name,
        units.adm2_pcode,
        units.adm2_name
    from extracts
    inner join {{ ref('admin_units') }} as units
        on extracts.cod_version = units.cod_version
    where units.admin_level <= 2

),

-- a cell without anybody is a published zero, so that the margins add up for every reader
frame as (

    select
        areas.*,
        sexes.sex,
        ages.age_bracket
    from areas
    cross join (values ('f'), ('m'), ('unknown'), ('all')) as sexes (sex)
    cross join
        (values ('0-4'), ('5-11'), ('12-17'), ('18-59'), ('60+'), ('unknown'), ('all')) as ages (age_bracket)

),

registered as (

    select
        frame.extract,
        frame.extract::date as period_start,
        frame.extract::date as period_end,
        frame.register,
        frame.cod_version,
        frame.admin_level,
        frame.pcode,
        frame.name,
        frame.adm1_pcode,
        frame.adm1_name,
        frame.adm2_pcode,
        frame.adm2_name,
        frame.sex,
        frame.age_bracket,
        coalesce(counted.individuals, 0)::bigint as individuals
    from frame
    left join counted
        on
            frame.extract = counted.extract
            and frame.register = counted.register
            and frame.cod_version = counted.cod_version
            and frame.admin_level = counted.admin_level
            and (frame.admin_level = 0 or frame.pcode = counted.pcode)
            and frame.sex = counted.sex
            and frame.age_bracket = counted.age_bracket

)

select * from registered
