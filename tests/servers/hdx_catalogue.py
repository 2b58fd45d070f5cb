"""What the publisher's tests share: the two catalogues, a release, and how to tell that HDX is whole.

Belongs here: starting and handling both catalogues, and plain helpers. Does not belong here: fixtures, tests.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.hdx.server import HdxServer
from orchestration.hdx_api import HdxPublisher, Receipt
from orchestration.hdx_checks import Publication, ReleaseFile

NAME = "kalvoria-operational-presence"
READS = (
    "user_show", "organization_list_for_user", "organization_show", "vocabulary_show", "group_show", "license_list",
    "package_show", "download",
)  # fmt: skip
WRITES = frozenset(
    {"package_create", "package_revise", "package_resource_reorder", "package_create_default_resource_views"}
)
Make = Callable[..., HdxPublisher]
_BESIDE = Path(__file__).resolve().parents[2].parent / "shared"
HARNESS = Path(os.environ.get("IMU_SHARED", _BESIDE)) / "ckan"


@dataclass(frozen=True)
class Catalogue:
    """One HDX, and what a test may do to it behind the publisher's back."""

    credentials: dict[str, str]
    set_fault: Callable[..., None]
    clear_faults: Callable[[], None]
    stored_file: Callable[[str], Path]  # resource id -> where its bytes lie on the server's disk

    @property
    def url(self) -> str:
        return self.credentials["url"]

    def api(self, action: str, who: str = "editor", **data: Any) -> Any:
        """Call an action as somebody; the result, or the status if it was refused."""
        headers = {"Authorization": self.credentials[f"{who}_token"]} if who else {}
        answer = requests.post(f"{self.url}/api/action/{action}", json=data, headers=headers, timeout=60)
        return answer.json()["result"] if answer.status_code == 200 else answer.status_code

    def reset(self) -> None:
        """Start again without datasets and faults."""
        self.clear_faults()
        assert isinstance(self.api("hdxsim_reset", "admin"), dict)


def stand_in(folder: Path) -> Iterator[Catalogue]:
    with HdxServer(folder) as server:

        def stored(resource_id: str) -> Path:
            found = server.storage.find_resource(resource_id)
            assert found is not None
            return server.storage.blob(found[1]["blob"])

        yield Catalogue(
            server.credentials,
            lambda action, **fault: server.faults.add({"action": action, **fault}),
            server.faults.clear,
            stored,
        )


def real_ckan(config: pytest.Config) -> Iterator[Catalogue]:
    if "servers" not in str(config.option.markexpr):
        pytest.skip("a real CKAN is started by `make test-servers` only")
    if not (HARNESS / "start.sh").exists():
        pytest.skip("the harness of the real CKAN is not beside this repository (shared/ckan)")
    if os.geteuid() != 0:
        pytest.skip("the harness of the real CKAN has to be started by root")
    port = _free_port()
    base = Path(tempfile.gettempdir()) / "imu-ckan-tests"  # the installed CKAN stays here for the next run
    home = base / f"home-{port}"
    environment = os.environ | {"CKAN_PORT": str(port), "CKAN_HOME": str(home)}
    base.mkdir(exist_ok=True)
    try:
        # no pipes: the servers it leaves running would hold them open
        subprocess.run([HARNESS / "start.sh"], env=environment, check=True, stdout=subprocess.DEVNULL)
        credentials = json.loads((home / "creds.json").read_text(encoding="utf-8"))
        catalogue = Catalogue(
            credentials,
            lambda action, **fault: _write_fault(home, action, **fault),
            lambda: (home / "fault.json").unlink(missing_ok=True),
            lambda rid: home / "storage" / "resources" / rid[:3] / rid[3:6] / rid[6:],
        )
        assert isinstance(catalogue.api("group_create", "admin", name="xkv", title="Kalvoria"), dict)
        yield catalogue
    finally:
        subprocess.run([HARNESS / "stop.sh", "--wipe"], env=environment, check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(home, ignore_errors=True)


def _write_fault(home: Path, action: str, **fault: Any) -> None:
    path = "/download/" if action == "download" else f"/action/{action}"
    aside = home / "fault.json.test"
    aside.write_text(json.dumps({"path": path} | fault), encoding="utf-8")
    aside.replace(home / "fault.json")


def _free_port() -> int:
    """A port whose neighbour is free too: the harness puts its search index there."""
    for port in range(21000, 21400, 2):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    pytest.skip("no two free ports side by side")


def rewrite(release: Publication, index: int, text: str) -> None:
    release.resources[index].path.write_bytes(text.encode())


def ids(receipt: Receipt) -> dict[str, str]:
    return {file.name: file.resource_id for file in receipt.files}


def assert_whole(catalogue: Any, release: Publication, receipt: Receipt) -> None:
    """HDX shows exactly this release: asked without the publisher, files read as a visitor."""
    shown = catalogue.api("package_show", id=NAME)
    assert shown["id"] == receipt.dataset_id
    assert [item["name"] for item in shown["resources"]] == [file.name for file in release.resources]
    assert sorted(tag["name"] for tag in shown["tags"]) == sorted(release.tags)
    assert [group["name"] for group in shown["groups"]] == ["xkv"]
    assert (shown["title"], shown["caveats"], shown["notes"]) == (release.title, release.caveats, release.notes)
    for item, file, told in zip(shown["resources"], release.resources, receipt.files, strict=True):
        content = requests.get(item["url"], timeout=30).content
        assert content == file.path.read_bytes()
        assert (told.resource_id, told.sha256) == (item["id"], hashlib.sha256(content).hexdigest())
        assert item["description"] == file.description


def with_third(release: Publication, tmp_path: Path) -> Publication:
    path = tmp_path / "xkv_map.geojson"
    path.write_bytes(b'{"type": "FeatureCollection", "features": []}')
    third = ReleaseFile("XKV map", "geojson", "Where", path)
    return replace(release, resources=(release.resources[0], third, release.resources[1]))
