"""COD-AB as it arrives: sound shapes, codes, names and parents, or a finding that says which record is not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import demo_places
import pytest
from square_country import Feature, Ring, country, feature, square, zipped

from assets.geography import boundaries, checks
from assets.geography.boundaries import Boundaries
from assets.quality.checked_tables import TABLES
from assets.quality.rules import rules_of
from demo.country import cods
from demo.country.geography import build_geography
from orchestration import duck
from orchestration.failures import Permanent


def _read(layers: dict[int, list[Feature]], **tables: str) -> Boundaries:
    return boundaries.read(zipped(layers, **tables))


@pytest.fixture(autouse=True, scope="module")
def _one_connection() -> Iterator[None]:
    """To load DuckDB's spatial extension for each of these countries would cost most of the time."""
    with duck.connect(spatial=True) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(boundaries.duck, "connect", lambda **_: nullcontext(connection))
        yield


def test_a_sound_country_raises_nothing() -> None:
    read = _read(country())
    assert (read.version, read.found) == ("v01", [])
    assert [(one["level"], one["pcode"], one["parent_pcode"]) for one in read.places] == [
        (0, "QZ", None), (1, "QZ01", "QZ"), (1, "QZ02", "QZ"), (2, "QZ0101", "QZ01"), (2, "QZ0102", "QZ01"),
        (2, "QZ0201", "QZ02"),
    ]  # fmt: skip
    assert read.places[3]["adm1_pcode"] == "QZ01"
    assert {name: list(frame.columns) for name, frame in boundaries.frames(read).items()} == {
        name: list(TABLES[name]) for name in ("places", "boundaries", "crosswalk")
    }


# -- geometry -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "place", "ring", "told"),
    [
        # a bow tie crosses itself
        (2, 2, [[1, 0], [2, 1], [2, 0], [1, 1], [1, 0]], [(2, 3)]),
        # a district reaches over its neighbour: the first of the two is told
        (2, 1, square(0.4, 0, 1, 1), [(2, 1)]),
        # a district leaves its region and lies over one of the next
        (2, 1, square(0.5, 0, 1.1, 1), [(2, 2)]),
        # a district ends before its region does: the region has a gap
        (2, 1, square(0.5, 0, 0.9, 1), [(1, 1)]),
        # no area at all
        (2, 2, [[1, 0], [1, 0], [1, 0], [1, 0]], [(2, 3)]),
    ],
)
def test_unsound_shapes_are_told(level: int, place: int, ring: Ring, told: list[tuple[int, int]]) -> None:
    layers = country()
    layers[level][place]["geometry"]["coordinates"] = [ring]
    found = _read(layers).found
    assert {rule for rule, _, _ in found} == {"G-GEOMETRY"}
    assert {row for _, row, _ in found} == {row for _, row in told}


@pytest.mark.parametrize(
    "geometry", [None, {}, {"type": "Polygon", "coordinates": []}, {"type": "Polygon"}, {"type": "Blob"}]
)
def test_a_missing_or_nonsensical_shape_is_told_and_stops_nothing(geometry: Any) -> None:
    layers = country()
    layers[2][2]["geometry"] = geometry
    read = _read(layers)
    assert read.found == [("G-GEOMETRY", 3, "geometry")]
    assert len(read.places) == 6


def test_a_hole_filled_by_nobody_is_a_gap() -> None:
    layers = country()
    layers[2][2]["geometry"]["coordinates"].append(square(1.4, 0.4, 1.6, 0.6))
    assert _read(layers).found == [("G-GEOMETRY", 2, "geometry")]


@pytest.mark.parametrize(("shift", "told"), [(1e-7, []), (1e-3, [("G-GEOMETRY", 1, "geometry")])])
def test_drawing_noise_is_no_overlap(shift: float, told: list[Any]) -> None:
    """A ten-millionth of a degree along a border of 110 km is a thousandth of a square kilometre."""
    layers = country()
    layers[2][1]["geometry"]["coordinates"] = [square(0.5 - shift, 0, 1, 1)]
    assert _read(layers).found == told


