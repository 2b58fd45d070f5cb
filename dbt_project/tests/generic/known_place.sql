{# Every P-code must exist in the gazetteer of the same COD version: a code alone means nothing across versions. #}
{% test known_place(model, column_name, version_column='cod_version') %}
select checked_model.{{ version_column }}, checked_model.{{ column_name }}
from {{ model }} as checked_model
left join {{ ref('admin_units') }} as places
    on checked_model.{{ version_column }} = places.cod_version
    and checked_model.{{ column_name }} = places.pcode
where checked_model.{{ column_name }} is not null
    and places.pcode is null
{% endtest %}
