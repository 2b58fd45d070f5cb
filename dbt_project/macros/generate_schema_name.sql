{# One name everywhere: a mart's folder is its schema (marts/gaps -> gaps), everything else has its layer's name. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if node.resource_type != 'model' or node.fqn | length < 3 -%}
        {{ target.schema }}
    {%- elif node.fqn[1] == 'marts' -%}
        {{ node.fqn[2] }}
    {%- else -%}
        {{ node.fqn[1] }}
    {%- endif -%}
{%- endmacro %}
