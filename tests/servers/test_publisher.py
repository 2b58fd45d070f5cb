"""The publisher on both catalogues: the same tests, and the same answers, on our stand-in and on a real CKAN."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import requests
from hdx_catalogue import NAME, WRITES, Catalogue, Make, assert_whole, ids, rewrite, with_third

from orchestration.failures import Permanent
from orchestration.hdx_checks import Publication, ReleaseFile


def test_a_new_dataset_arrives_whole(catalogue: Catalogue, make: Make, release: Publication) -> None:
    receipt = make().publish(release)
    assert not receipt.unchanged
    assert receipt.changed[0] == f"create dataset {NAME}"
    assert receipt.version == "2025-01"
    assert_whole(catalogue, release, receipt)


def test_nothing_changed_nothing_written(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str]
) -> None:
    first = make().publish(release)
    before = catalogue.api("package_show", id=NAME)
    calls.clear()
    again = make().publish(release)
    assert again.unchanged
    assert again.changed == ()
    assert (again.fingerprint, again.files) == (first.fingerprint, first.files)
    assert not WRITES & set(calls)
    assert catalogue.api("package_show", id=NAME)["metadata_modified"] == before["metadata_modified"]


def test_only_the_changed_file_is_sent(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str]
) -> None:
    first = make().publish(release)
    before = {item["name"]: item for item in catalogue.api("package_show", id=NAME)["resources"]}
    rewrite(release, 1, "dictionary,other\r\n")
    calls.clear()
    second = make().publish(release)
    after = {item["name"]: item for item in catalogue.api("package_show", id=NAME)["resources"]}
    assert second.changed == ("change resource XKV dictionary (file is sent)",)
    assert [call for call in calls if call in WRITES] == ["package_revise"]
    assert ids(second) == ids(first)
    assert after["XKV presence"]["last_modified"] == before["XKV presence"]["last_modified"]
    assert after["XKV dictionary"]["last_modified"] > before["XKV dictionary"]["last_modified"]
    assert_whole(catalogue, release, second)


def test_a_workbook_whose_cells_are_the_same_is_sent_if_its_bytes_are_not(
    catalogue: Catalogue, make: Make, release: Publication, tmp_path: Path
) -> None:
    """The library's own hash looks at the cells only, and would leave the old file there."""
    from openpyxl import Workbook

    book, path = Workbook(), tmp_path / "xkv_presence.xlsx"
    book.active["A1"] = 1  # type: ignore[index]
    book.save(path)
    sheet = replace(release, resources=(ReleaseFile("XKV workbook", "xlsx", "Presence", path),))
    make().publish(sheet)
    book.properties.title = "The same cells, another file"
    book.save(path)
    receipt = make().publish(sheet)
    assert receipt.changed == ("change resource XKV workbook (file is sent)",)
    assert_whole(catalogue, sheet, receipt)


def test_metadata_changes_send_no_file(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str]
) -> None:
    first = make().publish(release)
    # keeping only the last of several tags is where merging by index goes wrong
    changed = replace(release, tags=release.tags[2:], methodology="Registry", period_end=None, frequency_days=90)
    calls.clear()
    second = make().publish(changed)
    assert [line.split(":")[0] for line in second.changed] == [
        "methodology", "methodology_other", "data_update_frequency", "dataset_date", "tags",
    ]  # fmt: skip
    assert [call for call in calls if call in WRITES] == ["package_revise"]
    assert ids(second) == ids(first)
    assert_whole(catalogue, changed, second)
    assert "methodology_other" not in catalogue.api("package_show", id=NAME)


def test_resources_come_and_go_and_the_others_keep_address_and_order(
    catalogue: Catalogue, make: Make, release: Publication, tmp_path: Path
) -> None:
    first = make().publish(release)
    more = with_third(release, tmp_path)
    second = make().publish(more)
    assert second.changed == ("add resource XKV map (file is sent)", "put the resources in order")
    assert ids(first).items() < ids(second).items()
    assert_whole(catalogue, more, second)
    fewer = replace(more, resources=more.resources[1:][::-1])
    third = make().publish(fewer)
    assert ids(third).items() < ids(second).items()
    assert_whole(catalogue, fewer, third)


def test_a_plan_tells_exactly_what_publishing_does_and_writes_nothing(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str], tmp_path: Path
) -> None:
    planned = make().plan(release)
    assert not planned.exists
    assert not WRITES & set(calls)
    assert catalogue.api("package_show", id=NAME) == 404
    assert make().publish(release).changed == tuple(planned.lines())
    assert make().plan(release).empty
    more = replace(with_third(release, tmp_path), title="Another title")
    planned = make().plan(more)
    assert planned.fields[0].before == release.title
    assert make().publish(more).changed == tuple(planned.lines())


