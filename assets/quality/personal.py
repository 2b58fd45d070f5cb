"""Personal data where none belongs: phones, e-mail addresses, document numbers, names of people in remarks.

Belongs here: recognising the patterns. Not here: what follows (each source's check). What was recognised is told by
its kind and place; the value itself never leaves the function that saw it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import yaml

from assets.geography.scripts import name_key, unmix

PHONE, EMAIL, DOCUMENT, NAME = "a phone number", "an e-mail address", "a document number", "the name of a person"
HEADING = "a column for personal data"

_EMAIL = re.compile(r"[\w.+'-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,/-])(\+|00)?[\s.(-]*\d(?:[\s.()-]{0,2}\d){6,13}(?![\w/]|[.,-]\d)")
_PHONE_WORDS = re.compile(
    r"\b(?:tel|phone|mobile|cell|whatsapp|viber|telegram|signal|call|тел|телефон|моб|дзвонити|звонить|tél|teléfono)\b",
    re.IGNORECASE,
)
_DOCUMENT_WORDS = re.compile(
    r"(?:\b(?:passport|id|id[ -]?card|identity|document|doc|card|case|registration|tax|iban|por|unhcr|progres)\b"
    r"[\s:.]*(?:no|nr|number|num|code|id)?|паспорт\w*|посвідчення|документ\w*|рнокпп|іпн|інн|инн|удостоверени\w*)"
    r"\s*[:.#№-]*\s*(?P<number>[A-ZА-ЯІЇЄҐ]{0,4}[\s-]?\d[\d\s/-]{4,}\w*)",
    re.IGNORECASE,
)
_BARE_DOCUMENT = re.compile(r"(?<![\w-])(?P<letters>[A-ZА-ЯІЇЄҐ]{2})\s?[№#]?\s?\d{6}(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}\b")
_NUMBER_SIGN = re.compile(r"№\s?\d{6,}")

_CAPITAL, _SMALL = "A-ZÀ-ÖØ-ÞĀ-ŽА-ЯІЇЄҐЁ", "a-zß-öø-ÿā-žа-яіїєґё'’ʼ-"
_WORD = rf"[{_CAPITAL}][{_SMALL}]+"
_FULL_NAME = rf"(?P<name>(?:{_WORD}|[{_CAPITAL}]\.)(?:\s*(?:{_WORD}|[{_CAPITAL}]\.)){{1,3}})"
_ROLES = (
    r"contact(?:\s+person|\s+point)?|focal\s+point|person\s+in\s+charge|responsible(?:\s+person)?|manager|supervisor|"
    r"coordinator|beneficiary|patient|survivor|victim|client|head\s+of\s+household|informed\s+by|reported\s+by|"
    r"submitted\s+by|prepared\s+by|ask(?:\s+for)?|call|speak\s+(?:to|with)|full\s+name|"
    r"контакт(?:на\s+особа)?|контактна|відповідальн\w+|координатор\w*|керівник|бенефіціар\w*|пацієнт\w*|постраждал\w*|"
    r"звертатися\s+до|ответственн\w+|контактное\s+лицо|получател\w+"
)
_NAMED = re.compile(
    rf"(?i:\b(?:{_ROLES})\b)(?:\s+(?:is|was|for|name|є|до))?\s*[:\-–—=]?\s*(?:(?i:mr|mrs|ms|dr)\.?\s+)?{_FULL_NAME}"
)
_TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Dr|Miss|[Пп]ан|[Пп]ані|г-н|г-жа)\.?\s+(?P<name>{_WORD}(?:\s+{_WORD}){{0,2}})")
_FATHERS = r"(?:ович|евич|йович|івна|ївна|овна|евна|ovych|iovych|ivna|ovna)[а-яa-z]{0,2}"
_PATRONYMIC = re.compile(rf"\b{_WORD}\s+(?:{_WORD}\s+)?[{_CAPITAL}][{_SMALL}]*{_FATHERS}\b")
_HEADINGS = re.compile(
    r"\b(phone|telephone|mobile|tel|whatsapp|viber|e ?mail|passport|id (card|no|number)|national id|tax (no|number|id)|"
    r"document (no|number)|date of birth|birth ?date|dob|surname|family name|first name|last name|full name|"
    r"(contact|beneficiary|patient|survivor|respondent|client|focal point|person)( s)? (name|person)|contact details|"
    r"names? of (the )?(beneficiar\w*|person\w*|contact|focal point)|gps|home address|"
    r"telefon\w*|pasport\w*|prizvyshche|imia|pib|data narodzhennia|kontaktna osoba|elektronna (poshta|adresa)|"
    r"familiia|nomer telefonu|rnokpp|ipn)\b"
)
_HINTS = re.compile(r"[@№]|\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d|[^\W\d_]{2,}\W+[^\W\d_]|\(at\)", re.IGNORECASE)

Allowed = Callable[[str], bool]


def _nothing_allowed(_text: str) -> bool:
    return False


def personal_kinds(cell: object, *, names: bool = True, allowed: Allowed = _nothing_allowed) -> set[str]:
    """Return what kinds of personal data a cell seems to hold.

    `names` looks for people's names too (remarks and other free text). `allowed` says of a found text that it is
    none after all: a P-code, an organisation of the list.
    """
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return _of_number(str(cell), allowed)
    if not isinstance(cell, str) or not _HINTS.search(cell):
        return set()
    return set(_kinds(cell, names, allowed))


def is_personal_heading(heading: str) -> bool:
    """Whether a heading announces personal data, so that its column is refused even before a cell is read."""
    return _HEADINGS.search(name_key(heading)) is not None


def _of_number(digits: str, allowed: Allowed) -> set[str]:
    """A number typed into a text column: as long as a phone number or a document's, and no P-code."""
    return {PHONE} if 9 <= len(digits) <= 14 and not allowed(digits) else set()


