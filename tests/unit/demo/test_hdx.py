"""The stand-in for HDX by itself: rules, memory, faults, pages. The publisher's tests compare it with a real CKAN."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.hdx.multipart import BadBodyError, Upload, fields
from demo.hdx.revise import ReviseError, apply_filter, merge, revise
from demo.hdx.server import HdxServer

BASE: dict[str, Any] = {
    "name": "kalvoria-test", "title": "A <b>test</b>", "notes": "About & more", "private": False,
    "dataset_source": "IMU", "dataset_date": "[2025-01-01T00:00:00 TO 2025-01-31T00:00:00]",
    "data_update_frequency": 30, "license_id": "cc-by-igo", "methodology": "Registry", "caveats": "None",
    "groups": [{"name": "xkv"}], "tags": [{"name": "geodata"}, {"name": "health"}],
}  # fmt: skip
RESOURCE = {"name": "one", "format": "csv", "url": "waiting", "url_type": "upload", "resource_type": "file.upload"}
AWKWARD = b"--edge\r\n\r\n\x00\xff--\r\n" * 3  # what a careless multipart reader trips over


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HdxServer]:
    with HdxServer(tmp_path / "hdx") as running:
        yield running


def call(server: HdxServer, action: str, who: str = "editor", **data: Any) -> tuple[int, Any]:
    headers = {"Authorization": server.credentials[f"{who}_token"]} if who else {}
    answer = requests.post(f"{server.url}/api/action/{action}", json=data, headers=headers, timeout=10)
    body = answer.json()
    return answer.status_code, body["result"] if body["success"] else body["error"]


def dataset(server: HdxServer, **changed: Any) -> dict[str, Any]:
    known = server.credentials
    full = BASE | {"owner_org": known["organization_id"], "maintainer": known["editor_id"]} | changed
    return {name: value for name, value in full.items() if value is not None}


def uploaded(server: HdxServer, identity: str, content: bytes, name: str = "My File.csv") -> dict[str, Any]:
    answer = requests.post(
        f"{server.url}/api/action/package_revise",
        data={"match": json.dumps({"id": identity}), "update": json.dumps({"notes": "Newer"})},
        files={"update__resources__0__upload": (name, content)},
        headers={"Authorization": server.credentials["editor_token"]},
        timeout=10,
    )
    shown: dict[str, Any] = answer.json()["result"]["package"]
    return shown


@pytest.mark.parametrize(
    ("changed", "field", "text"),
    [
        ({"name": "Bad Name"}, "name", "lowercase alphanumeric"),
        ({"notes": None}, "notes", "Missing value"),
        ({"methodology": "Other"}, "methodology_other", "Missing value"),
        ({"license_id": "hdx-other"}, "license_other", "Missing value"),
        ({"dataset_date": "2025"}, "dataset_date", "date range"),
        ({"dataset_date": "[2025-02-01 TO 2025-01-01]"}, "dataset_date", "needs to be after start"),
        ({"data_update_frequency": 3}, "data_update_frequency", "not in allowed list"),
        ({"data_update_frequency": 0, "resources": [RESOURCE]}, "data_update_frequency", "at least one external"),
        ({"maintainer": "hdxoutsider"}, "maintainer", "not a member"),
        ({"groups": [{"name": "xxx"}]}, "groups_list", "Wrong country code"),
        ({"tags": [{"name": "no such tag"}]}, "tags", "not in the approved list"),
        ({"resources": [{"name": "x", "url": "y"}]}, "resources", "couldn't determine your file type"),
    ],
)
def test_hdx_refuses_what_breaks_its_rules(server: HdxServer, changed: dict[str, Any], field: str, text: str) -> None:
    status, error = call(server, "package_create", **dataset(server, **changed))
    assert (status, error["__type"]) == (409, "Validation Error")
    assert text in str(error[field])
    assert call(server, "package_list")[1] == []


def test_a_private_dataset_may_be_unfinished_and_is_hidden(server: HdxServer) -> None:
    status, shown = call(server, "package_create", **dataset(server, private=True, notes=None, groups=None))
    assert (status, shown["private"]) == (200, True)
    assert call(server, "package_show", "", id=shown["id"])[0] == 403
    assert call(server, "package_show", "outsider", id=shown["id"])[0] == 403
    assert "kalvoria-test" not in requests.get(server.url, timeout=10).text


def test_what_needs_a_permission_is_dropped_in_silence(server: HdxServer) -> None:
    sent = dataset(server, cod_level="cod-standard", resources=[RESOURCE | {"p_coded": True}])
    shown = call(server, "package_create", **sent)[1]
    assert "cod_level" not in shown
    assert "p_coded" not in shown["resources"][0]
    status, _ = call(server, "hdx_p_coded_resource_update", id=shown["resources"][0]["id"], p_coded=True)
    assert status == 403
    status, resource = call(server, "hdx_p_coded_resource_update", "admin", id=shown["resources"][0]["id"], p_coded=1)
    assert (status, resource["p_coded"]) == (200, 1)


@pytest.mark.parametrize(("who", "status"), [("expired", 403), ("bad", 403), ("", 403), ("outsider", 403)])
def test_only_members_write(server: HdxServer, who: str, status: int) -> None:
    assert call(server, "package_create", who, **dataset(server))[0] == status
    assert call(server, "organization_list_for_user", who, permission="create_dataset") == (200, [])


def test_a_name_is_given_once(server: HdxServer) -> None:
    assert call(server, "package_create", **dataset(server))[0] == 200
    assert call(server, "package_create", **dataset(server))[1]["name"] == ["That URL is already in use."]


def test_files_and_datasets_survive_a_restart(tmp_path: Path) -> None:
    with HdxServer(tmp_path) as first:
        made = call(first, "package_create", **dataset(first, resources=[RESOURCE]))[1]
        resource = uploaded(first, made["id"], AWKWARD)["resources"][0]
        keys = first.credentials
    with HdxServer(tmp_path) as second:
        assert second.credentials == keys | {"url": second.url}
        shown = call(second, "package_show", id=made["id"])[1]
        assert (shown["notes"], shown["resources"][0]["id"]) == ("Newer", resource["id"])
        assert shown["resources"][0]["url"].endswith("/download/my-file.csv")
        assert requests.get(shown["resources"][0]["url"], timeout=10).content == AWKWARD


def test_a_purged_dataset_takes_its_files_along(server: HdxServer) -> None:
    made = call(server, "package_create", **dataset(server, resources=[RESOURCE]))[1]
    url = uploaded(server, made["id"], AWKWARD)["resources"][0]["url"]
    assert call(server, "hdx_dataset_purge", id=made["id"])[0] == 200
    assert requests.get(url, timeout=10).status_code == 404
    assert list((server.storage.folder / "files").iterdir()) == []


def test_faults_strike_before_after_and_are_used_up(server: HdxServer) -> None:
    def fault(**described: Any) -> requests.Response:
        return requests.post(f"{server.url}/demo/fault", json=described, timeout=10)

    assert fault(action="package_create", when="before", status=503, times=1).status_code == 200
    headers = {"Authorization": server.credentials["editor_token"]}
    url = f"{server.url}/api/action/package_create"
    assert requests.post(url, json=dataset(server), headers=headers, timeout=10).status_code == 503
    assert call(server, "package_list")[1] == []
    fault(action="package_create", when="after", status=502)
    assert requests.post(url, json=dataset(server), headers=headers, timeout=10).status_code == 502
    assert call(server, "package_list")[1] == ["kalvoria-test"]
    fault(action="package_show", status=0)
    with pytest.raises(requests.ConnectionError):
        call(server, "package_show", id="kalvoria-test")
    assert requests.get(f"{server.url}/demo/fault", timeout=10).json() == []
    assert fault(action="package_show", when="never").status_code == 400
    assert fault(acton="package_show").status_code == 400
    assert fault(action="*", times=9).json()[0]["times"] == 9
    assert fault(clear=True).json() == []


def test_a_person_can_look_at_what_was_published(server: HdxServer) -> None:
    call(server, "package_create", **dataset(server, resources=[RESOURCE]))
    front = requests.get(server.url, timeout=10).text
    assert '<html lang="en">' in front
    assert '<a href="/dataset/kalvoria-test">A &lt;b&gt;test&lt;/b&gt;</a>' in front
    page = requests.get(f"{server.url}/dataset/kalvoria-test", timeout=10)
    assert "About &amp; more" in page.text
    assert "2025-01-01 to 2025-01-31" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert requests.get(f"{server.url}/dataset/nothing-here", timeout=10).status_code == 404


def test_the_lists_the_library_wants(server: HdxServer) -> None:
    formats = requests.get(f"{server.url}/hdxsim/resource_formats.json", timeout=10).json()
    assert ["CSV", "Comma separated values", "text/csv", ["csv", ".csv", "text/csv"]] in formats
    tags = requests.get(f"{server.url}/hdxsim/tags.csv", timeout=10).text.splitlines()
    mapping = requests.get(f"{server.url}/hdxsim/tags_mapping.csv", timeout=10).text.splitlines()
    assert mapping[1:] == [f"{tag},ok," for tag in tags]


def test_it_listens_on_this_computer_only(server: HdxServer) -> None:
    assert server._http.server_address[0] == "127.0.0.1"


RESOURCES = [{"id": "aaaaa-1", "name": "a"}, {"id": "bbbbb-2", "name": "b"}, {"id": "ccccc-3", "name": "c"}]


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["-resources__1"], ["a", "c"]),
        (["-resources__1", "-resources__0"], ["c"]),  # both count from the list as it was
        (["-resources__bbbbb"], ["a", "c"]),
        (["-resources__9", "-resources__-1", "-nothing"], ["a", "b", "c"]),  # CKAN takes no notice of these
        (["+resources__0", "-resources__*"], ["a"]),
        (["+resources", "-*"], ["a", "b", "c"]),
    ],
)
def test_filters(patterns: list[str], left: list[str]) -> None:
    data = {"id": "x", "resources": [dict(item) for item in RESOURCES]}
    apply_filter(data, patterns)
    assert [item["name"] for item in data["resources"]] == left


def test_lists_merge_by_index() -> None:
    """Why a publisher must not send a shorter or reordered list: ids stay, names move."""
    data: dict[str, Any] = {"tags": [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}]}
    merge(data, {"tags": [{"name": "b"}], "new": 1})
    assert data == {"tags": [{"id": "1", "name": "b"}, {"id": "2", "name": "b"}], "new": 1}


def test_flattened_keys_and_what_does_not_match() -> None:
    data = {"id": "x", "title": "t", "resources": [dict(item) for item in RESOURCES]}
    upload = Upload("f.csv", b"")
    request = {
        "match": '{"title": "t"}',
        "update__resources__extend": [{"name": "d"}],
        "update__resources__3__u": upload,
    }
    revise(data, request)
    assert data["resources"][3] == {"name": "d", "u": upload}
    with pytest.raises(ReviseError) as wrong:
        revise(data, {"match": {"title": "other", "resources": [{"name": "a"}, {"name": "z"}]}})
    assert wrong.value.errors == {"match": ["resources__1__name", "title"]}
    with pytest.raises(ReviseError, match="Expected list for resources"):
        revise(data, {"update": {"resources": {"0": {}}}})


def test_bodies() -> None:
    body = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xd0\x9f\r\n--edge\r\n'
    body += b'Content-Disposition: form-data; name="f"; filename="x.csv"\r\n\r\n1\r\n2\r\n\r\n--edge--\r\n'
    assert fields("multipart/form-data; boundary=edge", body) == {"a": "П", "f": Upload("x.csv", b"1\r\n2\r\n")}
    with pytest.raises(BadBodyError):
        fields("multipart/form-data; boundary=edge", body[:-8])
    with pytest.raises(BadBodyError):
        fields("application/json", b"[1]")
