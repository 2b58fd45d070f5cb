"""The common operational datasets as delivered: boundaries (COD-AB) and population (COD-PS), two versions each.

Here belong the files, their names, columns and planted troubles. Here does not belong the ground (geography.py) nor
who lives on it (population.py).
"""

import csv
import io
import json
import random
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from demo.country.deliveries import Delivery, Trouble, at
from demo.country.geography import ISO3, VERSIONS, Geography, Place
from demo.country.population import AGES, population_of

REF_YEAR = 2025
BOUNDARIES_ON = {"v01": date(2024, 12, 20), "v02": date(2025, 7, 5)}
POPULATION_ON = {"v01": date(2024, 12, 20), "v02": date(2025, 7, 10)}
_MEMBER_TIME = (2024, 1, 1, 0, 0, 0)
_COLUMNS = tuple(
    [f"{sex}_TL" for sex in "FMT"] + [f"{sex}_{age}" for sex in "FMT" for age in AGES]
)  # F_TL, M_TL, T_TL, F_00_04 … T_80Plus
Row = dict[str, Any]


def deliver(geo: Geography, seed: int, size: str) -> tuple[list[Delivery], list[Trouble]]:
    """Both versions in the country year; the small one ends before the reform."""
    versions = VERSIONS if size == "country" else VERSIONS[:1]
    deliveries, troubles = [], []
    for version in versions:
        files, planted = _population(geo, version, random.Random(f"cods {seed} {version}"))
        boundaries = _zip(_boundaries(geo, version))
        name = f"{ISO3.lower()}_admin_boundaries_{version}.zip"
        deliveries.append(Delivery(at(BOUNDARIES_ON[version], 10), "boundaries", "mapping-agency", name, boundaries))
        name = _population_zip(version)
        when = at(POPULATION_ON[version], 15)
        deliveries.append(Delivery(when, "population", "statistics-office", name, _zip(files)))
        troubles += planted
    return deliveries, troubles


def _boundaries(geo: Geography, version: str) -> dict[str, bytes]:
    prefix = ISO3.lower()
    files = {f"{prefix}_admin{level}.geojson": _geojson(geo.polygons(version, level), level) for level in range(4)}
    files[f"{prefix}_settlements.csv"] = _csv(
        [["pcode", "name", "name1", "adm3_pcode", "lat", "lon", "population"]]
        + [[p.pcode, p.name, p.name_local, p.parent, p.lat, p.lon, p.population] for p in geo.places(version, 4)]
    )
    if version != "v01":
        files[f"{prefix}_crosswalk.csv"] = _csv(_crosswalk(geo))
    return files


def _geojson(features: list[dict[str, Any]], level: int) -> bytes:
    collection = {
        "type": "FeatureCollection",
        "name": f"{ISO3.lower()}_admin{level}",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        "features": features,
    }
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _crosswalk(geo: Geography) -> list[Sequence[Any]]:
    """Levels 1 to 4: what became of each unit, and which share of its people went where."""
    header = ["old_version", "old_pcode", "new_version", "new_pcode", "level", "kind", "weight"]
    links = [(level, link) for level in range(1, 5) for link in geo.crosswalk_of(level)]
    return [
        header,
        *(["v01", old, "v02", new, level, kind, f"{share:.6f}"] for level, (old, new, kind, share) in links),
    ]


def _population(geo: Geography, version: str, rng: random.Random) -> tuple[dict[str, bytes], list[Trouble]]:
    """One table per level, an HXL row under its header; the first version has two wrong figures."""
    tables = {level: _table(geo, version, level) for level in range(4)}
    troubles = _spoil(tables, rng) if version == "v01" else []
    return {_member(level, version): _csv(_lines(rows, level)) for level, rows in tables.items()}, troubles


