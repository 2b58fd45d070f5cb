"""The column map of a registration system: which columns it has, and what becomes of each at the door.

Belongs here: reading and applying `column_maps/<name>.csv`. Does not belong here: rules about values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assets.registry.rules import CODED
from orchestration.failures import Permanent

# The day of an extract that the platform read by itself stands beside each row.
OWN_COLUMN = "imu_extract_day"
HANDLING = ("hash", "code", "date", "month", "flag", "number", "drop")


# What a map must have, by custody: without these nothing could be counted.
NEEDED = {
    "owner": ("record_id", "registration_group_id", "sex", "date_of_birth", "record_status", "residence_adm2_code"),
    "none": ("adm2_pcode", "sex", "age_bracket", "record_status", "records", "individuals", "families"),
}


@dataclass(frozen=True)
class ColumnMap:
    """Header in the file -> our name, and how each is handled."""

    headers: Mapping[str, str]
    handling: Mapping[str, str]
    required: frozenset[str]
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def dropped(self) -> list[str]:
        """Our names of the columns that stay sealed in raw and go nowhere else."""
        return sorted(name for name, how in self.handling.items() if how == "drop")


def load(rows: Sequence[Mapping[str, str]], lists: Sequence[Mapping[str, str]] = ()) -> ColumnMap:
    """Read a map's rows (canonical, header, required, handling) and its code lists (field, value, code)."""
    # A map of a table of counts has no handling: all its columns are codes or counts, and what is neither is dropped.
    handling = {row["canonical"]: row.get("handling", "code") for row in rows}
    wrong = sorted(set(handling.values()) - set(HANDLING))
    if wrong:
        raise Permanent(f"column map: unknown handling {wrong}; expected one of {', '.join(HANDLING)}.")
    headers = {spelling.strip().lower(): row["canonical"] for row in rows for spelling in row["header"].split("|")}
    return ColumnMap(
        headers=headers,
        handling=handling,
        required=frozenset(row["canonical"] for row in rows if row["required"] == "yes"),
        codes=_codes(lists),
    )


def _codes(lists: Sequence[Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Column -> value as the register writes it -> our code. A value may stand for one code only."""
    codes: dict[str, dict[str, str]] = {}
    for number, row in enumerate(lists, start=2):
        name, value = row["field"], row["value"].strip().lower()
        allowed = CODED.get(name)
        if name not in CODED or (allowed and row["code"] not in allowed):
            raise Permanent(
                f"code list, row {number}: field {name!r} with code {row['code']!r}; expected a field of "
                f"{', '.join(CODED)}" + (f" and a code of {', '.join(sorted(allowed))}." if allowed else ".")
            )
        if codes.setdefault(name, {}).setdefault(value, row["code"]) != row["code"]:
            raise Permanent(f"code list, row {number}: the value {row['value']!r} of {name} stands there twice.")
    return codes


@dataclass(frozen=True)
class Refusal:
    """Why a file's columns are not acceptable: a rule and the column headers (never values)."""

    rule: str
    columns: tuple[str, ...]


def match(
    given: Sequence[str], column_map: ColumnMap, forbidden: Sequence[str]
) -> tuple[dict[str, str], list[Refusal]]:
    """Our name for each header, or why not: never-ingest columns, unknown, repeated or missing ones."""
    given = [header for header in given if header != OWN_COLUMN]
    clean = {header: header.strip().lower() for header in given}
    names = {header: column_map.headers[name] for header, name in clean.items() if name in column_map.headers}
    if len(names) * 2 < len(clean):
        # Most of it is no heading we know: the first line may be a person's data, and none of it is repeated.
        return names, [Refusal("R-TEMPLATE", ("a first line with the agreed headings",))]
    refused: list[Refusal] = []
    # A strange heading is never quoted: somebody may have typed a person's name into it.
    strange = {number: header for number, header in enumerate(given, 1) if clean[header] not in column_map.headers}
    never = {number: word for number, header in enumerate(given, 1) if (word := forbidden_word(header, forbidden))}
    if never:
        refused.append(Refusal("R-FORBIDDEN", tuple(f"{word} (column {number})" for number, word in never.items())))
    unknown = tuple(f"the heading of column {number}" for number in strange if number not in never)
    counted = Counter(column_map.headers[clean[header]] for header in given if clean[header] in column_map.headers)
    repeated = tuple(sorted(name for name, count in counted.items() if count > 1))
    missing = tuple(sorted(column_map.required - set(names.values())))
    if unknown or repeated or missing:
        refused.append(Refusal("R-TEMPLATE", unknown + repeated + missing))
    return names, refused


def forbidden_word(header: str, words: Sequence[str]) -> str | None:
    """The word of the never-ingest list in it; `Case notes`, `case_notes` and `CaseNotes` are one thing."""
    return next((word for word in words if _letters(word) in _letters(header)), None)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
