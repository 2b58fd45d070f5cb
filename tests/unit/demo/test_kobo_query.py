"""The query language of the demo server: KPI's whitelist, and MongoDB's manners within it."""

from __future__ import annotations

from typing import Any

import pytest

from demo.kobo.query import UnsupportedQueryError, check, matches, ordered

SAMPLE = {"_id": 7, "g/a": "2", "tags": ["x", "y"], "deep": {"uid": "u"}, "list": [{"k": 1}, {"k": 2}], "none": None}


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"g/a": "2"}, True),
        ({"g/a": 2}, False),
        ({"g/a": {"$gt": 1}}, False),
        ({"_id": {"$gt": 6, "$lte": 7}}, True),
        ({"_id": {"$in": [1, 7]}}, True),
        ({"deep.uid": "u"}, True),
        ({"list.k": 2}, True),
        ({"list": {"$elemMatch": {"k": 2}}}, True),
        ({"tags": "x"}, True),
        ({"tags": {"$all": ["x", "z"]}}, False),
        ({"missing": None}, True),
        ({"missing": {"$exists": False}}, True),
        ({"none": {"$exists": True}}, True),
        ({"g/a": {"$regex": "^2$"}}, True),
        ({"deep.uid": {"$regex": "U", "$options": "i"}}, True),
        ({"_id": {"$not": {"$lt": 7}}}, True),
        ({"$or": [{"_id": 1}, {"$and": [{"_id": 7}, {"g/a": "2"}]}]}, True),
        ({"$and": [{"_id": 7}, {"g/a": "3"}]}, False),
    ],
)
def test_the_query_language(query: dict[str, Any], fits: bool) -> None:
    check(query)
    assert matches(SAMPLE, query) is fits


@pytest.mark.parametrize("query", [{"$where": "1"}, {"a": {"$ne": 1}}, {"$or": [{"a": {"$nin": []}}]}])
def test_operators_kobo_does_not_let_through(query: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedQueryError):
        check(query)


def test_sorting() -> None:
    rows = [{"_id": n, "v": value} for n, value in ((3, "b"), (1, "a"), (2, None))] + [{"_id": 4}]
    assert [r["_id"] for r in ordered(rows, {})] == [1, 2, 3, 4]
    assert [r["_id"] for r in ordered(rows, {"v": -1})] == [3, 1, 2, 4]
    assert [r["_id"] for r in ordered(rows, {"v": 1, "_id": -1})] == [4, 2, 1, 3]
