"""A second reader and judge of cluster files, written apart from both the generator and the platform.

Belongs here: the simplest code that reads a 5W file and names the rules a row breaks, so that the demo's answer key
is checked by something that didn't make it. It reads the operation's tables, not the generator's objects.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl.utils import column_index_from_string
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from demo.country.deliveries import Delivery
from demo.country.geography import Geography, Place

OPERATION = Path(__file__).parents[3] / "operations" / "demo"
TWINS = dict(zip("асеіорхуАВСЕНІКМОРТХ", "aceiopxyABCEHIKMOPTX", strict=True))
BRACKETS = ("girls", "boys", "women", "men", "older_women", "older_men")
FIGURES = ("targeted", "reached", "reached_new", *BRACKETS, "with_disability")
ERRORS = ("#N/A", "#REF!", "#DIV/0!", "<Null>")
MONTHS = (
    "january february march april may june july august september october november december",
    "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
)
Line = dict[str, Any]


def table(name: str) -> list[dict[str, str]]:
    with (OPERATION / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def folded(text: str) -> str:
    """Without stray blanks, case and look-alike letters."""
    return "".join(TWINS.get(letter, letter) for letter in " ".join(text.split())).lower()


@cache
def headers() -> dict[str, str]:
    found = {}
    for version in ("v1", "v2"):
        for row in table(f"column_maps/clusters_5w_{version}.csv"):
            found |= {folded(text): row["canonical"] for text in row["header"].split("|")}
    return found


@cache
def grid(delivery: Delivery, encoding: str) -> list[list[Any]]:
    """The lines of the one visible sheet that has a 5W table, from row 1 on."""
    if delivery.name.endswith(".csv"):
        text = delivery.content.decode(encoding)
        return list(csv.reader(io.StringIO(text), delimiter=";" if text.split("\r\n")[0].count(";") > 5 else ","))
    book = CalamineWorkbook.from_filelike(io.BytesIO(delivery.content))
    visible = [about.name for about in book.sheets_metadata if about.visible == SheetVisibleEnum.Visible]
    sheets = [_with_errors(delivery, book, name) for name in visible]
    return max(
        sheets, key=lambda lines: max((_matches(lines, place) for place in range(min(12, len(lines)))), default=0)
    )


def _with_errors(delivery: Delivery, book: CalamineWorkbook, name: str) -> list[list[Any]]:
    """The cells of a sheet. Calamine reads an error cell as a blank one: what it hides is read from the XML."""
    lines: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    with zipfile.ZipFile(io.BytesIO(delivery.content)) as parts:
        xml = parts.read(f"xl/worksheets/sheet{book.sheet_names.index(name) + 1}.xml").decode()
    for letters, number, text in re.findall(r'<c r="([A-Z]+)(\d+)"[^>]* t="e">(?:<f>[^<]*</f>)?<v>([^<]*)</v>', xml):
        lines[int(number) - 1][int(column_index_from_string(letters)) - 1] = text
    return lines


def lines_of(delivery: Delivery, encoding: str) -> dict[int, Line]:
    """The data lines by the row number a spreadsheet shows."""
    lines = grid(delivery, encoding)
    place = max(range(min(12, len(lines))), key=lambda place: (_matches(lines, place), place))
    names = [headers()[folded(text)] for text in _heads(lines, place)]
    found = {}
    for number, line in enumerate(lines[place + 1 :], start=place + 2):
        tags = sum(str(cell).startswith("#") for cell in line)
        if tags < 5 and any(str(cell).strip() for cell in line[1:]) and line[0] != "TOTAL":
            found[number] = dict(zip(names, line, strict=False))
    return found


def _matches(lines: list[list[Any]], place: int) -> int:
    return sum(folded(text) in headers() for text in _heads(lines, place))


def _heads(lines: list[list[Any]], place: int) -> list[str]:
    """Each column's header; under a merged cell it is one line higher."""
    above = lines[place - 1] if place else []
    return [str(cell) or (str(above[at]) if at < len(above) else "") for at, cell in enumerate(lines[place])]


