with current_submissions as (

    select arrival_id
    from {{ ref('stg_submissions') }}
    where source = 'displacement' and is_current

),

displacement as (

    select
        arrival_id,
        week,
        as_of,
        cod_version,
        adm1_pcode,
        pcode as adm2_pcode,
        location_type,
        idps::bigint as idps,
        households::bigint as households,
        women::bigint as women,
        men::bigint as men,
        children::bigint as children,
        case when idps is null then 'not_reported' else value_status end as value_status
    from {{ source('checked', 'displacement') }}
    where arrival_id in (select current_submissions.arrival_id from current_submissions)

)

select * from displacement
