"""`make dev`: the Dagster user interface on the demo's lake, with the local KoBo and HDX beside it.

Belongs here: starting, and ending everything it started. Bound to 127.0.0.1: Dagster has no login of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys

from rich.console import Console

from demo.home import FOREIGN, REPO, default_home, enter, is_foreign
from demo.servers import running


def main() -> int:
    """Run until Ctrl-C or SIGTERM; leaves no process behind."""
    parser = argparse.ArgumentParser(prog="python -m demo.dev", description=__doc__)
    parser.add_argument("--port", type=int, default=3000)
    options = parser.parse_args()
    home, console = default_home(), Console(highlight=False)
    if is_foreign(home.lake):
        console.print(FOREIGN.format(lake=home.lake), markup=False)
        return 3
    if not home.world.exists():
        console.print("There is no demo yet: run `make demo` first (it takes some minutes).")
        return 3
    if not is_free(options.port):
        console.print(
            f"Port {options.port} is taken by another program (another `make dev`?). Stop that one, or choose another "
            f"port: make dev PORT={options.port + 1}",
            markup=False,
        )
        return 3
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with running(home) as servers:
        enter(home, servers.addresses)
        os.environ["IMU_TODAY"] = "2025-12-31"
        where = f"Dagster: http://127.0.0.1:{options.port}   HDX (local): {servers.hdx_url}   Stop with Ctrl-C."
        console.print(where, soft_wrap=True, markup=False)
        return _dagster(options.port)


def is_free(port: int) -> bool:
    """Whether nobody listens there; Dagster itself would go on without its page."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _dagster(port: int) -> int:
    """`dagster dev` in a session of its own, ended as a whole: told first, made to end if it has not after a while."""
    # A background job inherits SIGINT ignored, and so would dagster.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    workspace = str(REPO / "workspace.yaml")
    command = [sys.executable, "-m", "dagster", "dev", "-w", workspace, "-h", "127.0.0.1", "-p", str(port)]
    # From DAGSTER_HOME, or Dagster warns of the sources' dagster.yaml, which is only there to be copied.
    process = subprocess.Popen(command, cwd=os.environ["DAGSTER_HOME"], env=_quietly(), start_new_session=True)
    try:
        return process.wait()
    except (KeyboardInterrupt, SystemExit):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        _end_group(process.pid)
        return 0


def _quietly() -> dict[str, str]:
    """The environment, without one warning that nobody here can act on: of the two commands that start Dagster,
    `dagster dev` is the older, and the newer one is another package.
    """
    told = os.environ.get("PYTHONWARNINGS")
    filters = [*([told] if told else []), "ignore:Function `dev_command` is superseded"]
    path = [str(REPO), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONWARNINGS": ",".join(filters), "PYTHONPATH": os.pathsep.join(path)}


def _end_group(group: int) -> None:
    """Whatever of the session is still there: the code server outlives its parent by a minute (dagster 1.13)."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    sys.exit(main())
