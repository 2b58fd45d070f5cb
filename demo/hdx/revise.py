"""What CKAN's `package_revise` does to a dataset: match, filter, update, flattened keys (`update__resources__0`).

Belongs here: pure functions over a dataset as `package_show` gives it. Their results were compared with CKAN's own.
Does not belong here: rights, rules, storing (`actions.py`, `rules.py`, `storage.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MIN_ID_PREFIX = 5


class ReviseError(Exception):
    """A part of the request does not fit the dataset; `errors` is CKAN's error dictionary."""

    def __init__(self, errors: dict[str, Any]) -> None:
        super().__init__(str(errors))
        self.errors = errors


class _NoSuchKeyError(Exception):
    """A flattened key leads nowhere; only this module needs to know."""


def revise(dataset: dict[str, Any], request: Mapping[str, Any]) -> None:
    """Change the dataset in place: all `match` values must agree, then `filter` removes, then `update` merges."""
    wrong = _unmatched(dataset, request)
    if wrong:
        raise ReviseError({"match": wrong})
    identity = dataset["id"]
    apply_filter(dataset, _patterns(request.get("filter")))
    dataset["id"] = identity
    try:
        merge(dataset, _parsed(request.get("update") or {}))
    except _NoSuchKeyError as error:
        raise ReviseError({"update": [str(error)]}) from error
    for key, value in _flattened(request, "update__"):
        try:
            _merge_at(dataset, key, _parsed(value))
        except _NoSuchKeyError as error:
            raise ReviseError({key: [str(error)]}) from error


def wanted_dataset(request: Mapping[str, Any]) -> str:
    """Return the id or name that `match` asks for."""
    match = _parsed(request.get("match") or {})
    found = request.get("match__id") or match.get("id") or request.get("match__name") or match.get("name")
    if not found:
        raise ReviseError({"match__id": "Missing value"})
    return str(found)


def apply_filter(data: Any, patterns: Sequence[str]) -> None:
    """Remove what the patterns name (`-resources__1`), keep what a `+` protects; the first pattern that fits wins."""
    _filter(data, [(pattern.startswith("+"), pattern.lstrip("-+").split("__")) for pattern in patterns])


def merge(target: dict[str, Any], update: Any, where: str = "") -> None:
    """Merge dictionaries key by key and lists BY INDEX: item 0 of the update changes item 0, extra items are added."""
    if not isinstance(update, dict):
        raise _NoSuchKeyError(f"Expected dict for {where}")
    for key, value in update.items():
        path = f"{where}__{key}" if where else str(key)
        if isinstance(target.get(key), dict):
            merge(target[key], value, path)
        elif isinstance(target.get(key), list):
            _merge_list(target[key], value, path)
        else:
            target[key] = value


def _merge_list(target: list[Any], update: Any, where: str) -> None:
    if not isinstance(update, list):
        raise _NoSuchKeyError(f"Expected list for {where}")
    for index, value in enumerate(update):
        if index >= len(target):
            target.append(value)
        else:
            _set_item(target, index, value, f"{where}__{index}")


