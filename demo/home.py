"""Where the demo lives on this machine, and with which (public, worthless) keys.

Belongs here: paths and the environment of the demo's processes. Does not belong here: what the demo does.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Home:
    """The folders of one demo run: everything it makes lies in these two."""

    lake: Path
    work: Path
    seed: int = 1
    size: str = "country"

    @property
    def world(self) -> Path:
        """The generated year."""
        return self.work / f"world-{self.size}-{self.seed}"

    @property
    def dagster(self) -> Path:
        """Dagster's own storage."""
        return self.work / "dagster_home"

    @property
    def hdx(self) -> Path:
        """What the local HDX keeps."""
        return self.work / "hdx"

    @property
    def ticks(self) -> Path:
        """Which days of the year are done."""
        return self.work / "ticks.json"

    @property
    def servers(self) -> Path:
        """Where the local KoBo and HDX listen, while they run."""
        return self.work / "servers.json"


def default_home(seed: int = 1, size: str = "country") -> Home:
    """The demo in this checkout: the country's lake in `data_lake/`, the rest in `.demo/`. A demo of another size or
    seed is another world and has a lake of its own, below `.demo/`.
    """
    work = REPO / ".demo"
    if (size, seed) == ("country", 1):
        return Home(REPO / "data_lake", work, seed, size)
    return Home(work / f"{size}-{seed}" / "data_lake", work / f"{size}-{seed}", seed, size)


def environment(home: Home, addresses: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a process of the demo needs. The keys are derived from a public text: they protect nobody, since nobody
    in Kalvoria exists, and the platform refuses them for every other operation.
    """
    return {
        "IMU_OPERATION": "demo",
        "IMU_LAKE": str(home.lake),
        "IMU_SEAL_KEY": _public_key("seal"),
        "IMU_PSEUDONYM_KEY": _public_key("pseudonym"),
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        **(addresses or {}),
    }


FOREIGN = (
    "{lake} holds a lake that the demo did not make: its keys are others. Nothing was touched. Keep the office's "
    "lake in a folder of its own (IMU_LAKE), or run the demo elsewhere: python -m demo --folder DIR."
)


def is_foreign(lake: Path) -> bool:
    """Whether there is a lake in the folder that the demo's public keys do not open."""
    from orchestration import seal
    from orchestration.failures import ImuError
    from orchestration.lake import Lake

    content = [path for path in lake.iterdir() if path.name != "README.md"] if lake.exists() else []
    if not content:
        return False
    if not (lake / "keys.json").exists():
        return any(path.name in ("raw", "checked", "inbox", "quality", "release") for path in content)
    keys = (base64.urlsafe_b64decode(_public_key(name)) for name in ("seal", "pseudonym"))
    try:
        Lake(lake, seal.Keys(*keys)).open()
    except ImuError:
        return True
    return False


def _public_key(name: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(f"imu demo {name}: protects nobody".encode()).digest()).decode()


def enter(home: Home, addresses: Mapping[str, str] | None = None) -> None:
    """Make this process one of the demo's."""
    os.environ.update(environment(home, addresses))
    home.dagster.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(REPO / "dagster.yaml", home.dagster / "dagster.yaml")
