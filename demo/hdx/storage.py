"""Where this HDX keeps its datasets and files: one folder, so that a restart finds everything again.

Belongs here: the state file (written whole, or not at all), uploaded bytes under their hash, users and their keys.
Does not belong here: rules, rights, HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.hdx.reference import ORGANIZATION, USERS, VOCABULARY, stable_id

STATE = "state.json"
KEYS = "creds.json"


class Storage:
    """Datasets by id and blobs by sha256; every change goes through `changing()`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = folder / "files"
        self._files.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        state = _read(folder / STATE)
        self.datasets: dict[str, dict[str, Any]] = state.get("datasets", {})
        self.views: dict[str, dict[str, Any]] = state.get("views", {})
        self.showcases: dict[str, dict[str, Any]] = state.get("showcases", {})
        self.credentials = self._credentials()

    def _credentials(self) -> dict[str, str]:
        """Make the demo's keys once; the same names as the test harness of the real CKAN writes."""
        kept = _read(self.folder / KEYS)
        if not kept:
            kept = {
                "organization_id": stable_id("organization", ORGANIZATION["name"]),
                "organization_name": ORGANIZATION["name"],
                "vocabulary_id": stable_id("vocabulary", VOCABULARY),
                "admin_id": stable_id("user", "hdxadmin"),
                "editor_id": stable_id("user", "hdxeditor"),
                "bad_token": "not-a-token",
                **{f"{who}_token": secrets.token_urlsafe(32) for who in ("admin", "editor", "outsider", "expired")},
            }
            _write(self.folder / KEYS, kept)
        return dict(kept)

    def remember_address(self, url: str) -> None:
        """Note where the server answers, beside the keys, for whoever is handed the folder."""
        self.credentials["url"] = url
        _write(self.folder / KEYS, self.credentials)

    def user_of(self, token: str) -> str:
        """Return the user a key belongs to, or "" (an expired or unknown key is nobody, as in CKAN)."""
        for name in USERS:
            if token and secrets.compare_digest(token, self.credentials[f"{name.removeprefix('hdx')}_token"]):
                return name
        return ""

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock, then write the state; if the change fails, go back to what the disk says."""
        with self.lock:
            try:
                yield
            except BaseException:
                self._reload()
                raise
            self._save()

    def _save(self) -> None:
        state = {"datasets": self.datasets, "views": self.views, "showcases": self.showcases}
        _write(self.folder / STATE, state)
        used = {resource.get("blob") for dataset in self.datasets.values() for resource in dataset["resources"]}
        for path in self._files.iterdir():
            if path.name not in used:
                path.unlink()

    def _reload(self) -> None:
        state = _read(self.folder / STATE)
        self.datasets = state.get("datasets", {})
        self.views = state.get("views", {})
        self.showcases = state.get("showcases", {})

    def public(self) -> list[dict[str, Any]]:
        """Return the stored datasets that everybody may see, by name."""
        seen = [item for item in self.datasets.values() if not item["private"] and item["state"] == "active"]
        return sorted(seen, key=lambda item: str(item["name"]))

    def find(self, name_or_id: str) -> dict[str, Any] | None:
        """Return the stored dataset with that id or name."""
        if name_or_id in self.datasets:
            return self.datasets[name_or_id]
        return next((dataset for dataset in self.datasets.values() if dataset["name"] == name_or_id), None)

    def find_resource(self, resource_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the stored dataset and resource of a resource id."""
        for dataset in self.datasets.values():
            for resource in dataset["resources"]:
                if resource["id"] == resource_id:
                    return dataset, resource
        return None

    def put(self, content: bytes) -> str:
        """Keep uploaded bytes; the answer is what the resource notes. Old bytes go when no resource needs them."""
        digest = hashlib.sha256(content).hexdigest()
        _replace(self._files / digest, content)
        return digest

    def blob(self, digest: str) -> Path:
        """Return the file of uploaded bytes; it may be gone, as on any disk."""
        return self._files / digest


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _write(path: Path, value: object) -> None:
    _replace(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode())


def _replace(path: Path, content: bytes) -> None:
    """Write aside, then rename: a crash leaves the old file or the new one, never half of one."""
    aside = path.with_name(f"{path.name}.new-{secrets.token_hex(4)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
