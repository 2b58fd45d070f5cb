"""`make clean`: remove what the demo made in this checkout, and nothing else."""

from __future__ import annotations

import shutil
import sys

from demo.home import FOREIGN, Home, default_home, is_foreign


def main(home: Home | None = None) -> int:
    """The lake's content and the demo's own folder; `data_lake/README.md` stays. A lake of an office stays whole."""
    home = home or default_home()
    if is_foreign(home.lake):
        print(FOREIGN.format(lake=home.lake), file=sys.stderr)  # noqa: T201 - the command's answer
        return 3
    shutil.rmtree(home.work, ignore_errors=True)
    for path in home.lake.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "README.md":
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
