"""The cluster files are the same each time, and their answer key tells the truth, the whole truth and nothing else."""

import csv
import hashlib
import re
from collections import Counter
from pathlib import Path

import plain_workbooks as plain
import pytest

from demo.country.canaries import canaries, canary_count
from demo.country.clusters import activities, arrivals, office
from demo.country.clusters.sites import Gazetteer, version_of
from demo.country.deliveries import Delivery, Trouble
from demo.country.geography import build_geography
from demo.country.workbooks import deliver

ROW_RULES = {
    "C-PLACE-UNKNOWN", "C-PLACE-AMBIGUOUS", "C-PLACE-PARENT", "C-PLACE-NAME", "C-EXCEL-ERROR", "C-ORG-UNKNOWN",
    "C-SECTOR", "C-ACTIVITY", "C-NEGATIVE", "C-NUMBER", "C-DECIMAL", "C-DATES", "C-SADD", "C-OVER-TARGET",
    "C-DISABILITY", "C-DUPLICATE-ROW", "C-NO-FIGURE", "C-LOOKALIKE", "C-CODE-NUMBER", "C-OLD-CODE",
}  # fmt: skip
FILE_RULES = {"C-UNREADABLE", "C-SUBMITTER", "C-TEMPLATE", "C-PERIOD", "C-PERSONAL", "C-SAME-FILE"}
REFUSED = FILE_RULES - {"C-SAME-FILE"}
LOOKS = {
    "two_header_rows", "split_header", "group_header", "header_newline", "homoglyph_header", "title_rows", "hxl_row",
    "spaced_hxl_row", "hidden_lookup_sheet", "hidden_old_copy", "several_sheets", "blank_formatted_rows",
    "blank_row_inside", "totals_row", "serial_dates", "text_dates", "csv_bom", "csv_latin1", "csv_cp1251",
}  # fmt: skip
Year = tuple[list[Delivery], list[Trouble]]


def made(seed: int, size: str) -> Year:
    return deliver(build_geography(), seed, size)


@pytest.fixture(scope="module")
def small() -> Year:
    return made(1, "small")


@pytest.fixture(scope="module")
def country() -> Year:
    return made(1, "country")


def digest(year: Year) -> str:
    sums = [(sent.at.isoformat(), sent.sender, sent.name, hashlib.sha256(sent.content).hexdigest()) for sent in year[0]]
    return hashlib.sha256(repr((sums, year[1])).encode()).hexdigest()


def refused_files(year: Year) -> set[str]:
    return {trouble.file for trouble in year[1] if trouble.rule in REFUSED}


def encoding_of(name: str, year: Year) -> str:
    looks = {trouble.kind for trouble in year[1] if trouble.file == name}
    return "latin-1" if "csv_latin1" in looks else "cp1251" if "csv_cp1251" in looks else "utf-8-sig"


def lines_of(delivery: Delivery, year: Year) -> dict[int, plain.Line]:
    repeated = {t.file: t.note for t in year[1] if t.rule == "C-SAME-FILE"}
    original = repeated.get(delivery.name, delivery.name).removeprefix("the bytes of ").removesuffix(" once more")
    return plain.lines_of(delivery, encoding_of(original, year))


def good_files(year: Year) -> list[Delivery]:
    same = {trouble.file for trouble in year[1] if trouble.rule == "C-SAME-FILE"}
    return [sent for sent in year[0] if sent.name not in refused_files(year) | same]


def cluster_of(delivery: Delivery) -> str:
    return delivery.sender.removesuffix("-focal").upper()


def month_of(lines: dict[int, plain.Line]) -> str:
    (month,) = {plain.month_of(line["reporting_month"]) for line in lines.values()}
    return month


def verdicts(year: Year) -> dict[tuple[str, int], set[str]]:
    """What the second judge finds in every row of every file that is not refused as a whole."""
    found = {}
    for delivery in good_files(year):
        lines = lines_of(delivery, year)
        judge = plain.Judge(build_geography(), version_of(month_of(lines)), cluster_of(delivery))
        found |= {(delivery.name, number): judge.rules(line) for number, line in lines.items()}
    return found


def test_same_seed_same_bytes(small: Year) -> None:
    assert digest(made(1, "small")) == digest(small)


def test_another_seed_moves_figures_and_troubles(small: Year) -> None:
    other = made(2, "small")
    assert {sent.content for sent in other[0]}.isdisjoint(sent.content for sent in small[0])
    assert other[1] != small[1]


