"""The asset graph: a reviewed snapshot, and the rules that make it readable.

The snapshot shows a reviewer what a change does to the graph. `UPDATE_SNAPSHOT=1` writes it anew; read the diff before
you commit it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from orchestration import definitions, settings
from orchestration.office import Office

OPERATIONS = settings.REPO / "operations"
SNAPSHOT = Path(__file__).with_name("graph_snapshot.json")
SHIPPED = [name for name in settings.known_operations(OPERATIONS) if name in {"demo", "ukraine"}]
GRAIN = re.compile(r"One [^.]+ per [^.]+\.")
ROOM = re.compile(r"([1-6])_[a-z_]+")


@dataclass(frozen=True)
class Node:
    """What a reader of the graph sees of one asset."""

    key: str
    group: str
    description: str
    owners: tuple[str, ...]
    kinds: tuple[str, ...]
    deps: tuple[str, ...]
    checks: tuple[str, ...]
    partitions: str

    @property
    def room(self) -> int:
        found = ROOM.fullmatch(self.group)
        return int(found[1]) if found else 0


@cache
def built(operation: str, folder: Path = OPERATIONS) -> dg.Definitions:
    return definitions.build(Office({"IMU_OPERATION": operation, "IMU_OPERATIONS": str(folder)}))


def nodes_of(defs: dg.Definitions) -> list[Node]:
    graph = defs.resolve_asset_graph()
    keys = sorted(graph.get_all_asset_keys(), key=lambda key: key.path)
    return [_node(graph.get(key)) for key in keys]


def _node(asset: Any) -> Node:
    return Node(
        key=asset.key.to_user_string(),
        group=asset.group_name,
        description=" ".join((asset.description or "").split()),
        owners=tuple(asset.owners),
        kinds=tuple(sorted(asset.kinds)),
        deps=tuple(sorted(key.to_user_string() for key in asset.parent_keys)),
        checks=tuple(sorted(key.name for key in asset.check_keys)),
        partitions=_in_words(asset.partitions_def),
    )


def _in_words(partitions: dg.PartitionsDefinition[Any] | None) -> str:
    if partitions is None:
        return "none"
    if isinstance(partitions, dg.MultiPartitionsDefinition):
        return " x ".join(f"{one.name}: {_in_words(one.partitions_def)}" for one in partitions.partitions_defs)
    keys = partitions.get_partition_keys()
    return f"{len(keys)} from {keys[0]} to {keys[-1]}"


def snapshot_of(defs: dg.Definitions) -> dict[str, Any]:
    jobs = [job for job in defs.resolve_all_job_defs() if not job.name.startswith("__")]
    return {
        "assets": {node.key: _shown(node) for node in nodes_of(defs)},
        "jobs": {job.name: sorted(key.to_user_string() for key in job.asset_layer.selected_asset_keys) for job in jobs},
        "sensors": {one.name: sorted(target.job_name for target in one.targets) for one in defs.sensors or []},
        "schedules": sorted(one.name for one in defs.schedules or []),
    }


def _shown(node: Node) -> dict[str, Any]:
    return {name: value for name, value in node.__dict__.items() if name not in {"key", "description"}}


@pytest.fixture(params=SHIPPED)
def operation(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nodes(operation: str) -> list[Node]:
    return nodes_of(built(operation))


def test_the_demo_is_shipped() -> None:
    assert "demo" in SHIPPED


def test_the_graph_is_the_reviewed_one(operation: str) -> None:
    found = json.loads(json.dumps(snapshot_of(built(operation))))
    reviewed = json.loads(SNAPSHOT.read_text(encoding="utf-8")) if SNAPSHOT.exists() else {}
    if os.environ.get("UPDATE_SNAPSHOT"):
        text = json.dumps({**reviewed, operation: found}, indent=1, sort_keys=True, ensure_ascii=False)
        SNAPSHOT.write_text(text + "\n", encoding="utf-8")
        return
    assert found == reviewed.get(operation), "the graph changed; look at it, then run with UPDATE_SNAPSHOT=1"


def wrong_rooms(nodes: list[Node]) -> list[str]:
    """Assets in no room, and first key parts that lie in two."""
    homes: dict[str, set[str]] = {}
    for node in nodes:
        homes.setdefault(node.key.split("/")[0], set()).add(node.group)
    return [node.key for node in nodes if not node.room] + [part for part, rooms in homes.items() if len(rooms) > 1]


def backward_arrows(nodes: list[Node]) -> list[str]:
    rooms = {node.key: node.room for node in nodes}
    return [f"{dep} > {node.key}" for node in nodes for dep in node.deps if rooms.get(dep, 9) > node.room]


def badly_described(nodes: list[Node]) -> list[str]:
    """No last sentence that gives the grain, nobody who answers for it, nothing that says what it is made of."""
    return [n.key for n in nodes if not GRAIN.fullmatch(_last(n.description)) or not n.owners or not n.kinds]


def _last(description: str) -> str:
    return re.split(r"(?<=[.:]) (?=[A-Z])", description)[-1]


RULES = [wrong_rooms, backward_arrows, badly_described]


@pytest.mark.parametrize("rule", RULES)
def test_the_house_is_easy_to_see(nodes: list[Node], rule: Any) -> None:
    assert rule(nodes) == []


def test_all_six_rooms_are_lived_in(nodes: list[Node]) -> None:
    assert sorted({node.room for node in nodes}) == [1, 2, 3, 4, 5, 6]


GOOD = Node("cod/places", "4_common_datasets", "Places. One row per place.", ("team:imu",), ("dbt",), (), (), "none")
BROKEN = [
    (wrong_rooms, replace(GOOD, group="default")),
    (wrong_rooms, replace(GOOD, key="cod/other", group="5_analysis")),
    (backward_arrows, replace(GOOD, key="raw/early", group="1_collect", deps=("cod/places",))),
    (backward_arrows, replace(GOOD, key="cod/lost", deps=("nobody/knows",))),
    (badly_described, replace(GOOD, description="One row per place. Or two.")),
    (badly_described, replace(GOOD, owners=())),
    (badly_described, replace(GOOD, kinds=())),
]


@pytest.mark.parametrize(("rule", "bad"), BROKEN)
def test_each_rule_notices_what_it_is_for(rule: Any, bad: Node) -> None:
    assert rule([GOOD]) == []
    assert rule([GOOD, bad])


def test_a_name_is_found_in_one_place_only(nodes: list[Node]) -> None:
    """An asset key is a path in the lake: two keys that differ in case or in - and _ would be one folder."""
    flat = [node.key.casefold().replace("-", "_") for node in nodes]
    assert sorted(set(flat)) == sorted(flat)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The demo's operation in another decade, with two clusters, one COD version and two survey rounds."""
    folder = tmp_path / "demo"
    shutil.copytree(OPERATIONS / "demo", folder)
    content = yaml.safe_load((folder / "operation.yml").read_text(encoding="utf-8"))
    content["period"] = {"first_month": "2031-02", "last_month": "2031-03", "extracts": ["2031-03-15"]}
    content["plan"] |= {"year": 2031, "cod_version": "v07"}
    content["cod_versions"] = [{"version": "v07", "valid_on": "2030-01-01"}]
    content["clusters"] = [one for one in content["clusters"] if one["code"] in {"WSH", "HEA"}]
    content["sources"]["hsm"]["assets"] = [{"uid": "aOther", "rounds": ["X1", "X2"]}]
    (folder / "operation.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return tmp_path


def test_partitions_come_from_the_operation_and_from_no_clock(elsewhere: Path) -> None:
    weeks = {f"2031-W{number:02d}" for number in range(5, 15)}
    months, clusters = {"2031-02", "2031-03"}, {"HEA", "WSH"}
    expected = [months, clusters, weeks, {"X1", "X2"}, {"2031-03-15"}, {"register"}, {"v07"}, {"2031"}]
    found = set(_grids(built("demo", elsewhere)))
    assert found == {frozenset(keys) for keys in expected}


def _grids(defs: dg.Definitions) -> Iterator[frozenset[str]]:
    for partitions in _definitions(defs):
        assert isinstance(partitions, dg.StaticPartitionsDefinition), "a clock of Dagster's own would run past the year"
        yield frozenset(partitions.get_partition_keys())


def _definitions(defs: dg.Definitions) -> Iterator[dg.PartitionsDefinition[Any]]:
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        given = graph.get(key).partitions_def
        if isinstance(given, dg.MultiPartitionsDefinition):
            yield from (one.partitions_def for one in given.partitions_defs)
        elif given is not None:
            yield given


def test_every_sensor_starts_a_button_that_exists(operation: str) -> None:
    shown: Mapping[str, Any] = snapshot_of(built(operation))
    started = {job for jobs in shown["sensors"].values() for job in jobs}
    assert started == set(shown["jobs"]), "a button nothing presses, or a sensor without a button"


def test_every_asset_has_a_button(operation: str) -> None:
    shown = snapshot_of(built(operation))
    assert {key for keys in shown["jobs"].values() for key in keys} == set(shown["assets"])
