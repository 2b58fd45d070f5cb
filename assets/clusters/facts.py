"""What is true about each row: the facts the suite looks at, and the codes the accepted row is written with.

Belongs here: deriving facts from the canonical table, the office lists and the gazetteer. Not here: which fact is
wrong (assets/quality/suites/clusters.py says so). One cause gives one fact: a figure that could not be read takes
part in no sum, and a place behind a failed formula is neither known nor unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.clusters.activities import Row
from assets.clusters.canonical import CODES, NAMES
from assets.clusters.figure_facts import add_days, add_numbers
from assets.clusters.office_lists import Hit, OfficeLists
from assets.clusters.period import last_day
from assets.clusters.row_facts import NOT_LISTED, RowFacts, Told, signature
from assets.geography.matching import AMBIGUOUS, CODE_NUMBER, LOOKALIKE, NAME, OLD_CODE, PARENT, UNKNOWN, Match
from assets.geography.places import Gazetteer
from assets.geography.scripts import has_mixed_word

if TYPE_CHECKING:
    import pandas

_PLACE_WORDS = {UNKNOWN: "unknown", AMBIGUOUS: "ambiguous", PARENT: "parent"}
_ORGS = ("org", "impl_org", "donor")


@dataclass(frozen=True)
class Against:
    """Everything rows are looked up in."""

    lists: OfficeLists
    gazetteer: Gazetteer
    cluster: str
    months: tuple[str, ...]
    on: date
    min_level: int = 1

    @property
    def month(self) -> str:
        """The month the file is filed under: that of rows which name none."""
        return self.months[-1]

    def day_of(self, month: str | None) -> date:
        """The day whose list of places counts for a row: the last of its month, in a file of several."""
        return last_day(month) if month in self.months[:-1] and month else self.on


def derive(rows: Sequence[Row], against: Against, personal: Mapping[int, Sequence[Told]]) -> list[RowFacts]:
    """Return the facts of every row; `personal` holds what was recognised as personal data, by row number."""
    found = [_of_row(row, against) for row in rows]
    first: dict[tuple[Any, ...], int] = {}
    for one in found:
        number = one.row.number
        earlier = first.setdefault(signature(one), number)
        one.facts["copy_of"] = None if earlier == number else earlier
        if earlier != number:
            one.tell("C-DUPLICATE-ROW", None, detail=str(earlier))
        one.facts["personal_cells"] = len(personal.get(number, ()))
        one.told["C-PERSONAL"] = list(personal.get(number, ()))
    return found


def facts_table(found: Sequence[RowFacts]) -> pandas.DataFrame:
    """Return the table the suite runs on: numbers and codes, no text of the sender's."""
    import pandas as pd

    table = pd.DataFrame([{"position": position, **one.facts} for position, one in enumerate(found)])
    numbers = [name for name in _NUMBERS if name in table]
    return table.astype(dict.fromkeys(numbers, "float64"))


_NUMBERS = (
    "lowest_figure", "largest_fraction", "start_day", "end_day", "sadd_sum", "sadd_total", "allowance", "reached",
    "people", "with_disability", "copy_of", "figures_given",
)  # fmt: skip


def _of_row(row: Row, against: Against) -> RowFacts:
    one = RowFacts(row)
    one.facts["error_cells"] = len(row.errors)
    for column in row.errors:
        one.tell("C-EXCEL-ERROR", column)
    _month(one, against)
    _place(one, against)
    _lists(one, against)
    add_days(one)
    add_numbers(one)
    _told_letters(one)
    return one


def _month(one: RowFacts, against: Against) -> None:
    row = one.row
    given = row.month_given and "reporting_month" not in row.errors
    one.facts["month"] = (row.month or NOT_LISTED) if given else None
    one.codes["month"] = row.month or against.month
    words = "is for another month than the file" if len(against.months) == 1 else "lies outside of the file's months"
    detail = f"This row {words}." if row.month else "What this row says is no month."
    one.tell("C-PERIOD", "reporting_month", detail=detail)


# --- where ----------------------------------------------------------------------------------------------------