def _merge_at(dataset: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split("__")
    current = _resolve(dataset, path)
    if isinstance(current, dict):
        merge(current, {last: value}, "__".join(path))
    elif not isinstance(current, list):
        raise _NoSuchKeyError(f"Expected list or dict for {'__'.join(path)}")
    elif last == "extend":
        if not isinstance(value, list):
            raise _NoSuchKeyError(f"Expected list for {'__'.join(path)}")
        current.extend(value)
    else:
        _set_item(current, _index(current, last), value, key)


def _set_item(target: list[Any], index: int, value: Any, where: str) -> None:
    if isinstance(target[index], dict):
        merge(target[index], value, where)
    elif isinstance(target[index], list):
        _merge_list(target[index], value, where)
    else:
        target[index] = value


def _filter(data: Any, rules: Sequence[tuple[bool, Sequence[str]]]) -> None:
    if isinstance(data, dict):
        _filter_dict(data, rules)
    elif isinstance(data, list):
        _filter_list(data, rules)


def _filter_dict(data: dict[str, Any], rules: Sequence[tuple[bool, Sequence[str]]]) -> None:
    protected: dict[str, Any] = {}
    deeper: dict[str, list[tuple[bool, Sequence[str]]]] = {}
    for keep, path in rules:
        head = path[0]
        if head == "*":
            protected.update(data) if keep else data.clear()
        elif head not in data:
            continue
        elif len(path) > 1:
            deeper.setdefault(head, []).append((keep, path[1:]))
        elif keep:
            protected[head] = data[head]
        else:
            del data[head]
    data.update(protected)
    for head, inner in deeper.items():
        if head in data:
            _filter(data[head], inner)


def _filter_list(data: list[Any], rules: Sequence[tuple[bool, Sequence[str]]]) -> None:
    protected: set[int] = set()
    removed: set[int] = set()
    deeper: dict[int, list[tuple[bool, Sequence[str]]]] = {}
    for keep, path in rules:
        if len(path) == 1 and path[0].startswith("-"):
            continue  # CKAN takes no notice of `-resources__-1`; whoever relies on it must notice here
        for index in _indexes(data, path[0]):
            if len(path) > 1 and path[0] != "*":
                deeper.setdefault(index, []).append((keep, path[1:]))
            elif keep and index not in removed:
                protected.add(index)
            elif not keep and index not in protected:
                removed.add(index)
    for index, inner in deeper.items():
        if index not in removed:
            _filter(data[index], inner)
    data[:] = [item for index, item in enumerate(data) if index not in removed]


def _indexes(data: list[Any], head: str) -> list[int]:
    if head == "*":
        return list(range(len(data)))
    try:
        return [_index(data, head)]
    except _NoSuchKeyError:
        return []


def _index(data: list[Any], key: str) -> int:
    """Find the place in a list: a number, or the first characters of an item's id (at least five)."""
    if len(key) >= MIN_ID_PREFIX:
        for index, item in enumerate(data):
            if isinstance(item, dict) and str(item.get("id", "")).startswith(key):
                return index
        raise _NoSuchKeyError(f"Unmatched key {key}")
    try:
        return range(len(data))[int(key)]
    except (ValueError, IndexError) as error:
        raise _NoSuchKeyError(f"Unmatched key {key}") from error


def _resolve(data: Any, path: Sequence[str]) -> Any:
    for key in path:
        if isinstance(data, dict) and key in data:
            data = data[key]
        elif isinstance(data, list):
            data = data[_index(data, key)]
        else:
            raise _NoSuchKeyError(f"Unmatched key {'__'.join(path)}")
    return data


def _unmatched(dataset: Any, request: Mapping[str, Any]) -> list[str]:
    wrong = _differences(dataset, _parsed(request.get("match") or {}), "")
    for key, value in _flattened(request, "match__"):
        try:
            found = _resolve(dataset, key.split("__"))
        except _NoSuchKeyError:
            wrong.append(key)
        else:
            wrong += _differences(found, _parsed(value), key)
    return wrong


def _differences(found: Any, wanted: Any, where: str) -> list[str]:
    if isinstance(wanted, dict):
        pairs = sorted(wanted.items())
        fits = isinstance(found, dict)
    elif isinstance(wanted, list):
        pairs = [(str(index), value) for index, value in enumerate(wanted)]
        fits = isinstance(found, list)
    else:
        return [] if found == wanted else [where]
    if not fits:
        return [where]
    wrong: list[str] = []
    for key, value in pairs:
        path = f"{where}__{key}" if where else key
        try:
            wrong += _differences(_resolve(found, [key]), value, path)
        except _NoSuchKeyError:
            wrong.append(path)
    return wrong


def _flattened(request: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    """Keys that begin with the prefix; `…__extend` first, so that files may be attached to new resources."""
    found = [(key[len(prefix) :], value) for key, value in request.items() if key.startswith(prefix)]
    return sorted(found, key=lambda pair: (not pair[0].endswith("__extend"), pair[0]))


def _patterns(value: Any) -> list[str]:
    value = _parsed(value) if value else []
    if isinstance(value, str):
        value = value.split(",")
    return [str(pattern).strip() for pattern in value]


def _parsed(value: Any) -> Any:
    """In a multipart request everything but a file is text that holds JSON, or plain text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
