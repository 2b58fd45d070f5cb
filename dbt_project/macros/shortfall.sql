{# What is missing up to a mark, never below zero and unknown as soon as one side is: DuckDB's greatest() would turn an
   unknown gap into zero, because it skips nulls. #}
{% macro shortfall(mark, achieved) -%}
(case
    when {{ mark }} > {{ achieved }} then {{ mark }} - {{ achieved }}
    when {{ mark }} <= {{ achieved }} then 0
end)::bigint
{%- endmacro %}
