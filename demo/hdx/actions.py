"""The dataset actions of CKAN that hdx-python-api calls, with HDX's additions, and the list of all actions.

Belongs here: create, show, revise, reorder, search, purge. Does not belong here: resources, views and showcases
(`resource_actions.py`), users and lists (`list_actions.py`), the rules themselves (`rules.py`), keeping (`saving.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from demo.hdx import list_actions, resource_actions, show
from demo.hdx.call import Call, InvalidError, MissingError, wanted
from demo.hdx.revise import ReviseError, revise, wanted_dataset
from demo.hdx.saving import save

Action = Callable[[Call, Mapping[str, Any]], Any]


def package_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dataset."""
    if not data.get("id"):
        raise InvalidError({"name_or_id": ["Missing value"]})
    return show.dataset(call.dataset(data["id"]), call.url)


def package_create(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Create a dataset; its files come later, with `package_revise`."""
    call.require_organization(data.get("owner_org"))
    return save(call, dict(data), {})


def package_update(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Replace a dataset."""
    return save(call, dict(data), call.editable(wanted(data, "id")))


def package_revise(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Change parts of a dataset; see `revise.py`."""
    try:
        before = call.dataset(wanted_dataset(data))
        after = deepcopy(show.dataset(before, call.url))
        revise(after, data)
    except ReviseError as error:
        raise InvalidError(error.errors) from error
    call.editable(before["id"])
    return {"package": save(call, after, before)}


def package_resource_reorder(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Put resources in a given order; those not named follow in their old order."""
    dataset = call.editable(wanted(data, "id"))
    order = wanted(data, "order")
    known = {resource["id"]: resource for resource in dataset["resources"]}
    for resource_id in order:
        if resource_id not in known:
            raise InvalidError({"order": f"resource_id {resource_id} can not be found"})
    if len(set(order)) != len(order):
        raise InvalidError({"order": "Must supply unique resource_ids"})
    new = [*order, *(resource_id for resource_id in known if resource_id not in order)]
    with call.storage.changing():
        dataset["resources"] = [known[resource_id] for resource_id in new]
        dataset["metadata_modified"] = call.now
    return {"id": data["id"], "order": new}


def package_list(call: Call, data: Mapping[str, Any]) -> list[str]:
    """Return the names of the public datasets."""
    return [stored["name"] for stored in call.storage.public()]


def package_search(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Search the public datasets: every word of `q` occurs, every `field:value` of `fq` (or `q`) agrees."""
    query = f"{data.get('q') or ''} {data.get('fq') or ''}".replace("*:*", " ")
    terms = re.findall(r'[\w.]+:"[^"]*"|\S+', query)
    found = [item for item in call.storage.public() if all(_fits(item, term) for term in terms if term != "AND")]
    start, rows = int(data.get("start") or 0), int(data.get("rows") or 10)
    results = [show.dataset(stored, call.url) for stored in found[start : start + rows]]
    return {"count": len(found), "facets": {}, "search_facets": {}, "sort": "name asc", "results": results}


def _fits(stored: Mapping[str, Any], term: str) -> bool:
    name, colon, value = term.strip("()+").partition(":")
    value = value.strip('"()')
    if not colon:
        return name.lower() in f"{stored['name']} {stored['title']} {stored.get('notes', '')}".lower()
    if name == "organization":
        return bool(value == show.organization(stored["owner_org"])["name"])
    found: Any = stored.get({"vocab_Topics": "tags"}.get(name, name))
    return value in found if isinstance(found, list) else str(found) == value


def package_delete(call: Call, data: Mapping[str, Any]) -> None:
    """Withdraw a dataset: members still see it, and its name stays taken."""
    dataset = call.editable(wanted(data, "id"))
    with call.storage.changing():
        dataset["state"] = "deleted"


def hdx_dataset_purge(call: Call, data: Mapping[str, Any]) -> None:
    """Delete a dataset for good, with its files."""
    dataset = call.editable(wanted(data, "id"))
    with call.storage.changing():
        del call.storage.datasets[dataset["id"]]


def hdxsim_reset(call: Call, data: Mapping[str, Any]) -> dict[str, int]:
    """Delete every dataset, for a clean start of a test (as the harness of the real CKAN does)."""
    call.require_sysadmin()
    with call.storage.changing():
        purged = len(call.storage.datasets)
        for kept in (call.storage.datasets, call.storage.views, call.storage.showcases):
            kept.clear()
    return {"purged": purged}


def package_create_default_resource_views(call: Call, data: Mapping[str, Any]) -> list[Any]:
    """Accept the call that the library makes after each update; there are no default views here."""
    package = wanted(data, "package")
    call.editable(package.get("id"))
    return []


def datastore_search(call: Call, data: Mapping[str, Any]) -> None:
    """Say that nothing is in the datastore."""
    raise MissingError()


ACTIONS: dict[str, Action] = {
    action.__name__: action
    for action in (
        package_show, package_create, package_update, package_revise, package_resource_reorder, package_list,
        package_search, package_delete, hdx_dataset_purge, hdxsim_reset,
        package_create_default_resource_views, datastore_search,
    )
}  # fmt: skip
ACTIONS["dataset_purge"] = hdx_dataset_purge
ACTIONS |= {action.__name__: action for action in list_actions.ALL}
ACTIONS |= {action.__name__: action for action in resource_actions.ALL}
