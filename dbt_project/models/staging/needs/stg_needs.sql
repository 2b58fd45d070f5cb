with needs as (

    select
        plan_year::integer as plan_year,
        cod_version,
        pcode as adm2_pcode,
        sector,
        population_group,
        population::bigint as population,
        severity::integer as severity,
        people_in_need::bigint as people_in_need,
        targeted::bigint as targeted,
        case when people_in_need is null then 'not_assessed' else 'reported' end as value_status
    from {{ source('checked', 'needs') }}

)

select * from needs
