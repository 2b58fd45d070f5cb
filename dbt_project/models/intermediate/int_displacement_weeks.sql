with figures as (

    select * from {{ ref('stg_displacement') }}

),

bounds as (

    select
        min(strptime(figures.week || '-1', '%G-W%V-%u'))::date as first_start,
        greatest(
            max(strptime(figures.week || '-1', '%G-W%V-%u'))::date,
            (
                date_trunc('week', context.as_of - {{ var('displacement_due_days') }}::integer) - interval 7 day
            )::date
        ) as last_start
    from figures
    cross join {{ source('lake', 'context') }} as context
    group by context.as_of

),

starts as (

    select unnest(generate_series(first_start, last_start, interval 7 day))::date as period_start
    from bounds

),

weeks as (

    select
        strftime(starts.period_start, '%G-W%V') as week,
        starts.period_start,
        starts.period_start + 6 as period_end,
        versions.cod_version
    from starts
    inner join {{ ref('int_cod_versions') }} as versions
        on starts.period_start + 6 between versions.valid_on and versions.valid_to

),

recoded as (

    select
        figures.week,
        recode.to_version as cod_version,
        recode.to_adm1_pcode as adm1_pcode,
        recode.to_pcode as adm2_pcode,
        figures.location_type,
        max(figures.as_of) as as_of,
        case when count(*) = count(figures.idps) then sum({{ apportion('figures.idps') }}) end as idps,
        case
            when count(*) = count(figures.households) then sum({{ apportion('figures.households') }})
        end as households,
        case when count(*) = count(figures.women) then sum({{ apportion('figures.women') }}) end as women,
        case when count(*) = count(figures.men) then sum({{ apportion('figures.men') }}) end as men,
        case when count(*) = count(figures.children) then sum({{ apportion('figures.children') }}) end as children
    from figures
    inner join weeks
        on figures.week = weeks.week
    inner join {{ ref('int_recode') }} as recode
        on
            figures.cod_version = recode.from_version
            and figures.adm2_pcode = recode.from_pcode
            and weeks.cod_version = recode.to_version
    group by all

),

reporting as (

    select distinct
        cod_version,
        adm1_pcode,
        adm2_pcode,
        location_type
    from recoded
    where idps is not null

),

-- a district that never gave a figure is named too, with an unknown location type
places as (

    select * from reporting

    union all

    select
        units.cod_version,
        units.adm1_pcode,
        units.adm2_pcode,
        'unknown' as location_type
    from {{ ref('admin_units') }} as units
    where
        units.admin_level = 2
        and (units.cod_version, units.adm2_pcode) not in (
            select (reporting.cod_version, reporting.adm2_pcode) from reporting
        )

),

framed as (

    select
        weeks.week,
        weeks.period_start,
        weeks.period_end,
        places.cod_version,
        places.adm1_pcode,
        places.adm2_pcode,
        places.location_type,
        recoded.as_of,
        recoded.idps::bigint as idps,
        recoded.households::bigint as households,
        recoded.women::bigint as women,
        recoded.men::bigint as men,
        recoded.children::bigint as children
    from weeks
    inner join places
        on weeks.cod_version = places.cod_version
    left join recoded
        on
            weeks.week = recoded.week
            and places.adm2_pcode = recoded.adm2_pcode
            and places.location_type = recoded.location_type

)

select * from framed
