"""`operation.yml` from file to types: every problem at once, each with file, key, what was found and what is expected.

Belongs here: reading the file, explaining what pydantic found, and what no single key can know (do the keys fit
together?). Does not belong here: the types (`settings.py`), the other files of an operation (`validation.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from orchestration.failures import Permanent
from orchestration.settings import Operation

FILE = "operation.yml"


@dataclass(frozen=True)
class Problem:
    """One thing to mend in an operation's folder."""

    file: str
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"file {self.file}, key {self.key}: found {self.found}; expected: {self.expected}"


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key given twice: of two lines, YAML itself silently drops the first."""


def _no_key_twice(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: set[Hashable] = set()
    for node_of_key, _ in node.value:
        key = loader.construct_object(node_of_key)
        if key in seen:
            words = f"the key {key!r} stands there twice"
            raise yaml.constructor.ConstructorError(None, None, words, node_of_key.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _no_key_twice)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file of an operation."""
    name = f"{path.parent.name}/{path.name}"
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as cause:
        raise Permanent(f"{name} is not valid YAML: {cause}") from cause
    except ValueError as cause:  # YAML reads 2019-13-01 as a day, and there is none
        raise Permanent(f"{name} holds something that looks like a day and is none: {cause}.") from cause
    except UnicodeDecodeError as cause:
        raise Permanent(f"{name} is not saved as UTF-8. Save it again with that encoding.") from cause


def check(folder: Path) -> tuple[Operation | None, list[Problem]]:
    """The operation, or None, and everything that is wrong with its file."""
    content = read_yaml(folder / FILE)
    if not isinstance(content, dict):
        return None, [Problem(FILE, "(the whole file)", type(content).__name__, "keys and values")]
    if "folder" in content:
        return None, [Problem(FILE, "folder", repr(content["folder"])[:80], _NO_SUCH_KEY)]
    try:
        operation = Operation.model_validate({**content, "folder": folder})
    except ValidationError as cause:
        return None, problems_of(FILE, cause)
    return operation, list(_misfits(operation))


_NO_SUCH_KEY = "no such key (no code reads it; check the spelling)"


def problems_of(file: str, error: ValidationError) -> list[Problem]:
    """What pydantic found, in the words of an office."""
    return [_problem(file, one) for one in error.errors()]


def _problem(file: str, error: Mapping[str, Any]) -> Problem:
    key = ".".join(str(part) for part in error["loc"]) or "(the whole file)"
    found = "nothing" if error["type"] == "missing" else repr(error["input"])[:80]
    return Problem(file, key, found, _NO_SUCH_KEY if error["type"] == "extra_forbidden" else str(error["msg"]))


def _misfits(operation: Operation) -> Iterator[Problem]:
    """What is wrong although each key by itself is right."""
    for check_of in (_name, _levels, _versions, _clusters, _templates, _rounds, _registers, _mail, _approvers):
        for key, found, expected in check_of(operation):
            yield Problem(FILE, key, found, expected)


_Found = Iterator[tuple[str, str, str]]


def _name(operation: Operation) -> _Found:
    if operation.name != operation.folder.name:
        yield "name", repr(operation.name), f"the name of its folder, {operation.folder.name!r}"


def _levels(operation: Operation) -> _Found:
    levels = [level.level for level in operation.admin_levels]
    if levels != list(range(1, len(levels) + 1)):
        yield "admin_levels", str(levels), "levels 1, 2, 3 … in this order, none left out"


def _versions(operation: Operation) -> _Found:
    versions = [version.version for version in operation.cod_versions]
    yield from _twice("cod_versions", versions)
    if operation.plan.cod_version not in versions:
        yield "plan.cod_version", repr(operation.plan.cod_version), f"one of cod_versions: {', '.join(versions)}"
    for earlier, later in pairwise(operation.cod_versions):
        if later.valid_on <= earlier.valid_on:
            yield "cod_versions", f"{later.version} after {earlier.version}", "the oldest version first"
        elif earlier.valid_to is None or earlier.valid_to >= later.valid_on:
            found = str(earlier.valid_to or "nothing")
            yield "cod_versions", f"valid_to of {earlier.version}: {found}", f"a day before {later.valid_on}"


def _clusters(operation: Operation) -> _Found:
    if operation.sources.clusters and not operation.clusters:
        yield "clusters", "nothing", "at least one cluster, since sources.clusters is set"
    yield from _twice("clusters.code", [cluster.code for cluster in operation.clusters])
    # An account of two clusters would have all its workbooks counted for the first.
    yield from _twice("clusters.submitters", [one for cluster in operation.clusters for one in cluster.submitters])


def _templates(operation: Operation) -> _Found:
    source = operation.sources.clusters
    if source:
        maps = ", ".join(source.column_maps)
        for name in sorted(set(source.months_in_a_file) - set(source.column_maps)):
            yield "sources.clusters.months_in_a_file", repr(name), f"one of column_maps: {maps}"


def _rounds(operation: Operation) -> _Found:
    assets = operation.sources.hsm.assets if operation.sources.hsm else []
    yield from _twice("sources.hsm.assets.uid", [asset.uid for asset in assets])
    yield from _twice("sources.hsm.assets.rounds", [key for asset in assets for key in asset.rounds])


def _registers(operation: Operation) -> _Found:
    source = operation.sources.register_extracts
    if source is None:
        return
    key = "sources.register_extracts"
    yield from _twice(f"{key}.systems.name", [system.name for system in source.systems])
    # An account of two registers would have all its extracts counted for the first.
    yield from _twice(f"{key}.systems.senders", [one for system in source.systems for one in system.senders])
    if source.custody == "owner" and not source.never_ingest:
        yield f"{key}.never_ingest", "nothing", "the words of columns that must never come in, such as biometric"
    for system in source.systems:
        if not system.senders and not system.connection:
            yield f"{key}.systems.{system.name}", "no senders, no connection", "accounts that send it, or a connection"
        if source.custody == "none" and system.connection:
            yield f"{key}.systems.{system.name}.connection", "a connection", _NO_CONNECTION


_NO_CONNECTION = "none: it reads individual records, and custody is none. Have the owner send tables of counts"


def _approvers(operation: Operation) -> _Found:
    if not any("release" in approver.may for approver in operation.approvers):
        yield "approvers", "nobody who may: release", "at least one office, or nothing can ever go out"


def _mail(operation: Operation) -> Iterator[tuple[str, str, str]]:
    """Mail of an account that may send nothing would be taken for nobody's."""
    from orchestration.buttons import file_sources
    from orchestration.senders import allowed

    known = set().union(*(allowed(operation, source) or () for source in file_sources(operation)))
    for account in sorted(set(operation.mail) - known):
        yield f"mail.{account}", repr(account), f"an account that may send something: {', '.join(sorted(known))}"
    yield from _twice("mail", [address.lower() for addresses in operation.mail.values() for address in addresses])


def _twice(key: str, values: Sequence[str]) -> _Found:
    for value, count in Counter(values).items():
        if count > 1:
            yield key, f"{value!r} {count} times", "each once"
