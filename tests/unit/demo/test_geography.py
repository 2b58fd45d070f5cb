"""Kalvoria's map holds together: valid polygons, exact nesting, honest codes, a crosswalk that loses nobody."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import duckdb
import pytest

from demo.country import names
from demo.country.geography import VERSIONS, Geography, build_geography
from orchestration.duck import prepare

LEVELS = (0, 1, 2, 3)


@pytest.fixture(scope="module")
def geo() -> Geography:
    return build_geography()


@pytest.fixture(scope="module")
def shapes(geo: Geography) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every polygon of both versions in a table `unit(version, level, pcode, parent, area, lon, lat, shape)`."""
    with duckdb.connect() as database:
        prepare(database, None, spatial=True)
        database.execute("create table raw(version text, level int, feature json)")
        rows = [(v, n, json.dumps(f)) for v in VERSIONS for n in LEVELS for f in geo.polygons(v, n)]
        database.executemany("insert into raw values (?, ?, ?)", rows)
        database.execute("""
            create table unit as select version, level,
                feature->'properties'->>('adm' || level || '_pcode') as pcode,
                feature->'properties'->>('adm' || (level - 1) || '_pcode') as parent,
                (feature->'properties'->>'area_sqkm')::double as area,
                (feature->'properties'->>'center_lon')::double as lon,
                (feature->'properties'->>'center_lat')::double as lat,
                st_geomfromgeojson(feature->'geometry') as shape
            from raw""")
        yield database


