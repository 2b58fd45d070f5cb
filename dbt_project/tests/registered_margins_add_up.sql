-- Every published margin is the sum of its parts: regions of the country, districts of each region, sexes, ages.
with registered as (

    select
        extract,
        register,
        cod_version,
        admin_level,
        sex,
        age_bracket,
        individuals,
        case when admin_level = 0 then 'country' else pcode end as place,
        case admin_level when 1 then 'country' when 2 then adm1_pcode end as parent
    from {{ ref('registered_population') }}

),

parts as (

    select
        * exclude (individuals, place, parent, admin_level),
        parent as place,
        admin_level - 1 as admin_level,
        sum(individuals) as individuals
    from registered
    where admin_level > 0
    group by all

    union all by name

    select
        * exclude (individuals, parent, sex),
        'all' as sex,
        sum(individuals) as individuals
    from registered
    where sex <> 'all'
    group by all

    union all by name

    select
        * exclude (individuals, parent, age_bracket),
        'all' as age_bracket,
        sum(individuals) as individuals
    from registered
    where age_bracket <> 'all'
    group by all

),

broken as (

    select
        registered.extract,
        registered.place
    from registered
    left join parts
        on
            registered.extract = parts.extract
            and registered.register = parts.register
            and registered.cod_version = parts.cod_version
            and registered.admin_level = parts.admin_level
            and registered.place = parts.place
            and registered.sex = parts.sex
            and registered.age_bracket = parts.age_bracket
    where registered.individuals <> parts.individuals

)

select * from broken
