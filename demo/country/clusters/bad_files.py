"""Files that must be refused as a whole: unreadable, of no known template, of the wrong month, with personal data.

Belongs here: making each of them out of the good book of the same month, with its line of the answer key. Persons in
them are planted identities (canaries.py). Does not belong here: single wrong rows (troubles.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from demo.country.canaries import Canary
from demo.country.clusters.activities import months
from demo.country.clusters.dresses import Dress
from demo.country.clusters.layout import Book, Laid, lay_out
from demo.country.clusters.rows import Cell, Row
from demo.country.clusters.spelling import HABITS, typed_month
from demo.country.clusters.writing import write, write_table
from demo.country.deliveries import Trouble

_PLAIN = Dress()


@dataclass(frozen=True)
class BadFile:
    """A file that must be refused, and why."""

    content: bytes
    troubles: list[Trouble]


def bad_file(kind: str, good: Book, name: str, person: Canary) -> BadFile:
    """The first try that precedes a good book. The good book's rows are copied before anything is planted in them."""
    rows = [Row(row.spot, row.org, dict(row.clean)) for row in good.rows]
    return _MAKERS[kind](replace(good, name=name, rows=rows, dress=_PLAIN), kind, person)


def _refused(book: Book, kind: str, rule: str, content: bytes, note: str, row: int | None = None) -> BadFile:
    return BadFile(content, [Trouble(kind, "clusters", book.name, row, rule, note)])


def _unreadable(book: Book, kind: str, _: Canary) -> BadFile:
    content = write(book, lay_out(book))
    made = {
        "truncated": (content[: len(content) * 3 // 5], "workbook cut off on the way"),
        "web_page": (b"<html><body><table><tr><td>5W</td></tr></table></body></html>\r\n", "web page named .xlsx"),
        "empty_file": (b"", "file of no bytes"),
        "password": (_locked(book), "workbook closed with a password"),
    }
    return _refused(book, kind, "C-UNREADABLE", *made[kind])


def _locked(book: Book) -> bytes:
    """The outside of an encrypted workbook: an OLE container instead of a zip, with unreadable contents."""
    names = "EncryptionInfo EncryptedPackage".encode("utf-16-le")
    return bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + names + Random(f"{book.seed}/{book.name}").randbytes(9000)


def _unknown_template(book: Book, kind: str, _: Canary) -> BadFile:
    """A donor's matrix instead of the 5W form."""
    lines: list[list[Cell]] = [
        ["Grant no.", "Implemented by", "Output", "Oblast", "Budget (KVC)", "Progress %", "Beneficiaries"]
    ]
    for number, row in enumerate(book.rows[:25], start=1):
        lines.append(
            [f"G-{number:03d}", row.cells["org"], row.cells["activity"], row.cells["adm1_name"], number * 1500, 40, 100]
        )
    return _refused(book, kind, "C-TEMPLATE", write_table(lines), "a donor's matrix, not the 5W template", 1)


def _column_missing(book: Book, kind: str, _: Canary) -> BadFile:
    short = replace(book, dress=Dress(absent=("reached",)))
    return _refused(book, kind, "C-TEMPLATE", write(short, lay_out(short)), "the required column reached is missing", 1)


def _column_unknown(book: Book, kind: str, _: Canary) -> BadFile:
    laid = lay_out(book)
    for number, line in enumerate(laid.lines):
        line.append(12.5 if number else "Cost per person (KVC)")
    wider = replace(laid, columns=[*laid.columns, "cost"])
    return _refused(book, kind, "C-TEMPLATE", write(book, wider), "a column the template doesn't have", 1)


def _with_months(book: Book, chosen: Callable[[int], str]) -> bytes:
    for place, row in enumerate(book.rows):
        row.cells["reporting_month"] = typed_month(chosen(place), HABITS[book.cluster].month)
    return write(book, lay_out(book))


def _month_before(book: Book, kind: str, _: Canary) -> BadFile:
    """Last month's file was the start of this one, and the month column was forgotten."""
    place = months().index(book.month)
    before = months()[place - 1] if place else "2024-12"
    content = _with_months(book, lambda _: before)
    return _refused(book, kind, "C-PERIOD", content, "every row says the month before the one in the file's name")


def _two_months(book: Book, kind: str, _: Canary) -> BadFile:
    before = months()[months().index(book.month) - 1]
    half = len(book.rows) // 2
    content = _with_months(book, lambda place: book.month if place < half else before)
    return _refused(book, kind, "C-PERIOD", content, "the lower half of the rows is of the month before")


def _wrong_year(book: Book, kind: str, _: Canary) -> BadFile:
    content = _with_months(book, lambda _: book.month.replace("2025", "2026"))
    return _refused(book, kind, "C-PERIOD", content, "every row says the same month of next year")


def _personal(book: Book, kind: str, person: Canary) -> BadFile:
    """Somebody helpful wrote down whom to call, whose card it was, whom it was for."""
    column, text = {
        "phone_in_remarks": ("remarks", f"Call {person.phone} for the list"),
        "email_in_remarks": ("remarks", f"List of families from {person.email}"),
        "document_in_remarks": ("remarks", f"One kit for the holder of card {person.card_number}"),
        "name_in_remarks": ("remarks", f"Case followed up: Ms {person.name}, card {person.card_number}"),
        "phone_in_settlement": ("settlement", f"Ask {person.name_local}, tel. {person.phone}"),
    }[kind]
    place = len(book.rows) // 3
    book.rows[place].cells[column] = text
    laid = lay_out(book)
    return _refused(book, kind, "C-PERSONAL", write(book, laid), f"personal data in {column}", laid.numbers[place])


_MAKERS: dict[str, Callable[[Book, str, Canary], BadFile]] = {
    **dict.fromkeys(("truncated", "web_page", "empty_file", "password"), _unreadable),
    "unknown_template": _unknown_template,
    "column_missing": _column_missing,
    "column_unknown": _column_unknown,
    "month_before": _month_before,
    "two_months": _two_months,
    "wrong_year": _wrong_year,
    **dict.fromkeys(
        ("phone_in_remarks", "email_in_remarks", "document_in_remarks", "name_in_remarks", "phone_in_settlement"),
        _personal,
    ),
}


def laid_bytes(book: Book) -> tuple[bytes, Laid]:
    """A book's bytes and where its rows are."""
    laid = lay_out(book)
    return write(book, laid), laid
