"""The statistics office's weekly displacement figures: 52 files, most of them in order.

Here belongs which file comes when and what is wrong with it. Here does not belong the course of events
(displacement_stocks.py), the writing (displacement_files.py) nor the mistakes in rows (displacement_mistakes.py).

A file is `vpo_<ISO week>.csv` or `.xlsx`, its district codes are those in force on the week's Sunday; it has two rows
per district: табір (camp) and поза табором (not in a camp). It is due on Tuesday 11:00 after the week.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from demo.country.deliveries import Delivery, Trouble, sundays, tuesday_after, week_key
from demo.country.displacement_files import HEADER, IDPS, TITLE_ROWS, WORDS, Line, as_csv, as_workbook
from demo.country.displacement_mistakes import MISTAKES, Mistake, make
from demo.country.displacement_stocks import Stock, build_stocks
from demo.country.geography import VALID_ON, Geography

SOURCE, SENDER = "displacement", "statistics-office"
REFORM_WEEK = 27  # the first whose Sunday lies after 1 July
# What can be wrong with a whole file, each in one week. Mistakes in rows keep away from the striking ones.
_STRIKING = ("missing", "same_file", "corrected", "unreadable", "template")
_CALM = ("semicolon", "bom", "cp1251", "late", "overtaken")
_CALM_NOTES = {
    "semicolon": "semicolons between the columns",
    "bom": "a byte order mark before the first header",
    "cp1251": "written on an old Windows machine, in code page 1251",
    "late": "three days late",
    "overtaken": "comes after the next week's file",
}


@dataclass
class _Plan:
    """Which week has what."""

    whole: dict[int, str]
    mistakes: dict[int, list[Mistake]]
    jump_week: int
    jump_commune: str  # its old code


@dataclass
class _Office:
    """Writes and sends the files, and notes the troubles it makes."""

    geo: Geography
    seed: int
    plan: _Plan
    rng: random.Random
    sent: list[Delivery] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def send_week(self, week: int, sunday: date) -> None:
        """The week's file or files."""
        kind, stem, when = self.plan.whole.get(week, ""), f"vpo_{week_key(sunday)}", tuesday_after(sunday)
        if kind in ("corrected", "unreadable", "template", "missing"):
            getattr(self, f"_{kind}")(week, sunday, stem, when)
        elif kind == "repeated":
            self._send(when, f"{stem}.xlsx", as_workbook(self._lines(week - 1), sunday))
            self._note("repeated", f"{stem}.xlsx", None, "D-REPEATED", "last week's figures under a new title")
        else:
            self._send_usual(week, sunday, stem, when, kind)

    def _send_usual(self, week: int, sunday: date, stem: str, when: datetime, kind: str) -> None:
        """A week with nothing worse than a dialect, a delay, a second copy or a few mistakes in rows."""
        lines = self._lines(week)
        workbook = week % 4 == 2 and kind not in _CALM[:3]
        name = f"{stem}.xlsx" if workbook else f"{stem}.csv"
        first = TITLE_ROWS + 2 if workbook else 2
        for mistake, place in make(lines, self.plan.mistakes.get(week, []), self._jumping(week), self.rng):
            self._note(mistake.kind, name, None if place is None else first + place, mistake.rule, mistake.note)
        self._jump(week, lines, name, first)
        content = as_workbook(lines, sunday) if workbook else _dialect(lines, kind)
        when += {"late": timedelta(days=3, hours=5), "overtaken": timedelta(days=9)}.get(kind, timedelta())
        self._send(when, name, content)
        if kind == "same_file":
            again = name.replace(".", " (1).")
            self._send(when + timedelta(days=2), again, content)
            self._note("same_file", again, None, "D-SAME-FILE", "the same bytes again, two days later")
        elif kind in _CALM:
            self._note(kind, name, None, "", _CALM_NOTES[kind])
        if workbook:
            self._note("title_rows", name, None, "", "four rows of titles, a merged one too, above the header")
        if week == 1:
            self._note("iso_week", name, None, "", "week 1 of 2025 begins on 30 December 2024")

    def _missing(self, week: int, sunday: date, stem: str, when: datetime) -> None:
        self._note("missing_week", "", None, "", f"{stem} never comes: owed, not zero")

    def _unreadable(self, week: int, sunday: date, stem: str, when: datetime) -> None:
        whole = as_workbook(self._lines(week), sunday)
        self._send(when, f"{stem}.xlsx", whole[: len(whole) // 2])
        self._note("unreadable", f"{stem}.xlsx", None, "D-UNREADABLE", "half a workbook; it comes whole the next day")
        self._send(when + timedelta(days=1), f"{stem}_v2.xlsx", whole)

    def _template(self, week: int, sunday: date, stem: str, when: datetime) -> None:
        lines = self._lines(week)
        header = [*HEADER[:IDPS], "Отримали допомогу", *HEADER[IDPS + 1 :]]
        self._send(when, f"{stem}.csv", as_csv(lines, header))
        note = "a column nobody agreed on where the people should be; it comes right the next day"
        self._note("template", f"{stem}.csv", None, "D-TEMPLATE", note)
        self._send(when + timedelta(days=1), f"{stem}_v2.csv", as_csv(lines))

    def _corrected(self, week: int, sunday: date, stem: str, when: datetime) -> None:
        """Three districts reported too few; the right figures come three weeks later."""
        stock = self._stock(week)
        short = set(self.rng.sample(sorted(key for key in stock if stock[key] > 500), 3))
        first = {key: people - people // 8 if key in short else people for key, people in stock.items()}
        self._send(when, f"{stem}.csv", as_csv(self._written(week, first)))
        self._send(when + timedelta(days=23), f"{stem}_corrected.csv", as_csv(self._written(week, stock)))
        note = "right figures for a week three weeks ago; they replace the first ones, which stay on record"
        self._note("corrected", f"{stem}_corrected.csv", None, "", note)

    def _lines(self, week: int) -> list[Line]:
        return self._written(week, self._stock(week))

    def _stock(self, week: int) -> Stock:
        stock = build_stocks(self.geo, self.seed).of(week, _version(week))
        if week >= self.plan.jump_week:
            first = self.plan.jump_week
            before = build_stocks(self.geo, self.seed).of(first, _version(first))
            stock[self._jumping(week), "non_camp"] += before[self._jumping(first), "non_camp"] + 800
        return stock

    def _written(self, week: int, stock: Stock) -> list[Line]:
        known = self.geo.by_pcode(_version(week))
        return [
            [pcode, known[pcode].name_local, WORDS[kind], people, *_parts(pcode, kind, people)]
            for (pcode, kind), people in stock.items()
        ]

    def _jumping(self, week: int) -> str:
        """The code, in that week, of the district where people arrive all at once and stay."""
        links = {old: new for old, new, _, _ in self.geo.crosswalk()}
        commune = self.plan.jump_commune
        return (commune if week < REFORM_WEEK else links[commune])[:6]

    def _jump(self, week: int, lines: list[Line], name: str, first: int) -> None:
        if week == self.plan.jump_week:
            place = next(
                n for n, line in enumerate(lines) if (line[0], line[2]) == (self._jumping(week), WORDS["non_camp"])
            )
            note = "more than doubled in a week: a train of evacuees, and they stay; true, but worth a question"
            self._note("jump", name, first + place, "D-JUMP", note)

    def _send(self, when: datetime, name: str, content: bytes) -> None:
        self.sent.append(Delivery(when, SOURCE, SENDER, name, content))

    def _note(self, kind: str, file: str, row: int | None, rule: str, note: str) -> None:
        self.troubles.append(Trouble(kind, SOURCE, file, row, rule, note))


def deliver(geo: Geography, seed: int, size: str) -> tuple[list[Delivery], list[Trouble]]:
    """52 weeks, or the 13 of the first quarter in the small size."""
    weeks = 52 if size == "country" else 13
    rng = random.Random(f"displacement files {seed} {size}")
    office = _Office(geo, seed, _plan(geo, weeks, rng), rng)
    for week, sunday in enumerate(sundays(2025, weeks), start=1):
        office.send_week(week, sunday)
    return sorted(office.sent, key=lambda one: (one.at, one.name)), office.troubles


def _plan(geo: Geography, weeks: int, rng: random.Random) -> _Plan:
    """The repeated week follows an orderly one, the jump a week that came in time; the rest falls where it may."""
    whole = {rng.choice([week for week in range(4, weeks) if abs(week - REFORM_WEEK) > 1]): "repeated"}
    calm_before = next(iter(whole)) - 1
    free = [week for week in range(3, weeks) if week not in whole and week != calm_before]
    whole |= dict(zip(rng.sample(free, len(_STRIKING)), _STRIKING, strict=True))
    usual = [week for week in range(1, weeks + 1) if week not in whole and week != calm_before]
    whole |= dict(zip(rng.sample(usual, len(_CALM)), _CALM, strict=True))
    hidden = {1, REFORM_WEEK} | {week + 1 for week in whole if whole[week] in ("missing", "overtaken")}
    seen = [week for week in usual if week not in hidden and whole.get(week) != "overtaken"]
    mistakes = _row_mistakes(usual, 3 if weeks == 52 else 1, rng)
    return _Plan(whole, mistakes, rng.choice(seen), _arrival_commune(geo, rng))


def _row_mistakes(weeks: list[int], times: int, rng: random.Random) -> dict[int, list[Mistake]]:
    """Each mistake in so many weeks. An unknown district beside a missing one might be it, so they don't meet."""
    mistakes: dict[int, list[Mistake]] = {}
    for mistake in MISTAKES:
        ambiguous = {week for week in mistakes if mistake.kind == "place_unknown" and mistakes[week][0] == MISTAKES[0]}
        for week in rng.sample([week for week in weeks if week not in ambiguous], times):
            mistakes.setdefault(week, []).append(mistake)
    return mistakes


def _arrival_commune(geo: Geography, rng: random.Random) -> str:
    """A seat of a district away from the front, in a district of middling size."""
    seats = [place for place in geo.places("v01", 2) if place.area_class == "accessible"]
    return f"{rng.choice([place for place in seats if 40_000 < place.population < 120_000]).pcode}001"


def _version(week: int) -> str:
    """The codes in force on the week's Sunday."""
    return "v02" if date.fromisocalendar(2025, week, 7) >= VALID_ON["v02"] else "v01"


def _dialect(lines: list[Line], kind: str) -> bytes:
    if kind == "semicolon":
        return as_csv(lines, delimiter=";")
    return as_csv(lines, encoding={"bom": "utf-8-sig", "cp1251": "cp1251"}.get(kind, "utf-8"))


def _parts(pcode: str, kind: str, people: int) -> tuple[int, int, int, int]:
    """Households, women, men, children; the last three are everybody."""
    rng = random.Random(f"parts {pcode} {kind}")
    households = -(-people * 100 // rng.randint(225, 290))
    women, children = round(people * rng.uniform(0.40, 0.45)), round(people * rng.uniform(0.26, 0.34))
    return households, women, people - women - children, children
