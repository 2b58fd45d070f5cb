"""One side of one measurement, as a process of its own: `python -m bench.side MODULE SIDE FOLDER`.

Belongs here: calling the side and saying what it took. Prints one line of JSON, the last of its output.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from bench.pairs import Clock


def main() -> None:
    """Run it."""
    module, side, folder = sys.argv[1:4]
    clock = Clock()
    getattr(importlib.import_module(f"bench.{module}"), side)(clock, Path(folder))
    said = {"seconds": clock.seconds, "megabytes": clock.megabytes, "parts": clock.parts, "facts": clock.facts}
    print("\n" + json.dumps(said, default=str))


if __name__ == "__main__":
    main()
