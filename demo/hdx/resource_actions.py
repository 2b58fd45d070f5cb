"""Single resources, resource views and showcases: what hdx-python-api calls beside the dataset itself.

Belongs here: those actions. Does not belong here: how a dataset is checked and kept (`saving.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from demo.hdx import show
from demo.hdx.call import Call, InvalidError, MissingError, RefusedError, wanted
from demo.hdx.reference import TAGS
from demo.hdx.saving import save

Action = Callable[[Call, Mapping[str, Any]], Any]
REPEATABLE = frozenset({"batch_mode", "skip_validation"})
Resource = dict[str, Any]


def resource_create(call: Call, data: Mapping[str, Any]) -> Resource:
    """Add a resource to a dataset."""
    dataset = call.editable(wanted(data, "package_id"))
    return _write(call, dataset, lambda resources: [*resources, _as_link(data)])[-1]


def resource_update(call: Call, data: Mapping[str, Any]) -> Resource:
    """Replace a resource."""
    return _change(call, data, lambda old: _as_link(data))


def resource_patch(call: Call, data: Mapping[str, Any]) -> Resource:
    """Change some fields of a resource."""
    return _change(call, data, lambda old: old | dict(data))


def resource_delete(call: Call, data: Mapping[str, Any]) -> None:
    """Take a resource out of its dataset."""
    dataset, _ = call.resource(wanted(data, "id"))
    _write(call, dataset, lambda resources: [item for item in resources if item["id"] != data["id"]])


def _change(call: Call, data: Mapping[str, Any], change: Callable[[Resource], Resource]) -> Resource:
    identity = wanted(data, "id")
    dataset, _ = call.resource(identity)

    def changed(resources: list[Resource]) -> list[Resource]:
        return [change(item) if item["id"] == identity else item for item in resources]

    return next(item for item in _write(call, dataset, changed) if item["id"] == identity)


def _write(
    call: Call, dataset: Mapping[str, Any], change: Callable[[list[Resource]], list[Resource]]
) -> list[Resource]:
    call.editable(dataset["id"])
    sent = show.dataset(dataset, call.url) | {"batch_mode": "KEEP_OLD"}
    sent["resources"] = change(sent["resources"])
    kept: list[Resource] = save(call, sent, dataset)["resources"]
    return kept


def _as_link(data: Mapping[str, Any]) -> Resource:
    """Make a resource without a file of its own a link, as HDX does."""
    sent = {key: value for key, value in data.items() if key not in REPEATABLE}
    if sent.get("resource_type") != "file.upload":
        sent |= {"url_type": "api", "size": 0}
    return sent


def resource_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource."""
    dataset, resource = call.resource(wanted(data, "id"))
    return show.resource(resource, dataset, dataset["resources"].index(resource), call.url)


def hdx_mark_broken_link_in_resource(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Mark a link as broken until the next update of the dataset."""
    dataset, resource = call.resource(wanted(data, "id"))
    call.editable(dataset["id"])
    with call.storage.changing():
        resource["broken_link"] = data.get("broken_link", True)
    return {"package": show.dataset(dataset, call.url)}


def hdx_p_coded_resource_update(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Note that a resource uses P-codes; only for those with the permission."""
    call.require_sysadmin()
    dataset, resource = call.resource(wanted(data, "id"))
    with call.storage.changing():
        resource["p_coded"] = data.get("p_coded")
    return show.resource(resource, dataset, dataset["resources"].index(resource), call.url)


def resource_view_list(call: Call, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the views of a resource."""
    call.resource(wanted(data, "id"))
    return [view for view in call.storage.views.values() if view["resource_id"] == data["id"]]


def resource_view_create(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Add a view to a resource."""
    missing = [name for name in ("resource_id", "title", "view_type") if not data.get(name)]
    if missing:
        raise InvalidError({name: ["Missing value"] for name in missing})
    dataset, _ = call.resource(data["resource_id"])
    call.editable(dataset["id"])
    view = dict(data) | {"id": str(uuid4()), "package_id": dataset["id"]}
    with call.storage.changing():
        call.storage.views[view["id"]] = view
    return view


def _showcase(call: Call, name_or_id: Any) -> dict[str, Any]:
    for showcase in call.storage.showcases.values():
        if name_or_id in {showcase["id"], showcase["name"]}:
            return showcase
    raise MissingError()


def ckanext_showcase_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a showcase."""
    return _showcase(call, wanted(data, "id"))


def ckanext_showcase_create(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Create a showcase."""
    return _keep_showcase(call, dict(data) | {"id": str(uuid4()), "packages": []})


def ckanext_showcase_update(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Replace a showcase."""
    return _keep_showcase(call, _showcase(call, wanted(data, "id")) | dict(data))


def _keep_showcase(call: Call, showcase: dict[str, Any]) -> dict[str, Any]:
    if not call.member:
        raise RefusedError(f"User {call.user} not authorized to create showcases")
    errors: dict[str, Any] = {key: ["Missing value"] for key in ("name", "title") if not showcase.get(key)}
    unknown = sorted({str(tag.get("name")) for tag in showcase.get("tags") or []} - set(TAGS))
    if unknown:
        errors["tags"] = [f"Tag name '{name}' is not in the approved list of tags." for name in unknown]
    if errors:
        raise InvalidError(errors)
    with call.storage.changing():
        call.storage.showcases[showcase["id"]] = showcase
    return showcase


def ckanext_showcase_package_list(call: Call, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the datasets of a showcase."""
    identities = _showcase(call, wanted(data, "showcase_id"))["packages"]
    stored = [call.storage.find(identity) for identity in identities]
    return [show.dataset(dataset, call.url) for dataset in stored if dataset]


def ckanext_showcase_package_association_create(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Put a dataset into a showcase."""
    showcase = _showcase(call, wanted(data, "showcase_id"))
    dataset = call.editable(wanted(data, "package_id"))
    with call.storage.changing():
        showcase["packages"] = sorted({*showcase["packages"], dataset["id"]})
    return {"showcase_id": showcase["id"], "package_id": dataset["id"]}


ALL: tuple[Action, ...] = (
    resource_create, resource_update, resource_patch, resource_delete, resource_show, resource_view_list,
    resource_view_create, hdx_mark_broken_link_in_resource, hdx_p_coded_resource_update, ckanext_showcase_show,
    ckanext_showcase_create, ckanext_showcase_update, ckanext_showcase_package_list,
    ckanext_showcase_package_association_create,
)  # fmt: skip
