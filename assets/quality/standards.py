"""The rules as a page for people: `docs/data-quality-standards.md`, written from the files in `rules/`.

Belongs here: the words around the rules. Does not belong here: any rule. `python -m assets.quality.standards` writes
the page anew; a test compares it with the rules, so that it never says what the platform does not do.
"""

from __future__ import annotations

from pathlib import Path

from assets.quality.rules import Rule, Severity, rules_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-quality-standards.md"
SOURCES = {
    "clusters": "Cluster workbooks (3W/5W)",
    "displacement": "Weekly displacement tables",
    "needs": "The needs workbook",
    "hsm": "Interviews of the humanitarian situation monitoring",
    "register": "Registration extracts",
    "cods": "Common operational datasets (boundaries and population)",
}
_EFFECTS = {
    Severity.REFUSE: ("refuse", "nothing of the file is used until it is sent again"),
    Severity.QUARANTINE: ("row waits", "this row is not used until it is corrected, all others are"),
    Severity.WARN: ("look again", "the row is used; please look whether it is right"),
    Severity.INFO: ("told", "nothing to do: how we read it, or what was left out as agreed"),
}
_HEAD = """<!-- Written by `python -m assets.quality.standards`: change assets/quality/rules/, not this page. -->
# Data quality standards

What every file and every row is held against, in the words its sender reads. A rule has the same number on the
partner's page, in the marked workbook, in Dagster and here.
"""


def page() -> str:
    """The whole page; the same rules give the same text."""
    parts = [_HEAD, _effects(), *(_source(name, title) for name, title in SOURCES.items())]
    return "\n".join(parts)


def _effects() -> str:
    rows = [_row(f"**{word}**", what) for word, what in _EFFECTS.values()]
    return "\n".join([_row("what happens", "means"), _row("---", "---"), *rows, ""])


def _source(name: str, title: str) -> str:
    rules = rules_of(name).values()
    ordered = sorted(rules, key=lambda rule: rule.severity.rank)  # a stable sort: within one severity the file's order
    lines = [_line(rule) for rule in ordered]
    return "\n".join([f"## {title}\n", _row("rule", "what happens", "what it is", "what to do", "for example"),
                      _row(*["---"] * 5), *lines, ""])  # fmt: skip


def _line(rule: Rule) -> str:
    return _row(f"`{rule.id}`", _EFFECTS[rule.severity][0], rule.title, rule.what_to_do, rule.example)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
