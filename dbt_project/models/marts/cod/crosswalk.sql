with delivered as (

    select * from {{ ref('stg_crosswalk') }}

),

-- the lowest administrative level decides, upper levels follow from it; settlements (level 4) are passed on
base_level as (

    select max(admin_level) as admin_level
    from delivered
    where admin_level <= 3

),

-- a unit without a population figure counts as one person, so that its successors get equal parts
base as (

    select
        delivered.old_version,
        delivered.new_version,
        old_units.adm1_pcode as old_adm1,
        old_units.adm2_pcode as old_adm2,
        new_units.adm1_pcode as new_adm1,
        new_units.adm2_pcode as new_adm2,
        delivered.admin_level,
        delivered.old_pcode,
        delivered.new_pcode,
        delivered.weight * greatest(coalesce(old_units.population, 1), 1) as people
    from delivered
    inner join {{ ref('admin_units') }} as old_units
        on delivered.old_version = old_units.cod_version and delivered.old_pcode = old_units.pcode
    inner join {{ ref('admin_units') }} as new_units
        on delivered.new_version = new_units.cod_version and delivered.new_pcode = new_units.pcode

),

flows as (

    select
        old_version,
        new_version,
        admin_level,
        old_pcode,
        new_pcode,
        people
    from base
    where admin_level >= (select base_level.admin_level from base_level)

    union all

    select
        old_version,
        new_version,
        1 as admin_level,
        old_adm1 as old_pcode,
        new_adm1 as new_pcode,
        sum(people) as people
    from base
    where admin_level = (select base_level.admin_level from base_level) and admin_level > 1
    group by all

    union all

    select
        old_version,
        new_version,
        2 as admin_level,
        old_adm2 as old_pcode,
        new_adm2 as new_pcode,
        sum(people) as people
    from base
    where admin_level = (select base_level.admin_level from base_level) and admin_level > 2
    group by all

),

both_directions as (

    select
        old_version as from_version,
        old_pcode as from_pcode,
        new_version as to_version,
        new_pcode as to_pcode,
        admin_level,
        people
    from flows

    union all

    select
        new_version as from_version,
        new_pcode as from_pcode,
        old_version as to_version,
        old_pcode as to_pcode,
        admin_level,
        people
    from flows

),

weighted as (

    select
        *,
        sum(people) over from_unit as people_of_unit,
        count(*) over from_unit as targets,
        count(*) over (partition by from_version, to_version, to_pcode) as origins
    from both_directions
    where people > 0
    window from_unit as (partition by from_version, from_pcode, to_version)

),

crosswalk as (

    select
        weighted.from_version,
        weighted.from_pcode,
        weighted.to_version,
        weighted.to_pcode,
        weighted.admin_level,
        versions.valid_on as period_start,
        versions.valid_to as period_end,
        weighted.to_version as cod_version,
        round(weighted.people / weighted.people_of_unit, 6)::decimal(9, 6) as weight,
        case
            when weighted.targets > 1 then 'split'
            when weighted.origins > 1 then 'merged'
            when weighted.from_pcode = weighted.to_pcode then 'unchanged'
            else 'recoded'
        end as kind
    from weighted
    inner join {{ ref('int_cod_versions') }} as versions
        on weighted.to_version = versions.cod_version

)

select * from crosswalk
