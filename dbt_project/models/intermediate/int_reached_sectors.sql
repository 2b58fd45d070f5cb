with periods as (

    select
        *,
        coalesce(adm2_pcode, adm1_pcode) as pcode,
        case when location_level = 1 then 1 else 2 end as admin_level
    from {{ ref('int_reached_periods') }}

),

-- commune by commune, the largest activity of each
communes as (

    select *
    from periods
    where location_level = 3
    qualify row_number() over (
        partition by basis, month, cod_version, sector, population_group, location_pcode
        order by reached desc nulls last, activity_code asc
    ) = 1

),

candidates as (

    select
        2 as preference,
        basis,
        month,
        cod_version,
        sector,
        population_group,
        admin_level,
        pcode,
        case when count(distinct activity_code) = 1 then min(activity_code) else 'several' end as driver_activity,
        sum(reached) as reached,
        sum(girls) as girls,
        sum(boys) as boys,
        sum(women) as women,
        sum(men) as men,
        sum(older_women) as older_women,
        sum(older_men) as older_men,
        sum(with_disability) as with_disability
    from communes
    group by all

    union all

    -- one activity over the whole district, its unlocated part included
    select
        1 as preference,
        basis,
        month,
        cod_version,
        sector,
        population_group,
        admin_level,
        pcode,
        activity_code as driver_activity,
        sum(reached) as reached,
        sum(girls) as girls,
        sum(boys) as boys,
        sum(women) as women,
        sum(men) as men,
        sum(older_women) as older_women,
        sum(older_men) as older_men,
        sum(with_disability) as with_disability
    from periods
    group by all

),

sectors as (

    select
        basis,
        month,
        cod_version,
        sector,
        population_group,
        admin_level,
        pcode,
        driver_activity,
        reached::bigint as reached,
        girls::bigint as girls,
        boys::bigint as boys,
        women::bigint as women,
        men::bigint as men,
        older_women::bigint as older_women,
        older_men::bigint as older_men,
        with_disability::bigint as with_disability
    from candidates
    qualify row_number() over (
        partition by basis, month, cod_version, sector, population_group, admin_level, pcode
        order by reached desc nulls last, preference asc, driver_activity asc
    ) = 1

)

select * from sectors
