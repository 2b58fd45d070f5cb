"""Invented count tables and release settings for the release tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any

import pandas as pd

from assets.release.dictionary import Column, Dictionary
from assets.release.spec import Lineage, ReleaseSpec
from assets.release.tables import CountRule, Hierarchy

SEXES = {"f": "all", "m": "all"}
KEYS = ("pcode", "sex", "age")


def places(regions: int, districts: int) -> dict[str, str]:
    """District -> region -> country."""
    parents = {}
    for i in range(1, regions + 1):
        parents[f"XV{i:02d}"] = "XV"
        parents |= {f"XV{i:02d}{j:02d}": f"XV{i:02d}" for j in range(1, districts + 1)}
    return parents


def ages(count: int) -> dict[str, str]:
    return {f"age{i}": "all" for i in range(count)}


def hierarchies(area: Mapping[str, str], age: Mapping[str, str]) -> tuple[Hierarchy, ...]:
    return Hierarchy("pcode", area), Hierarchy("sex", SEXES), Hierarchy("age", age)


def with_margins(
    base: Mapping[tuple[str, ...], int], parents: Sequence[Mapping[str, str]]
) -> dict[tuple[str, ...], int]:
    """Every cell and every total, adding each base cell to all combinations of its ancestors."""
    out: dict[tuple[str, ...], int] = {}
    for key, value in base.items():
        for combination in product(*(_line(code, up) for code, up in zip(key, parents, strict=True))):
            out[combination] = out.get(combination, 0) + value
    return out


def _line(code: str, parents: Mapping[str, str]) -> list[str]:
    line = [code]
    while line[-1] in parents:
        line.append(parents[line[-1]])
    return line


def count_table(values: Sequence[int], regions: int, districts: int, bands: int) -> tuple[pd.DataFrame, CountRule]:
    """A complete table district x sex x age with all margins; `values` fill the base cells in order."""
    area, age = places(regions, districts), ages(bands)
    leaves = [code for code in area if code not in area.values()]
    base = dict(zip(product(leaves, SEXES, age), values, strict=True))
    cells = with_margins(base, (area, SEXES, age))
    rows = [(*key, value, "reported") for key, value in cells.items()]
    frame = pd.DataFrame(rows, columns=[*KEYS, "people", "value_status"])
    return frame, CountRule("people", KEYS, hierarchies(area, age))


def flat_table(values: Mapping[str, int], **rule: Any) -> tuple[pd.DataFrame, CountRule]:
    """One total `all` and its parts."""
    rows = [("all", sum(values.values())), *values.items()]
    frame = pd.DataFrame(rows, columns=["place", "people"]).assign(value_status="reported")
    return frame, CountRule("people", ("place",), (Hierarchy("place", dict.fromkeys(values, "all")),), **rule)


def crossed_table(rows: Mapping[str, Mapping[str, int]], **rule: Any) -> tuple[pd.DataFrame, CountRule]:
    """A two-way table with both margins."""
    columns = list(next(iter(rows.values())))
    up, side = dict.fromkeys(rows, "all"), dict.fromkeys(columns, "all")
    cells = with_margins({(r, c): v for r, line in rows.items() for c, v in line.items()}, (up, side))
    frame = pd.DataFrame(
        [(*k, v, "reported") for k, v in cells.items()], columns=["row", "col", "people", "value_status"]
    )
    return frame, CountRule("people", ("row", "col"), (Hierarchy("row", up), Hierarchy("col", side)), **rule)


def statuses(frame: pd.DataFrame, keys: Sequence[str]) -> dict[tuple[str, ...], str]:
    return {tuple(row[:-1]): row[-1] for row in frame[[*keys, "value_status"]].itertuples(index=False)}


COLUMNS = (
    Column("pcode", "VARCHAR", "P-code of the area, of the stated COD version"),
    Column("sex", "VARCHAR", "f, m or all"),
    Column("age", "VARCHAR", "Age bracket or all"),
    Column("people", "BIGINT", "Registered individuals", "people"),
)
DICTIONARY = Dictionary(
    model="registered_population",
    description="Registered people of Kalvoria.",
    grain="One row per area, sex and age bracket",
    unit="people",
    method="Counted from the register extract; active records only.",
    source="Kalvoria registration unit (fictional)",
    audience="public",
    columns=COLUMNS,
    caveats=("Registered is not the same as present.",),
)
LINEAGE = Lineage(("0123456789abcdef",), "c" * 64, "d" * 40, "e" * 64, "v01")


def release_spec(rule: CountRule, **changes: Any) -> ReleaseSpec:
    settings: dict[str, Any] = {
        "dataset": "registered-population",
        "stem": "registered_population",
        "title": "Kalvoria: registered population",
        "version": "2025-03-31.1",
        "as_of": date(2025, 3, 31),
        "period": "2025-03-31",
        "audience": "public",
        "topic": "registration",
        "country": "Kalvoria",
        "licence": "cc-by-igo",
        "keys": KEYS,
        "lineage": LINEAGE,
        "counts": (rule,),
    }
    return ReleaseSpec(**(settings | changes))


def small_population() -> tuple[pd.DataFrame, CountRule]:
    """Two regions, four districts, small and large cells, zeros: enough for suppression and company."""
    values = [3, 40, 0, 25, 60, 12, 18, 7, 90, 33, 2, 55, 41, 16, 0, 28]
    return count_table(values, regions=2, districts=2, bands=2)
