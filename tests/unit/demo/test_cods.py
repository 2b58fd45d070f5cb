"""The common operational datasets as delivered: columns, sums in both directions, the two planted errors."""

import csv
import io
import json
import zipfile

import pytest

from demo.country import cods
from demo.country.deliveries import Delivery
from demo.country.geography import VERSIONS, Geography, build_geography
from demo.country.population import AGES

Table = list[dict[str, str]]


@pytest.fixture(scope="module")
def geo() -> Geography:
    return build_geography()


@pytest.fixture(scope="module")
def sent(geo: Geography) -> dict[str, Delivery]:
    return {delivery.name: delivery for delivery in cods.deliver(geo, 1, "country")[0]}


def members(delivery: Delivery) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(delivery.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def population(sent: dict[str, Delivery], version: str, level: int) -> tuple[dict[str, str], Table]:
    """The HXL row and the table of one level."""
    files = members(sent[f"xkv_admin_population_2025_{version}.zip"])
    lines = list(csv.DictReader(io.StringIO(files[f"xkv_admpop_adm{level}_2025_{version}.csv"].decode())))
    return lines[0], lines[1:]


def test_four_deliveries_on_their_days(sent: dict[str, Delivery]) -> None:
    days = {name: delivery.at.date().isoformat() for name, delivery in sent.items()}
    assert days == {
        "xkv_admin_boundaries_v01.zip": "2024-12-20",
        "xkv_admin_population_2025_v01.zip": "2024-12-20",
        "xkv_admin_boundaries_v02.zip": "2025-07-05",
        "xkv_admin_population_2025_v02.zip": "2025-07-10",
    }


def test_boundaries_are_the_geography(geo: Geography, sent: dict[str, Delivery]) -> None:
    for version in VERSIONS:
        files = members(sent[f"xkv_admin_boundaries_{version}.zip"])
        assert ("xkv_crosswalk.csv" in files) == (version == "v02")
        for level in range(4):
            layer = json.loads(files[f"xkv_admin{level}.geojson"])
            codes = [feature["properties"][f"adm{level}_pcode"] for feature in layer["features"]]
            assert codes == [place.pcode for place in geo.places(version, level)]
        sites = list(csv.DictReader(io.StringIO(files["xkv_settlements.csv"].decode())))
        assert list(sites[0]) == ["pcode", "name", "name1", "adm3_pcode", "lat", "lon", "population"]
        assert sum(int(site["population"]) for site in sites) == geo.by_pcode(version)["XV"].population


def test_crosswalk_file_holds_every_level(geo: Geography, sent: dict[str, Delivery]) -> None:
    links = csv.DictReader(io.StringIO(members(sent["xkv_admin_boundaries_v02.zip"])["xkv_crosswalk.csv"].decode()))
    found = [
        (row["old_pcode"], row["new_pcode"], row["kind"], float(row["weight"])) for row in links if row["level"] == "3"
    ]
    assert found == geo.crosswalk()


@pytest.mark.parametrize("level", range(4))
def test_population_is_the_places_population_and_adds_up(geo: Geography, sent: dict[str, Delivery], level: int) -> None:
    """The second version is clean: every cell of every row, and every row against its parent."""
    hashtags, table = population(sent, "v02", level)
    assert hashtags[f"ADM{level}_PCODE"] == f"#adm{level}+code"
    assert {row[f"ADM{level}_PCODE"]: int(row["T_TL"]) for row in table} == {
        place.pcode: place.population for place in geo.places("v02", level)
    }
    for row in table:
        assert all(int(row[f"F_{a}"]) + int(row[f"M_{a}"]) == int(row[f"T_{a}"]) for a in (*AGES, "TL"))
        assert all(sum(int(row[f"{sex}_{age}"]) for age in AGES) == int(row[f"{sex}_TL"]) for sex in "FMT")
    if level:
        above = {row[f"ADM{level - 1}_PCODE"]: row for row in population(sent, "v02", level - 1)[1]}
        for column in (f"{sex}_{age}" for sex in "FMT" for age in (*AGES, "TL")):
            sums: dict[str, int] = {}
            for row in table:
                parent = row[f"ADM{level - 1}_PCODE"]
                sums[parent] = sums.get(parent, 0) + int(row[column])
            assert sums == {pcode: int(row[column]) for pcode, row in above.items()}


def test_the_reform_moves_borders_and_nobody(sent: dict[str, Delivery]) -> None:
    old, new = population(sent, "v01", 0)[1], population(sent, "v02", 0)[1]
    assert old == new


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_planted_errors_stand_where_the_key_says(geo: Geography, seed: int) -> None:
    deliveries, troubles = cods.deliver(geo, seed, "small")
    sent = {delivery.name: delivery for delivery in deliveries}
    assert set(sent) == {"xkv_admin_boundaries_v01.zip", "xkv_admin_population_2025_v01.zip"}
    (seven,) = [trouble for trouble in troubles if trouble.kind == "sum_off_by_seven"]
    assert seven.rule == "" and seven.row is not None
    known = geo.by_pcode("v01")
    off = {
        number: int(row["T_TL"]) - known[row["ADM2_PCODE"]].population
        for number, row in enumerate(population(sent, "v01", 2)[1], start=3)
        if int(row["T_TL"]) != known[row["ADM2_PCODE"]].population
    }
    assert off == {seven.row: 7}
    wrong = {
        number
        for number, row in enumerate(population(sent, "v01", 1)[1], start=3)
        if int(row["F_TL"]) + int(row["M_TL"]) != int(row["T_TL"])
    }
    assert {trouble.row for trouble in troubles if trouble.rule in ("G-SEXES", "G-AGES")} == wrong
    assert len(wrong) == 1
