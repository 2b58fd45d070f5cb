-- The needs of the present plan must be in the COD version that the operation froze for it.
select
    needs.plan_year,
    needs.cod_version
from {{ ref('stg_needs') }} as needs
inner join {{ source('lake', 'context') }} as context
    on needs.plan_year = context.plan_year
where needs.cod_version <> context.plan_cod_version
