"""The page about our rules says what the rules say."""

from assets.quality import standards
from assets.quality.rules import load_rules


def test_the_committed_page_is_what_the_rules_give() -> None:
    assert standards.PAGE.read_text(encoding="utf-8") == standards.page(), (
        "docs/data-quality-standards.md is not up to date: run `python -m assets.quality.standards`"
    )


def test_every_rule_stands_on_the_page_once() -> None:
    lines = standards.page().splitlines()
    for rule in load_rules().values():
        own = [line for line in lines if line.startswith(f"| `{rule.id}` |")]
        assert len(own) == 1, rule.id
        assert rule.title in own[0] and rule.what_to_do.replace("|", "\\|") in own[0]


def test_a_bar_in_a_text_does_not_break_the_table() -> None:
    assert standards._row("a|b", "c") == "| a\\|b | c |"
