"""Personal data in a cluster workbook: which cells are searched, and for what.

Belongs here: the choice of cells. Not here: the patterns (assets/quality/personal.py). Columns of codes, dates and
figures hold digits by nature and are searched for nothing that digits could be.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assets.clusters.canonical import CODES, DATES, FIGURES, MONTH, NAMES, YEAR
from assets.clusters.column_maps import UNREAD_CODE, UNREAD_NUMBER, MapColumn
from assets.clusters.office_lists import OfficeLists
from assets.clusters.row_facts import Told
from assets.clusters.template import Table, letter
from assets.geography.places import Gazetteer
from assets.quality.personal import HEADING, is_personal_heading, personal_kinds
from assets.sheets.workbook import Cell, Sheet, Workbook

_NEVER = frozenset({MONTH, YEAR, *DATES, *CODES.values()})
_LISTED = frozenset({"org", "impl_org", "donor", "sector", "activity", "status", "population_group", *NAMES.values()})
# What an unread column of that type may hold without being searched; a number or code of another form is.
_PLAIN = {
    UNREAD_NUMBER: re.compile(r"\s*-?\d{1,6}(?:[.,]\d+)?\s*"),
    UNREAD_CODE: re.compile(r"\s*[A-Za-z]{2,4}[\w.-]{1,16}\s*"),
}
_HEADING_LENGTH = 40
_MANY = 3  # in a file of no known shape: one e-mail address may be the contact in the title, three are a list


def known_words(lists: OfficeLists, gazetteer: Gazetteer) -> Callable[[str], bool]:
    """Return what tells that a text is an organisation or a place of our own lists, not a person or a number."""

    def known(text: str) -> bool:
        return lists.organisations.knows(text) or gazetteer.knows(text)

    return known


def personal_cells(table: Table, known: Callable[[str], bool]) -> dict[int, list[Told]]:
    """Return by row number where personal data seems to stand, in columns of the template and beside them."""
    columns = {index: table.map.columns[key] for key, index in table.columns.items()}
    found: dict[int, list[Told]] = {}
    for index in range(table.first_row, len(table.sheet.rows)):
        for at, cell in enumerate(table.sheet.rows[index]):
            column = columns.get(at)
            kinds = _kinds(cell, column, known)
            if kinds:
                told = Told(column.key if column else f"column {letter(at)}", detail=" and ".join(sorted(kinds)))
                found.setdefault(index + 1, []).append(told)
    return found


def _kinds(cell: Cell, column: MapColumn | None, known: Callable[[str], bool]) -> set[str]:
    name = column.canonical if column else ""
    if name in _NEVER or (name in FIGURES and not isinstance(cell, str)):
        return set()
    plain = _PLAIN.get(column.kind) if column else None
    if plain and plain.fullmatch(str(cell)):
        return set()
    return personal_kinds(cell, names=name not in _LISTED and name not in FIGURES, allowed=known)


def personal_headings(table: Table) -> list[Told]:
    """Return columns that are not in the template and whose heading announces personal data."""
    return [
        Told(f"column {letter(index)}", detail=HEADING)
        for index, text in table.unknown
        if text and is_personal_heading(text)
    ]


def beside_the_table(workbook: Workbook, table: Table, known: Callable[[str], bool]) -> str | None:
    """Say what kinds of personal data stand on other sheets, hidden ones too, or in remarks beside cells. A look-up
    sheet may be full of words such as "name" and "contact": there only what reaches somebody counts.
    """
    others = (sheet for sheet in (*workbook.sheets, *workbook.hidden) if sheet is not table.sheet)
    found = {kind for note in workbook.notes for kind in personal_kinds(note, names=False, allowed=known)}
    for sheet in others:
        cells = (cell for row in sheet.rows for cell in row if isinstance(cell, str))
        hits = [kinds for cell in cells if (kinds := personal_kinds(cell, names=False, allowed=known))]
        found |= set().union(*hits) if len(hits) >= _MANY else set()
    return " and ".join(sorted(found)) if found else None


def looks_like_a_list_of_people(workbook: Workbook, known: Callable[[str], bool]) -> str | None:
    """Say what kinds of personal data a workbook of unknown shape is full of: a list of people sent by mistake."""
    for sheet in (*workbook.sheets, *workbook.hidden):
        kinds = _list_of_people(sheet, known)
        if kinds:
            return " and ".join(sorted(kinds))
    return None


def _list_of_people(sheet: Sheet, known: Callable[[str], bool]) -> set[str]:
    hits: set[str] = set()
    count = 0
    # Large sums are numbers too: in a sheet of unknown shape only what was typed as text is looked at.
    for cell in (cell for row in sheet.rows for cell in row if isinstance(cell, str)):
        heading = len(cell) < _HEADING_LENGTH and is_personal_heading(cell)
        kinds = {HEADING} if heading else personal_kinds(cell, names=False, allowed=known)
        count += bool(kinds)
        hits |= kinds
    return hits if count >= _MANY else set()
