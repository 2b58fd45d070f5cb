"""Users, the organisation, locations, tags, licences: what a publisher asks before it writes.

Belongs here: read-only actions over `reference.py`. Does not belong here: datasets (`actions.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.hdx import show
from demo.hdx.call import Call, MissingError, RefusedError, wanted
from demo.hdx.reference import LICENSES, LOCATIONS, ORGANIZATION, TAGS, USERS, VOCABULARY, stable_id


def status_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Say who answers."""
    return {
        "site_title": "HDX of the demo",
        "site_url": call.url,
        "ckan_version": "2.11",
        "extensions": ["demo"],
    }


def user_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a user; without an id the caller. A key that is nobody's is refused."""
    if not call.user:
        raise RefusedError()
    asked = str(data.get("id") or call.user)
    for name in USERS:
        if asked in {name, stable_id("user", name)}:
            return _user(name)
    raise MissingError("User not found")


def _user(name: str) -> dict[str, Any]:
    full_name, sysadmin, role = USERS[name]
    return {
        "id": stable_id("user", name),
        "name": name,
        "fullname": full_name,
        "display_name": full_name,
        "sysadmin": sysadmin,
        "state": "active",
        "capacity": role,
        "created": show.FOUNDED,
    }


def organization_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the organisation; who asks for its members must be one."""
    if wanted(data, "id") not in {call.organization_id, ORGANIZATION["name"]}:
        raise MissingError()
    if data.get("include_users") and not call.member:
        raise RefusedError(f"User {call.user} not authorized to list members")
    count = len(call.storage.public())
    shown = show.organization(call.organization_id) | {"package_count": count, "extras": [], "groups": []}
    if call.member:
        shown["users"] = [_user(name) for name, (_, _, role) in USERS.items() if role]
    return shown


def organization_list(call: Call, data: Mapping[str, Any]) -> list[Any]:
    """Return the only organisation there is."""
    return [show.organization(call.organization_id)] if data.get("all_fields") else [ORGANIZATION["name"]]


def organization_list_for_user(call: Call, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return where the caller has the permission; an unknown key gets an empty list, not an error."""
    if not call.member:
        return []
    return [show.organization(call.organization_id) | {"capacity": USERS[call.user][2]}]


def hdx_member_list(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members' ids by role."""
    organization_show(call, {"id": wanted(data, "org_id")})
    roles = {name: role for name, (_, _, role) in USERS.items() if role}
    answer: dict[str, Any] = {
        f"{wanted_role}s": [stable_id("user", name) for name, role in roles.items() if role == wanted_role]
        for wanted_role in ("admin", "editor", "member")
    }
    return answer | {"all": [stable_id("user", name) for name in roles], "total_counter": len(roles)}


def hdx_token_info(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return something about the key, if it is somebody's."""
    if not call.user:
        raise RefusedError("No valid API token")
    return {"email_hash": "", "token_name": call.user}


def group_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a location."""
    for code in LOCATIONS:
        if wanted(data, "id") in {code, stable_id("group", code)}:
            return _location(code)
    raise MissingError()


def group_list(call: Call, data: Mapping[str, Any]) -> list[Any]:
    """Return the locations: their names, or all their fields."""
    start = int(data.get("offset") or 0)
    codes = sorted(LOCATIONS)[start:][: int(data.get("limit") or 1000)]
    return [_location(code) for code in codes] if data.get("all_fields") else list(codes)


def _location(code: str) -> dict[str, Any]:
    return show.group(code) | {"type": "group", "is_organization": False, "state": "active"}


def vocabulary_show(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the approved tags."""
    identity = stable_id("vocabulary", VOCABULARY)
    if wanted(data, "id") not in {VOCABULARY, identity}:
        raise MissingError()
    return {"id": identity, "name": VOCABULARY, "tags": [show.tag(name) for name in TAGS]}


def license_list(call: Call, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the licences one may choose."""
    return [{"id": key, "title": title, "status": "active"} for key, title in LICENSES.items()]


ALL = (
    status_show, user_show, organization_show, organization_list, organization_list_for_user, hdx_member_list,
    hdx_token_info, group_show, group_list, vocabulary_show, license_list,
)  # fmt: skip
