"""Budget 3: a pull from KoBo against a plain HTTP fetch of the very same pages, without parsing.

Ours: `assets.kobo.pull` through the platform's client. Bare: requests, one address after the other. The server is the
demo's own, on loopback, so that the time of a line is not in it: what is left is what the platform adds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.pairs import REPO, Clock, Line, in_turn, pair_ratio

NOW = "2025-06-30T23:59:59+03:00"
REPEATS = 5
_MAKE = (
    "import sys; from pathlib import Path; from demo.country.geography import build_geography; "
    "from demo.country.hsm import kobo_project; from demo.kobo.project import save_project; "
    "save_project(kobo_project(build_geography(), 1, 'country')[0], Path(sys.argv[1]))"
)


def measure(cache: Path, scratch: Path, pairs: int = 4) -> list[Line]:
    """A first pull of six rounds, and one that finds nothing new."""
    del cache
    project = scratch / "kobo.json"
    subprocess.run([sys.executable, "-c", _MAKE, str(project)], cwd=REPO, check=True)
    with _server(project) as (endpoint, token):
        uid = _first_asset(endpoint, token)
        (scratch / "server.json").write_text(json.dumps({"endpoint": endpoint, "token": token, "uid": uid}))
        runs = in_turn("survey", pairs, scratch)
        again = in_turn("survey", 1, scratch, ("nothing_changed",))["nothing_changed"]
    ours, bare = runs["ours"], runs["bare"]
    ratio = pair_ratio(ours, bare)
    sweep = bool(again.facts["only_sweep"])
    work = f"KoBo pull, {ours.facts['rows']} interviews in {ours.facts['requests']} requests"
    return [
        Line(work, f"{ours.time:.2f} s", f"{bare.time:.2f} s", ratio, "1.5", ratio <= 1.5,
             f"{REPEATS} pulls a run; the form of each version is part of it"),
        Line("KoBo pull, nothing changed", f"{again.facts['requests']} requests, {again.facts['kilobytes']} kB",
             f"{ours.facts['requests']} requests, {ours.facts['kilobytes']} kB", None, "index sweep only", sweep,
             f"{again.time / REPEATS:.2f} s a look"),
    ]  # fmt: skip


@contextmanager
def _server(project: Path) -> Iterator[tuple[str, str]]:
    command = [sys.executable, "-m", "demo.kobo", "--project", str(project), "--now", NOW]
    process = subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        lines = [process.stdout.readline().strip() if process.stdout else "" for _ in range(2)]
        said = dict(line.split("=", 1) for line in lines)
        yield said["KOBO_ENDPOINT"], said["KOBO_TOKEN"]
    finally:
        process.terminate()
        process.wait(timeout=20)


def _first_asset(endpoint: str, token: str) -> str:
    address = f"{endpoint}/assets.json?q=asset_type:survey"
    request = urllib.request.Request(address, headers={"Authorization": f"Token {token}"})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        found = json.load(answer)["results"]
    return str(max(found, key=lambda one: one.get("deployment__submission_count") or 0)["uid"])


def _pull(clock: Clock, folder: Path, *, again: bool) -> None:
    import requests

    from assets.kobo.pull import mark_of, pull, root_of
    from orchestration.kobo_api import KoboClient

    given = json.loads((folder / "server.json").read_text())
    seen: list[tuple[str, int]] = []
    session = requests.Session()
    session.hooks["response"].append(lambda answer, **_: seen.append((answer.url, len(answer.content))))
    client = KoboClient(given["token"], given["endpoint"], session=session)
    first = pull(client, given["uid"], {})
    known = {root_of(one.row): mark_of(one.row) for one in first.new_revisions} if again else {}
    versions = {str(one["uid"]) for one in first.form_versions} if again else set()
    for _ in range(REPEATS):
        seen.clear()
        with clock.timed("pull"):
            result = pull(client, given["uid"], known, versions)
    clock.facts |= {"rows": len(result.new_revisions), "requests": len(seen), "changed": result.changed}
    clock.facts |= {"kilobytes": sum(size for _, size in seen) // 1000, "only_sweep": _only_sweep(seen, given["uid"])}
    (folder / "addresses.json").write_text(json.dumps([address for address, _ in seen]))


def _only_sweep(seen: list[tuple[str, int]], uid: str) -> bool:
    """The form's own page, and pages of rows cut down to a few fields: nothing else was asked for."""
    parts = [urlsplit(address) for address, _ in seen]
    rows = [part for part in parts if part.path.endswith("/data.json")]
    rest = [part.path for part in parts if part not in rows]
    return all("fields" in parse_qs(part.query) for part in rows) and all(
        path.endswith(f"/assets/{uid}.json") for path in rest
    )


def ours(clock: Clock, folder: Path) -> None:
    """Everything is new."""
    _pull(clock, folder, again=False)


def nothing_changed(clock: Clock, folder: Path) -> None:
    """Everything is known."""
    _pull(clock, folder, again=True)


def bare(clock: Clock, folder: Path) -> None:
    """The same addresses, fetched and thrown away."""
    import requests

    given = json.loads((folder / "server.json").read_text())
    addresses = json.loads((folder / "addresses.json").read_text())
    session = requests.Session()
    session.headers["Authorization"] = f"Token {given['token']}"

    def fetch() -> None:
        for address in addresses:
            session.get(address, timeout=60).raise_for_status()

    fetch()
    for _ in range(REPEATS):
        with clock.timed("fetch"):
            fetch()
