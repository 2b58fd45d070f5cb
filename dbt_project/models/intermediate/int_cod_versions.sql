with stated as (

    select
        cod_version,
        min(valid_on) as valid_on,
        case when count(valid_to) = count(*) then max(valid_to) end as valid_to
    from {{ ref('stg_places') }}
    group by cod_version

),

-- A version is current, and so without an end, on the day it is sent; the next version's first day ends it.
versions as (

    select
        cod_version,
        valid_on,
        least(
            coalesce(valid_to, date '9999-12-31'),
            coalesce(lead(valid_on) over (order by valid_on, cod_version) - 1, date '9999-12-31')
        ) as valid_to
    from stated

)

select * from versions
