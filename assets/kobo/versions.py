"""One deployed version of a form, read into plain rows.

Belongs here: the spellings of KPI's `content` (labels as lists beside `translations`, names that are missing, groups
that only `$xpath` remembers). Does not belong here: putting versions together (`forms.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_OPENS = ("begin_group", "begin_repeat", "begin_kobomatrix", "begin_score", "begin_rank")
_CLOSES = ("end_group", "end_repeat", "end_kobomatrix", "end_score", "end_rank")
# They ask nothing, so there is nothing to read.
_SILENT = ("note", "audit")


@dataclass(frozen=True)
class Row:
    """A question of one version. `version_rank` is when that version was deployed, for comparing versions."""

    xpath: str
    type: str
    labels: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]
    aggregation: str
    sector: str
    position: int
    version_rank: int


def language_codes(content: Json) -> list[str]:
    """`English (en)` is `en`; a language without a code keeps its lower-case name; the only, unnamed one is
    English.
    """
    return [_language(name) for name in content.get("translations") or [None]]


def _language(name: str | None) -> str:
    if not name:
        return "en"
    code = re.search(r"\(([\w-]+)\)\s*$", name)
    return code.group(1).lower() if code else "en" if name.lower().startswith("english") else name.lower()


def read_version(content: Json, rank: int = 0) -> list[Row]:
    """The questions of a version in their order. Questions inside repeats are left out: they have no single
    answer.
    """
    languages = language_codes(content)
    lists = _choice_lists(content, languages)
    rows: list[Row] = []
    groups: list[tuple[str, bool]] = []
    for position, row in enumerate(content.get("survey", [])):
        kind, _, named_list = str(row.get("type", "")).partition(" ")
        name = str(row.get("name") or row.get("$autoname") or row.get("$kuid") or "")
        if kind in _OPENS:
            groups.append((name, kind == "begin_repeat"))
        elif kind in _CLOSES:
            del groups[-1:]
        elif kind not in _SILENT and not any(repeats for _, repeats in groups):
            xpath = str(row.get("$xpath") or "/".join([*(group for group, _ in groups), name]))
            choices = lists.get(str(row.get("select_from_list_name") or named_list), {})
            rows.append(
                Row(
                    xpath=xpath,
                    type=kind,
                    labels=_by_language(row.get("label"), languages),
                    choices=choices if kind.startswith("select_") else {},
                    aggregation=str(row.get("aggregation") or "").strip(),
                    sector=str(row.get("sector") or "").strip(),
                    position=position,
                    version_rank=rank,
                )
            )
    return rows


def _choice_lists(content: Json, languages: Sequence[str]) -> dict[str, dict[str, Mapping[str, str]]]:
    """Choices by list; a form without selects has no `choices` at all."""
    lists: dict[str, dict[str, Mapping[str, str]]] = {}
    for choice in content.get("choices") or []:
        code = str(choice.get("name") or choice.get("$autovalue") or "")
        lists.setdefault(str(choice.get("list_name")), {})[code] = _by_language(choice.get("label"), languages)
    return lists


def _by_language(labels: Any, languages: Sequence[str]) -> dict[str, str]:
    """Labels as a list beside the languages; older content has one text. Empty ones are left out."""
    texts = labels if isinstance(labels, list) else [labels]
    return {code: str(text) for code, text in zip(languages, texts, strict=False) if text}
