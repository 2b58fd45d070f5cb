with crosswalk as (

    select
        old_version,
        old_pcode,
        new_version,
        new_pcode,
        level::integer as admin_level,
        kind,
        weight::decimal(9, 6) as weight
    from {{ source('checked', 'crosswalk') }}

)

select * from crosswalk
