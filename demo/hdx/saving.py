"""How a dataset is kept: checked against the rules, its files put away, its ids and dates given.

Belongs here: the one way every writing action ends. Does not belong here: the actions, the rules, the disk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from mimetypes import guess_type
from typing import Any
from uuid import uuid4

from demo.hdx import show
from demo.hdx.call import Call, InvalidError
from demo.hdx.multipart import Upload
from demo.hdx.rules import validated

KEEP_BATCH = frozenset({"DONT_GROUP", "KEEP_OLD"})


def save(call: Call, sent: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Check the dataset against HDX's rules and keep it; `before` is empty for a new one."""
    if not sent.get("owner_org"):
        raise InvalidError({"owner_org": ["An organization must be provided"]})
    sent["owner_org"] = call.organization_id
    sent["resources"] = [dict(resource) for resource in sent.get("resources") or []]
    uploads = [_take_upload(resource, call.now) for resource in sent["resources"]]
    kept, errors = validated(sent, call.known(before))
    if errors:
        raise InvalidError(errors)
    old = {resource["id"]: resource for resource in before.get("resources", ())}
    kept["resources"] = [
        _kept_resource(call, resource, upload, old.get(resource.get("id"), {}))
        for resource, upload in zip(kept["resources"], uploads, strict=True)
    ]
    kept |= {
        "id": before.get("id") or str(uuid4()),
        "metadata_created": before.get("metadata_created", call.now),
        "metadata_modified": call.now,
        "creator_user_id": before.get("creator_user_id", call.user),
        "state": "deleted" if sent.get("state") == "deleted" else "active",
    }
    if sent.get("batch_mode") not in KEEP_BATCH:
        kept["batch"] = str(uuid4())
    with call.storage.changing():
        call.storage.datasets[kept["id"]] = kept
    return show.dataset(kept, call.url)


def _take_upload(resource: dict[str, Any], now: str) -> Upload | None:
    """Move an uploaded file out of the resource, whose url becomes the file's tidied name, as in CKAN."""
    upload = resource.pop("upload", None)
    if resource.get("url_type") == "upload" and isinstance(resource.get("url"), str):
        resource["url"] = resource["url"].rsplit("/", 1)[-1]
    if not isinstance(upload, Upload):
        return None
    name = tidy(upload.name)
    resource |= {"url": name, "url_type": "upload", "last_modified": now, "size": len(upload.content)}
    resource["mimetype"] = guess_type(name)[0]
    return upload


def tidy(name: str) -> str:
    """Return a file name as CKAN keeps it: no folder, lower case, no blanks."""
    name = re.split(r"[/\\]", name)[-1].lower().strip()
    name = re.sub(r"[^a-z0-9_. -]", "", name).replace(" ", "-")
    return re.sub(r"-+", "-", name)[-100:]


def _kept_resource(
    call: Call, resource: dict[str, Any], upload: Upload | None, old: Mapping[str, Any]
) -> dict[str, Any]:
    kept = {"url_type": "", "description": "", "hash": "", "size": None, "mimetype": None} | resource
    kept["id"] = resource.get("id") or str(uuid4())
    kept["created"] = old.get("created", call.now)
    moved = kept["url_type"] != "upload" and old.get("url") not in {None, kept["url"]}
    kept["last_modified"] = call.now if moved else kept.get("last_modified") or call.now
    if upload is not None:
        kept["blob"] = call.storage.put(upload.content)
    elif old.get("blob") and kept["url_type"] == "upload":
        kept["blob"] = old["blob"]
    kept["metadata_modified"] = old.get("metadata_modified", call.now)
    if kept != old:
        kept["metadata_modified"] = call.now
    return kept
