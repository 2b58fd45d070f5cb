"""Renewing the seal key: all or nothing, also when the process is killed at any moment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration import rotation, seal
from orchestration.failures import Permanent, Transient, WrongKey
from orchestration.lake import Lake

NEW = b"n" * 32
CONTENT = {"clusters": [b"one workbook", b"another"], "needs": [b"a needs workbook"]}
# The child counts the renames that make a state visible and dies, as by a power cut, right before one of them.
DIE_BEFORE = """
import os, signal, sys
from pathlib import Path
from orchestration import lake as lakes, rotation, seal
root, number = Path(sys.argv[1]), int(sys.argv[2])
lake = lakes.Lake(root, seal.Keys(b"s" * 32, b"p" * 32)).open()
seen, publish = [0], lakes.publish_file
def counted(draft, target):
    seen[0] += 1
    if seen[0] == number:
        os.kill(os.getpid(), signal.SIGKILL)
    publish(draft, target)
lakes.publish_file = counted
rotation.rotate(lake, b"n" * 32)
"""


@pytest.fixture
def filled(lake: Lake) -> Lake:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    for source, contents in CONTENT.items():
        for number, content in enumerate(contents):
            lake.take(source, content, sender="x", file_name=f"{number}", partition=None, received_at=at, taken_at=at)
    return lake


def renewed(lake: Lake) -> Lake:
    assert lake.keys is not None
    return Lake(lake.root, seal.Keys(NEW, lake.keys.pseudonym))


def contents(lake: Lake) -> dict[str, set[bytes]]:
    return {source: {lake.read_arrival(one) for one in lake.arrivals(source)} for source in CONTENT}


def expected() -> dict[str, set[bytes]]:
    return {source: set(found) for source, found in CONTENT.items()}


def test_the_new_key_opens_everything_and_the_old_one_nothing(filled: Lake) -> None:
    zones = {zone: filled.zone_key(zone) for zone in ("checked", "warehouse")}
    sealed = {path: path.read_bytes() for path in filled.root.rglob("content.sealed")}
    assert rotation.rotate(filled, NEW) == 3
    opened = renewed(filled).open()
    assert contents(opened) == expected()
    assert {zone: opened.zone_key(zone) for zone in zones} == zones
    assert rotation.count_that_open(opened) == (2, 3)
    assert {path: path.read_bytes() for path in filled.root.rglob("content.sealed")} == sealed
    with pytest.raises(WrongKey):
        Lake(filled.root, filled.keys).open()
    assert not (filled.root / rotation.JOURNAL).exists()


# 1 the journal, 2 the key file, 3 to 5 the manifests; a sixth write does not happen
@pytest.mark.parametrize(("number", "owner"), [(1, "old"), (2, "old"), (3, "new"), (4, "new"), (5, "new")])
def test_a_process_killed_in_the_middle_leaves_the_old_lake_or_the_new_one(
    filled: Lake, number: int, owner: str
) -> None:
    command = [sys.executable, "-c", DIE_BEFORE, str(filled.root), str(number)]
    run = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, check=False)
    assert run.returncode == -signal.SIGKILL
    fits, does_not = Lake(filled.root, filled.keys), renewed(filled)
    if owner == "new":
        fits, does_not = does_not, fits
    with pytest.raises(WrongKey):
        does_not.open()
    assert contents(fits.open()) == expected()
    assert rotation.count_that_open(fits) == (2, 3)
    assert not (filled.root / rotation.JOURNAL).exists()


def test_after_a_crash_a_renewal_can_be_done_again(filled: Lake) -> None:
    run = subprocess.run(
        [sys.executable, "-c", DIE_BEFORE, str(filled.root), "2"],
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    assert rotation.rotate(Lake(filled.root, filled.keys).open(), NEW) == 3
    assert contents(renewed(filled).open()) == expected()


def test_an_interrupted_renewal_is_finished_without_any_key(filled: Lake) -> None:
    journal = rotation._journal(filled, NEW)
    filled.write_json(filled.folder(rotation.JOURNAL), journal)
    filled.write_json(filled.key_file, journal["keys"])
    assert rotation.finish(Lake(filled.root)) == "finished"
    assert contents(renewed(filled).open()) == expected()


def test_the_same_key_again_is_no_renewal(filled: Lake) -> None:
    assert filled.keys is not None
    with pytest.raises(Permanent, match="Nothing was changed"):
        rotation.rotate(filled, filled.keys.seal)
    assert contents(Lake(filled.root, filled.keys).open()) == expected()


def test_a_process_that_still_has_the_old_key_takes_nothing_any_more(filled: Lake) -> None:
    at = datetime(2025, 3, 2, tzinfo=UTC)
    still_open = Lake(filled.root, filled.keys).open()
    rotation.rotate(filled, NEW)
    with pytest.raises(WrongKey):
        still_open.take("needs", b"new", sender="x", file_name="n", partition=None, received_at=at, taken_at=at)
    assert contents(renewed(filled).open()) == expected()


def test_while_a_key_is_renewed_nothing_is_taken_and_the_other_way_round(filled: Lake) -> None:
    at = datetime(2025, 3, 2, tzinfo=UTC)
    with rotation.alone(filled.root), pytest.raises(Transient, match="in use by another process"):
        filled.take("needs", b"new", sender="x", file_name="n", partition=None, received_at=at, taken_at=at)
    with rotation.among_others(filled), pytest.raises(Transient):
        rotation.rotate(filled, NEW)
    assert contents(Lake(filled.root, filled.keys).open()) == expected()


def test_a_manifest_that_does_not_fit_its_key_is_found_by_the_proof(filled: Lake, tmp_path: Path) -> None:
    first, second = sorted(filled.root.glob("raw/clusters/*/manifest.json"))
    shutil.copy(first, tmp_path / "kept")
    text = first.read_text(encoding="utf-8")
    mine, other = (filled.arrival("clusters", path.parent.name).wrapped_key for path in (first, second))
    first.write_text(text.replace(mine, other), encoding="utf-8")
    with pytest.raises(WrongKey):
        rotation.count_that_open(filled)
