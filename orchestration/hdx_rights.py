"""What HDX knows of us and of the words a release uses: asked before anything is written.

Belongs here: the questions (they only read) and the problems their answers show. Does not belong here: problems that
can be seen without asking (`hdx_checks.py`), writing (`hdx_write.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.hdx_checks import Problem, Publication
from orchestration.hdx_session import NotAllowedError, Session

TAGS = "Topics"  # the vocabulary of HDX's approved tags


@dataclass(frozen=True)
class Rights:
    """Who publishes, as HDX knows them, and the tags it approves today."""

    organisation: str
    maintainer: str
    vocabulary: Mapping[str, Any]


def rights(
    session: Session, organisation: str, maintainer: str, release: Publication | None
) -> tuple[list[Problem], Rights | None]:
    """Return every problem, or the rights that suffice for publishing the release."""
    try:
        session.ask("user_show", {})
    except NotAllowedError:
        return [Problem("key", "HDX does not know this key: it is expired, revoked or mistyped; make a new one")], None
    found: list[Problem] = []
    own = _own_organisation(session, organisation)
    if own is None:
        found.append(
            Problem("organisation", f"this key may not write for {organisation!r}; ask its admin for the role editor")
        )
    member = None if own is None else _member(session, own, maintainer)
    if own is not None and member is None:
        found.append(Problem("maintainer", f"{maintainer!r} is not a member of the organisation; name one who is"))
    vocabulary = session.ask("vocabulary_show", {"id": TAGS}) or {"tags": []}
    if release is not None:
        found += _unknown_words(session, release, vocabulary)
    if found or own is None or member is None:
        return found, None
    return [], Rights(own, member, vocabulary)


def _own_organisation(session: Session, organisation: str) -> str | None:
    """Return the organisation's id if this key may create datasets in it."""
    for item in session.ask("organization_list_for_user", {"permission": "create_dataset"}) or []:
        if organisation in {item["id"], item["name"]}:
            return str(item["id"])
    return None


def _member(session: Session, organisation: str, maintainer: str) -> str | None:
    """Return the maintainer's id if HDX would take them: a member of the organisation, or a sysadmin."""
    try:
        shown = session.ask("organization_show", {"id": organisation, "include_users": True}) or {}
    except NotAllowedError:  # members are not shown to this key: HDX itself will check when we write
        shown = {"users": [session.ask("user_show", {"id": maintainer}) or {}]}
    for user in shown.get("users") or []:
        if maintainer in {user.get("id"), user.get("name")}:
            return str(user["id"])
    user = session.ask("user_show", {"id": maintainer}) or {}
    return str(user["id"]) if user.get("sysadmin") else None


def _unknown_words(session: Session, release: Publication, vocabulary: Mapping[str, Any]) -> Iterator[Problem]:
    if session.ask("group_show", {"id": release.iso3.lower()}) is None:
        yield Problem("iso3", f"HDX has no location {release.iso3.lower()!r}")
    approved = {tag["name"] for tag in vocabulary["tags"]}
    for tag in sorted(set(release.tags) - approved):
        yield Problem("tags", f"{tag!r} is not in HDX's approved list; choose one that is")
    licences = {item["id"] for item in session.ask("license_list", {}) or []}
    if release.licence not in licences:
        yield Problem("licence", f"{release.licence!r} is not one of HDX's: {', '.join(sorted(licences))}")
