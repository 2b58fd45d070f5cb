"""Writing to HDX with hdx-python-api: a new dataset, or exactly the fields and files that differ.

Belongs here: the only calls that change something on HDX. Does not belong here: deciding what differs
(`hdx_checks.py`), believing that it worked (`hdx_api.py` reads back).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.hdx_checks import GUARDED_TAG, PLACEHOLDER, Changes, Publication, ReleaseFile
from orchestration.hdx_rights import Rights

# merged by index when sent again, so that one tag gets another one's id: they are taken out first, then set
LISTS = ("tags", "groups")


@dataclass(frozen=True)
class Writer:
    """Writes one release; `stamp` is what HDX shows as the script that did it."""

    release: Publication
    wanted: Mapping[str, Any]
    rights: Rights
    script: str
    stamp: str

    def create(self) -> None:
        """Create the dataset, then send its files: two calls, and HDX may lose either answer."""
        from hdx.data.dataset import Dataset
        from hdx.data.resource import Resource

        fields = {name: value for name, value in self.wanted.items() if value is not None and name not in LISTS}
        dataset = Dataset(fields | {"name": self.release.name, "tags": self._tags(()), "groups": self._groups()})
        for file in self.release.resources:
            resource = Resource({"name": file.name, "format": file.format.lower(), "description": file.description})
            resource.set_file_to_upload(str(file.path))
            dataset.add_update_resource(resource)
        dataset.create_in_hdx(updated_by_script=self.script, force_update=True, match_resource_order=True)

    def revise(self, found: Mapping[str, Any], changes: Changes) -> None:
        """Send what differs, in one call; then the order, which CKAN changes in a call of its own."""
        from hdx.data.dataset import Dataset

        removed = {change.resource_id for change in changes.resources if change.action == "remove"}
        gone = [f"-resources__{i}" for i, item in enumerate(found["resources"]) if item["id"] in removed]
        kept = [item for item in found["resources"] if item["id"] not in removed]
        update, without = self._fields(found, changes)
        resources, files = self._resources(kept, changes)
        if any(resources):
            update["resources"] = resources
        dataset = Dataset.revise(
            # a call that we gave up on may still arrive: by then the dataset has changed, and HDX refuses it
            {"id": found["id"], "metadata_modified": found["metadata_modified"]},
            filter=[*without, *gone],
            update=update | {"updated_by_script": f"{self.script} ({self.stamp})"},
            files_to_upload=files,
        )
        self._reorder(dataset)
        if any(change.action == "add" for change in changes.resources):
            dataset.create_default_views()

    def _fields(self, found: Mapping[str, Any], changes: Changes) -> tuple[dict[str, Any], list[str]]:
        """Return the update for the dataset's own fields, and the filter that takes fields away."""
        update: dict[str, Any] = {}
        without: list[str] = []
        for change in changes.fields:
            if change.field in LISTS or change.after is None:
                without.append(f"-{change.field}")
            if change.field == "tags":
                update["tags"] = self._tags(found.get("tags") or ())
            elif change.field == "groups":
                update["groups"] = self._groups()
            elif change.after is not None:
                update[change.field] = change.after
        return update, without

    def _resources(
        self, kept: Sequence[Mapping[str, Any]], changes: Changes
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Return one entry for each resource that stays (empty: as it is), the new ones after them, and the files."""
        files = {file.name: file for file in self.release.resources}
        by_id = {change.resource_id: change for change in changes.resources if change.action == "change"}
        added = [change for change in changes.resources if change.action == "add"]
        entries: list[dict[str, Any]] = []
        uploads: dict[str, str] = {}
        for change in [*(by_id.get(item["id"]) for item in kept), *added]:
            if change is not None and change.upload:
                uploads[f"update__resources__{len(entries)}__upload"] = str(files[change.name].path)
            entries.append({} if change is None else _entry(files[change.name], change.upload))
        return entries, uploads

    def _reorder(self, dataset: Any) -> None:
        wanted = [file.name for file in self.release.resources]
        shown = dataset.get_resources()
        order = [item["id"] for item in sorted(shown, key=lambda item: wanted.index(item["name"]))]
        if order != [item["id"] for item in shown]:
            dataset.reorder_resources(order)

    def _tags(self, before: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        """Return our tags, with those that HDX's staff have set."""
        guarded = [tag["name"] for tag in before if tag["name"].startswith(GUARDED_TAG)]
        vocabulary = str(self.rights.vocabulary.get("id"))
        return [{"name": name, "vocabulary_id": vocabulary} for name in [*self.wanted["tags"], *guarded]]

    def _groups(self) -> list[dict[str, str]]:
        return [{"name": name} for name in self.wanted["groups"]]


def _entry(file: ReleaseFile, upload: bool) -> dict[str, Any]:
    from hdx.utilities.file_hashing import get_size_and_hash

    entry: dict[str, Any] = {"name": file.name, "format": file.format.lower(), "description": file.description}
    if upload:
        size, digest = get_size_and_hash(str(file.path), file.format.lower())
        entry |= {"url": PLACEHOLDER, "url_type": "upload", "resource_type": "file.upload"}
        entry |= {"size": size, "hash": digest}
    return entry