def test_islands_of_one_unit_are_one_unit() -> None:
    layers = country()
    parts = [[square(1, 0, 1.5, 1)], [square(1.5, 0, 2, 1)]]
    layers[2][2]["geometry"] = {"type": "MultiPolygon", "coordinates": [parts[0], parts[1]]}
    # the two halves touch along an edge, which the standard of shapes forbids within one multipolygon
    assert _read(layers).found == [("G-GEOMETRY", 3, "geometry")]
    layers[2][2]["geometry"]["coordinates"] = [[square(1, 0, 2, 0.4)], [square(1, 0.6, 2, 1)]]
    layers[1][1]["geometry"] = layers[2][2]["geometry"]
    layers[0][0]["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[square(0, 0, 2, 0.4)], [square(0, 0.6, 2, 1)]],
    }
    layers[1][0]["geometry"] = layers[0][0]["geometry"] | {
        "coordinates": [[square(0, 0, 1, 0.4)], [square(0, 0.6, 1, 1)]]
    }
    layers[2] = [layers[2][2], feature(2, "QZ0101", [])]
    layers[2][1]["geometry"] = layers[1][0]["geometry"]
    assert _read(layers).found == []


# -- codes, parents, names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("QZ0101", {"G-CODE", "G-PARENT"}),  # twice
        ("QZ-0201", {"G-CODE", "G-PARENT"}), ("QZ02 1", {"G-CODE"}), ("qz0201", {"G-CODE", "G-PARENT"}),
        ("QZ0201\n", {"G-CODE"}), ("", {"G-CODE", "G-PARENT"}), (None, {"G-CODE", "G-PARENT"}), ("QZ0301", {"G-PARENT"}),
    ],
)  # fmt: skip
def test_wrong_codes_are_told(code: str | None, rules: set[str]) -> None:
    layers = country()
    layers[2][2]["properties"]["adm2_pcode"] = code
    assert set(_read(layers).found) == {(rule, 3, "adm2_pcode") for rule in rules}


@pytest.mark.parametrize("code", ["QZ0101", "", None])
def test_shapes_are_told_by_their_place_in_the_layer_whatever_their_code(code: str | None) -> None:
    layers = country()
    layers[2][2]["properties"]["adm2_pcode"] = code
    layers[2][2]["geometry"]["coordinates"] = [[[1, 0], [2, 1], [2, 0], [1, 1], [1, 0]]]
    assert [one for one in _read(layers).found if one[0] == "G-GEOMETRY"] == [("G-GEOMETRY", 3, "geometry")]


def test_a_parent_that_is_not_in_the_layer_above_is_told() -> None:
    layers = country()
    layers[2][2]["properties"] |= {"adm2_pcode": "QZ0901", "adm1_pcode": "QZ09"}
    assert ("G-PARENT", 3, "adm2_pcode") in _read(layers).found


@pytest.mark.parametrize("name", ["", " ", " Nove", "Nove  Selo", "NOVE SELO", "nove selo", "1234", "Nove\nSelo", None])
def test_wrong_names_are_told(name: str | None) -> None:
    layers = country()
    layers[1][0]["properties"]["adm1_name"] = name
    assert _read(layers).found == [("G-NAME", 1, "adm1_name")]


@pytest.mark.parametrize("name", ["Nove", "Нове Село", "Ust", "UN", "Saint-Just-d'Ô", "Raion 7"])
def test_ordinary_names_pass(name: str) -> None:
    layers = country()
    layers[1][0]["properties"]["adm1_name"] = name
    assert _read(layers).found == []


# -- tables ---------------------------------------------------------------------------------------------------


def test_settlements_learn_their_district_and_region_from_their_commune() -> None:
    layers = country()
    layers[3] = [feature(3, "QZ0201001", square(1, 0, 2, 1), adm2_pcode="QZ0201", adm1_pcode="QZ02")]
    layers[3][0]["properties"] |= {"adm3_pcode": "QZ0201001", "adm0_pcode": "QZ"}
    table = "pcode,name,name1,adm3_pcode,population,lat,lon\nQZ0201001001,Krynychky,Кринички,QZ0201001,,0.5,1.5\n"
    read = _read(layers, settlements=table)
    place = read.places[-1]
    assert (place["level"], place["adm1_pcode"], place["adm2_pcode"], place["population"]) == (
        4,
        "QZ02",
        "QZ0201",
        None,
    )
    assert (place["valid_on"], place["cod_version"]) == ("2019-01-01", "v01")


