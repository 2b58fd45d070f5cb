"""The facts about a row's dates and numbers, and the pairs that are compared.

Belongs here: what can be compared with what. Not here: which difference is too large (the suite), how a number is
read (numbers.py). A figure that could not be read takes part in no sum: one cause, one finding.
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.clusters.canonical import FIGURES, SADD
from assets.clusters.numbers import Wrong
from assets.clusters.row_facts import RowFacts

_OVER_TARGET = (12, 10)  # reached may exceed targeted by one fifth
_WHOLE_SADD = ("girls", "boys", "women", "men")


def add_days(one: RowFacts) -> None:
    """Add the days as numbers, which is what the suite compares."""
    row = one.row
    start, end = row.dates.get("start_date"), row.dates.get("end_date")
    one.facts["unread_dates"] = len(row.unread_dates)
    one.facts["start_day"] = start.toordinal() if start else None
    one.facts["end_day"] = end.toordinal() if end else None
    for column in row.unread_dates or ("end_date",):
        one.tell("C-DATES", column)
    one.codes.update(start_date=start, end_date=end)


def add_numbers(one: RowFacts) -> None:
    """Add the extremes of the row's figures and the pairs that are compared."""
    figures = one.row.figures
    wrong = {name: number.wrong for name, number in figures.items() if number.wrong}
    usable = [n.amount for n in figures.values() if n.amount is not None and n.wrong is not Wrong.DECIMAL]
    fractions = [n.amount % 1 for n in figures.values() if n.amount is not None and n.wrong is Wrong.DECIMAL]
    given = [name for name in ("targeted", "reached") if figures.get(name) and _is_given(one, name)]
    one.facts.update(
        lowest_figure=min(usable, default=None),
        largest_fraction=max(fractions, default=None),
        text_figures=sum(reason is Wrong.NUMBER for reason in wrong.values()),
        figures_given=len(given) if {"targeted", "reached"} & set(figures) else None,  # None: nobody asked
    )
    for name, reason in wrong.items():
        if reason is not Wrong.ERROR:
            one.tell(f"C-{reason.value.upper()}", name)
    one.tell("C-NO-FIGURE", "reached")
    one.codes.update({name: figures[name].value if name in figures else None for name in FIGURES})
    _compared(one)


def _is_given(one: RowFacts, name: str) -> bool:
    number = one.row.figures[name]
    return number.value is not None or number.wrong is not None


def _compared(one: RowFacts) -> None:
    """Set the pairs that are compared; a pair with an unusable half is left out by leaving both halves empty."""
    values: dict[str, int | None] = {name: one.codes[name] for name in FIGURES}
    targeted, reached, disabled = values["targeted"], values["reached"], values["with_disability"]
    total = "reached" if _is_stated(one, "reached") else "targeted"
    people = values[total]
    sadd = _sadd(one, people)
    one.facts.update(
        allowance=None if targeted is None else targeted * _OVER_TARGET[0] // _OVER_TARGET[1],
        reached=reached,
        sadd_sum=sadd,
        sadd_total=None if sadd is None else people,
        people=people,
        with_disability=disabled,
    )
    one.tell("C-SADD", total, detail=_sadd_detail(values, sadd, people))
    one.tell("C-OVER-TARGET", "reached")
    one.tell("C-DISABILITY", "with_disability")


def _is_stated(one: RowFacts, name: str) -> bool:
    return name in one.row.figures and _is_given(one, name)


def _sadd(one: RowFacts, people: int | None) -> int | None:
    """Return the sum of the groups where it can be compared: all main groups given, or already too many."""
    groups = {name: one.row.figures[name] for name in SADD if name in one.row.figures}
    given = {name: number.value for name, number in groups.items() if number.value is not None}
    if people is None or not given or any(number.wrong for number in groups.values()):
        return None
    total = sum(given.values())
    return total if total > people or all(name in given for name in _WHOLE_SADD) else None


def _sadd_detail(values: Mapping[str, int | None], sadd: int | None, people: int | None) -> str | None:
    """Name the usual cause where it can be seen: brackets that overlap (adults 18+ beside older people 60+)."""
    if sadd is None or people is None or sadd == people:
        return None
    older = (values["older_women"] or 0) + (values["older_men"] or 0)
    if older and sadd - older == people:
        return "Without the older people they do: older people seem to be counted among the adults as well."
    return "They give more than the total." if sadd > people else "They give less than the total."
