{# A statement that must be true for every row; one that can't be decided (null) does not count as broken. #}
{% test holds(model, expression) %}
select 1 as broken
from {{ model }}
where not ({{ expression }})
{% endtest %}
