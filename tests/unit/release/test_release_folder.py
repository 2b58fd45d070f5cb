"""The release folder and its certificate: built once, the same each time, and refused when a byte is not as audited."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from release_samples import DICTIONARY, LINEAGE, release_spec, small_population

from assets.release.certificate import CERTIFICATE, SUMS, Audited, audit_again, certificate, sha256, verify_certificate
from assets.release.dictionary import Column
from assets.release.disclosure import protect_table
from assets.release.folder import ReleaseManifest, build_release, read_content_hash, release_hash
from assets.release.pages import render
from assets.release.tables import CountRule
from orchestration.failures import Permanent

FILES = {
    "registered_population.csv", "registered_population.xlsx", "registered_population.parquet", "dictionary.csv",
    "README.md", "CHANGELOG.md", "changelog.json", "lineage.json", "certificate.json", "certificate.html", "SHA256SUMS",
}  # fmt: skip


@pytest.fixture(scope="module")
def protected() -> tuple[pd.DataFrame, CountRule]:
    frame, rule = small_population()
    return protect_table(frame, rule).published.assign(focal_point="CANARY-NAME"), rule


def build(table: pd.DataFrame, rule: CountRule, into: Path, previous: Path | None = None, **changes) -> ReleaseManifest:
    return build_release(release_spec(rule, **changes), table, DICTIONARY, previous, into)


@pytest.fixture
def built(protected: tuple[pd.DataFrame, CountRule], tmp_path: Path) -> Path:
    build(*protected, tmp_path / "v1")
    return tmp_path / "v1"


def test_a_release_is_whole_certified_and_closed(built: Path) -> None:
    assert {path.name for path in built.iterdir()} == FILES
    verify_certificate(built)
    assert {stat.S_IMODE(path.stat().st_mode) for path in built.iterdir()} == {0o444}
    stated = dict(reversed(line.split("  ")) for line in (built / SUMS).read_text(encoding="utf-8").splitlines())
    assert stated == {name: sha256(built / name) for name in FILES - {SUMS}}


def test_the_manifest_says_what_the_folder_holds(protected: tuple[pd.DataFrame, CountRule], tmp_path: Path) -> None:
    table, rule = protected
    manifest = build(table, rule, tmp_path / "v1")
    assert manifest.files == {name: sha256(tmp_path / "v1" / name) for name in FILES}
    assert manifest.rows == len(table)
    assert manifest.suppressed == (table.value_status == "suppressed").sum() > 0
    assert manifest.smallest_width is not None
    assert manifest.smallest_width >= rule.width
    assert manifest.content_hash == read_content_hash(tmp_path / "v1")


def test_two_builds_give_the_same_bytes(protected: tuple[pd.DataFrame, CountRule], tmp_path: Path) -> None:
    table, rule = protected
    build(table, rule, tmp_path / "one")
    build(table.iloc[::-1].reset_index(drop=True), rule, tmp_path / "two")
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_a_column_nobody_opted_in_stays_behind(built: Path) -> None:
    assert not [path.name for path in built.iterdir() if b"CANARY" in path.read_bytes()]
    header = (built / "registered_population.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "pcode,sex,age,people,value_status"


@pytest.mark.parametrize("name", sorted(FILES))
def test_one_changed_byte_in_any_file_stops_the_release(built: Path, name: str) -> None:
    path = built / name
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(Permanent, match="must not leave"):
        verify_certificate(built)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_file_stops_the_release(built: Path, name: str) -> None:
    (built / name).unlink()
    with pytest.raises(Permanent):
        verify_certificate(built)


def test_a_file_the_certificate_does_not_cover_stops_the_release(built: Path) -> None:
    (built / "extra.csv").write_text("name\n", encoding="utf-8")
    with pytest.raises(Permanent, match=r"not covered by the certificate: extra\.csv"):
        verify_certificate(built)


def test_a_link_in_the_folder_stops_the_release(built: Path, tmp_path: Path) -> None:
    (built / "more").symlink_to(tmp_path)
    with pytest.raises(Permanent, match="links instead of files"):
        verify_certificate(built)


def reseal(folder: Path, document: dict) -> None:
    """Write a forged certificate and make the sums agree with it, as a careful forger would."""
    (folder / CERTIFICATE).chmod(0o644)
    (folder / SUMS).chmod(0o644)
    (folder / CERTIFICATE).write_text(json.dumps(document), encoding="utf-8")
    lines = [f"{sha256(p)}  {p.name}\n" for p in sorted(folder.iterdir()) if p.name != SUMS]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def test_a_data_file_swapped_together_with_its_sum_is_still_not_the_audited_one(built: Path) -> None:
    path = built / "registered_population.csv"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"suppressed", b"reported"))
    reseal(built, json.loads((built / CERTIFICATE).read_text(encoding="utf-8")))
    with pytest.raises(Permanent, match=r"changed since the audit: registered_population\.csv"):
        verify_certificate(built)


@pytest.mark.parametrize(
    ("where", "value", "words"),
    [
        (("verdict",), "fail", "verdict"),
        (("tables", 0, "smallest_width"), 3, "did not pass"),
        (("tables", 0, "small_shown"), 1, "did not pass"),
        (("tables", 0, "exposed"), 2, "did not pass"),
        (("tables", 0, "cells"), 1, "did not pass"),
        (("tables",), [], "no audit"),
        (("format",), 99, "format"),
    ],
)
def test_a_certificate_whose_own_figures_do_not_pass_is_refused(built: Path, where, value, words) -> None:
    document = json.loads((built / CERTIFICATE).read_text(encoding="utf-8"))
    place = document
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    reseal(built, document)
    with pytest.raises(Permanent, match=words):
        verify_certificate(built)


def test_a_folder_without_a_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="without one nothing leaves"):
        verify_certificate(tmp_path)


def test_a_release_can_be_attacked_again_from_its_files_alone(built: Path) -> None:
    (report,) = audit_again(built, "registered_population")
    stated = json.loads((built / CERTIFICATE).read_text(encoding="utf-8"))["tables"][0]
    assert report.passed
    assert (report.suppressed, report.smallest_width) == (stated["suppressed"], stated["smallest_width"])


def test_the_certificate_does_not_say_how_many_cells_are_small(built: Path) -> None:
    words = (built / CERTIFICATE).read_text(encoding="utf-8") + (built / "certificate.html").read_text(encoding="utf-8")
    assert "primary" not in words
    assert "people_hidden" not in words


def test_the_page_opens_offline_and_says_what_it_does_not_cover(built: Path) -> None:
    page = (built / "certificate.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "<script" not in page
    for limit in ("other releases", "Other products", "Percentages", "single persons"):
        assert limit in page
    for name in FILES - {CERTIFICATE, "certificate.html", SUMS}:
        assert sha256(built / name) in page


def test_the_page_escapes_what_it_is_told(protected: tuple[pd.DataFrame, CountRule]) -> None:
    document = certificate(release_spec(protected[1], title="<b>bold</b>"), (), {})
    assert "&lt;b&gt;bold" in render("certificate.html.jinja", c=document)


def test_small_counts_are_never_built(tmp_path: Path) -> None:
    frame, rule = small_population()
    with pytest.raises(Permanent, match="small counts shown"):
        build(frame, rule, tmp_path / "v1")
    assert not (tmp_path / "v1").exists()


def test_a_figure_without_a_rule_is_never_built(protected: tuple[pd.DataFrame, CountRule], tmp_path: Path) -> None:
    table, rule = protected
    wider = replace(DICTIONARY, columns=(*DICTIONARY.columns, Column("cards", "BIGINT", "Cards issued")))
    with_cards = table.assign(cards=1)
    with pytest.raises(Permanent, match="without a disclosure rule: \\['cards'\\]"):
        build_release(release_spec(rule), with_cards, wider, None, tmp_path / "v1")
    spec = release_spec(rule, harmless={"cards": "pieces of plastic, not people"})
    build_release(spec, with_cards, wider, None, tmp_path / "v2")
    assert "pieces of plastic" in (tmp_path / "v2" / "certificate.html").read_text(encoding="utf-8")


def test_what_is_derived_from_a_hidden_row_must_be_gone(
    protected: tuple[pd.DataFrame, CountRule], tmp_path: Path
) -> None:
    table, rule = protected
    wider = replace(DICTIONARY, columns=(*DICTIONARY.columns, Column("change", "BIGINT", "Change since last time")))
    with pytest.raises(Permanent, match="still hold something in change"):
        build_release(
            release_spec(replace(rule, derived=("change",))), table.assign(change=1), wider, None, tmp_path / "v1"
        )


def test_a_release_is_never_written_over_another(built: Path, protected: tuple[pd.DataFrame, CountRule]) -> None:
    with pytest.raises(Permanent, match="not empty"):
        build(*protected, built)


def test_the_same_content_is_recognised_whatever_it_was_made_of(protected: tuple[pd.DataFrame, CountRule]) -> None:
    table, rule = protected
    first = release_hash(release_spec(rule), table, DICTIONARY)
    remade = release_spec(rule, version="2025-03-31.2", lineage=replace(LINEAGE, commit="f" * 40))
    assert release_hash(remade, table, DICTIONARY) == first
    assert release_hash(release_spec(rule, caveats=("new",)), table, DICTIONARY) != first
    assert release_hash(release_spec(rule), table.iloc[:-1], DICTIONARY) != first


def test_the_next_version_tells_what_changed(built: Path, tmp_path: Path) -> None:
    frame, rule = small_population()
    # Twenty more in one large cell, and so in all its totals.
    grown = frame.assign(people=frame.people + 20 * (frame.pcode.isin(["XV0201", "XV02", "XV"]) & (frame.sex != "m")
                                                     & (frame.age != "age1")))  # fmt: skip
    again = protect_table(grown, rule, [pd.read_parquet(built / "registered_population.parquet")])
    manifest = build_release(
        release_spec(rule), again.published, DICTIONARY, built, tmp_path / "v2", {"people": again.elsewhere}
    )
    assert "0 removed" in manifest.changes[0]
    assert any("(+20)" in words for words in manifest.changes)
    document = json.loads((tmp_path / "v2" / "changelog.json").read_text(encoding="utf-8"))
    assert document["changed"] > 0
    assert {change["difference"] for change in document["biggest"]} == {"+20"}
    assert document["words"] == list(manifest.changes)


def test_lineage_and_readme_tell_where_it_comes_from(built: Path) -> None:
    lineage = json.loads((built / "lineage.json").read_text(encoding="utf-8"))
    assert lineage["arrivals"] == list(LINEAGE.arrivals)
    assert (lineage["commit"], lineage["cod_version"], lineage["as_of"]) == (LINEAGE.commit, "v01", "2025-03-31")
    readme = (built / "README.md").read_text(encoding="utf-8")
    for words in (DICTIONARY.method, DICTIONARY.caveats[0], "fewer than 10 are suppressed", "| `people` | BIGINT |"):
        assert words in readme


def test_without_totals_the_page_says_what_is_known_from_the_rule_itself() -> None:
    rule = CountRule(value="reached", keys=("area",), hierarchies=(), threshold=10, width=10)
    table = pd.DataFrame({"area": list("abcd"), "reached": [3, 40, 7, 25]}, dtype=object)
    made = protect_table(table, rule)
    page = render("certificate.html.jinja", c=certificate(release_spec(rule), (Audited(rule, made.reports),), {}))
    assert "each lies between 1 and 9" in " ".join(page.split())
    assert "no sums" in page
