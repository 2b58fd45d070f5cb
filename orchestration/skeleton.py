"""A new country's folder: written from a template, commented, complete, and valid as it stands.

Belongs here: facts about a country that standard lists know, and filling the template. Does not belong here: the
template's words (`operation_template/`), judging a folder (`validation.py`).
"""

from __future__ import annotations

import re
import shutil
import tempfile
from calendar import monthrange
from dataclasses import asdict, dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from orchestration.failures import Permanent

TEMPLATE = Path(__file__).with_name("operation_template")
_JINJA = ".jinja"
_LATE_IN_THE_YEAR = 9


@dataclass(frozen=True)
class Country:
    """What the template asks for."""

    name: str
    title: str
    iso3: str
    iso2: str
    time_zone: str
    other_zones: tuple[str, ...]


def country(name: str, iso3: str, iso2: str | None = None) -> Country:
    """The facts of a country; a wrong name or code is a ValueError in words."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(
            f"'{name}' is no name for an operation: small letters, digits and underscores, a letter first."
        )
    if not re.fullmatch(r"[A-Z]{3}", iso3):
        raise ValueError(f"'{iso3}' is no ISO3 code: three capital letters, for example MMR.")
    known_iso2, title = _known(iso3)
    code = iso2 or known_iso2
    if code is None:
        raise ValueError(f"ISO 3166 has no country {iso3}. If the code is one of your own, give --iso2 as well.")
    if not re.fullmatch(r"[A-Z]{2}", code):
        raise ValueError(f"'{code}' is no ISO2 code: two capital letters, with which the country's P-codes begin.")
    zones = _zones(code)
    return Country(
        name, title or name.replace("_", " ").title(), iso3, code, (zones or ["Etc/UTC"])[0], tuple(zones[1:])
    )


def _known(iso3: str) -> tuple[str | None, str | None]:
    from hdx.location.country import Country as Hdx

    Hdx.countriesdata(use_live=False)  # the list inside the package: no call to the internet
    return Hdx.get_iso2_from_iso3(iso3, use_live=False), Hdx.get_country_name_from_iso3(iso3, use_live=False)


def _zones(iso2: str) -> list[str]:
    """The country's time zones, that of most of the country first where the time zone database says which it is."""
    lines = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = [cells for line in lines if (cells := line.split("\t"))[0] == iso2]
    return [cells[2] for cells in sorted(rows, key=lambda cells: not "".join(cells[3:]).startswith("most"))]


def write(place: Country, folder: Path, begins: date) -> list[str]:
    """Write the folder whole or not at all; one that is there already is left as it is. The operation begins with the
    month of that day: nothing before it is owed or due.
    """
    if folder.exists():
        raise Permanent(f"{folder.name}/ exists already in {folder.parent.name}/ and was left as it is. Choose a name.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder.parent) as beside:
        draft = Path(beside) / folder.name
        shutil.copytree(TEMPLATE, draft, ignore=shutil.ignore_patterns("__pycache__"))
        for template in sorted(draft.rglob(f"*{_JINJA}")):
            template.with_suffix("").write_text(_fill(template, place, begins), encoding="utf-8")
            template.unlink()
        draft.rename(folder)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _fill(template: Path, place: Country, begins: date) -> str:
    from jinja2 import Environment, StrictUndefined

    # YAML, not HTML: what comes from outside goes through `tojson`, which is a valid YAML text.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment.from_string(template.read_text(encoding="utf-8")).render(**asdict(place), **_days(begins))


def _days(begins: date) -> dict[str, object]:
    """The days a new operation's calendar begins with."""
    first, second = (_month_end(begins.year, begins.month + later) for later in (0, 1))
    # Three months of a year are no year: who begins in autumn plans for the next one too.
    last = begins.year + (begins.month > _LATE_IN_THE_YEAR)
    yearly = date(begins.year + (begins.month > 1), 1, 31)
    return {
        "year": begins.year, "first_month": f"{begins:%Y-%m}", "last_month": f"{last}-12", "first": first,
        "second": second, "yearly": yearly, "begins": begins.replace(day=1),
    }  # fmt: skip


def _month_end(year: int, month: int) -> date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])
