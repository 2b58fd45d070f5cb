with versions as (

    select
        cod_version,
        min(valid_on) as valid_on,
        coalesce(
            case when count(valid_to) = count(*) then max(valid_to) end, date '9999-12-31'
        ) as valid_to
    from {{ ref('stg_places') }}
    group by cod_version

)

select * from versions
