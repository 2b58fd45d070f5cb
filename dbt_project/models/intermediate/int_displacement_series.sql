with series as (

    select
        recode.to_version as cod_version,
        weeks.week,
        weeks.period_start,
        weeks.period_end,
        recode.to_pcode as adm2_pcode,
        weeks.location_type,
        (
            case when count(*) = count(weeks.idps) then sum({{ apportion('weeks.idps') }}) end
        )::bigint as idps,
        not bool_and(recode.is_exact) as is_estimate
    from {{ ref('int_displacement_weeks') }} as weeks
    inner join {{ ref('int_recode') }} as recode
        on weeks.cod_version = recode.from_version and weeks.adm2_pcode = recode.from_pcode
    group by all

)

select * from series
