with counts as (

    select
        extract,
        register,
        cod_version,
        adm1_pcode,
        adm2_pcode,
        sex,
        age_bracket,
        record_status,
        records,
        individuals,
        families
    from {{ source('checked', 'register_counts') }}

)

select * from counts
