"""`python -m bench [NAME...]`: the budgets, measured as ratios, written into bench/README.md.

Belongs here: which measurements there are, and in which order. Without names all of them run; a name may carry a
number (`definitions:9`), which says how often.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import sys
import tempfile
from pathlib import Path

from bench import readme
from bench.pairs import Line, cache_folder

NAMES = ("register", "expectations", "survey", "steps", "definitions", "growth", "year", "crash")


def main() -> int:
    """Exit code 1 if a budget is not met: for people; no test and no CI step asks for it."""
    options = _options()
    cache, lines = cache_folder(), dict[str, list[Line]]()
    for asked in options.names or NAMES:
        name, _, times = asked.partition(":")
        print(f"{name} …", flush=True)
        scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
        try:
            measure = importlib.import_module(f"bench.{name}").measure
            lines[name] = measure(cache, scratch, int(times)) if times else measure(cache, scratch)
        finally:
            if not options.keep:
                shutil.rmtree(scratch, ignore_errors=True)
        print(readme.plain(lines[name]), flush=True)
    if options.write:
        readme.write(lines)
    return 0 if all(line.met for found in lines.values() for line in found) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--write", action="store_true", help="put what was measured into bench/README.md")
    parser.add_argument("--keep", action="store_true", help="leave the scratch folders for a look")
    options = parser.parse_args()
    unknown = [name for name in options.names if name.partition(":")[0] not in NAMES]
    if unknown:
        parser.error(f"no such measurement: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
