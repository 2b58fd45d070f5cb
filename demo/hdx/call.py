"""One call of an action: who calls, what they may do, and the three ways CKAN says no.

Belongs here: rights, errors, the look-ups that rules need. Does not belong here: what any single action does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.hdx.reference import LOCATIONS, ORGANIZATION, TAGS, USERS, stable_id
from demo.hdx.rules import Known
from demo.hdx.storage import Storage


class ActionError(Exception):
    """CKAN's answer to a call it refuses: a status and an error dictionary."""

    status = 400
    kind = "Bad Request"

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__(str(errors))
        self.errors = {"__type": self.kind, **errors}


class InvalidError(ActionError):
    """The data breaks a rule."""

    status, kind = 409, "Validation Error"


class MissingError(ActionError):
    """What was asked for does not exist."""

    status, kind = 404, "Not Found Error"

    def __init__(self, message: str = "Not found") -> None:
        super().__init__({"message": message})


class RefusedError(ActionError):
    """The caller may not do this."""

    status, kind = 403, "Authorization Error"

    def __init__(self, reason: str = "") -> None:
        super().__init__({"message": f"Access denied: {reason}" if reason else "Access denied"})


@dataclass(frozen=True)
class Call:
    """Who calls, on which catalogue, at what moment (the moment is one value for all that the call writes)."""

    storage: Storage
    user: str
    now: str

    @property
    def url(self) -> str:
        """Return the address this server answers at."""
        return self.storage.credentials["url"]

    @property
    def organization_id(self) -> str:
        """Return the id of the only organisation there is."""
        return self.storage.credentials["organization_id"]

    @property
    def sysadmin(self) -> bool:
        """Tell whether the caller may do anything."""
        return bool(self.user) and USERS[self.user][1]

    @property
    def member(self) -> bool:
        """Tell whether the caller may write and read for the organisation."""
        return bool(self.user) and bool(USERS[self.user][2] or USERS[self.user][1])

    def require_sysadmin(self) -> None:
        """Refuse everybody else."""
        if not self.sysadmin:
            raise RefusedError(f"User {self.user} not authorized")

    def require_organization(self, name_or_id: Any) -> None:
        """Refuse writing a new dataset for the caller, or into an organisation that is not theirs."""
        if not self.member:
            raise RefusedError(f"User {self.user} not authorized to create packages")
        if name_or_id and name_or_id not in {self.organization_id, ORGANIZATION["name"]}:
            raise RefusedError(f"User {self.user} not authorized to add dataset to this organization")

    def dataset(self, name_or_id: Any) -> dict[str, Any]:
        """Return a stored dataset the caller may read."""
        found = self.storage.find(str(name_or_id))
        if found is None or (found["state"] == "deleted" and not self.member):
            raise MissingError()
        if found["private"] and not self.member:
            raise RefusedError(f"User {self.user} not authorized to read package {found['id']}")
        return found

    def editable(self, name_or_id: Any) -> dict[str, Any]:
        """Return a stored dataset the caller may change."""
        found = self.dataset(name_or_id)
        if not self.member:
            raise RefusedError(f"User {self.user} not authorized to edit package {found['id']}")
        return found

    def resource(self, resource_id: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the dataset and the resource the caller may read."""
        found = self.storage.find_resource(str(resource_id))
        if found is None:
            raise MissingError("Resource was not found.")
        self.dataset(found[0]["id"])
        return found

    def known(self, previous: Mapping[str, Any]) -> Known:
        """Return what the rules have to know about the rest of the catalogue."""
        members = [name for name, (_, sysadmin, role) in USERS.items() if role or sysadmin]
        names = {dataset["name"] for dataset in self.storage.datasets.values() if dataset["id"] != previous.get("id")}
        return Known(
            locations={key: code for code in LOCATIONS for key in (code, stable_id("group", code))},
            tags=frozenset(TAGS),
            maintainers={key: stable_id("user", name) for name in members for key in (name, stable_id("user", name))},
            sysadmin=self.sysadmin,
            user=self.user,
            taken=frozenset(names),
            previous=previous,
        )


def wanted(data: Mapping[str, Any], name: str) -> Any:
    """Return a value that the action cannot do without."""
    if not data.get(name):
        raise InvalidError({name: ["Missing value"]})
    return data[name]
