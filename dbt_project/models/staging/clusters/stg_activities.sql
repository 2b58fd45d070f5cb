with current_submissions as (

    select arrival_id
    from {{ ref('stg_submissions') }}
    where source = 'clusters' and is_current

),

activities as (

    select
        arrival_id,
        row_number,
        cluster,
        month,
        org_id,
        coalesce(impl_org_id, org_id) as delivering_org_id,
        sector,
        activity_code,
        status,
        cod_version,
        least(level, 3)::integer as location_level,
        case
            when level = 1 then adm1_pcode
            when level = 2 then adm2_pcode
            else adm3_pcode
        end as location_pcode,
        adm1_pcode,
        adm2_pcode,
        population_group,
        targeted::bigint as targeted,
        reached::bigint as reached,
        reached_new::bigint as reached_new,
        girls::bigint as girls,
        boys::bigint as boys,
        women::bigint as women,
        men::bigint as men,
        older_women::bigint as older_women,
        older_men::bigint as older_men,
        with_disability::bigint as with_disability,
        case when reached is null then 'not_reported' else 'reported' end as value_status
    from {{ source('checked', 'activities') }}
    where arrival_id in (select current_submissions.arrival_id from current_submissions)

)

select * from activities
