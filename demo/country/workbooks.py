"""Cluster workbooks: what fourteen focal points, and a few who shouldn't, send the office in the year 2025.

Belongs here: the order of things, delivery by delivery. Each kind of thing has its module in `clusters/`: the story
(arrivals.py), true figures (activities.py), typing (spelling.py), mistakes (troubles.py), looks (dresses.py).
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from demo.country.canaries import Canary, canaries, canary_count
from demo.country.clusters import activities, arrivals, file_names, office
from demo.country.clusters.bad_files import bad_file, laid_bytes
from demo.country.clusters.dresses import Dress
from demo.country.clusters.layout import Book
from demo.country.clusters.reports import Deck, Desk, answer_key, corrected_book
from demo.country.clusters.rows import Row
from demo.country.clusters.sites import Gazetteer
from demo.country.deliveries import SIZES, Delivery, Trouble, at
from demo.country.geography import Geography

SOURCE = "clusters"


def deliver(geo: Geography, seed: int, size: str) -> tuple[list[Delivery], list[Trouble]]:
    """Every cluster file of the year and the key of what is planted in them, in order of arrival and of file."""
    if size not in SIZES:
        raise ValueError(f"there is no demo of size {size!r}; sizes are {', '.join(SIZES)}")
    post = _Post(Desk(Gazetteer(geo), seed, size))
    for month in activities.months()[: 3 if size == "small" else 12]:
        for cluster in office.SMALL_CLUSTERS if size == "small" else office.CLUSTERS:
            post.month(cluster, month)
    post.corrections()
    post.direct()
    return sorted(post.deliveries, key=lambda sent: (sent.at, sent.sender, sent.name)), post.troubles


@dataclass
class _Post:
    """Collects what is sent; keeps the latest book of every month for those who correct it later."""

    desk: Desk
    deliveries: list[Delivery] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    latest: dict[tuple[str, str], tuple[Book, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.deck = Deck(Random(f"{self.desk.seed}/deck"))
        self.persons = canaries(self.desk.seed, canary_count(self.desk.size))

    def month(self, cluster: str, month: str) -> None:
        """Everything the cluster first sends for a month."""
        if (cluster, month) in arrivals.MISSING:
            self._tell("month_missing", "", "", f"nothing arrives from {cluster} for {month}")
            return
        book = self.desk.clean_book(cluster, month)
        if (cluster, month) in arrivals.FIRST_TRIES:
            self._first_try(book)
        if (cluster, month) in arrivals.NEVER_MENDED:
            return
        setting = self.desk.setting(book)
        self.deck.plant_troubles(book.rows, setting, self.desk.trouble_count(book))
        self.deck.plant_oddities(book.rows, setting, 3)
        self._send_book(book, arrivals.good_day(cluster, month, self.desk.seed))
        self._repeat(book)
        self._story(book)

    def corrections(self) -> None:
        """Later versions of months already sent."""
        for correction in arrivals.CORRECTIONS:
            key = (correction.cluster, correction.month)
            if key not in self.latest:
                continue
            book, version = self.latest[key]
            stem = self.desk.clean_book(*key).name.rsplit(".", 1)
            name = f"{file_names.corrected(stem[0], version + 1)}.{stem[1]}"
            better = corrected_book(book, name, self.deck, self.desk.setting(replace(book, name=name)))
            self._send_book(better, correction.sent)
            self.latest[key] = (better, version + 1)
            note = f"version {version + 1} of {correction.cluster} {correction.month}"
            self._tell("corrected_version", name, "", note)

    def direct(self) -> None:
        """NGOs that pass their cluster by."""
        for sent in arrivals.DIRECT:
            if (sent.cluster, sent.month) not in self.latest:
                continue
            org = next(org for org in office.organisations() if org.org_id == sent.org)
            book = self.desk.clean_book(sent.cluster, sent.month)
            name = f"{file_names.direct(org.name, sent.month)}.xlsx"
            rows = [_as_own(row, org.org_id, org.name) for row in book.rows[:10]]
            content, _ = laid_bytes(replace(book, name=name, rows=rows, dress=Dress()))
            self._send(at(sent.sent, 15, 20), sent.sender, name, content)
            self._tell("sent_by_ngo", name, "C-SUBMITTER", "the sender is not a cluster's account")

    def _first_try(self, book: Book) -> None:
        key = (book.cluster, book.month)
        kind = arrivals.FIRST_TRIES[key]
        name = f"{file_names.first_try(*key)}.xlsx"
        refused = bad_file(kind, book, name, self._person(key))
        moment = self._moment(arrivals.first_day(*key, self.desk.seed), name)
        self._send(moment, _account(book.cluster), name, refused.content)
        self.troubles.extend(refused.troubles)

    def _person(self, key: tuple[str, str]) -> Canary:
        """Each refused file has its own planted identity, the last ones of the list."""
        return self.persons[-1 - sorted(arrivals.FIRST_TRIES).index(key)]

    def _repeat(self, book: Book) -> None:
        days = arrivals.REPEATED.get((book.cluster, book.month))
        if days is None:
            return
        first = self.deliveries[-1]
        stem, kind = book.name.rsplit(".", 1)
        name = f"{file_names.again(stem)}.{kind}"
        self._send(first.at + timedelta(days=days), first.sender, name, first.content)
        self._tell("same_bytes", name, "C-SAME-FILE", f"the bytes of {book.name} once more")

    def _story(self, book: Book) -> None:
        """What is special about a good file as a whole."""
        oddity = file_names.oddity(book.cluster, book.month)
        if oddity:
            self._tell(oddity, book.name, "", "the month that counts is in the sheet")
        if (book.cluster, book.month) in arrivals.LATE:
            self._tell("late", book.name, "", "arrives long after the 12th")

    def _send_book(self, book: Book, day: date) -> None:
        content, laid = laid_bytes(book)
        self._send(self._moment(day, book.name), _account(book.cluster), book.name, content)
        self.troubles.extend(answer_key(book, laid))
        self.latest.setdefault((book.cluster, book.month), (book, 1))

    def _moment(self, day: date, name: str) -> datetime:
        rng = Random(f"{self.desk.seed}/hour/{name}")
        return at(day, rng.randint(8, 18), rng.randint(0, 59))

    def _send(self, moment: datetime, sender: str, name: str, content: bytes) -> None:
        self.deliveries.append(Delivery(moment, SOURCE, sender, name, content))

    def _tell(self, kind: str, file: str, rule: str, note: str) -> None:
        self.troubles.append(Trouble(kind, SOURCE, file, None, rule, note))


def _account(cluster: str) -> str:
    return f"{cluster.lower()}-focal"


def _as_own(row: Row, org_id: str, name: str) -> Row:
    return Row(row.spot, org_id, {**row.clean, "org": name})