@pytest.mark.parametrize("size", ["small", "country"])
def test_every_row_breaks_the_rule_it_was_planted_for_and_no_other(size: str, request: pytest.FixtureRequest) -> None:
    year: Year = request.getfixturevalue(size)
    found = verdicts(year)
    names = {sent.name for sent in good_files(year)}
    planted = {
        (t.file, t.row): {t.rule}
        for t in year[1]
        if t.file in names and t.row and t.rule and t.kind != "homoglyph_header"  # about a heading, not a row
    }
    assert planted.keys() <= found.keys()
    assert {place: rules for place, rules in found.items() if rules} == planted
    assert sum(not rules for rules in found.values()) > 4 * len(planted)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_the_answer_key_holds_for_other_seeds(seed: int) -> None:
    year = made(seed, "small")
    names = {sent.name for sent in good_files(year)}
    planted = {
        (t.file, t.row): {t.rule}
        for t in year[1]
        if t.file in names and t.row and t.rule and t.kind != "homoglyph_header"  # about a heading, not a row
    }
    assert {place: rules for place, rules in verdicts(year).items() if rules} == planted


def test_no_row_bears_two_lines_of_the_key(country: Year) -> None:
    rows = Counter((t.file, t.row) for t in country[1] if t.row and t.kind not in LOOKS and t.rule != "C-TEMPLATE")
    assert rows
    assert max(rows.values()) == 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_small_breaks_every_rule_it_can_before_the_end_of_march(seed: int) -> None:
    deliveries, troubles = made(seed, "small")
    early = {sent.name for sent in deliveries if f"{sent.at:%Y-%m}" <= "2025-03"}
    broken = {trouble.rule for trouble in troubles if trouble.file in early} - {""}
    assert broken == (ROW_RULES | FILE_RULES) - {"C-OLD-CODE"}


def test_country_breaks_every_rule_three_times_and_wears_every_look(country: Year) -> None:
    times = Counter(trouble.rule for trouble in country[1])
    assert {rule for rule in ROW_RULES | FILE_RULES if times[rule] < 3} == set()
    assert {trouble.kind for trouble in country[1]} >= LOOKS


def test_small_wears_every_look(small: Year) -> None:
    assert {trouble.kind for trouble in small[1]} >= LOOKS


def test_sizes_and_times(small: Year, country: Year) -> None:
    counts = [len(lines_of(sent, small)) for sent in good_files(small)]
    assert 18 <= min(counts) <= max(counts) <= 42
    wide = [len(lines_of(sent, country)) for sent in good_files(country)]
    assert min(wide) >= 35
    assert max(wide) <= 200
    late = {t.file for t in country[1] if t.kind in ("late", "corrected_version")}
    on_time = [sent for sent in good_files(country) if sent.name not in late]
    assert all(3 <= sent.at.day <= 12 for sent in on_time)
    assert [sent.at for sent in country[0]] == sorted(sent.at for sent in country[0])


def test_files_have_names_of_their_own(country: Year) -> None:
    assert len({sent.name for sent in country[0]}) == len(country[0])
    assert {trouble.file for trouble in country[1]} - {""} <= {sent.name for sent in country[0]}


def test_every_month_arrives_unless_the_key_says_so(country: Year) -> None:
    arrived = {(cluster_of(sent), month_of(lines_of(sent, country))) for sent in good_files(country)}
    every = {(cluster, month) for cluster in office.CLUSTERS for month in activities.months()}
    assert every - arrived == arrivals.MISSING | arrivals.NEVER_MENDED


def test_the_same_bytes_again_are_the_same_bytes(country: Year) -> None:
    by_name = {sent.name: sent for sent in country[0]}
    again = [trouble for trouble in country[1] if trouble.rule == "C-SAME-FILE"]
    for trouble in again:
        first = by_name[trouble.note.removeprefix("the bytes of ").removesuffix(" once more")]
        assert by_name[trouble.file].content == first.content
        assert by_name[trouble.file].at > first.at
    assert len({sent.content for sent in country[0]}) == len(country[0]) - len(again)


