"""Oddities of typing that change nothing: they must be read as if they weren't there, and raise nothing.

Belongs here: planters of harmless dirt in single rows. Does not belong here: the look of the sheet (dresses.py),
mistakes (troubles.py).
"""

from demo.country import names
from demo.country.clusters import office
from demo.country.clusters.activities import BRACKETS
from demo.country.clusters.rows import ExcelError, Planter, Row, Setting

_RENAMED = "ORG-027"  # its former name is the first alias


def other_romanisation(row: Row, setting: Setting) -> str | None:
    """Another spelling of the name beside the right code."""
    unit = row.spot.units[-1]
    # names.variants also turns a leading Zh into Zg, which nobody writes
    spellings = [text for text in names.variants(unit.name_local) if text.isascii() and text[1] != "g"]
    if not spellings:
        return None
    row.cells[f"adm{unit.level}_name"] = setting.rng.choice(spellings)
    return "another romanisation of the name beside the right code"


def other_script(row: Row, setting: Setting) -> str | None:
    """The name in the script the rest of the file doesn't use."""
    unit = row.spot.units[-1]
    row.cells[f"adm{unit.level}_name"] = unit.name if setting.language == "uk" else unit.name_local
    return "name in the other script beside the right code"


def name_without_code(row: Row, setting: Setting) -> str | None:
    """No commune code, but the exact name of one commune of the stated district."""
    if row.spot.level < 3 or row.spot.units[-1].name in setting.places.ambiguous_names(setting.version):
        return None
    row.blank("adm3_code")
    return "no commune code; its name is exact and borne by one commune only"


def confirmed_alias(row: Row, setting: Setting) -> str | None:
    """No commune code, but a name that the working group confirmed as its alias."""
    known = {(alias.cod_version, alias.pcode): alias.alias for alias in office.place_aliases()}
    alias = known.get((setting.version, row.spot.pcode))
    if not alias:
        return None
    row.blank("adm3_code")
    row.cells["adm3_name"] = alias
    return "no commune code; the name is a confirmed alias"


def former_name(row: Row, setting: Setting) -> str | None:
    """The name an organisation had before it was renamed."""
    if row.org != _RENAMED:
        return None
    row.cells["org"] = office.spellings(_RENAMED)[2]
    return "former name of a renamed organisation"


def stray_spaces(row: Row, setting: Setting) -> str | None:
    """Blanks before and after, some of them not breaking."""
    for column, mark in (("org", "  "), ("adm2_code", " "), ("status", "\u00a0"), ("adm2_name", "\u00a0 ")):
        value = row.cells[column]
        row.cells[column] = f"{value}{mark}" if isinstance(value, str) else value
    row.cells["activity"] = f" {row.cells['activity']}"
    return "spaces around organisation, activity, status, district name and code"


def spaced_thousands(row: Row, setting: Setting) -> str | None:
    """1 250 typed as text, with the space that keeps digits together."""
    if row.number("targeted") < 1000:
        return None
    row.cells["targeted"] = f"{row.number('targeted'):,}".replace(",", "\u00a0")
    return "thousands set apart by a no-break space, as text"


def comma_zero(row: Row, setting: Setting) -> str | None:
    """125,0 people: a whole number with a decimal comma."""
    if row.number("reached") < 0:
        return None
    row.cells["reached"] = f"{row.number('reached')},0"
    return "whole number with decimal comma, as text"


def number_as_text(row: Row, setting: Setting) -> str | None:
    """The figure typed behind an apostrophe."""
    row.cells["targeted"] = f"{row.number('targeted')} "
    return "whole number as text"


def error_in_remarks(row: Row, setting: Setting) -> str | None:
    """An Excel error where nobody needs a value."""
    if "remarks" not in row.cells:
        return None
    row.cells["remarks"] = ExcelError("#REF!")
    return "#REF! in the remarks"


def at_the_limit(row: Row, setting: Setting) -> str | None:
    """Reached is exactly 1.2 times the target: allowed."""
    spare = row.number("reached") % 6
    if row.number("reached") < 60:
        return None
    if row.has_brackets():
        largest = max(BRACKETS, key=row.number)
        row.cells[largest] = row.number(largest) - spare
    row.cells["reached"] = row.number("reached") - spare
    row.cells["targeted"] = row.number("reached") // 6 * 5
    if "reached_new" in row.cells:
        row.cells["reached_new"] = min(row.number("reached_new"), row.number("reached"))
    return "reached is exactly 1.2 times the target"


HARMLESS: tuple[Planter, ...] = (
    other_romanisation, stray_spaces, comma_zero, name_without_code, error_in_remarks, other_script, at_the_limit,
    spaced_thousands, number_as_text, former_name, confirmed_alias,
)  # fmt: skip
