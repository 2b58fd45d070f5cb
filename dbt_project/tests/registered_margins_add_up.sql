-- Every published margin is the sum of its parts: regions of the country, districts of each region, sexes, ages.
with registered as (
    select
        *,
        case admin_level when 1 then 'country' when 2 then adm1_pcode end as parent
    from {{ ref('registered_population') }}
),

parts as (
    select
        'place' as margin, extract, register, cod_version, admin_level - 1 as admin_level, parent as pcode,
        sex, age_bracket, sum(individuals) as individuals
    from registered
    where admin_level > 0
    group by all

    union all

    select
        'sex' as margin, extract, register, cod_version, admin_level, pcode,
        'all' as sex, age_bracket, sum(individuals) as individuals
    from registered
    where sex <> 'all'
    group by all

    union all

    select
        'age' as margin, extract, register, cod_version, admin_level, pcode,
        sex, 'all' as age_bracket, sum(individuals) as individuals
    from registered
    where age_bracket <> 'all'
    group by all
)

select parts.margin, parts.extract, parts.pcode
from parts
inner join registered
    on parts.extract = registered.extract
    and parts.register = registered.register
    and parts.cod_version = registered.cod_version
    and parts.admin_level = registered.admin_level
    and (parts.pcode = registered.pcode or parts.pcode = 'country' and registered.admin_level = 0)
    and parts.sex = registered.sex
    and parts.age_bracket = registered.age_bracket
where parts.individuals <> registered.individuals
