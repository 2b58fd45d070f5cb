"""Who may see what on the demo server: five users, one for each dialect of "no" that KoBo speaks.

Belongs here: users, tokens, rights. Does not belong here: what an answer looks like when a right is missing
(`server.py`). The tokens are invented and open nothing but this loopback server.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from demo.kobo.state import OWNER

LABELS = {
    "view_asset": "View form",
    "change_asset": "Edit form",
    "manage_asset": "Manage project",
    "add_submissions": "Add submissions",
    "view_submissions": "View submissions",
    "partial_submissions": "Act on submissions only from specific users",
    "change_submissions": "Edit submissions",
    "delete_submissions": "Delete submissions",
    "validate_submissions": "Validate submissions",
}
_ALL = frozenset(set(LABELS) - {"partial_submissions"} | {"delete_asset"})


@dataclass(frozen=True)
class User:
    """A caller and the rights they hold on every asset; the anonymous caller has an empty name and no
    right.
    """

    name: str
    rights: frozenset[str]

    def may(self, right: str) -> bool:
        """Whether this caller holds the right."""
        return right in self.rights

    @property
    def sees_rows(self) -> bool:
        """Whether the data endpoint answers at all (perhaps with fewer rows)."""
        return self.may("view_submissions") or self.may("partial_submissions")


USERS = {
    OWNER: User(OWNER, _ALL),
    "imu": User("imu", frozenset({"view_asset", "view_submissions"})),
    "viewer": User("viewer", frozenset({"view_asset"})),
    "partial": User("partial", frozenset({"view_asset", "partial_submissions"})),
    "stranger": User("stranger", frozenset()),
}
ANONYMOUS = User("", frozenset())


def token_of(name: str) -> str:
    """The demo token of a user: always the same, so that a written example keeps working."""
    return hashlib.sha256(f"kalvoria demo server, not a secret: {name}".encode()).hexdigest()[:40]


_BY_TOKEN = {token_of(name): user for name, user in USERS.items()}


def who_is(authorization: str | None) -> User | None:
    """The caller behind an Authorization header; None for a token nobody has.

    Another scheme than `Token` is not an error on the real server: it is nobody, who gets an empty list or a
    404.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme != "Token":
        return ANONYMOUS
    return _BY_TOKEN.get(token.strip())


def partial_filter(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the row-level right of `partial` lets through: the rows of the first submitter by name, or
    nothing.
    """
    names = sorted({str(row["_submitted_by"]) for row in rows if row.get("_submitted_by")})
    return {"_submitted_by": {"$in": names[:1] if len(names) > 1 else ["nobody"]}}