def test_refused_files_are_refused_for_one_reason(country: Year) -> None:
    by_name = {sent.name: sent for sent in country[0]}
    for trouble in (trouble for trouble in country[1] if trouble.rule in REFUSED):
        assert [other.rule for other in country[1] if other.file == trouble.file] == [trouble.rule]
        delivery = by_name[trouble.file]
        assert delivery.sender.startswith("ngo-") == (trouble.rule == "C-SUBMITTER")
        if trouble.rule == "C-PERIOD":
            months = {plain.month_of(line["reporting_month"]) for line in lines_of(delivery, country).values()}
            named = re.search(r"5W .+ (\w+) 2025 draft", delivery.name)
            assert named is not None
            assert months != {plain.month_of(f"{named[1]} 2025")}
        if trouble.rule == "C-UNREADABLE":
            with pytest.raises(Exception, match=r"."):
                plain.grid(delivery, "utf-8")
        if trouble.rule == "C-TEMPLATE":
            known = [plain.folded(str(cell)) in plain.headers() for cell in plain.grid(delivery, "utf-8")[0]]
            assert not all(known) or "reached" not in {
                plain.headers()[plain.folded(str(c))] for c in plain.grid(delivery, "utf-8")[0]
            }


def test_personal_data_stands_where_the_key_says_and_nowhere_else(country: Year) -> None:
    persons = canaries(1, canary_count("country"))
    traces = {word for one in persons for text in (one.name, one.name_local) for word in text.split()}
    traces |= {word for one in persons for word in (one.phone.split()[-1], one.email, one.card_number)}
    planted = {(trouble.file, trouble.row) for trouble in country[1] if trouble.rule == "C-PERSONAL"}
    readable = [sent for sent in country[0] if not _unreadable(sent, country)]
    found = {
        (sent.name, number)
        for sent in readable
        for number, line in enumerate(plain.grid(sent, encoding_of(sent.name, country)), start=1)
        if not traces.isdisjoint(re.findall(r"[\w.@]+", " ".join(filter(None, map(str, line)))))
    }
    assert found == planted


def _unreadable(delivery: Delivery, year: Year) -> bool:
    return any(t.file == delivery.name and t.rule == "C-UNREADABLE" for t in year[1])


def test_areas_follow_the_geography() -> None:
    geography = build_geography()
    places = [place for version in ("v01", "v02") for level in (2, 3) for place in geography.places(version, level)]
    expected = {(place.pcode, place.version, place.area_class) for place in places}
    rows = plain.table("areas.csv")
    assert {(row["pcode"], row["cod_version"], row["area_class"]) for row in rows} == expected
    assert len(rows) == len(expected)


def test_office_tables_are_unambiguous() -> None:
    geography = build_geography()
    values = Counter((row["field"], plain.folded(row["value"])) for row in plain.table("aliases/values.csv"))
    assert max(values.values()) == 1
    sharing = [names for names in plain.organisations_by_spelling().values() if len(names) > 1]
    assert sharing == [{"ORG-025", "ORG-026"}]
    for row in plain.table("aliases/places.csv"):
        assert row["pcode"] in geography.by_pcode(row["cod_version"])
        assert all(row["alias"] not in (p.name, p.name_local) for p in geography.places(row["cod_version"], 3))
    sectors = {row["sector"] for row in plain.table("sectors.csv")}
    assert sectors == set(office.CLUSTERS)
    assert {row["sector"] for row in plain.table("activities.csv")} == sectors


@pytest.mark.parametrize("name", sorted(path.name for path in (plain.OPERATION / "column_maps").glob("clusters_*.csv")))
def test_each_header_of_a_template_means_one_column(name: str) -> None:
    with Path(plain.OPERATION / "column_maps" / name).open(encoding="utf-8", newline="") as lines:
        texts = [plain.folded(text) for row in csv.DictReader(lines) for text in row["header"].split("|")]
    assert len(texts) == len(set(texts))


def test_true_figures_are_plausible() -> None:
    places = Gazetteer(build_geography())
    for cluster in ("WSH", "PRO-GBV"):
        found = activities.undertakings(places, 1, "country", cluster)
        new: Counter[int] = Counter()
        for month in activities.months():
            for record in activities.month_records(found, month):
                new[record.undertaking.number] += record.reached_new or 0
                if record.brackets:
                    assert sum(record.brackets) == record.reached
                assert (record.reached or 0) <= 1.1 * record.undertaking.targeted + 1
                assert (record.reached is None) == (record.status == "planned")
        assert all(people <= 1.1 * found[number].targeted + 12 for number, people in new.items())
