{# The part of a count that falls to one of several successor units, as a whole number. Each unit owns an interval
   [share_from, share_to) of the old unit; differences of rounded bounds always add up to the whole. #}
{% macro apportion(measure, recode='recode') -%}
(round({{ measure }} * {{ recode }}.share_to) - round({{ measure }} * {{ recode }}.share_from))::bigint
{%- endmacro %}
