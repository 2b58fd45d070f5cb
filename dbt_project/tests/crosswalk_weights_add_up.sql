-- Nobody is lost and nobody is doubled on the way between two versions (rounding to six decimals apart).
select
    from_version,
    from_pcode,
    to_version
from {{ ref('crosswalk') }}
group by from_version, from_pcode, to_version
having abs(sum(weight) - 1) > 0.00001
