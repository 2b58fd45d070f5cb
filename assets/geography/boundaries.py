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
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from orchestration import duck
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

LAYER = re.compile(r"_adm(?:in)?(\d)\.geojson$", re.IGNORECASE)
SETTLEMENTS = re.compile(r"_settlements\.csv$", re.IGNORECASE)
CROSSWALK = re.compile(r"_crosswalk\.csv$", re.IGNORECASE)
LARGEST_MEMBER = 200_000_000
PCODE = re.compile(r"[A-Z]{2,3}\d{0,17}")
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
            with _reading(name):
                _read_layer(result, int(layer.group(1)), json.loads(text))
        else:
            tables.append((name, text))
    if not result.places:
        raise Permanent(
            "The zip holds no boundaries: looked for files named like `xyz_admin1.geojson`, found none. "
            "Send the COD-AB layers as GeoJSON; trying again with the same file changes nothing."
        )
    result.version = _the_version(result.places)
    for name, text in tables:
        with _reading(name):
            _read_table(result, name, text)
    _complete_parents(result)
    result.found += [*_check_codes(result.places), *_check_names(result.places), *_check_shapes(result)]
    return result


def _members(content: bytes) -> Iterator[tuple[str, str]]:
    """The layers and tables; whatever else was packed along (a map, a licence) is not opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in sorted(archive.infolist(), key=lambda one: one.filename):
                if not any(kind.search(member.filename) for kind in (LAYER, SETTLEMENTS, CROSSWALK)):
                    continue
                if member.file_size > LARGEST_MEMBER:
                    raise Permanent(f"{member.filename} unpacks to {member.file_size:,} bytes, more than allowed.")
                yield member.filename, archive.read(member).decode("utf-8-sig")
    # RuntimeError: a password is asked for; NotImplementedError: packed in a way Python cannot unpack.
    except (zipfile.BadZipFile, zlib.error, UnicodeDecodeError, RuntimeError, NotImplementedError) as cause:
        raise Permanent(
            "The file is no readable zip of UTF-8 text. Pack the layers again and send them anew."
        ) from cause


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """A file that is not shaped as agreed is the sender's to mend, wherever in it we stumble."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise Permanent(
            f"{name} is not shaped like a COD-AB layer or table ({type(cause).__name__} in reading it). "
            "Send it as the standard describes it; trying again with the same file changes nothing."
        ) from cause


def _the_version(places: list[dict[str, Any]]) -> str:
    versions = sorted({str(place["cod_version"] or "none") for place in places})
    if len(versions) > 1 or versions == ["none"]:
        raise Permanent(
            f"The layers name these versions: {', '.join(versions)}; one version is expected, the same in every "
            "layer. Fill the column `version` and send the zip again."
        )
    return versions[0]


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
            **{name: _number(given.get(name)) for name in ("area_sqkm", "center_lat", "center_lon")},
            "valid_on": _day(given["valid_on"]),
            "valid_to": _day(given["valid_to"]) if given.get("valid_to") else None,
        }
        result.places.append(place)
        shape = json.dumps(feature["geometry"], separators=(",", ":"), sort_keys=True)
        result.shapes.append(
            {"cod_version": place["cod_version"], "level": level, "pcode": place["pcode"], "geojson": shape}
        )


def _day(cell: object) -> str:
    """Some agencies write a midnight behind the date."""
    return date.fromisoformat(str(cell)[:10]).isoformat()


def _number(cell: Any) -> float | None:
    return None if cell in (None, "") else float(cell)


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
        "center_lat": _number(row.get("lat")),
        "center_lon": _number(row.get("lon")),
    }


def _crosswalk_row(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "old_version": row["old_version"],
        "old_pcode": row["old_pcode"],
        "new_version": row["new_version"],
        "new_pcode": row["new_pcode"],
        "level": int(row.get("level") or 3),
        "kind": row["kind"],
        "weight": _number(row["weight"]),
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
        if not PCODE.fullmatch(code) or (level, code) in seen:
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
    """Validity, overlap, each unit inside its parent and no parent with a gap, in equal-area square kilometres."""
    import pandas as pd

    # Every shape is a place's, in their order; by number, since codes may be missing or stand there twice.
    drawn = [
        (place["level"], number, place["pcode"], place["parent_pcode"], shape["geojson"])
        for (number, place), shape in zip(_numbered(result.places), result.shapes, strict=False)
    ]
    frame = pd.DataFrame(drawn, columns=["level", "number", "pcode", "parent", "geojson"], dtype=object)
    with duck.connect(spatial=True) as connection:
        connection.register("shapes", frame)
        bad = connection.execute(_SHAPE_PROBLEMS, {"noise": AREA_NOISE_SQKM * 1e6}).fetchall()
    return [("G-GEOMETRY", number, "geometry") for _, number in bad]


_SHAPE_PROBLEMS = """
WITH drawn AS (
    SELECT level, number, pcode, parent, TRY(ST_GeomFromGeoJSON(geojson)) AS shape FROM shapes
), flat AS (
    SELECT level, number, pcode, parent, coalesce(ST_IsValid(shape) AND NOT ST_IsEmpty(shape), false) AS valid,
           ST_Transform(shape, 'EPSG:4326', 'EPSG:6933', always_xy := true) AS shape
    FROM drawn
), sound AS (
    SELECT * FROM flat WHERE valid
), covered AS (  -- where a child is not sound, what it leaves open says nothing
    SELECT level, parent, ST_Union_Agg(shape) AS shape FROM flat GROUP BY level, parent HAVING bool_and(valid)
)
SELECT level, number FROM flat WHERE NOT valid
UNION
SELECT a.level, a.number FROM sound a JOIN sound b
  ON a.level = b.level AND a.number < b.number AND ST_Intersects_Extent(a.shape, b.shape)
 WHERE ST_Area(ST_Intersection(a.shape, b.shape)) > $noise
UNION
SELECT child.level, child.number FROM sound child JOIN sound parent
  ON parent.level = child.level - 1 AND parent.pcode = child.parent
 WHERE ST_Area(ST_Difference(child.shape, parent.shape)) > $noise
UNION
SELECT parent.level, parent.number FROM sound parent JOIN covered
  ON covered.level = parent.level + 1 AND covered.parent = parent.pcode
 WHERE ST_Area(ST_Difference(parent.shape, covered.shape)) > $noise
ORDER BY 1, 2
"""


def frames(result: Boundaries) -> dict[str, pd.DataFrame]:
    """The checked tables of one COD-AB version."""
    import pandas as pd

    from assets.quality.checked_tables import TABLES

    rows = {"places": result.places, "boundaries": result.shapes, "crosswalk": result.crosswalk}
    return {name: pd.DataFrame(found, columns=list(TABLES[name]), dtype=object) for name, found in rows.items()}
