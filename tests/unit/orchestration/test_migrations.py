"""The lake's format: steps in order, each once, and again after a crash."""

from __future__ import annotations

import json

import pytest

from orchestration.failures import Permanent
from orchestration.lake import FORMAT, Lake
from orchestration.migrations import MIGRATIONS, Migration, found_format, migrate


def test_the_table_leads_from_every_older_format_to_this_one() -> None:
    assert sorted(MIGRATIONS) == list(range(1, FORMAT))


def test_a_new_lake_has_nothing_to_do(lake: Lake) -> None:
    before = lake.key_file.read_bytes()
    assert migrate(lake) == []
    assert lake.key_file.read_bytes() == before


def test_steps_run_in_order_and_the_number_is_raised_last(lake: Lake) -> None:
    seen: list[tuple[str, int]] = []
    table = {
        step: Migration(f"step {step}", lambda lake, step=step: seen.append((f"step {step}", found_format(lake))))  # type: ignore[misc]
        for step in (FORMAT, FORMAT + 1)
    }
    done = migrate(lake, table, FORMAT + 2)
    assert seen == [(f"step {FORMAT}", FORMAT), (f"step {FORMAT + 1}", FORMAT + 1)]
    assert done == [f"format {step} to {step + 1}: step {step}" for step in (FORMAT, FORMAT + 1)]
    assert found_format(lake) == FORMAT + 2
    kept = json.loads((lake.root / f"keys.format-{FORMAT}.json").read_text(encoding="utf-8"))
    assert kept["format"] == FORMAT
    with pytest.raises(Permanent, match="imu lake migrate"):
        Lake(lake.root, lake.keys).open()


def test_a_step_that_broke_off_is_run_again(lake: Lake) -> None:
    runs: list[int] = []

    def breaks_once(_lake: Lake) -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            raise OSError("the power failed")

    table = {FORMAT: Migration("a step", breaks_once)}
    with pytest.raises(OSError, match="power"):
        migrate(lake, table, FORMAT + 1)
    assert found_format(lake) == FORMAT
    assert migrate(lake, table, FORMAT + 1) == [f"format {FORMAT} to {FORMAT + 1}: a step"]
    assert runs == [0, 1]


def test_a_newer_lake_is_never_taken_back(lake: Lake) -> None:
    content = json.loads(lake.key_file.read_text(encoding="utf-8"))
    lake.write_json(lake.key_file, {**content, "format": FORMAT + 1})
    with pytest.raises(Permanent, match="newer version"):
        migrate(lake)


def test_a_format_without_a_way_on_is_told(lake: Lake) -> None:
    with pytest.raises(Permanent, match="No migration leads away"):
        migrate(lake, {}, FORMAT + 1)
    assert found_format(lake) == FORMAT
