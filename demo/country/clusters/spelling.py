"""How each cluster's focal point types: language, template, and the small habits that differ from desk to desk.

Belongs here: turning a true record into the cells of a row, correctly. Does not belong here: mistakes of any kind
(troubles.py), harmless oddities (harmless.py), the look of the sheet (headers.py, sheets.py).
"""

from dataclasses import dataclass, replace
from datetime import date
from random import Random

from demo.country.clusters import office
from demo.country.clusters.activities import BRACKETS, Record
from demo.country.clusters.rows import Cell, Row
from demo.country.clusters.sites import Gazetteer, Spot

_ENGLISH = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LOCAL = (
    "січень", "лютий", "березень", "квітень", "травень", "червень",
    "липень", "серпень", "вересень", "жовтень", "листопад", "грудень",
)  # fmt: skip
_REMARKS = {
    "en": ("Delayed by snow", "Joint activity with the commune", "Second round of distribution", "Phase 2 of 3",
           "Moved to the school building", "Monitoring visit planned", "Stock arrived late", "Target under review"),
    "uk": ("Затримка через погоду", "Спільно з громадою", "Другий раунд", "Очікуємо на поставку", "Діяльність триває"),
    "fr": ("Retard dû à la neige", "Activité conjointe avec la commune", "Deuxième tour", "Cible en révision"),
}  # fmt: skip


LOCAL_HEADINGS = 2  # of the heading alternatives below


@dataclass(frozen=True)
class Habits:
    """How one focal point fills the template. `new_template` is the first month on version 2 of it."""

    language: str = "en"
    new_template: str = "2025-01"
    month: str = "english"  # english | short | iso | dots | local | cell | serial
    activity: str = "name"  # name | code
    headers: int = 0  # which of the header alternatives of template v2: both languages, English, local

    def template(self, month: str) -> str:
        """The template's version in a month."""
        return "v2" if month >= self.new_template else "v1"


NEVER = "9999-12"
HABITS = {
    "CCM": Habits(new_template="2025-04"),
    "EDU": Habits("uk", month="local", activity="code", headers=2),
    "ERY": Habits(new_template="2025-07", month="short"),
    "FSC": Habits(new_template="2025-07", month="short"),
    "HEA": Habits(month="cell", headers=1),
    "LOG": Habits(new_template=NEVER, month="cell"),
    "NUT": Habits("fr", month="iso", activity="code"),
    "PRO": Habits(month="iso"),
    "PRO-CPN": Habits("uk", month="dots", activity="code"),
    "PRO-GBV": Habits(month="english", headers=1),
    "PRO-MIN": Habits(new_template=NEVER, month="iso"),
    "SHL": Habits(month="serial", activity="code"),
    "TEL": Habits(new_template=NEVER, month="english"),
    "WSH": Habits(month="english"),
}


def typed_row(
    record: Record, places: Gazetteer, file_version: str, columns: list[str], encoding: str, rng: Random
) -> Row:
    """The row as it should stand in the file, in the columns this file has."""
    habits = HABITS[record.undertaking.activity.sector]
    if encoding == "latin-1":  # such a file comes from an office that works in French
        habits = replace(habits, language="fr")
    spot = places.spot(record.undertaking.site, file_version)
    cells = _who_and_what(record, habits, encoding, rng) | _where(spot, habits) | _how_many(record)
    cells |= {"reporting_month": typed_month(record.month, habits.month)}
    cells |= {"remarks": rng.choice(_REMARKS[habits.language]) if rng.random() < 0.25 else None}
    return Row(spot, record.undertaking.org, {column: cells[column] for column in columns})


def typed_month(month: str, style: str) -> Cell:
    """A reporting month in one of the ways people write it.

    >>> [typed_month("2025-03", style) for style in ("english", "short", "iso", "dots", "local", "serial")]
    ['March 2025', 'Mar-25', '2025-03', '03.2025', 'березень 2025', 45717]
    """
    year, number = int(month[:4]), int(month[5:7])
    first = date(year, number, 1)
    written: dict[str, Cell] = {
        "english": f"{_ENGLISH[number - 1]} {year}",
        "short": f"{_ENGLISH[number - 1][:3]}-{year % 100}",
        "iso": month,
        "dots": f"{number:02d}.{year}",
        "local": f"{_LOCAL[number - 1]} {year}",
        "cell": first,
        "serial": excel_serial(first),
    }
    return written[style]


def excel_serial(day: date) -> int:
    """The number Excel keeps for a day (its calendar begins on the last day of 1899, with one leap day too many)."""
    return (day - date(1899, 12, 30)).days


def label(field: str, code: str, language: str, rng: Random) -> str:
    """A confirmed label in the wanted language; values.csv lists English first, then the local ones, then French."""
    every = office.labels(field, code)
    local = [text for text in every if _is_cyrillic(text)]
    first, last = every.index(local[0]), every.index(local[-1])
    if language == "uk":
        return rng.choice(local)
    return rng.choice(every[:first]) if language == "en" else (every[last + 1 :] or every)[0]


def _is_cyrillic(text: str) -> bool:
    return any("\u0400" <= letter <= "\u04ff" for letter in text)


def _who_and_what(record: Record, habits: Habits, encoding: str, rng: Random) -> dict[str, Cell]:
    work = record.undertaking
    activity = work.activity
    return {
        "org": _organisation(work.org, habits, encoding, rng),
        "impl_org": _organisation(work.impl, habits, encoding, rng) if work.impl else None,
        "donor": _organisation(work.donor, habits, encoding, rng) if work.donor else None,
        "sector": label("sector", activity.sector, habits.language, rng) if rng.random() < 0.9 else activity.sector,
        "activity": activity.name if habits.activity == "name" else activity.code,
        "status": label("status", record.status, habits.language, rng),
        "population_group": label("population_group", work.group, habits.language, rng),
        "start_date": work.start,
        "end_date": work.end if work.end_known else None,
    }


def _organisation(org_id: str, habits: Habits, encoding: str, rng: Random) -> str:
    """Mostly the name, often the acronym, sometimes an alias: the drift every country office knows."""
    able = [text for text in office.spellings(org_id) if _encodable(text, encoding)]
    if habits.language == "uk" and _is_cyrillic(able[-1]) and rng.random() < 0.5:
        return able[-1]
    latin = [text for text in able if not _is_cyrillic(text)]
    return rng.choices(latin, [6, 3, *[1] * len(latin)][: len(latin)])[0]


def _encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _where(spot: Spot, habits: Habits) -> dict[str, Cell]:
    cells: dict[str, Cell] = {f"adm{level}_{part}": None for level in (1, 2, 3) for part in ("name", "code")}
    for unit in spot.units:
        cells[f"adm{unit.level}_name"] = unit.name_local if habits.language == "uk" else unit.name
        cells[f"adm{unit.level}_code"] = unit.pcode
    return cells | {"settlement": spot.settlement}


def _how_many(record: Record) -> dict[str, Cell]:
    brackets = record.brackets or (None,) * len(BRACKETS)
    return {
        "targeted": record.undertaking.targeted,
        "reached": record.reached,
        "reached_new": record.reached_new,
        "with_disability": record.with_disability,
        **dict(zip(BRACKETS, brackets, strict=True)),
    }
