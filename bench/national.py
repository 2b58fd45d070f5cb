"""The national register of the fictional country, and a lake that knows its places.

Belongs here: what the register's measurement needs before its clock starts. Does not belong here: measuring.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bench.pairs import REPO

if TYPE_CHECKING:
    from orchestration.office import Office

DAY = date(2025, 12, 31)
REGISTER = "national_2025-12-31.csv"
TOTALS = "national_2025-12-31_totals.csv"
PLACES = "places.json"


def make(cache: Path) -> Path:
    """The CSV of 2.8 million records and 26 columns (660 MB), made once; its control totals lie beside it."""
    target = cache / REGISTER
    if not (target.exists() and target.with_name(TOTALS).exists()):
        draft = cache / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        command = [sys.executable, "-m", "demo.country.register", "--national", "--out", str(draft / REGISTER)]
        subprocess.run(command, cwd=REPO, check=True)
        (draft / TOTALS).replace(cache / TOTALS)
        (draft / REGISTER).replace(target)
    return target


def office(folder: Path) -> Office:
    """The demo's office on a lake of its own in this folder, on the register's day."""
    from demo.home import Home, enter
    from orchestration.office import Office

    lake = folder / "data_lake"
    lake.mkdir(parents=True, exist_ok=True)
    enter(Home(lake, folder / ".demo"))
    os.environ["IMU_TODAY"] = DAY.isoformat()
    return Office()


def know_places(folder: Path) -> None:
    """Take and check both versions of the boundaries; write the codes a register may use beside the lake."""
    from assets import verdicts
    from assets.geography import assets as geography
    from assets.geography.reference import reference
    from demo.country import cods
    from demo.country.geography import build_geography

    here = office(folder)
    for delivery in cods.deliver(build_geography(), 1, "country")[0]:
        if delivery.source == "boundaries":
            version = "v01" if "v01" in delivery.name else "v02"
            here.lake.take(
                "boundaries", delivery.content, sender=delivery.sender, file_name=delivery.name, partition=version,
                received_at=delivery.at, taken_at=delivery.at,
            )  # fmt: skip
    for version in ("v01", "v02"):
        verdicts.give(here, "boundaries", version, geography._boundaries(here, version))
    places = reference(here)
    known = {code: (code, None) for level, code in places.units[here.operation.cod_version_on(DAY)] if level == 2}
    (folder / PLACES).write_text(json.dumps({**places.recoded(DAY), **known}), encoding="utf-8")


if __name__ == "__main__":
    know_places(Path(sys.argv[1]))
