{# A list from the project's variables as a SQL list of text. #}
{% macro sql_list(values) -%}
(
{%- for value in values %}'{{ value }}'{{ ', ' if not loop.last }}{% endfor -%}
)
{%- endmacro %}
