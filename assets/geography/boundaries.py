"""Administrative boundaries (COD-AB) as they arrive: one zip of GeoJSON layers and tables, read and checked.

Belongs here: reading the zip, the rules of the COD-AB standard, the rows of `checked/places`, `checked/boundaries`
and `checked/crosswalk`. Does not belong here: matching other people's places against them (`places.py`).
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration import duck
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

LAYER = re.compile(r"_adm(?:in)?(\d)\.geojson$", re.IGNORECASE)
SETTLEMENTS = re.compile(r"_settlements\.csv$", re.IGNORECASE)
CROSSWALK = re.compile(r"_crosswalk\.csv$", re.IGNORECASE)
LARGEST_MEMBER = 200_000_000
PCODE = re.compile(r"^[A-Z]{2,3}\d{0,17}$")
# How much of a unit's area may lie outside its parent, or inside a sibling, before it counts: drawing noise.
AREA_NOISE_SQKM = 0.01

Found = tuple[str, int | None, str]  # rule id, record number in its layer, column


@dataclass
class Boundaries:
    """What one zip holds, in our shape, and what is wrong with it."""

    version: str = ""
    places: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    crosswalk: list[dict[str, Any]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)


def read(content: bytes) -> Boundaries:
    """Read a COD-AB zip; raises Permanent where it is no such thing at all."""
    result = Boundaries()
    tables: list[tuple[str, str]] = []
    for name, text in _members(content):
        layer = LAYER.search(name)
        if layer:
            _read_layer(result, int(layer.group(1)), json.loads(text))
        else:
            tables.append((name, text))
    if not result.places:
        raise Permanent(
            "The zip holds no boundaries: looked for files named like `xyz_admin1.geojson`, found none. "
            "Send the COD-AB layers as GeoJSON; trying again with the same file changes nothing."
        )
    result.version = str(result.places[0]["cod_version"])
    for name, text in tables:
        _read_table(result, name, text)
    _complete_parents(result)
    result.found += [*_check_codes(result.places), *_check_names(result.places), *_check_shapes(result)]
    return result


def _members(content: bytes) -> Iterator[tuple[str, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in sorted(archive.infolist(), key=lambda one: one.filename):
                if member.file_size > LARGEST_MEMBER:
                    raise Permanent(f"{member.filename} unpacks to {member.file_size:,} bytes, more than allowed.")
                if not member.is_dir():
                    yield member.filename, archive.read(member).decode("utf-8-sig")
    except (zipfile.BadZipFile, UnicodeDecodeError) as cause:
        raise Permanent(
            "The file is no readable zip of UTF-8 text. Pack the layers again and send them anew."
        ) from cause


def _read_layer(result: Boundaries, level: int, collection: Mapping[str, Any]) -> None:
    for feature in collection["features"]:
        given = {str(key).lower(): value for key, value in feature["properties"].items()}
        place = {
            "cod_version": given.get("version"),
            "level": level,
            "pcode": given.get(f"adm{level}_pcode"),
            "name": given.get(f"adm{level}_name"),
            "name_local": given.get(f"adm{level}_name1"),
            "parent_pcode": given.get(f"adm{level - 1}_pcode") if level else None,
            **{f"adm{n}_pcode": given.get(f"adm{n}_pcode") if n <= level else None for n in (1, 2, 3)},
            "population": None,
            "area_sqkm": given.get("area_sqkm"),
            "center_lat": given.get("center_lat"),
            "center_lon": given.get("center_lon"),
            "valid_on": given.get("valid_on"),
            "valid_to": given.get("valid_to") or None,
        }
        result.places.append(place)
        shape = json.dumps(feature["geometry"], separators=(",", ":"), sort_keys=True)
        result.shapes.append(
            {"cod_version": place["cod_version"], "level": level, "pcode": place["pcode"], "geojson": shape}
        )


def _read_table(result: Boundaries, name: str, text: str) -> None:
    rows = list(csv.DictReader(io.StringIO(text)))
    if SETTLEMENTS.search(name):
        valid = {key: result.places[0][key] for key in ("valid_on", "valid_to")}
        result.places += [_settlement(row, result.version) | valid for row in rows]
    elif CROSSWALK.search(name):
        result.crosswalk += [_crosswalk_row(row) for row in rows]


def _settlement(row: Mapping[str, str], version: str) -> dict[str, Any]:
    return {
        "cod_version": version,
        "level": 4,
        "pcode": row["pcode"],
        "name": row["name"],
        "name_local": row.get("name1"),
        "parent_pcode": row["adm3_pcode"],
        "adm1_pcode": None,
        "adm2_pcode": None,
        "adm3_pcode": row["adm3_pcode"],
        "population": int(row["population"]) if row.get("population") else None,
        "area_sqkm": None,
        "center_lat": row.get("lat"),
        "center_lon": row.get("lon"),
    }


def _crosswalk_row(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "old_version": row["old_version"],
        "old_pcode": row["old_pcode"],
        "new_version": row["new_version"],
        "new_pcode": row["new_pcode"],
        "level": int(row.get("level") or 3),
        "kind": row["kind"],
        "weight": row["weight"],
    }


def _complete_parents(result: Boundaries) -> None:
    communes = {place["pcode"]: place for place in result.places if place["level"] == 3}
    for place in result.places:
        commune = communes.get(place["adm3_pcode"]) if place["level"] == 4 else None
        if commune:
            place["adm1_pcode"], place["adm2_pcode"] = commune["adm1_pcode"], commune["adm2_pcode"]


def _numbered(places: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    position: Counter[int] = Counter()
    for place in places:
        position[place["level"]] += 1
        yield position[place["level"]], place


def _check_codes(places: list[dict[str, Any]]) -> Iterator[Found]:
    known = {(place["level"], place["pcode"]) for place in places}
    seen: set[tuple[int, str]] = set()
    for number, place in _numbered(places):
        level, code, parent = place["level"], place["pcode"] or "", place["parent_pcode"] or ""
        if not PCODE.match(code) or (level, code) in seen:
            yield "G-CODE", number, f"adm{level}_pcode"
        seen.add((level, code))
        if level and ((level - 1, parent) not in known or not code.startswith(parent)):
            yield "G-PARENT", number, f"adm{level}_pcode"


def _check_names(places: list[dict[str, Any]]) -> Iterator[Found]:
    for number, place in _numbered(places):
        name = place["name"] or ""
        shouting = len(name) > 3 and name in (name.upper(), name.lower())
        if not name.strip() or name != " ".join(name.split()) or shouting or not re.search(r"[^\W\d_]", name):
            yield "G-NAME", number, f"adm{place['level']}_name"


def _check_shapes(result: Boundaries) -> list[Found]:
    """Validity, overlap between siblings, and each unit inside its parent, in equal-area square kilometres."""
    import pandas as pd

    numbers = {(p["level"], p["pcode"]): number for number, p in _numbered(result.places)}
    parents = {(p["level"], p["pcode"]): p["parent_pcode"] for p in result.places}
    frame = pd.DataFrame(result.shapes)
    frame["parent"] = [parents[level, code] for level, code in zip(frame["level"], frame["pcode"], strict=True)]
    with duck.connect(spatial=True) as connection:
        connection.register("shapes", frame)
        bad = connection.execute(_SHAPE_PROBLEMS, {"noise": AREA_NOISE_SQKM * 1e6}).fetchall()
    return [("G-GEOMETRY", numbers[level, code], "geometry") for level, code in bad]


_SHAPE_PROBLEMS = """
WITH drawn AS (
    SELECT level, pcode, parent, ST_GeomFromGeoJSON(geojson) AS shape FROM shapes
), flat AS (
    SELECT level, pcode, parent, ST_IsValid(shape) AS valid,
           ST_Transform(shape, 'EPSG:4326', 'EPSG:6933', always_xy := true) AS shape
    FROM drawn
), sound AS (SELECT * FROM flat WHERE valid)
SELECT level, pcode FROM flat WHERE NOT valid
UNION
SELECT a.level, a.pcode FROM sound a JOIN sound b
  ON a.level = b.level AND a.pcode < b.pcode AND ST_Intersects_Extent(a.shape, b.shape)
 WHERE ST_Area(ST_Intersection(a.shape, b.shape)) > $noise
UNION
SELECT child.level, child.pcode FROM sound child JOIN sound parent
  ON parent.level = child.level - 1 AND parent.pcode = child.parent
 WHERE ST_Area(ST_Difference(child.shape, parent.shape)) > $noise
ORDER BY 1, 2
"""


def frames(result: Boundaries) -> dict[str, pd.DataFrame]:
    """The checked tables of one COD-AB version."""
    import pandas as pd

    from assets.quality.checked_tables import TABLES

    rows = {"places": result.places, "boundaries": result.shapes, "crosswalk": result.crosswalk}
    return {name: pd.DataFrame(found, columns=list(TABLES[name]), dtype=object) for name, found in rows.items()}
