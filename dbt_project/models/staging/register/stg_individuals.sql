with individuals as (

    select
        extract,
        register,
        person,
        family,
        cod_version,
        adm1_pcode,
        adm2_pcode,
        sex,
        case
            when age_years is null or age_years < 0 then 'unknown'
            when age_years < 5 then '0-4'
            when age_years < 12 then '5-11'
            when age_years < 18 then '12-17'
            when age_years < 60 then '18-59'
            else '60+'
        end as age_bracket,
        legal_status,
        record_status,
        is_focal
    from {{ source('checked', 'individuals') }}

)

select * from individuals
