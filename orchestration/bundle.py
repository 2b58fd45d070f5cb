"""`make bundle`: a folder for a USB stick, from which an office without internet installs the platform.

Belongs here: collecting wheels and sources, locking them by hash, and the words and script that go with them. Does not
belong here: installing anything on this machine.

Wheels fit the kind of machine they were collected on: the same system, processor and Python.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from orchestration.failures import ImuError, Permanent, Transient
from orchestration.settings import REPO

WHEELS_LOCK, SCRIPT, WORDS = "wheels.lock", "install.sh", "INSTALL.txt"
# What a copy of the working folder leaves behind: data, keys, and what every machine makes for itself.
LEFT_BEHIND = frozenset(
    {".git", ".venv", ".demo", ".dagster_home", ".env", "data_lake", "bundle", "__pycache__", "target", "logs",
     ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"}
)  # fmt: skip


@dataclass(frozen=True)
class Machine:
    """What wheels depend on."""

    system: str
    processor: str
    python: str

    def __str__(self) -> str:
        return f"{self.system} {self.processor} Python {self.python}"


def this_machine() -> Machine:
    """The machine this runs on."""
    return Machine(platform.system(), platform.machine(), f"{sys.version_info[0]}.{sys.version_info[1]}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the folder; 0 if it is complete, 3 if it could not be written."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.bundle", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    console = Console(highlight=False)
    try:
        with console.status("Collecting wheels and sources …"):
            source, count = write(folder.resolve(), REPO, this_machine())
    except ImuError as failure:
        console.print(str(failure), markup=False)
        return 3
    console.print(f"{folder}: {count} wheels and {source}, for {this_machine()}. Copy the whole folder; see {WORDS}.")
    return 0


def write(folder: Path, root: Path, machine: Machine) -> tuple[str, int]:
    """Write the whole folder beside its place and move it there; an older bundle is replaced, anything else is not."""
    if folder.exists() and any(folder.iterdir()) and not (folder / WHEELS_LOCK).exists():
        raise Permanent(f"{folder.name}/ holds something that is no bundle, and was left as it is. Name another.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=folder.parent) as beside:
        draft = Path(beside) / folder.name
        (draft / "wheels").mkdir(parents=True)
        collect_wheels(root / "requirements.lock", draft / "wheels")
        wheels = sorted((draft / "wheels").glob("*.whl"))
        (draft / WHEELS_LOCK).write_text(lock(wheels), encoding="utf-8")
        source = copy_source(root, draft / "source")
        (draft / SCRIPT).write_text(script(machine), encoding="utf-8")
        (draft / SCRIPT).chmod(0o755)
        (draft / WORDS).write_text(words(machine, source), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)
    return source, len(wheels)


def collect_wheels(lock_file: Path, target: Path) -> None:
    """Have pip download or build a wheel of everything in the lock file, each proved by its hash."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run = subprocess.run(
        [*command, "--require-hashes", "--requirement", str(lock_file), "--wheel-dir", str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        last = run.stderr.strip().splitlines()[-1:] or ["no word from pip"]
        raise Transient(f"pip could not collect all wheels: {last[0]} Check the connection and run it again.")


def lock(wheels: Iterable[Path]) -> str:
    """A requirements file that allows exactly these wheels."""
    lines = []
    for wheel in wheels:
        name, version = identity(wheel)
        lines.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    return "\n".join(sorted(lines)) + "\n"


def identity(wheel: Path) -> tuple[str, str]:
    """Name and version, as the name of a wheel file gives them."""
    name, version, *_ = wheel.name.split("-")
    return re.sub(r"[-_.]+", "-", name).lower(), version


def copy_source(root: Path, target: Path) -> str:
    """The source tree as it was committed, or as it lies here where git does not know it; returns which."""
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    archive = _git(root, "archive", "--format=tar", "HEAD") if commit else None
    if commit is None or archive is None:
        shutil.copytree(root, target, ignore=lambda _, names: list(filter(_stays, names)))
        return "the sources as they lie here"
    with tarfile.open(fileobj=io.BytesIO(archive)) as tree:
        tree.extractall(target, filter="data")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    rest = " (changes that are not committed are not in it)" if changed else ""
    return f"the sources of commit {commit.decode().strip()}{rest}"


def _stays(name: str) -> bool:
    """Whether a file or folder stays behind; environment files may hold a password, drafts would copy themselves."""
    secret = name.startswith(".env") and name != ".env.example"
    return name in LEFT_BEHIND or secret or name.startswith(".bundle-") or name.endswith(".egg-info")


def _git(root: Path, *arguments: str) -> bytes | None:
    try:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def script(machine: Machine) -> str:
    """What installs from the folder alone: nothing is fetched, and nothing is taken whose hash is not in the lock."""
    return f"""#!/bin/sh
# Installs the platform from this folder, without internet: sh install.sh [FOLDER]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${{1:-$HOME/imu}}
python=${{PYTHON:-python3}}
wanted="{machine.system} {machine.processor} {machine.python}"
found=$("$python" -c 'import platform, sys
print(platform.system(), platform.machine(), "%d.%d" % sys.version_info[:2])')
if [ "$found" != "$wanted" ]; then
  echo "These wheels are for: $wanted. This machine has: $found." >&2
  echo "Set PYTHON to a fitting one, or make a bundle on a machine like this one." >&2
  exit 3
fi
if [ -e "$target" ]; then
  echo "$target exists already and was left as it is. Name another folder: sh install.sh FOLDER" >&2
  exit 3
fi
mkdir -p "$(dirname "$target")"
cp -R "$here/source" "$target"
"$python" -m venv "$target/.venv"
install() {{
  "$target/.venv/bin/python" -m pip --isolated install --quiet --disable-pip-version-check --no-index "$@"
}}
install --find-links "$here/wheels" --require-hashes --requirement "$here/{WHEELS_LOCK}"
install --no-deps --no-build-isolation --editable "$target"
touch "$target/.venv/.installed"
echo "Installed in $target. Next: cd $target && .venv/bin/imu doctor (docs/administrator.md)"
"""


def words(machine: Machine, source: str) -> str:
    """What stands on the note beside the stick."""
    return f"""The IMU data platform, to install without internet
===================================================

Made for: {machine}
Holds:    {source}

1. Copy this whole folder to the computer, or leave it on the stick.
2. Open a terminal in it and run:   sh install.sh
   It installs into the folder imu of your home; another one: sh install.sh /path/to/folder
   It takes a few minutes and fetches nothing.
3. Go on with docs/administrator.md, 'Install', from step 2. To see it work first: make demo

Needed: Python {machine.python} with its venv module (Debian: apt install python3-venv), 5 GB of disk;
for the demo also make.
Every package is checked against {WHEELS_LOCK}: a file that was damaged or exchanged on the way is refused.
"""


if __name__ == "__main__":
    sys.exit(main())
