"""`make clean`: remove what the demo made in this checkout, and nothing else."""

from __future__ import annotations

import shutil

from demo.home import default_home


def main() -> None:
    """The lake's content and the demo's own folder; `data_lake/README.md` stays."""
    home = default_home()
    shutil.rmtree(home.work, ignore_errors=True)
    for path in home.lake.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "README.md":
            path.unlink()


if __name__ == "__main__":
    main()
