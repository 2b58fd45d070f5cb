"""Runs the demo's HDX by itself: `python -m demo.hdx --folder DIR --port 0`; it prints its address and keys."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from demo import endings
from demo.hdx.server import HdxServer


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.hdx", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where datasets, files and keys are kept")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    endings.add_option(parser)
    options = parser.parse_args()
    endings.prepare(with_parent=options.with_parent)
    server = HdxServer(options.folder, options.port)
    known = server.credentials
    for name, value in (
        ("HDX_URL", server.url),
        ("HDX_KEY", known["editor_token"]),
        ("HDX_ADMIN_KEY", known["admin_token"]),
        ("HDX_ORG", known["organization_id"]),
        ("HDX_MAINTAINER", known["editor_id"]),
    ):
        sys.stdout.write(f"{name}={value}\n")
    sys.stdout.flush()
    try:
        server.serve()
    except KeyboardInterrupt:
        sys.stdout.write("stopped\n")


if __name__ == "__main__":
    main()
