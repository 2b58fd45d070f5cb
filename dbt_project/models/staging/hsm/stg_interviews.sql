with interviews as (

    select
        round,
        interview_id,
        cod_version,
        settlement_pcode,
        adm1_pcode,
        adm2_pcode,
        adm3_pcode,
        ki_role,
        interview_date,
        validation,
        form_version
    from {{ source('checked', 'interviews') }}

)

select * from interviews
