"""A cluster's file of one month: typed from the true records, dressed, and with its share of troubles.

Belongs here: bringing the parts together into a Book, corrected versions of a Book, and the answer key of a Book.
Does not belong here: when it is sent (arrivals.py), files that are refused as a whole (bad_files.py).
"""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random

from demo.country.clusters import activities, file_names
from demo.country.clusters.activities import Undertaking
from demo.country.clusters.arrivals import OLD_CODES
from demo.country.clusters.dresses import Dress, dress_of
from demo.country.clusters.harmless import HARMLESS
from demo.country.clusters.headers import columns_of
from demo.country.clusters.layout import Book, Laid
from demo.country.clusters.rows import Planted, Row, Setting
from demo.country.clusters.sites import Gazetteer, version_of
from demo.country.clusters.spelling import HABITS, LOCAL_HEADINGS, typed_row
from demo.country.clusters.troubles import TROUBLES, plant, plant_one
from demo.country.deliveries import Trouble


@dataclass
class Deck:
    """Deals the row rules out to the files, each as often as the others."""

    rng: Random
    waiting: list[str] = field(default_factory=list)
    turns: Counter[str] = field(default_factory=Counter)
    oddities: int = 0

    def plant_troubles(self, rows: list[Row], setting: Setting, count: int) -> None:
        """The next `count` rules; one that this file can't bear waits for the next file."""
        passed: list[str] = []
        while count and len(passed) < len(TROUBLES):
            rule = self._next(passed)
            if plant(rule, self.turns[rule], rows, setting):
                self.turns[rule] += 1
                count -= 1
            else:
                passed.append(rule)
        self.waiting = passed + self.waiting

    def _next(self, passed: list[str]) -> str:
        if not self.waiting:
            rules = [rule for rule in TROUBLES if rule not in passed] or list(TROUBLES)
            self.waiting = self.rng.sample(rules, len(rules))
        return self.waiting.pop(0)

    def plant_oddities(self, rows: list[Row], setting: Setting, kinds: int) -> None:
        """The next harmless kinds, each in one or two rows."""
        for _ in range(kinds):
            planter = HARMLESS[self.oddities % len(HARMLESS)]
            self.oddities += 1
            for _ in range(setting.rng.randint(1, 2)):
                plant_one(planter, "", rows, setting)


@dataclass(frozen=True)
class Desk:
    """The focal points' desks of one demo: the true year and the means to type it."""

    places: Gazetteer
    seed: int
    size: str

    @cached_property
    def _year(self) -> dict[str, list[Undertaking]]:
        return {}

    def undertakings(self, cluster: str) -> list[Undertaking]:
        """The cluster's true year, made once."""
        if cluster not in self._year:
            self._year[cluster] = activities.undertakings(self.places, self.seed, self.size, cluster)
        return self._year[cluster]

    def clean_book(self, cluster: str, month: str) -> Book:
        """The month's file as it should be, in the look of that month."""
        template = HABITS[cluster].template(month)
        dress = dress_of(cluster, month, template, HABITS[cluster].language, self.seed)
        name = f"{file_names.regular(cluster, month, self.seed)}.{dress.file[:4].rstrip('_')}"
        return Book(cluster, month, name, template, dress, self._rows(cluster, month, template, dress), self.seed)

    def _rows(self, cluster: str, month: str, template: str, dress: Dress) -> list[Row]:
        rng = Random(f"{self.seed}/typing/{cluster}/{month}")
        columns, found = columns_of(template, Dress()), []
        version = "v01" if (cluster, month) in OLD_CODES else version_of(month)
        for record in activities.month_records(self.undertakings(cluster), month):
            row = typed_row(record, self.places, version, columns, dress.encoding, rng)
            if version == version_of(month) or self._mark_old_code(row, version_of(month)):
                found.append(row)
        return found

    def _mark_old_code(self, row: Row, current: str) -> bool:
        """Plant the old code; False for a row that can't be translated from its old code alone."""
        if self.places.known(current, row.spot.pcode):
            return True
        row.planted = Planted("code_before_the_reform", "C-OLD-CODE", "code of version v01 in a month of v02")
        return row.spot.level == 3 and row.spot.pcode not in self.places.split

    def setting(self, book: Book) -> Setting:
        """What planters may know about a book. Each book has its own stream of chance."""
        encoding = None if book.dress.file == "xlsx" else book.dress.encoding
        rng = Random(f"{self.seed}/planting/{book.name}")
        return Setting(self.places, version_of(book.month), book.cluster, HABITS[book.cluster].language, encoding, rng)

    def trouble_count(self, book: Book) -> int:
        """How many rows of a book go wrong."""
        return 4 if self.size == "small" else 3 + self.setting(book).rng.randint(0, 2)


def corrected_book(book: Book, name: str, deck: Deck, setting: Setting) -> Book:
    """The next version: half of the troubles mended, the others still open, a new one, and some figures revised."""
    rows = deepcopy(book.rows)
    wrong = [row for row in rows if row.planted and row.planted.rule]
    for row in wrong[: (len(wrong) + 1) // 2]:
        row.planted, row.taken, row.cells = None, True, dict(row.clean)
    rows = [row for row in rows if row.planted or not _is_repeat(row, rows)]
    free = [row for row in rows if row.free and row.number("reached") > 0]
    for row in setting.rng.sample(free, min(5, len(free))):
        _revise(row, setting.rng.randint(3, 15))
    deck.plant_troubles(rows, setting, 1)
    return replace(book, name=name, rows=rows)


def _is_repeat(row: Row, rows: list[Row]) -> bool:
    """Whether an earlier row of the list is the same: a mended duplicate is one that was taken out."""
    earlier = rows[: next(place for place, other in enumerate(rows) if other is row)]
    return any(other.clean == row.clean for other in earlier)


def _revise(row: Row, more: int) -> None:
    """People found after the deadline: as many more targeted as reached."""
    for column in ("targeted", "reached", "reached_new", "women"):
        if row.number(column) >= 0:
            row.clean[column] = row.number(column) + more
    row.cells, row.taken = dict(row.clean), True


def answer_key(book: Book, laid: Laid) -> list[Trouble]:
    """Every planted row and every oddity of the file's look."""
    rows = [
        Trouble(row.planted.kind, "clusters", book.name, number, row.planted.rule, row.planted.note)
        for row, number in zip(book.rows, laid.numbers, strict=True)
        if row.planted
    ]
    return [_look(kind, book, laid) for kind in book.dress.kinds()] + rows


def _look(kind: str, book: Book, laid: Laid) -> Trouble:
    row = laid.header if kind == book.dress.header else laid.totals if kind == "totals_row" else None
    row = laid.header + 1 if kind == book.dress.hxl else row
    # A heading in the local language alone has no Latin letter that could be swapped.
    swapped = kind == "homoglyph_header" and HABITS[book.cluster].headers != LOCAL_HEADINGS
    rule = "C-LOOKALIKE" if swapped else ""
    return Trouble(kind, "clusters", book.name, row, rule, "the look of the file; must be read unharmed")
