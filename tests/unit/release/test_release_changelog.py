"""The change log tells what a reader of both versions could see, and no more."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from assets.release.changelog import compare
from assets.release.content import Content, read_content
from assets.release.dictionary import Column
from assets.release.files import write_parquet

COLUMNS = (
    Column("pcode", "VARCHAR", "P-code"),
    Column("people", "BIGINT", "People"),
    Column("value_status", "VARCHAR", "Status"),
)


def content(rows: list[tuple], columns: tuple[Column, ...] = COLUMNS, keys: tuple[str, ...] = ("pcode",)) -> Content:
    return read_content(pd.DataFrame(rows, columns=[c.name for c in columns], dtype=object), columns, keys)


def parquet(made: Content, path: Path) -> Path:
    write_parquet(made, path)
    return path


def test_the_first_version_says_so() -> None:
    log = compare(None, content([("XV01", 12, "reported")]))
    assert log.words() == ["First version, 1 row."]


def test_rows_added_removed_and_changed_are_counted_and_the_biggest_told(tmp_path: Path) -> None:
    before = content([("XV01", 100, "reported"), ("XV02", 50, "reported"), ("XV03", 7000, "reported")])
    after = content([("XV01", 130, "reported"), ("XV03", 5000, "reported"), ("XV04", 9, "reported")])
    log = compare(parquet(before, tmp_path / "a.parquet"), after)
    assert (log.added, log.removed, log.changed, dict(log.changed_by_column)) == (1, 1, 2, {"people": 2})
    assert [(c.key, c.before, c.after, c.difference) for c in log.biggest] == [
        ({"pcode": "XV03"}, "7000", "5000", "-2000"),
        ({"pcode": "XV01"}, "100", "130", "+30"),
    ]
    assert log.words() == [
        "1 row added, 1 removed, 2 changed; 3 rows now.",
        "people changed in 2 rows.",
        "pcode XV03: people from 7000 to 5000 (-2000).",
        "pcode XV01: people from 100 to 130 (+30).",
    ]


def test_a_figure_that_is_suppressed_in_either_version_is_never_told(tmp_path: Path) -> None:
    before = content([("XV01", 31, "reported"), ("XV02", None, "suppressed")])
    after = content([("XV01", None, "suppressed"), ("XV02", 77, "reported")])
    log = compare(parquet(before, tmp_path / "a.parquet"), after)
    assert log.changed == 2
    assert log.biggest == ()
    assert not any("31" in words or "77" in words for words in log.words())


def test_nothing_changed_is_said_plainly(tmp_path: Path) -> None:
    same = content([("XV01", 100, "reported")])
    assert compare(parquet(same, tmp_path / "a.parquet"), same).words() == ["No figure changed; 1 row as before."]


def test_new_and_gone_columns_are_named_and_new_keys_end_the_comparison(tmp_path: Path) -> None:
    path = parquet(content([("XV01", 100, "reported")]), tmp_path / "a.parquet")
    renamed = (COLUMNS[0], Column("individuals", "BIGINT", "People"), COLUMNS[2])
    log = compare(path, content([("XV01", 100, "reported")], renamed))
    assert (log.columns_added, log.columns_removed) == (("individuals",), ("people",))
    assert "Columns gone: people." in log.words()
    by_sex = (COLUMNS[0], Column("sex", "VARCHAR", "Sex"), *COLUMNS[1:])
    other = compare(path, content([("XV01", "f", 100, "reported")], by_sex, ("pcode", "sex")))
    assert not other.comparable
    assert other.words()[0].startswith("The key columns changed")