def test_older_headings_and_a_date_with_midnight_are_read() -> None:
    layers = country()
    for features in layers.values():
        for one in features:
            one["properties"] = {name.upper(): value for name, value in one["properties"].items()}
            one["properties"]["VALID_ON"] = "2019-01-01T00:00:00Z"
    read = _read(layers)
    assert read.found == []
    assert {place["valid_on"] for place in read.places} == {"2019-01-01"}


# -- no such thing at all -------------------------------------------------------------------------------------


def _other_zip(**members: str | bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK\x03\x04", zipped(country())[:-200], _other_zip(readme__txt="hello"),
        _other_zip(q_admin0__geojson="{"), _other_zip(q_admin0__geojson="[]"), _other_zip(q_admin0__geojson="{}"),
        _other_zip(q_admin0__geojson='{"features": [{"properties": null, "geometry": null}]}'),
        _other_zip(q_admin0__geojson=b"\xff\xfe\x00"), _other_zip(q_admin0__shp=b"\x00\x00\x27\x0a"),
    ],
)  # fmt: skip
def test_what_is_no_cod_ab_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Permanent):
        boundaries.read(content)
    outcome = checks.check_boundaries(demo_places.arrival("boundaries", "x.zip", "v01"), content)
    assert outcome.verdict.count_by_rule() == {"G-UNREADABLE": 1}
    assert (outcome.verdict.verdict, outcome.tables) == ("refused", {})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": None}, "none, v01"), ({"version": "v02"}, "v01, v02"), ({"valid_on": None}, "not shaped"),
        ({"valid_on": "sometime"}, "not shaped"), ({"area_sqkm": "large"}, "not shaped"),
    ],
)  # fmt: skip
def test_layers_without_one_version_or_a_day_are_refused(change: dict[str, Any], words: str) -> None:
    """Accepted, they would break every other source's places."""
    layers = country()
    layers[2][0]["properties"] |= change
    with pytest.raises(Permanent, match=words):
        _read(layers)


@pytest.mark.parametrize(
    "table", ["pcode,name\nQZ0201001001,A\n", "pcode,name,adm3_pcode,population\nQZ0201001001,A,QZ0201001,1.5\n"]
)
def test_a_settlement_table_of_another_shape_is_refused(table: str) -> None:
    with pytest.raises(Permanent, match=r"qza_settlements\.csv is not shaped"):
        _read(country(), settlements=table)


def test_what_was_packed_along_is_not_opened() -> None:
    content = io.BytesIO(zipped(country()))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("map.pdf", b"%PDF\xff\xfe")
    assert boundaries.read(content.getvalue()).found == []


def test_a_locked_zip_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object) -> bytes:
        raise RuntimeError("File is encrypted, password required for extraction")

    monkeypatch.setattr(zipfile.ZipFile, "read", ask)
    with pytest.raises(Permanent, match="no readable zip"):
        _read(country())


def test_both_versions_of_the_fictional_country_are_sound() -> None:
    sent = [one for one in cods.deliver(build_geography(), 1, "country")[0] if one.source == "boundaries"]
    outcomes = [checks.check_boundaries(demo_places.arrival("boundaries", one.name), one.content) for one in sent]
    assert [outcome.verdict.verdict for outcome in outcomes] == ["accepted", "accepted"]
    assert all(len(outcome.tables["places"]) > 1000 for outcome in outcomes)


def test_every_geographic_rule_has_its_words() -> None:
    raised = {"G-UNREADABLE", "G-CODE", "G-PARENT", "G-NAME", "G-GEOMETRY", "G-SUM", "G-SEXES", "G-AGES", "G-UNITS"}
    assert raised == set(rules_of("cods"))
