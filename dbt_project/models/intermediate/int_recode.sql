with links as (

    select
        from_version,
        from_pcode,
        to_version,
        to_pcode,
        admin_level,
        weight,
        kind in ('unchanged', 'recoded', 'merged') as is_exact
    from {{ ref('crosswalk') }}
    where admin_level between 1 and 3

    union all

    select
        cod_version as from_version,
        pcode as from_pcode,
        cod_version as to_version,
        pcode as to_pcode,
        admin_level,
        1.000000 as weight,
        true as is_exact
    from {{ ref('admin_units') }}
    where admin_level between 1 and 3

),

stacked as (

    select
        *,
        row_number() over (unit order by to_pcode desc) = 1 as is_last,
        sum(weight) over (unit order by to_pcode) as upper_bound
    from links
    window unit as (partition by from_version, from_pcode, to_version)

),

intervals as (

    select
        stacked.from_version,
        stacked.from_pcode,
        stacked.admin_level,
        stacked.to_version,
        stacked.to_pcode,
        stacked.is_exact,
        (stacked.upper_bound - stacked.weight)::decimal(9, 6) as share_from,
        -- weights are rounded to six decimals; the last target takes what rounding left
        (case when stacked.is_last then 1 else stacked.upper_bound end)::decimal(9, 6) as share_to
    from stacked

),

placed as (

    select
        intervals.*,
        units.adm1_pcode as to_adm1_pcode,
        units.adm2_pcode as to_adm2_pcode
    from intervals
    inner join {{ ref('admin_units') }} as units
        on intervals.to_version = units.cod_version and intervals.to_pcode = units.pcode

)

select * from placed