def _table(geo: Geography, version: str, level: int) -> list[Row]:
    cells, known = population_of(geo, version), geo.by_pcode(version)
    rows = []
    for place in geo.places(version, level):
        people = cells[place.pcode]
        row = _units(place, known)
        row |= {f"{sex}_{age}": people[sex, age] for sex in "FM" for age in AGES}
        row |= {f"T_{age}": people["F", age] + people["M", age] for age in AGES}
        row |= {f"{sex}_TL": sum(row[f"{sex}_{age}"] for age in AGES) for sex in "FMT"}
        rows.append(row)
    return rows


def _units(place: Place, known: dict[str, Place]) -> Row:
    """Names and codes from the country down to the unit: parents are included in the lower files."""
    line: list[Place] = [place]
    while line[0].parent:
        line.insert(0, known[line[0].parent])
    row: Row = {}
    for unit in line:
        row |= {f"ADM{unit.level}_NAME": unit.name, f"ADM{unit.level}_PCODE": unit.pcode}
    return row | {"year": REF_YEAR}


def _spoil(tables: dict[int, list[Row]], rng: random.Random) -> list[Trouble]:
    """One district's total is 7 apart (rounding, must pass); one region's women are typed wrongly."""
    district = rng.randrange(len(tables[2]))
    tables[2][district]["T_TL"] += 7
    region = rng.randrange(len(tables[1]))
    tables[1][region]["F_TL"] += 9_000 * rng.choice((1, -1))
    note = f"{_member(1, 'v01')}: F_TL of one region is 9,000 off: not its ages, not T minus M, not its districts"
    wrong = [_trouble("sex_total_wrong", region, rule, note) for rule in ("G-SUM", "G-SEXES", "G-AGES")]
    above = f"{_member(0, 'v01')}: so the regions' F_TL don't add up to the country's either"
    wrong.append(_trouble("sex_total_wrong", 0, "G-SUM", above))
    passes = f"{_member(2, 'v01')}: T_TL of one district is 7 more than its parts; inside max(5, 0.1 %)"
    return [*wrong, _trouble("sum_off_by_seven", district, "", passes)]


def _trouble(kind: str, place: int, rule: str, note: str) -> Trouble:
    """place counts from 0 among the units; above them stand the header and the HXL row."""
    return Trouble(kind, "population", _population_zip("v01"), place + 3, rule, note)


def _lines(rows: list[Row], level: int) -> list[Sequence[Any]]:
    header = [f"ADM{unit}_{what}" for unit in range(level + 1) for what in ("NAME", "PCODE")] + ["year", *_COLUMNS]
    return [header, [_hxl(column) for column in header], *([row[column] for column in header] for row in rows)]


def _hxl(column: str) -> str:
    """The hashtag of a column.

    >>> _hxl("ADM2_PCODE"), _hxl("F_TL"), _hxl("M_05_09"), _hxl("T_80Plus") ('#adm2+code', '#population+f+total',
    '#population+m+age_5_9', '#population+t+age_80_plus')
    """
    if column == "year":
        return "#date+year"
    if column.startswith("ADM"):
        return f"#adm{column[3]}+{'code' if column.endswith('PCODE') else 'name'}"
    sex, ages = column[0].lower(), column[2:]
    if ages == "TL":
        return f"#population+{sex}+total"
    if ages.endswith("Plus"):
        return f"#population+{sex}+age_{ages[:2]}_plus"
    return f"#population+{sex}+age_{int(ages[:2])}_{int(ages[3:])}"


def _member(level: int, version: str) -> str:
    return f"{ISO3.lower()}_admpop_adm{level}_{REF_YEAR}_{version}.csv"


def _population_zip(version: str) -> str:
    return f"{ISO3.lower()}_admin_population_{REF_YEAR}_{version}.zip"


def _csv(lines: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()


def _zip(files: dict[str, bytes]) -> bytes:
    """The same files give the same archive: fixed times, fixed rights, sorted names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, date_time=_MEMBER_TIME)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, files[name], compresslevel=6)
    return buffer.getvalue()