def test_a_private_dataset_is_read_back_and_then_opened_in_place(
    catalogue: Catalogue, make: Make, release: Publication
) -> None:
    hidden = make().publish(replace(release, private=True))
    assert catalogue.api("package_show", "", id=NAME) == 403
    assert requests.get(hidden.files[0].url, timeout=30).status_code != 200
    opened = make().publish(release)
    assert opened.changed == ("private: true -> false",)
    assert (opened.dataset_id, ids(opened)) == (hidden.dataset_id, ids(hidden))
    assert_whole(catalogue, release, opened)


def test_what_somebody_else_changed_is_shown_and_brought_back(
    catalogue: Catalogue, make: Make, release: Publication
) -> None:
    first = make().publish(release)
    catalogue.api("package_revise", match={"id": first.dataset_id}, update={"title": "Mine"})
    stray = catalogue.api(
        "resource_create", package_id=first.dataset_id, name="XKV presence", format="csv", url="https://x.example/a.csv"
    )
    assert list(make().plan(release).lines()) == [
        f'title: "Mine" -> "{release.title}"',
        "remove resource XKV presence",
    ]
    second = make().publish(release)
    assert stray["id"] not in ids(second).values()
    assert ids(second) == ids(first)
    assert_whole(catalogue, release, second)


def test_a_dataset_that_was_withdrawn_on_hdx_is_not_brought_back(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str]
) -> None:
    make().publish(release)
    catalogue.api("package_delete", id=NAME)
    calls.clear()
    with pytest.raises(Permanent, match="was deleted on HDX; ask HDX"):
        make().publish(release)
    assert not WRITES & set(calls)
    assert catalogue.api("package_show", id=NAME)["state"] == "deleted"


@pytest.mark.parametrize("who", ["expired", "bad"])
def test_an_expired_key_is_told_and_never_shown(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str], who: str
) -> None:
    with pytest.raises(Permanent, match="expired, revoked or mistyped") as told:
        make(who).publish(release)
    assert catalogue.credentials[f"{who}_token"] not in f"{told.value} {told.value.__cause__} {make(who)!r}"
    assert not WRITES & set(calls)


def test_somebody_without_rights_is_told_whom_to_ask(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str]
) -> None:
    with pytest.raises(Permanent, match="organisation: this key may not write"):
        make("outsider").publish(release)
    make().publish(release)
    calls.clear()
    with pytest.raises(Permanent, match="organisation: this key may not write"):
        make("outsider").publish(replace(release, title="Taken over"))
    assert not WRITES & set(calls)


def test_every_unknown_word_is_told_at_once_before_anything_is_written(
    catalogue: Catalogue, make: Make, release: Publication, calls: list[str]
) -> None:
    odd = replace(release, tags=("geodata", "no such tag"), iso3="XXX", licence="no-such-licence")
    publisher = make(maintainer="nobody")
    found = publisher.preflight(odd)
    assert [problem.where for problem in found] == ["maintainer", "iso3", "tags", "licence"]
    with pytest.raises(Permanent) as told:
        publisher.publish(odd)
    assert all(str(problem) in str(told.value) for problem in found)
    assert not WRITES & set(calls)
    assert make().preflight(release) == []


def test_a_maintainer_outside_the_organisation_is_refused(
    catalogue: Catalogue, make: Make, release: Publication
) -> None:
    assert [problem.where for problem in make(maintainer="hdxoutsider").preflight(release)] == ["maintainer"]
    assert make(maintainer="hdxeditor").publish(release).files


def test_what_is_missing_is_told_without_a_call(make: Make, release: Publication, calls: list[str]) -> None:
    release.resources[0].path.unlink()
    calls.clear()
    empty = replace(release, title=" ", notes="", caveats="", methodology="", tags=(), period_end=date(2024, 1, 1))
    with pytest.raises(Permanent) as told:
        make().publish(empty)
    for where in ("title", "notes", "methodology", "caveats", "period_end", "tags", "resource XKV presence"):
        assert f"{where}: " in str(told.value)
    assert calls == []


def test_the_library_is_left_as_it_was(make: Make, release: Publication) -> None:
    from hdx.api.configuration import Configuration

    Configuration.delete()
    Configuration._create(hdx_url="http://127.0.0.1:9", hdx_key="other", user_agent="other")
    other = Configuration.read()
    try:
        make().publish(release)
        assert Configuration.read() is other
    finally:
        Configuration.delete()
    make().plan(release)
    assert Configuration._configuration is None
