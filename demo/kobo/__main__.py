"""`python -m demo.kobo --project FILE --port 0`: the demo server by hand.

Belongs here: the command line. It prints the address and a token, nothing else.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

from demo import endings
from demo.kobo.project import load_project
from demo.kobo.server import KoboServer
from demo.kobo.state import DIALECTS


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.kobo", description=__doc__)
    parser.add_argument("--project", type=Path, required=True, help="the project file the generator wrote")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--now", help="ISO time with offset to show; default: after the last event")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), default="2026-08")
    endings.add_option(parser)
    options = parser.parse_args()
    endings.prepare(with_parent=options.with_parent)
    with KoboServer(load_project(options.project), options.now, options.dialect, options.port) as server:
        sys.stdout.write(f"KOBO_ENDPOINT={server.endpoint}\nKOBO_TOKEN={server.token()}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