def month_of(value: Any) -> str:
    day = day_of(value)
    if day:
        return f"{day:%Y-%m}"
    text = str(value).lower()
    for names in MONTHS:
        for number, name in enumerate(names.split(), start=1):
            if text.startswith((name, name[:3] + "-")):
                return f"20{text[-2:]}-{number:02d}"
    return text if re.fullmatch(r"\d{4}-\d{2}", text) else f"{text[3:]}-{text[:2]}"


def day_of(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, int | float) or re.fullmatch(r"\d{5}", str(value)):
        return date(1899, 12, 30) + timedelta(days=int(value))
    if isinstance(value, str) and re.fullmatch(r"\d{2}\.\d{2}\.\d{4}", value):
        return datetime.strptime(value, "%d.%m.%Y").date()  # noqa: DTZ007 - a day has no zone
    return value if isinstance(value, date) else None


def number_of(value: Any) -> float | str | None:
    """A number, None for a blank, or the text that is no number."""
    if isinstance(value, int | float):
        return float(value)
    text = re.sub(r"\s", "", str(value or "")).replace(",", ".")
    if not text:
        return None
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else str(value)


@dataclass
class Judge:
    """Names the rules each line of a file breaks. One judge a file: it remembers the lines it saw."""

    geography: Geography
    version: str
    cluster: str
    seen: list[tuple[str, ...]] = field(default_factory=list)

    def rules(self, line: Line) -> set[str]:
        needed = {key: value for key, value in line.items() if key != "remarks"}
        if any(value in ERRORS for value in needed.values()):
            return {"C-EXCEL-ERROR"}
        return {*self._place(line), *_words(line, self.cluster), *_figures(line), *_dates(line), *self._twice(line)}

    def _twice(self, line: Line) -> Iterator[str]:
        key = tuple(str(value).strip() for value in line.values())
        if key in self.seen:
            yield "C-DUPLICATE-ROW"
        self.seen.append(key)

    def __post_init__(self) -> None:
        self.codes = {version: self.geography.by_pcode(version) for version in ("v01", "v02")}

    def _place(self, line: Line) -> Iterator[str]:
        known, codes = self.codes[self.version], {}
        for level in (1, 2, 3):
            raw = line.get(f"adm{level}_code")
            code = _padded(raw, level)
            if code != str(raw or "").strip():
                yield "C-CODE-NUMBER"
            if code:
                codes[level] = code
        if any(code not in known for code in codes.values()):
            known = self.codes["v01"]
            if any(code not in known for code in codes.values()):
                yield "C-PLACE-UNKNOWN"
                return
            yield "C-OLD-CODE"
        yield from self._nested(codes, known)
        yield from self._named(line, codes, known)

    def _nested(self, codes: dict[int, str], known: dict[str, Place]) -> Iterator[str]:
        steps = [(codes[level], codes[level - 1]) for level in (2, 3) if level in codes and level - 1 in codes]
        if any(known[code].parent != parent for code, parent in steps):
            yield "C-PLACE-PARENT"

    def _named(self, line: Line, codes: dict[int, str], known: dict[str, Place]) -> Iterator[str]:
        texts = {level: str(line.get(f"adm{level}_name") or "").strip() for level in (1, 2, 3)}
        if any(_two_scripts(word) for text in (*texts.values(), str(line["org"])) for word in text.split()):
            yield "C-LOOKALIKE"
        elif any(not _alike(texts[level], known[code]) for level, code in codes.items() if texts[level]):
            yield "C-PLACE-NAME"
        if texts[3] and 3 not in codes:
            yield from self._by_name(texts[3], codes.get(2, ""))

    def _by_name(self, text: str, inside: str) -> Iterator[str]:
        fitting = [
            place
            for place in self.geography.places(self.version, 3)
            if place.pcode.startswith(inside) and text in (place.name, place.name_local)
        ]
        if len(fitting) > 1:
            yield "C-PLACE-AMBIGUOUS"
        elif not fitting and text not in _aliases():
            yield "C-PLACE-UNKNOWN"


