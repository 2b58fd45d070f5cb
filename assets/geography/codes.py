"""How P-codes get damaged on their way through a spreadsheet, and how to read them all the same.

Belongs here: from the cell somebody typed to the P-codes it may stand for. Not here: which of those exist and in
which version (places.py decides). Nothing is guessed: each reading is exact once zeros, prefix, case and
separators are put back, and a number whose last digits Excel has dropped is never completed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assets.geography.scripts import as_latin, squeeze

_DELIMITERS = re.compile(r"[\s._/\-]+")
_SCIENTIFIC = re.compile(r"^(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})$")
_TRAILING_ZERO = re.compile(r"^(\d+)[.,]0+$")
_PREFIXED = re.compile(r"^([A-Z]{2,3})(\d+)$")


@dataclass(frozen=True)
class CodeShape:
    """What the codes of a country look like: prefix, other prefix seen, number of digits at each level."""

    prefix: str
    iso3: str
    digits: tuple[int, ...]

    @classmethod
    def of(cls, codes: Iterable[str], iso3: str = "") -> CodeShape:
        """Learn the shape from the codes themselves, so that a new country needs no setting.

        Codes that are not one prefix and digits (Iraq's IQG01Q01) have no shape: nothing can be restored.
        """
        matches = [_PREFIXED.match(code) for code in codes]
        parts = {match.groups() for match in matches if match}
        prefixes = {prefix for prefix, _ in parts}
        if None in matches or len(prefixes) != 1:
            return cls("", iso3.upper(), ())
        return cls(prefixes.pop(), iso3.upper(), tuple(sorted({len(rest) for _, rest in parts})))

    def restored(self, digits: str) -> list[str]:
        """Return the codes these digits may be when leading zeros of the first level were lost."""
        spare = max(self.digits[0] - 1, 0) if self.digits else 0
        return [self.prefix + digits.zfill(width) for width in self.digits if 0 <= width - len(digits) <= spare]


@dataclass(frozen=True)
class Reading:
    """One code a cell may stand for; `repaired` says that it was not simply typed as it should be."""

    code: str
    repaired: bool
    lookalike: bool = False


def cell_text(cell: object) -> str:
    """Write a cell as text, a whole number without the ".0" that spreadsheets add."""
    if isinstance(cell, bool) or cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return squeeze(str(cell))


def _whole_number(text: str) -> str | None:
    """Return the digits behind "102003.0" or "1.02003E+05", None where digits were lost or it is no number."""
    if match := _TRAILING_ZERO.match(text):
        return match.group(1)
    match = _SCIENTIFIC.match(text)
    if not match:
        return None
    mantissa = match.group(1) + (match.group(2) or "")
    length = int(match.group(3)) + 1
    # "1.02E+08" may have been 102003004: the missing digits are gone and no zero may stand in for them.
    return mantissa if len(mantissa) == length else None


def readings(cell: object, shape: CodeShape) -> list[Reading]:
    """Return the codes a cell may stand for, the most literal first; the caller keeps those that exist."""
    text = cell_text(cell)
    latin = as_latin(text)
    lookalike = latin != text
    found = [Reading(text, False)] if not lookalike else []
    upper = latin.upper()
    found.append(Reading(upper, False, lookalike))
    number = _whole_number(upper)
    bare = number or _DELIMITERS.sub("", upper)
    found.append(Reading(bare, bare != upper, lookalike))
    found.extend(Reading(code, True, lookalike) for code in _restored(bare, shape))
    unique = {reading.code: reading for reading in reversed(found)}
    return [unique[code] for code in dict.fromkeys(reading.code for reading in found) if code]


def _restored(bare: str, shape: CodeShape) -> list[str]:
    if bare.isdecimal():
        return shape.restored(bare)
    match = _PREFIXED.match(bare)
    if not match or match.group(1) not in {shape.prefix, shape.iso3}:
        return []
    return [shape.prefix + match.group(2), *shape.restored(match.group(2))]
