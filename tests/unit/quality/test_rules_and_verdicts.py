"""Rules as data, and the verdict that follows from findings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.quality.rules import RULES_FOLDER, Severity, load_rules, rule, rules_of
from assets.quality.verdict import Column, Finding, Verdict, Word, conclude
from orchestration.failures import Permanent

RULE = """source: tests
rules:
  - id: {id}
    severity: {severity}
    title: A title
    message: "{message}"
    what_to_do: Something.
    example: Something.
"""


def _folder(path: Path, **words: str) -> Path:
    filled = RULE.format(**{"id": "T-ONE", "severity": "warn", "message": "In {column}.", **words})
    path.joinpath("tests.yml").write_text(filled, encoding="utf-8")
    return path


def test_every_source_has_its_rules() -> None:
    prefixes = {"clusters": "C-", "displacement": "D-", "register": "R-", "hsm": "H-", "cods": "G-", "needs": "N-"}
    assert {known.source for known in load_rules().values()} == set(prefixes)
    for source, prefix in prefixes.items():
        assert all(name.startswith(prefix) for name in rules_of(source))


@pytest.mark.parametrize("name", sorted(load_rules()))
def test_rule_speaks_in_sentences(name: str) -> None:
    known = rule(name)
    said = known.say(column="People reached", detail="Something.", row=5, suggestion="")
    assert "{" not in said
    assert said[-1] in ".!" and known.what_to_do[-1] == "."
    assert known.title[-1] not in ".:"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"severity": "fatal"}, "a severity of"),
        ({"message": "Found {value}."}, "placeholders of"),
        ({"message": " "}, "words for every key"),
    ],
)
def test_wrong_rule_is_refused_by_name(tmp_path: Path, words: dict[str, str], complaint: str) -> None:
    with pytest.raises(Permanent, match=rf"tests.yml, T-ONE: expected {complaint}"):
        load_rules(_folder(tmp_path, **words))


def test_incomplete_rule_is_refused(tmp_path: Path) -> None:
    path = _folder(tmp_path).joinpath("tests.yml")
    path.write_text(path.read_text(encoding="utf-8").replace("    example: Something.\n", ""), encoding="utf-8")
    with pytest.raises(Permanent, match="example"):
        load_rules(tmp_path)


def test_rule_defined_twice_is_refused(tmp_path: Path) -> None:
    _folder(tmp_path).joinpath("again.yml").write_text(
        RULE.format(id="T-ONE", severity="info", message="x"), encoding="utf-8"
    )
    with pytest.raises(Permanent, match="an id used once"):
        load_rules(tmp_path)


def test_unknown_rule_and_empty_folder_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="C-NONE"):
        rule("C-NONE")
    with pytest.raises(Permanent, match="there are none"):
        load_rules(tmp_path)
    assert RULES_FOLDER.is_dir()


def _verdict(*findings: Finding, rows: int = 10) -> Verdict:
    return conclude(
        source="clusters",
        arrival_id="a" * 16,
        sender="wsh-focal",
        partition="2025-03",
        subject="WSH",
        rows_total=rows,
        findings=findings,
        columns={"reached": Column("S", "People reached")},
    )


@pytest.mark.parametrize(
    ("findings", "word", "accepted", "summary"),
    [
        ([], Word.ACCEPTED, 10, "All 10 rows were accepted. Thank you."),
        ([Finding("C-LOOKALIKE", 3)], Word.ACCEPTED, 10, "All 10 rows were accepted. Thank you."),
        (
            [Finding("C-SADD", 3), Finding("C-OVER-TARGET", 3)],
            Word.WITH_WARNINGS,
            10,
            "All 10 rows were accepted; 1 row should be looked at again.",
        ),
        (
            [Finding("C-NUMBER", 3), Finding("C-NEGATIVE", 3), Finding("C-NUMBER", 4)],
            Word.PARTLY,
            8,
            "8 of 10 rows were accepted; 2 rows wait for your correction.",
        ),
        (
            [Finding("C-NUMBER", 3), Finding("C-PERIOD")],
            Word.REFUSED,
            0,
            "The file was not accepted: the month in the sheet is not the month of the file. "
            "Please correct it and send it again.",
        ),
        (
            [Finding("C-NUMBER", n) for n in range(10)],
            Word.REFUSED,
            0,
            "None of the 10 rows could be used. Please correct them and send the file again.",
        ),
    ],
)
def test_verdict_follows_from_the_gravest(findings: list[Finding], word: Word, accepted: int, summary: str) -> None:
    verdict = _verdict(*findings)
    assert (verdict.verdict, verdict.rows_accepted, verdict.summary) == (word, accepted, summary)
    assert verdict.rows_accepted + verdict.rows_refused == verdict.rows_total


def test_findings_are_in_one_order_whatever_order_they_came_in() -> None:
    findings = [
        Finding("C-SADD", 2),
        Finding("C-NUMBER", 9, "reached"),
        Finding("C-NUMBER", 9, "boys"),
        Finding("C-NUMBER", 2),
    ]
    assert _verdict(*findings) == _verdict(*reversed(findings))
    assert [f.row for f in _verdict(*findings).findings] == [2, 9, 9, 2]


def test_large_sources_count_instead_of_listing() -> None:
    verdict = conclude(
        source="register",
        arrival_id="b" * 16,
        sender="s",
        partition="2025-03-31",
        subject=None,
        rows_total=1000,
        findings=[Finding("R-SEX", count=40), Finding("R-ID-MISSING", count=7)],
        rows_refused=7,
    )
    assert (verdict.rows_accepted, verdict.verdict) == (993, Word.PARTLY)
    assert verdict.count_by_rule() == {"R-ID-MISSING": 7, "R-SEX": 40}


_findings = st.builds(
    Finding,
    rule=st.sampled_from(sorted(rules_of("clusters"))),
    row=st.none() | st.integers(1, 10),
    column=st.none() | st.sampled_from(["reached", "org"]),
    suggestion=st.none() | st.text(max_size=5),
    count=st.integers(1, 3),
)


@given(st.lists(_findings))
def test_verdict_survives_json(findings: list[Finding]) -> None:
    verdict = _verdict(*findings)
    text = json.dumps(verdict.to_json(), sort_keys=True)
    assert Verdict.from_json(json.loads(text)) == verdict
    assert json.loads(text)["verdict"] == verdict.verdict.value


def test_severities_have_an_order() -> None:
    assert sorted(Severity, key=lambda severity: severity.rank) == ["refuse", "quarantine", "warn", "info"]
