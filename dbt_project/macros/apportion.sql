{# The part of a count that falls to one of several successor units, as a whole number. Each unit owns an interval
   [share_from, share_to) of the old unit; differences of rounded bounds always add up to the whole. Most units keep
   everything, and whole numbers are left alone. #}
{% macro apportion(measure, recode='recode') -%}
(case
    when {{ recode }}.share_from = 0 and {{ recode }}.share_to = 1 then {{ measure }}
    else (round({{ measure }} * {{ recode }}.share_to) - round({{ measure }} * {{ recode }}.share_from))::bigint
end)
{%- endmacro %}
