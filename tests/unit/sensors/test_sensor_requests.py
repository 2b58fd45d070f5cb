"""What starts by itself: once, again after a crash, not for ever, and with a sentence when nothing starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pandas as pd
import pytest

from assets import collect
from assets.portal import overview
from assets.quality import ledger
from assets.quality.checked_tables import TABLES
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from orchestration import runs, seal
from orchestration.office import Office
from orchestration.settings import REPO
from sensors import inbox, tables, verdicts
from sensors.requests import ATTEMPTS, KEY_TAG, answer, ask

Status = dg.DagsterRunStatus


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def office(tmp_path: Path) -> Office:
    keys = {seal.SEAL_KEY: seal.encode_key(b"s" * 32), seal.PSEUDONYM_KEY: seal.encode_key(b"p" * 32)}
    places = {"IMU_LAKE": str(tmp_path / "lake"), "IMU_OPERATIONS": str(REPO / "operations")}
    return Office({**keys, **places, "IMU_OPERATION": "demo", "IMU_TODAY": "2025-03-31"})


def _run(instance: dg.DagsterInstance, key: str, status: dg.DagsterRunStatus) -> None:
    instance.add_run(dg.DagsterRun(job_name="job", run_id=str(uuid4()), status=status, tags={KEY_TAG: key}))


def test_power_cuts_are_no_failures_of_the_work(instance: dg.DagsterInstance) -> None:
    for _ in range(ATTEMPTS + 2):
        assert isinstance(ask(instance, "build-a"), dg.RunRequest)
        _run(instance, "build-a", Status.STARTED)
        assert isinstance(ask(instance, "build-a"), dg.SkipReason)
        assert runs.end_those_cut_off(instance, patience=0) == 1
    found = ask(instance, "build-a")
    assert isinstance(found, dg.RunRequest)
    assert found.run_key == f"build-a#{ATTEMPTS + 2}"  # a key of its own, or Dagster would not start it again


def _tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> tuple[list[dg.RunRequest], str]:
    with dg.build_sensor_context(instance=instance) as context:
        data = sensor.evaluate_tick(context)
    return list(data.run_requests or []), data.skip_message or ""


def _checks(office: Office, source: str, instance: dg.DagsterInstance) -> tuple[list[dg.RunRequest], str]:
    """The verdicts sensor's own answer: Dagster would want the whole graph to resolve a partition."""
    with dg.build_sensor_context(instance=instance) as context:
        found = answer(verdicts._ask(context, office, source))
    requests = [one for one in found if isinstance(one, dg.RunRequest)]
    return requests, "" if requests else str(getattr(found[0], "skip_message", ""))


# -- asking ---------------------------------------------------------------------------------------------------


