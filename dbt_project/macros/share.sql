{# A ratio with four decimals, empty where it has no meaning; never capped, so that over-reach stays visible. #}
{% macro share(part, whole) -%}
(case when {{ whole }} > 0 then round({{ part }} / {{ whole }}, 4) end)::decimal(18, 4)
{%- endmacro %}