def _padded(raw: Any, level: int) -> str:
    """The code as the country writes it."""
    text = str(raw or "").strip()
    if isinstance(raw, int | float) or re.fullmatch(r"[\d.]+(E\+\d+)?", text):
        text = f"XV{int(float(text)):d}"
    width = (4, 6, 9)[level - 1]
    digits = re.fullmatch(r"XV(\d+)", text)
    return f"XV{digits[1].zfill(width - 2)}" if digits else text


def _two_scripts(word: str) -> bool:
    return bool(re.search(r"[a-zA-Z]", word) and re.search(r"[\u0400-\u04ff]", word))


@cache
def _alike(text: str, place: Place) -> bool:
    names = (place.name.lower(), place.name_local.lower())
    return max(SequenceMatcher(None, text.lower(), name).ratio() for name in names) > 0.75


@cache
def organisations_by_spelling() -> dict[str, set[str]]:
    """Who bears each spelling."""
    found: dict[str, set[str]] = {}
    for row in table("organisations.csv"):
        for text in (row["name"], row["acronym"], *row["aliases"].split(";")):
            found.setdefault(folded(text), set()).add(row["org_id"])
    return found


@cache
def _aliases() -> set[str]:
    return {row["alias"] for row in table("aliases/places.csv")}


@cache
def _plan() -> dict[str, str]:
    """The sector of each activity, by name and by code."""
    return {text: row["sector"] for row in table("activities.csv") for text in (row["name"], row["activity_code"])}


@cache
def _codes(field: str) -> dict[str, str]:
    return {folded(row["value"]): row["code"] for row in table("aliases/values.csv") if row["field"] == field}


def _words(line: Line, cluster: str) -> Iterator[str]:
    for column in ("org", "impl_org", "donor"):
        text = folded(str(line.get(column) or ""))
        if text and len(organisations_by_spelling().get(text, ())) != 1:
            yield "C-ORG-UNKNOWN"
    sector = _codes("sector").get(folded(str(line["sector"])), str(line["sector"]))
    if sector != cluster:
        yield "C-SECTOR"
    activity = _plan().get(str(line["activity"]).strip())
    if activity is None:
        yield "C-ACTIVITY"
    elif activity != sector:
        yield "activity of another sector than stated"
    for column, where in (("status", "status"), ("population_group", "population_group")):
        if folded(str(line[column])) not in _codes(where):
            yield f"unknown {column}"


def _figures(line: Line) -> Iterator[str]:
    values = {column: number_of(line.get(column)) for column in FIGURES}
    numbers = {column: value for column, value in values.items() if isinstance(value, float)}
    if any(isinstance(value, str) for value in values.values()):
        yield "C-NUMBER"
    elif values["targeted"] is None and values["reached"] is None:
        yield "C-NO-FIGURE"
    if any(value < 0 for value in numbers.values()):
        yield "C-NEGATIVE"
    if any(value % 1 for value in numbers.values()):
        yield "C-DECIMAL"
    yield from _people(numbers)


def _people(numbers: dict[str, float]) -> Iterator[str]:
    reached, targeted = numbers.get("reached"), numbers.get("targeted")
    if reached is None:
        return
    if any(column in numbers for column in BRACKETS) and sum(numbers.get(column, 0) for column in BRACKETS) != reached:
        yield "C-SADD"
    if targeted is not None and targeted >= 0 and 5 * reached > 6 * targeted:
        yield "C-OVER-TARGET"
    if numbers.get("with_disability", 0) > max(reached, 0):
        yield "C-DISABILITY"
    if 0 <= reached < numbers.get("reached_new", 0):
        yield "more new people than people"


def _dates(line: Line) -> Iterator[str]:
    start, end = day_of(line["start_date"]), day_of(line.get("end_date"))
    if start is None:
        yield "no start"
    elif end and end < start:
        yield "C-DATES"