def _place(one: RowFacts, against: Against) -> None:
    row, deepest = one.row, max(one.row.codes, default=0)
    unread = any(name in row.errors for name in (*CODES.values(), *NAMES.values()))
    parents = {level: cell for level, cell in row.codes.items() if level != deepest}
    match = against.gazetteer.resolve(
        row.codes.get(deepest), row.names, against.day_of(row.month), parents=parents, min_level=against.min_level
    )
    if unread:
        match = Match()
    one.facts["place"] = "unread" if unread else _PLACE_WORDS.get(match.problem or "", "ok")
    one.facts["place_name"] = "differs" if NAME in match.notes and not match.problem else "agrees"
    one.facts["repaired_codes"] = match.notes.count(CODE_NUMBER)
    one.facts["old_codes"] = match.notes.count(OLD_CODE)
    for note in match.told:
        one.tell(f"C-{note.suffix}", _place_column(row, note.part, note.level), _suggested(match))
    one.codes.update(
        pcode=match.pcode, level=match.level, cod_version=match.version,
        adm1_pcode=match.ancestor(1), adm2_pcode=match.ancestor(2), adm3_pcode=match.ancestor(3),
    )  # fmt: skip


def _suggested(match: Match) -> str | None:
    return match.suggestion or (match.pcode if match.how in {"repaired", "crosswalk"} else None)


def _place_column(row: Row, part: str, level: int | None) -> str:
    if part == "code":
        return CODES[level or max(row.codes, default=3)]
    return NAMES[level or max((n for n in row.names if n < 4), default=3)]


# --- who, what, for whom --------------------------------------------------------------------------------------


def _lists(one: RowFacts, against: Against) -> None:
    one.facts["unknown_orgs"] = sum(not _organisation(one, column, against) for column in _ORGS)
    _sector_and_activity(one, against)
    for column, code, lookup in (
        ("status", "status", against.lists.statuses),
        ("population_group", "population_group", against.lists.groups),
    ):
        hit = _look_up(one, column, lookup.find(one.row.texts.get(column, "")))
        one.codes[code] = hit.code
        readable = column in one.row.texts and column not in one.row.errors
        one.facts[column] = (hit.code or NOT_LISTED) if readable else None
        if hit.code is None:
            one.tell("C-VALUE", column, hit.suggestion)


def _organisation(one: RowFacts, column: str, against: Against) -> bool:
    text = one.row.texts.get(column, "")
    code = "org_id" if column == "org" else f"{column.removesuffix('_org')}_org_id"
    one.codes[code] = None
    if column in one.row.errors or (not text and column != "org"):
        return True
    hit = _look_up(one, column, against.lists.organisations.find(text))
    one.codes[code] = hit.code
    if hit.code is None:
        one.tell("C-ORG-UNKNOWN", column, hit.suggestion)
    return hit.code is not None


def _sector_and_activity(one: RowFacts, against: Against) -> None:
    lists, texts, errors = against.lists, one.row.texts, one.row.errors
    # A template that does not ask for the sector is the cluster's own.
    hit = _look_up(one, "sector", lists.sectors.find(texts.get("sector", against.cluster)))
    own = lists.sectors_of(against.cluster)
    one.codes["sector"] = hit.code
    one.facts["sector"] = None if "sector" in errors else hit.code or NOT_LISTED
    if hit.code not in own:
        one.tell("C-SECTOR", "sector", hit.suggestion)
    family = lists.sectors_of(hit.code) if hit.code in own and hit.code else own
    activity = _look_up(one, "activity", lists.activities.find(texts.get("activity", ""), lists.activities_of(family)))
    belongs = activity.code is not None and lists.sector_of[activity.code] in family
    one.codes["activity_code"] = activity.code if belongs else None
    one.facts["activity"] = activity.code if belongs else NOT_LISTED
    if "activity" not in texts or "activity" in errors or (hit.code is not None and hit.code not in own):
        one.facts["activity"] = None  # not asked for; and a row of another cluster has that cluster's activities
    if not belongs:
        one.tell("C-ACTIVITY", "activity", activity.suggestion)


def _look_up(one: RowFacts, column: str, hit: Hit) -> Hit:
    if hit.lookalike:
        one.tell("C-LOOKALIKE", column)
    return hit


def _told_letters(one: RowFacts) -> None:
    for column, text in one.row.texts.items():
        if column != "remarks" and has_mixed_word(text):
            one.tell("C-LOOKALIKE", column)
    one.facts["lookalike_cells"] = len(one.told.get(f"C-{LOOKALIKE}", ()))


def described(found: Sequence[RowFacts], broken: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, RowFacts, Told]]:
    """Yield what the suite found, with the place in the row and the words that go with it."""
    for rule, positions in broken.items():
        for one in map(found.__getitem__, positions):
            for told in one.told.get(rule) or [Told(None)]:
                yield rule, one, told
