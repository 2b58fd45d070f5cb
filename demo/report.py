"""What the demo tells an officer at its end: what arrived, the verdicts, what went out, what is held, where to look.

Belongs here: words and tables on a terminal. Does not belong here: gathering (`assets/portal/overview.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from assets.portal.overview import VERDICT_WORDS, Overview
from demo.home import Home
from demo.score import Score

SIGNS = {
    "accepted": "[green]✓[/]",
    "accepted_with_warnings": "[yellow]![/]",
    "partly_accepted": "[blue]◐[/]",
    "refused": "[red]✗[/]",
}


def show(console: Console, home: Home, view: Overview, score: Score) -> None:
    """The whole report."""
    console.print(_arrived(view))
    console.print(_verdicts(view))
    console.print(_releases(view))
    _held(console, view)
    console.print(_troubles(score))
    _where(console, home)


def _table(title: str) -> Table:
    """Lines without a cage: everything fits into 80 columns."""
    return Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)


def _arrived(view: Overview) -> Table:
    table = _table(f"What arrived in {view.operation}, as of {view.as_of}")
    table.add_column("source")
    for heading in ("files", *SIGNS.values(), "rows taken", "rows waiting"):
        table.add_column(heading, justify="right")
    for line in view.sources:
        verdicts = [str(line.verdicts.get(word, 0)) for word in VERDICT_WORDS]
        table.add_row(line.source, str(line.arrivals), *verdicts, f"{line.rows_accepted:,}", f"{line.rows_refused:,}")
    table.caption = ", ".join(f"{SIGNS[word]} {words}" for word, words in VERDICT_WORDS.items())
    table.caption_justify = "left"
    return table


def _verdicts(view: Overview) -> Table:
    months = sorted({month for row in view.grid.values() for month in row})
    table = _table(f"Newest verdict by cluster and month, {months[0]} to {months[-1]}" if months else "No verdicts yet")
    table.add_column("cluster", no_wrap=True)
    for month in months:
        table.add_column(f"{date.fromisoformat(f'{month}-01'):%b}", justify="center")
    for cluster, row in view.grid.items():
        table.add_row(cluster, *(SIGNS[row[month]] if month in row else "·" for month in months))
    table.caption, table.caption_justify = "· nothing came", "left"
    return table


def _releases(view: Overview) -> Table:
    table = _table("What was published")
    for name in ("product", "versions", "newest", "rows", "proof", "late"):
        table.add_column(name, justify="right" if name in {"versions", "rows"} else "left")
    for product in sorted({line.product for line in view.releases}):
        out = [line for line in view.releases if line.product == product and line.state.startswith("published")]
        if out:
            last = out[-1]
            late = [line.cycle for line in out if line.state == "published late"]
            rows = f"{last.rows:,}" if last.rows is not None else ""
            table.add_row(product, str(len(out)), last.cycle, rows, last.proof, ", ".join(late))
    return table


def _held(console: Console, view: Overview) -> None:
    held = [line for line in view.releases if not line.state.startswith("published")]
    if not held:
        console.print("Nothing is held.\n")
    for line in held:
        who = f" Who can act: {line.who}." if line.who else ""
        console.print(f"[red]held[/] {line.product} {line.cycle} (for {line.covers}): {line.words}{who}")


def _troubles(score: Score) -> Table:
    table = _table("Planted troubles: found, missed, false alarms")
    for name in ("rule", "found", "missed", "false"):
        table.add_column(name, justify="left" if name == "rule" else "right")
    for rule in sorted({*score.found, *score.missed, *score.false}):
        missed, false = score.missed[rule], score.false[rule]
        table.add_row(rule, str(score.found[rule]), _bad(missed), _bad(false))
    sums = [sum(counter.values()) for counter in (score.found, score.missed, score.false)]
    table.add_row("all", str(sums[0]), _bad(sums[1]), _bad(sums[2]), style="bold")
    return table


def _bad(count: int) -> str:
    return f"[red]{count}[/]" if count else "0"


def _where(console: Console, home: Home) -> None:
    lake = home.lake
    places: Sequence[tuple[str, str]] = (
        ("the officer's page", f"{lake}/site/today.html"),
        ("partners' pages", f"{lake}/site/partners/"),
        ("messages to partners", f"{lake}/outbox/"),
        ("releases with their proofs", f"{lake}/release/"),
        ("tables for analysts", f"{lake}/analyst.duckdb (`imu query`)"),
        ("the asset graph", "`make dev`"),
        ("the commands", "`make demo-shell`, then `imu status`"),
    )
    console.print("\nWhere to look next:")
    for what, where in places:
        console.print(f"  {what}: {where}", soft_wrap=True)


def summary(view: Overview, score: Score) -> dict[str, object]:
    """What must come out the same every time: compared with the expected result."""
    states = Counter(f"{line.product}: {line.state}" for line in view.releases)
    return {
        "as_of": view.as_of,
        "sources": {
            line.source: [line.arrivals, line.verdicts, line.rows_accepted, line.rows_refused] for line in view.sources
        },
        "releases": dict(sorted(states.items())),
        "held": sorted(f"{line.product} {line.cycle}" for line in view.releases if line.state == "held"),
        "found": dict(sorted(score.found.items())),
        "missed": dict(sorted(score.missed.items())),
        "false": dict(sorted(score.false.items())),
    }
