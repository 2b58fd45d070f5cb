"""`make demo`: a fictional country's year through the whole platform, in one command.

Belongs here: the order of things and the exit code. 0 only if the result is the expected one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from demo.home import FOREIGN, REPO, Home, default_home, enter, is_foreign

EXPECTED = Path(__file__).with_name("expected")


def main() -> int:
    """Run the year; a second run finds it done and publishes nothing again."""
    options = _options()
    home = default_home(options.seed, options.size)
    if options.folder:
        home = Home(options.folder / "data_lake", options.folder / ".demo", options.seed, options.size)
    console = Console(highlight=False)
    if is_foreign(home.lake):
        console.print(FOREIGN.format(lake=home.lake), markup=False)
        return 3
    began = time.monotonic()
    enter(home)
    with console.status("Inventing a country and its year, and opening the platform …"), _world_in_the_making(home):
        # Importing Dagster, dbt and Great Expectations takes seconds.
        from demo import year

        year.load()
    published, result, dropped = _live(console, home)
    console.print(f"\n{published} in {time.monotonic() - began:.0f} s.")
    return _compare(console, home, result, dropped, write=options.accept)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--size", choices=("small", "country"), default="country")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep everything of this demo in one folder of its own")
    parser.add_argument("--accept", action="store_true", help="write the result down as the expected one")
    return parser.parse_args()


@contextmanager
def _world_in_the_making(home: Home) -> Iterator[None]:
    """Generate the country once, in a process of its own, while this one loads its libraries; a half-made one (power
    cut) is made again.
    """
    if home.world.exists():
        yield
        return
    home.work.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=home.work, prefix="world-draft-"))
    order = ["--seed", str(home.seed), "--size", home.size, "--out", str(draft)]
    maker = subprocess.Popen([sys.executable, "-m", "demo.country.world", *order], stdout=subprocess.DEVNULL, cwd=REPO)
    try:
        yield
    finally:
        failed = maker.wait()
    if failed:
        raise SystemExit(f"The country could not be invented: python -m demo.country.world ended with {failed}.")
    draft.rename(home.world)
    for left in home.work.glob("world-draft-*"):
        shutil.rmtree(left)


def _live(console: Console, home: Home) -> tuple[str, dict[str, object], dict[str, int]]:
    from demo import servers

    with servers.running(home) as running:
        enter(home, running.addresses)
        from assets.portal import overview
        from demo import report, year
        from demo.score import score

        with console.status("Opening the platform …"):
            walk = year.begin(home)
        before = len(year.done(home))
        days = year.ticks(home)
        with _progress(console) as progress:
            task = progress.add_task("", total=len(days))
            year.walk(walk, running, lambda words: _tell(progress, task, days, words))
            progress.update(task, completed=len(days), description="the year is over")
        year.enter_last_day(walk, running)
        more = year.settle(walk, lambda _: None)
        view = overview.gather(walk.office)
        marks = score(home.world, walk.office.lake)
        report.show(console, home, view, marks)
        said = f"{walk.runs} runs, {walk.failed} of them held or failed"
        if before == len(days):
            said = (
                "The year was already there: nothing was published again" if not more else f"{more} runs were missing"
            )
        return said, report.summary(view, marks), year.dropped(home, walk.office)


def _progress(console: Console) -> Progress:
    return Progress(SpinnerColumn(), TextColumn("{task.description:<62}"), BarColumn(), TimeElapsedColumn(),
                    console=console, transient=True)  # fmt: skip


def _tell(progress: Progress, task: object, days: Sequence[object], words: str) -> None:
    day = words.split(":", 1)[0]
    done = next((at for at, one in enumerate(days) if str(one) == day), 0)
    progress.update(task, completed=done, description=words[:62])  # type: ignore[arg-type]


def _compare(
    console: Console, home: Home, result: dict[str, object], dropped: dict[str, int], *, write: bool
) -> int:
    path = EXPECTED / f"{home.size}-{home.seed}.json"
    found = json.dumps(result, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if write:
        path.parent.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
        console.print(f"Written down as the expected result: {path.name}")
        return 0
    if not path.exists():
        console.print(
            f"No expected result is written down for size {home.size}, seed {home.seed}; judged by its troubles."
        )
        return 0 if not result["missed"] and not result["false"] else 1
    expected = path.read_text(encoding="utf-8")
    if found == expected:
        console.print("[green]The result is the expected one.[/]")
        return 0
    console.print("[red]The result is not the expected one:[/]")
    for line in _differences("", json.loads(expected), json.loads(found)):
        console.print(f"  {line}", markup=False)
    if dropped:
        counted = ", ".join(f"{source} {count}" for source, count in dropped.items())
        console.print(
            f"Files arrived that are not of the demo's year: {counted}. `make clean` and `make demo` start over.",
            markup=False,
        )
    return 1


def _differences(where: str, expected: object, found: object) -> Iterator[str]:
    """What differs, and nothing that does not."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            yield from _differences(f"{where} {key}".strip(), expected.get(key), found.get(key))
    elif expected != found:
        yield f"{where}: expected {expected}, found {found}"


if __name__ == "__main__":
    sys.exit(main())