def test_a_first_request_names_its_work(instance: dg.DagsterInstance) -> None:
    found = ask(instance, "check-a", partition="2025-03", tags={"by": "sensor"})
    assert isinstance(found, dg.RunRequest)
    assert (found.partition_key, found.tags[KEY_TAG], found.tags["by"]) == ("2025-03", "check-a", "sensor")


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.STARTING, Status.STARTED])
def test_work_under_way_is_not_asked_for_again(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> None:
    _run(instance, "check-a", status)
    assert isinstance(ask(instance, "check-a"), dg.SkipReason)
    assert isinstance(ask(instance, "check-b"), dg.RunRequest)


def test_a_run_that_died_is_asked_for_again_under_a_new_key_and_not_for_ever(instance: dg.DagsterInstance) -> None:
    keys = []
    for status in (Status.FAILURE, Status.CANCELED, Status.FAILURE):
        found = ask(instance, "check-a")
        assert isinstance(found, dg.RunRequest)
        keys.append(found.run_key)
        _run(instance, "check-a", status)
    assert len(set(keys)) == ATTEMPTS
    last = ask(instance, "check-a")
    assert isinstance(last, dg.SkipReason)
    assert "failed 3 times" in (last.skip_message or "")


def test_the_same_question_after_a_run_that_answered_it_is_a_new_one(instance: dg.DagsterInstance) -> None:
    """Dagster drops a request whose key it has seen: the question would never be answered again."""
    first = ask(instance, "pages-a")
    _run(instance, "pages-a", Status.SUCCESS)
    second = ask(instance, "pages-a")
    assert isinstance(first, dg.RunRequest)
    assert isinstance(second, dg.RunRequest)
    assert first.run_key != second.run_key


def test_runs_that_do_not_settle_their_question_come_to_an_end(instance: dg.DagsterInstance) -> None:
    for _ in range(ATTEMPTS):
        _run(instance, "pages-a", Status.SUCCESS)
    found = ask(instance, "pages-a")
    assert isinstance(found, dg.SkipReason)
    assert "still not done" in (found.skip_message or "")


def test_dagster_takes_no_mix_and_only_one_reason() -> None:
    request, reasons = dg.RunRequest(run_key="a"), [dg.SkipReason("One."), dg.SkipReason("Two."), dg.SkipReason("One.")]
    assert answer([reasons[0], request, reasons[1]]) == [request]
    assert answer(reasons) == [dg.SkipReason("One. Two.")]


# -- the sensors ----------------------------------------------------------------------------------------------


def _put(office: Office, name: str, *, content: bytes = b"rows") -> Path:
    path = office.lake.folder("inbox", *name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    stamp = (office.now - timedelta(hours=2)).timestamp()
    os.utime(path, (stamp, stamp))
    return path


def test_an_empty_inbox_says_so(office: Office, instance: dg.DagsterInstance) -> None:
    assert _tick(inbox.sensor(office), instance) == ([], "The inbox holds nothing that is ready.")


def test_ready_files_of_two_sources_give_two_requests(office: Office, instance: dg.DagsterInstance) -> None:
    _put(office, "displacement/statistics-office/idp_2025-W10.csv")
    _put(office, "needs/needs-working-group/needs.xlsx")
    found, _ = _tick(inbox.sensor(office), instance)
    assert sorted(key.path[-1] for request in found for key in request.asset_selection or []) == [
        "displacement",
        "needs",
    ]


def _mail(office: Office, sender: str) -> Path:
    made = EmailMessage()
    made["From"] = sender
    made.add_attachment(b"rows", maintype="text", subtype="csv", filename="5W 2025-03.csv")
    return _put(office, f"mail/{sender.split('@')[0]}.eml", content=made.as_bytes())


def test_a_mail_of_a_known_sender_has_its_source_asked_for(office: Office, instance: dg.DagsterInstance) -> None:
    _mail(office, "wsh-focal@clusters.example")
    ((request,), _) = _tick(inbox.sensor(office), instance)
    assert [key.path for key in request.asset_selection or []] == [["raw", "clusters"]]
    office.look_again()
    new, _ = collect.take(office, "clusters", lambda _office, _file: ("WSH|2025-03", {}))
    assert [(one.sender, one.file_name) for one in new] == [("wsh-focal", "5W 2025-03.csv")]
    assert _tick(inbox.sensor(office), instance) == ([], "The inbox holds nothing that is ready.")


def test_a_mail_nobody_can_place_waits_in_sight(office: Office, instance: dg.DagsterInstance) -> None:
    _mail(office, "somebody@elsewhere.example")
    assert "1 file(s) wait" in _tick(inbox.sensor(office), instance)[1]
    (line,) = overview._waiting(office)
    assert (line["source"], line["file"]) == ("mail", "somebody.eml")
    assert "on no list" in line["why"]


def test_one_source_under_way_does_not_stop_the_other(office: Office, instance: dg.DagsterInstance) -> None:
    _put(office, "displacement/statistics-office/idp_2025-W10.csv")
    (first,), _ = _tick(inbox.sensor(office), instance)
    _run(instance, first.tags[KEY_TAG], Status.STARTED)
    assert _tick(inbox.sensor(office), instance) == ([], "It is already under way.")
    _put(office, "needs/needs-working-group/needs.xlsx")
    assert len(_tick(inbox.sensor(office), instance)[0]) == 1


def test_what_waits_is_counted(office: Office, instance: dg.DagsterInstance) -> None:
    _put(office, "needs/lost.xlsx")
    assert "1 file(s) wait" in _tick(inbox.sensor(office), instance)[1]


def test_the_same_file_laid_there_again_is_taken_again(office: Office, instance: dg.DagsterInstance) -> None:
    path = _put(office, "needs/needs-working-group/needs.xlsx")
    (first,), _ = _tick(inbox.sensor(office), instance)
    _run(instance, first.tags[KEY_TAG], Status.SUCCESS)
    path.unlink()
    _put(office, "needs/needs-working-group/needs.xlsx")
    (second,), _ = _tick(inbox.sensor(office), instance)
    assert first.run_key != second.run_key


def _arrive(office: Office, source: str, partition: str | None, content: bytes = b"x") -> str:
    arrival, _ = office.lake.take(
        source, content, sender="a", file_name="f", partition=partition, received_at=office.now, taken_at=office.now
    )
    return arrival.arrival_id


def _give_verdict(office: Office, source: str, partition: str, content: bytes, *, rule: str = "") -> None:
    arrival = office.lake.arrival(source, _arrive(office, source, partition, content))
    verdict = conclude(
        source=source, arrival_id=arrival.arrival_id, sender="a", partition=partition, subject=None, rows_total=0,
        findings=[Finding(rule)] if rule else [],
    )  # fmt: skip
    frames = {} if rule else {"places": pd.DataFrame([], columns=list(TABLES["places"]), dtype=object)}
    ledger.store(office.lake, arrival, partition, office.config, Outcome(verdict, frames))


def test_arrivals_wait_for_places_and_a_refused_zip_is_no_place(office: Office, instance: dg.DagsterInstance) -> None:
    """Asked for too early, the check would fail three times and not be tried again once the places are there."""
    _arrive(office, "displacement", "2025-W10")
    assert "No boundaries have been accepted yet" in _checks(office, "displacement", instance)[1]
    _give_verdict(office, "boundaries", "v01", b"bad", rule="G-UNREADABLE")
    assert "No boundaries have been accepted yet" in _checks(office, "displacement", instance)[1]
    assert "No boundaries have been accepted yet" in _tick(tables.sensor(office), instance)[1]
    _give_verdict(office, "boundaries", "v01", b"good")
    (request,), _ = _checks(office, "displacement", instance)
    assert request.partition_key == "2025-W10"


def test_each_partition_is_one_request_and_a_new_arrival_a_new_one(
    office: Office, instance: dg.DagsterInstance
) -> None:
    _give_verdict(office, "boundaries", "v01", b"good")
    for partition, content in (("WSH|2025-02", b"a"), ("WSH|2025-02", b"b"), ("HEA|2025-02", b"c")):
        _arrive(office, "clusters", partition, content)
    first, _ = _checks(office, "clusters", instance)
    assert sorted(str(request.partition_key) for request in first) == ["HEA|2025-02", "WSH|2025-02"]
    _arrive(office, "clusters", "HEA|2025-02", b"d")
    second, _ = _checks(office, "clusters", instance)
    assert len({request.run_key for request in [*first, *second]}) == 3


def test_boundaries_themselves_need_no_places(office: Office, instance: dg.DagsterInstance) -> None:
    assert "has its verdict" in _tick(verdicts.sensor(office, "boundaries"), instance)[1]
    _arrive(office, "boundaries", "v01")
    assert len(_checks(office, "boundaries", instance)[0]) == 1


def test_tables_wait_until_everything_has_its_verdict(office: Office, instance: dg.DagsterInstance) -> None:
    _give_verdict(office, "boundaries", "v01", b"good")
    _arrive(office, "displacement", "2025-W10")
    assert "Arrivals of displacement still wait" in _tick(tables.sensor(office), instance)[1]
