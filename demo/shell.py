"""`make demo-shell`: a terminal in which `imu` works on the demo's lake, as of the last day the demo lived through.

Belongs here: the environment of that terminal. Does not belong here: servers; the local KoBo and HDX are there for as
long as `make dev` runs beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from demo import servers
from demo.home import FOREIGN, Home, default_home, enter, is_foreign

_WITHOUT = "The local KoBo and HDX are not running (`make dev` starts them): `imu doctor` says so, publishing waits."
_NONE = "There is no demo there yet. Make one first: `make demo`, or for a small one `python -m demo --size small`."


def main(given: list[str] | None = None) -> int:
    """Become a shell, or one command: Ctrl-C and the exit code are theirs."""
    options = _options(given)
    home = default_home(options.seed, options.size)
    if options.folder:
        home = Home(options.folder / "data_lake", options.folder / ".demo", options.seed, options.size)
    if is_foreign(home.lake):
        return _say(FOREIGN.format(lake=home.lake))
    if not lived(home):
        return _say(_NONE)
    addresses = servers.at_hand(home)
    _step_in(home, addresses)
    if options.command:
        return _become(options.command)
    _say(
        f"A terminal on the demo's lake, as of {os.environ['IMU_TODAY']}. Try: imu doctor, imu status, imu run, "
        f"imu query. `exit` leaves it. {'' if addresses else _WITHOUT}"
    )
    return _become([os.environ.get("SHELL") or "/bin/sh"])


def _become(command: list[str]) -> int:
    try:
        os.execvp(command[0], command)  # noqa: S606 - the command is the user's own
    except OSError as cause:
        return _say(f"{command[0]} cannot be started: {cause.strerror}.")


def _options(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.shell", description=__doc__)
    parser.add_argument("--size", choices=("small", "country"), default="country")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="the folder that was given to `python -m demo`")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a command instead of a shell, e.g. imu status")
    return parser.parse_args(given)


def lived(home: Home) -> list[str]:
    """The days the demo lived through."""
    return sorted(json.loads(home.ticks.read_text(encoding="utf-8"))) if home.ticks.exists() else []


def _step_in(home: Home, addresses: dict[str, str]) -> None:
    """Nothing of an office's own environment comes along: neither its operation nor its HDX."""
    for name in [name for name in os.environ if name.startswith("IMU_")]:
        del os.environ[name]
    enter(home, addresses)
    os.environ["IMU_TODAY"] = lived(home)[-1]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _say(words: str) -> int:
    print(words, file=sys.stderr)  # noqa: T201 - the command's answer
    return 3


if __name__ == "__main__":
    sys.exit(main())
