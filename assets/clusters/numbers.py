"""What a cell says as a number of people, or why it says none.

Belongs here: the dialects of numbers (thousands, decimal comma, errors of formulas). Not here: whether a number is
plausible. Nothing is rounded and nothing ambiguous is read: "1.200" is a thousand in one office and one in another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_ERROR = re.compile(
    r"#?\s*(n/a|ref!|value!|div/0!|name\?|num!|null!|spill!|calc!|getting_data|error!)|<\s*null\s*>|#null|null|nan|err:\d+",
    re.IGNORECASE,
)
_GAPS = re.compile(r"(?<=\d)[\s\u00a0\u2007\u2009\u202f'’](?=\d{3}(?:\D|$))")
_WHOLE = re.compile(r"[+-]?\d+")
_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.(\d+))?")
_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:\.\d{3}){2,}(?:,(\d+))?|\.\d{3},(\d+))")
_UNCLEAR = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_DECIMAL = re.compile(r"[+-]?\d+[.,](\d+)")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+?\d{1,2}")
_MINUS = str.maketrans({"−": "-", "–": "-", "‑": "-", "٫": "."})
_CLOSE_TO_WHOLE = 1e-6  # what floating point leaves of 120 after a formula


class Wrong(StrEnum):
    """Why a cell gave no usable value."""

    ERROR = "error"
    NUMBER = "number"
    DECIMAL = "decimal"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number of people, or nothing at all, or the reason why it cannot be used.

    `amount` is what was read where it is no whole number of people (-40, 120.5): rules look at it, nobody uses it.
    """

    value: int | None = None
    wrong: Wrong | None = None
    amount: float | None = None


def is_error(cell: object) -> bool:
    """Whether the cell holds the error text of a formula or an export ("#N/A", "<Null>")."""
    return isinstance(cell, str) and _ERROR.fullmatch(cell.strip()) is not None and cell.strip().lower() != "n/a"


def whole_number(cell: object) -> Number:
    """Read a count; blank is nothing, which is not zero."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return Number()
    if is_error(cell):
        return Number(wrong=Wrong.ERROR)
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return Number(wrong=Wrong.NUMBER)
    return _of_text(cell) if isinstance(cell, str) else _of_number(float(cell))


def _of_number(number: float) -> Number:
    if abs(number) > 1e12:
        return Number(wrong=Wrong.NUMBER)
    if abs(number - round(number)) > _CLOSE_TO_WHOLE:
        return Number(wrong=Wrong.DECIMAL, amount=number)
    whole = round(number)
    return Number(whole, amount=whole) if whole >= 0 else Number(wrong=Wrong.NEGATIVE, amount=whole)


def _of_text(cell: str) -> Number:
    text = _GAPS.sub("", cell.strip().strip("\u00a0\u202f'").translate(_MINUS))
    if len(text) > 2 and text[0] == "(" and text[-1] == ")" and text[1:-1].isdecimal():
        return _of_number(-float(text[1:-1]))  # the accountants' minus
    if _WHOLE.fullmatch(text):
        return _of_number(float(text))
    if _UNCLEAR.fullmatch(text):
        return Number(wrong=Wrong.NUMBER)
    if _SCIENTIFIC.fullmatch(text):
        return _of_number(float(text.replace(",", ".")))
    for pattern in (_COMMAS, _POINTS, _DECIMAL):
        if match := pattern.fullmatch(text):
            return _with_fraction(text, next((part for part in match.groups() if part), ""))
    return Number(wrong=Wrong.NUMBER)


def _with_fraction(text: str, fraction: str) -> Number:
    whole = text[: len(text) - len(fraction)] if fraction else text
    return _of_number(float(whole.replace(",", "").replace(".", "") + "." + (fraction or "0")))
