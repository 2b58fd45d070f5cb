with delivered as (

    select
        *,
        coalesce(girls + boys + women + men + older_women + older_men = reached, false) as is_split
    from {{ ref('int_delivered') }}
    -- a template of presence only asks for whom as little as how many: its rows say nothing about people
    where population_group is not null

),

-- what one organisation says about the work of one organisation at one place
reports as (

    select
        month,
        cod_version,
        sector,
        activity_code,
        population_group,
        adm1_pcode,
        adm2_pcode,
        location_level,
        location_pcode,
        delivering_org_id,
        org_id,
        sum(reached) as reached,
        sum(reached_new) as reached_new,
        sum(girls) filter (where is_split) as girls,
        sum(boys) filter (where is_split) as boys,
        sum(women) filter (where is_split) as women,
        sum(men) filter (where is_split) as men,
        sum(older_women) filter (where is_split) as older_women,
        sum(older_men) filter (where is_split) as older_men,
        sum(reached) filter (where not is_split) as unsplit,
        sum(with_disability) as with_disability
    from delivered
    group by all

),

-- donor and implementer may both report the same work: the larger report counts, as a whole
organisations as (

    select *
    from reports
    qualify row_number() over (
        partition by month, cod_version, sector, activity_code, population_group, location_pcode, delivering_org_id
        order by reached desc nulls last, org_id asc
    ) = 1

),

-- the same work may be reported coarsely and finely: never both
sides as (

    select
        *,
        max(location_level) over same_region as finest_in_region,
        max(location_level) over same_district as finest_in_district,
        coalesce(sum(reached) filter (where location_level = 3) over same_district, -1) as in_communes,
        coalesce(sum(reached) filter (where location_level = 2) over same_district, -1) as in_district
    from organisations
    window
        same_region as (
            partition by
                month, cod_version, sector, activity_code, population_group, delivering_org_id, adm1_pcode
        ),
        same_district as (
            partition by
                month, cod_version, sector, activity_code, population_group, delivering_org_id, adm2_pcode
        )

),

counted_once as (

    select *
    from sides
    where
        (location_level = 3 and in_communes >= in_district)
        -- a district whose figure is blank stays, unknown, where no commune says anything
        or (location_level = 2 and (in_district > in_communes or finest_in_district = 2))
        or (location_level = 1 and finest_in_region = 1)

),

locations as (

    select
        month,
        cod_version,
        sector,
        activity_code,
        population_group,
        location_level,
        location_pcode,
        sum(reached)::bigint as reached,
        sum(reached_new)::bigint as reached_new,
        sum(girls)::bigint as girls,
        sum(boys)::bigint as boys,
        sum(women)::bigint as women,
        sum(men)::bigint as men,
        sum(older_women)::bigint as older_women,
        sum(older_men)::bigint as older_men,
        sum(unsplit)::bigint as unsplit,
        sum(with_disability)::bigint as with_disability
    from counted_once
    group by all

)

select * from locations
