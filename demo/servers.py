"""The local KoBo and HDX as processes of their own, started for the demo and stopped with it.

Belongs here: starting, knowing their addresses, setting the survey server's clock, stopping exactly what was started.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from demo.home import REPO, Home


@dataclass(frozen=True)
class Servers:
    """Where the two servers listen, as the platform's environment names them."""

    kobo_url: str
    kobo_token: str
    hdx_url: str
    hdx_key: str

    @property
    def addresses(self) -> dict[str, str]:
        """For the environment."""
        return {
            "IMU_KOBO_URL": self.kobo_url,
            "IMU_KOBO_TOKEN": self.kobo_token,
            "IMU_HDX_URL": self.hdx_url,
            "IMU_HDX_KEY": self.hdx_key,
        }

    def set_clock(self, now: datetime) -> None:
        """Let the survey server show what it knew at that moment."""
        body = json.dumps({"now": now.isoformat()}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own server on loopback
            f"{self.kobo_url}/demo/clock", data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


@contextmanager
def running(home: Home) -> Iterator[Servers]:
    """Both servers, for as long as the block runs."""
    home.hdx.mkdir(parents=True, exist_ok=True)
    kobo = _start("demo.kobo", "--project", str(home.world / "kobo.json"))
    hdx = _start("demo.hdx", "--folder", str(home.hdx))
    try:
        said = _read(kobo, 2) | _read(hdx, 5)
        made = Servers(
            said["KOBO_ENDPOINT"].removesuffix("/api/v2"), said["KOBO_TOKEN"], said["HDX_URL"], said["HDX_KEY"]
        )
        home.servers.write_text(json.dumps(made.addresses), encoding="utf-8")
        yield made
    finally:
        for process in (kobo, hdx):
            _end(process)
        home.servers.unlink(missing_ok=True)


def at_hand(home: Home) -> dict[str, str]:
    """The addresses of servers that another process of this demo runs now; empty where there are none."""
    if not home.servers.exists():
        return {}
    addresses: dict[str, str] = json.loads(home.servers.read_text(encoding="utf-8"))
    try:
        for name in ("IMU_KOBO_URL", "IMU_HDX_URL"):
            found = urlsplit(addresses[name])
            socket.create_connection((found.hostname or "", found.port or 0), timeout=2).close()
    except OSError:
        return {}  # their process was killed and left its note behind
    return addresses


def _end(process: subprocess.Popen[str]) -> None:
    """Told first, made to end if it has not after a while."""
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(module: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, "--port", "0", "--with-parent", *arguments],
        cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def _read(process: subprocess.Popen[str], lines: int) -> dict[str, str]:
    said: dict[str, str] = {}
    for _ in range(lines):
        line = process.stdout.readline() if process.stdout else ""
        if "=" not in line:
            raise RuntimeError(
                "a server of the demo did not start; run it by hand: python -m demo.kobo, python -m demo.hdx"
            )
        name, value = line.rstrip("\n").split("=", 1)
        said[name] = value
    return said