def _kinds(text: str, names: bool, allowed: Allowed) -> Iterator[str]:
    if _EMAIL.search(text):
        yield EMAIL
    documents = list(_documents(text, allowed))
    if documents:
        yield DOCUMENT
    rest = text
    for found in documents:
        rest = rest.replace(found, " ")
    if any(_is_phone(match, rest) and not allowed(match.group().strip()) for match in _PHONE.finditer(rest)):
        yield PHONE
    if names and _has_name(unmix(text), allowed):
        yield NAME


def _documents(text: str, allowed: Allowed) -> Iterator[str]:
    for match in _DOCUMENT_WORDS.finditer(text):
        if sum(c.isdigit() for c in match.group("number")) >= 5 and not allowed(match.group("number").strip()):
            yield match.group("number")
    for pattern in (_BARE_DOCUMENT, _IBAN, _NUMBER_SIGN):
        for match in pattern.finditer(text):
            if not allowed(match.group()):
                yield match.group()


def _is_phone(match: re.Match[str], text: str) -> bool:
    """Nine digits or more that begin as phone numbers do, or seven with a word that says so."""
    written = match.group()
    digits = re.sub(r"\D", "", written)
    if _PHONE_WORDS.search(text[max(match.start() - 25, 0) : match.start()]):
        return True
    international = match.group(1) is not None and len(digits) >= 9
    national = digits.startswith("0") and 9 <= len(digits) <= 11
    groups = [len(group) for group in re.findall(r"\d+", written)]
    return international or national or (11 <= len(digits) <= 14 and groups[0] != 4)


def _has_name(text: str, allowed: Allowed) -> bool:
    for pattern in (_NAMED, _TITLED):
        for match in pattern.finditer(text):
            if _is_name(match.group("name"), allowed):
                return True
    return any(_is_name(match.group(), allowed) for match in _PATRONYMIC.finditer(text))


def _is_name(candidate: str, allowed: Allowed) -> bool:
    return _no_names().isdisjoint(name_key(candidate).split()) and not allowed(candidate)


@cache
def _no_names() -> frozenset[str]:
    """Words that follow "contact:" without being anybody's name."""
    words = yaml.safe_load(Path(__file__).with_name("personal_words.yml").read_text(encoding="utf-8"))
    return frozenset(name_key(word) for line in words["no_names"].values() for word in line.split())
