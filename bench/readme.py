"""The table in bench/README.md: its measured part is rewritten, the words around it stay.

Belongs here: layout of what was measured. Does not belong here: measuring.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from bench.pairs import REPO, Line, machine

README = REPO / "bench" / "README.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def plain(lines: Sequence[Line]) -> str:
    """For the terminal."""
    return "\n".join(
        f"  {'met    ' if line.met else 'NOT MET'} {line.work}: ours {line.ours}, bare {line.bare}, "
        f"ratio {_ratio(line)} (budget {line.budget}){f'; {line.note}' if line.note else ''}"
        for line in lines
    )


def write(measured: Mapping[str, Sequence[Line]]) -> None:
    """Replace the lines that were measured now; those of other measurements stay with their own machine and day."""
    store = README.with_name("measured.json")
    kept = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}
    on = machine()
    kept |= {name: {"machine": on, "lines": [asdict(line) for line in lines]} for name, lines in measured.items()}
    store.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{_table(kept)}\n{END}{after}", encoding="utf-8")


def _table(kept: Mapping[str, Mapping[str, object]]) -> str:
    machines = list(dict.fromkeys(str(entry["machine"]) for entry in kept.values()))
    rows = [
        "| name | work | ours | bare | ratio | budget | met | machine |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    notes = []
    for name, entry in kept.items():
        number = machines.index(str(entry["machine"])) + 1
        for line in (Line(**one) for one in entry["lines"]):  # type: ignore[attr-defined]
            met = "yes" if line.met else "**no**"
            rows.append(f"| {name} | {line.work} | {line.ours} | {line.bare} | {_ratio(line)} | {line.budget} | {met} "
                        f"| {number} |")  # fmt: skip
            notes += [f"- {name}, {line.work}: {line.note}"] if line.note else []
    where = [f"{number}. {words}" for number, words in enumerate(machines, start=1)]
    return "\n".join([*rows, "", "Machines:", "", *where, "", "Notes:", "", *notes])


def _ratio(line: Line) -> str:
    return "—" if line.ratio is None else f"{line.ratio:.2f}"
