-- A plan freezes one COD version; two would compare needs and response in different districts.
select plan_year
from {{ ref('stg_needs') }}
group by plan_year
having count(distinct cod_version) > 1