def rows(database: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return database.execute(query).fetchall()


def test_each_version_has_its_units(geo: Geography) -> None:
    assert [len(geo.places("v01", level)) for level in range(4)] == [1, 8, 45, 160]
    assert [len(geo.places("v02", level)) for level in range(4)] == [1, 8, 32, 159]
    assert 1_100 < len(geo.places("v01", 4)) == len(geo.places("v02", 4)) < 1_300


def test_polygons_are_valid_and_of_one_piece(shapes: duckdb.DuckDBPyConnection) -> None:
    assert rows(shapes, "select count(*) from unit") == [(8 + 45 + 160 + 1 + 8 + 32 + 159 + 1,)]
    assert (
        rows(shapes, "select pcode from unit where not st_isvalid(shape) or st_geometrytype(shape) <> 'POLYGON'") == []
    )


def test_no_two_units_of_a_level_overlap(shapes: duckdb.DuckDBPyConnection) -> None:
    overlaps = """
        select one.pcode, other.pcode from unit one join unit other
        on one.version = other.version and one.level = other.level and one.pcode < other.pcode
        and st_intersects(one.shape, other.shape)
        where st_area(st_intersection(one.shape, other.shape)) > 0"""
    assert rows(shapes, overlaps) == []


def test_every_parent_is_exactly_its_children(shapes: duckdb.DuckDBPyConnection) -> None:
    """The union of the children covers the parent, to the last vertex: no gap, no sliver, no crumb outside."""
    wrong = """
        with union_of as (
            select version, parent, st_union_agg(shape) as shape from unit where level > 0 group by version, parent
        )
        select unit.version, unit.pcode from unit join union_of on unit.version = union_of.version
        and unit.pcode = union_of.parent where not st_equals(unit.shape, union_of.shape)"""
    assert rows(shapes, "select count(distinct (version, parent)) from unit where level > 0") == [(2 + 16 + 45 + 32,)]
    assert rows(shapes, wrong) == []


def test_children_share_the_parents_very_coordinates(geo: Geography) -> None:
    for version in VERSIONS:
        for level in (0, 1, 2):
            corners: dict[str, set[tuple[float, float]]] = defaultdict(set)
            for feature in geo.polygons(version, level + 1):
                corners[feature["properties"][f"adm{level}_pcode"]] |= set(feature["geometry"]["coordinates"][0])
            for feature in geo.polygons(version, level):
                ring = set(feature["geometry"]["coordinates"][0])
                assert ring <= corners[feature["properties"][f"adm{level}_pcode"]]


def test_centres_lie_inside_and_areas_are_those_of_the_equal_area_projection(shapes: duckdb.DuckDBPyConnection) -> None:
    assert rows(shapes, "select pcode from unit where not st_contains(shape, st_point(lon, lat))") == []
    wrong = """
        with measured as (
            select *, st_area(st_transform(shape, 'EPSG:4326', 'EPSG:6933', always_xy := true)) / 1e6 as sqkm from unit
        )
        select pcode, area, sqkm from measured where abs(area - sqkm) > 0.02 + 1e-6 * area"""
    assert rows(shapes, wrong) == []


def test_settlements_lie_in_their_commune_in_both_versions(geo: Geography, shapes: duckdb.DuckDBPyConnection) -> None:
    shapes.execute("create or replace table site(version text, pcode text, parent text, lon double, lat double)")
    sites = [(v, p.pcode, p.parent, p.lon, p.lat) for v in VERSIONS for p in geo.places(v, 4)]
    shapes.executemany("insert into site values (?, ?, ?, ?, ?)", sites)
    outside = """
        select site.pcode from site join unit on unit.version = site.version and unit.pcode = site.parent
        where not st_contains(unit.shape, st_point(site.lon, site.lat))"""
    joined = "select count(*) from site join unit on unit.version = site.version and unit.pcode = site.parent"
    assert rows(shapes, joined) == [(len(sites),)]
    assert rows(shapes, outside) == []


def test_the_country_lies_in_the_open_ocean_and_is_no_rectangle(geo: Geography) -> None:
    (country,) = geo.polygons("v01", 0)
    ring = country["geometry"]["coordinates"][0]
    lons, lats = [lon for lon, _ in ring], [lat for _, lat in ring]
    assert -32 <= min(lons) < max(lons) <= -24
    assert 40 <= min(lats) < max(lats) <= 45
    assert len(ring) > 500


@pytest.mark.parametrize("version", VERSIONS)
def test_codes_nest_and_are_digits_after_the_country(geo: Geography, version: str) -> None:
    widths = {0: 2, 1: 4, 2: 6, 3: 9, 4: 12}
    for level, width in widths.items():
        places = geo.places(version, level)
        assert [place.pcode for place in places] == sorted({place.pcode for place in places})
        for place in places:
            assert re.fullmatch(rf"XV\d{{{width - 2}}}", place.pcode)
            assert place.parent == (place.pcode[: widths[level - 1]] if level else "")


@pytest.mark.parametrize("version", VERSIONS)
def test_children_add_up_to_their_parent(geo: Geography, version: str) -> None:
    known = geo.by_pcode(version)
    sums: Counter[str] = Counter()
    for place in known.values():
        sums[place.parent] += place.population
    assert all(sums[place.pcode] == place.population for place in known.values() if place.level < 4)
    assert 4_190_000 < known["XV"].population < 4_210_000


def test_a_retired_code_is_never_given_again(geo: Geography) -> None:
    """A code found in both versions is the same ground."""
    for level in (1, 2, 3):
        old = {f["properties"][f"adm{level}_pcode"]: f["geometry"] for f in geo.polygons("v01", level)}
        new = {f["properties"][f"adm{level}_pcode"]: f["geometry"] for f in geo.polygons("v02", level)}
        assert all(old[pcode] == new[pcode] for pcode in old.keys() & new.keys())
    assert len({p.pcode for p in geo.places("v01", 2)} & {p.pcode for p in geo.places("v02", 2)}) == 11


def test_crosswalk_names_every_commune_and_its_shares_add_up(geo: Geography) -> None:
    links = geo.crosswalk()
    assert {old for old, *_ in links} == {place.pcode for place in geo.places("v01", 3)}
    assert {new for _, new, *_ in links} == {place.pcode for place in geo.places("v02", 3)}
    shares: dict[str, int] = defaultdict(int)
    for old, _, _, share in links:
        shares[old] += round(share * 1_000_000)
    assert set(shares.values()) == {1_000_000}
    kinds = Counter(kind for _, _, kind, _ in links)
    assert kinds["recoded"] > 100
    assert min(kinds["unchanged"], kinds["split"], kinds["merged"]) >= 6


@pytest.mark.parametrize("level", (1, 2, 3, 4))
def test_people_moved_along_the_crosswalk_arrive(geo: Geography, level: int) -> None:
    old = {place.pcode: place.population for place in geo.places("v01", level)}
    arrived: dict[str, float] = defaultdict(float)
    for code, new, _, share in geo.crosswalk_of(level):
        arrived[new] += old[code] * share
    assert all(abs(arrived[p.pcode] - p.population) < 0.5 for p in geo.places("v02", level))


def test_the_reform_leaves_control_and_access_as_they_were(geo: Geography) -> None:
    old, new = geo.by_pcode("v01"), geo.by_pcode("v02")
    assert all(old[a].area_class == new[b].area_class for a, b, *_ in geo.crosswalk_of(4))
    contested = [place for place in geo.places("v01", 2) if place.area_class == "contested"]
    assert len(contested) == 6
    assert len({place.parent for place in contested}) == 2
    assert sum(place.area_class == "hard_to_reach" for place in geo.places("v01", 3)) >= 5


@pytest.mark.parametrize("version", VERSIONS)
def test_names_are_unique_in_a_parent_but_not_in_the_country(geo: Geography, version: str) -> None:
    for level in (1, 2, 3, 4):
        places = geo.places(version, level)
        assert len({(place.parent, place.name) for place in places}) == len(places)
        assert len({(place.parent, place.name_local) for place in places}) == len(places)
        repeated = sum(count > 1 for count in Counter(place.name for place in places).values())
        assert repeated >= {1: 0, 2: 2, 3: 5, 4: 10}[level]


def test_names_keep_to_their_script_and_to_one_transliteration(geo: Geography) -> None:
    for place in geo.by_pcode("v01").values():
        assert re.fullmatch(r"[A-Z][a-z]+(?:[ -][A-Z][a-z]+)*", place.name), place
        assert re.fullmatch(r"[А-ЯЄІЇҐ][а-яєіїґ']+(?:[ -][А-ЯЄІЇҐ][а-яєіїґ']+)*", place.name_local), place
        assert place.name == names.romanise(place.name_local)


def test_variants_differ_from_the_name_and_lookalikes_only_look_equal() -> None:
    local = "Кремченський"
    assert names.romanise(local) not in names.variants(local)
    assert len(names.variants(local)) >= 4
    faked = names.with_lookalikes(names.romanise(local), random.Random(1))
    assert faked != names.romanise(local)
    back = {twin: letter for letter, twin in names.LOOKALIKES.items()}
    assert "".join(back.get(letter, letter) for letter in faked) == names.romanise(local)


def test_features_carry_the_columns_of_the_cod_specification_in_order(geo: Geography) -> None:
    feature = geo.polygons("v02", 1)[0]
    assert list(feature["properties"]) == [
        "adm1_name", "adm1_name1", "adm1_pcode", "adm0_name", "adm0_name1", "adm0_pcode", "valid_on", "valid_to",
        "area_sqkm", "version", "lang", "lang1", "center_lat", "center_lon",
    ]  # fmt: skip
    assert feature["properties"]["valid_on"] == "2025-07-01"
    with pytest.raises(ValueError, match="settlements are points"):
        geo.polygons("v02", 4)
