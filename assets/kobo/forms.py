"""One form out of all the versions an asset was ever deployed with, and the `questions` table made from it.

Belongs here: the union of versions by `$xpath`, labels by language, reviewed renames, choice lists, what may be
analysed. Does not belong here: answers (`interviews.py`), fetching versions (`pull.py`), how answers are aggregated
(dbt).

Why a union: rows keep the version they were submitted with, and an asset's own `content` is somebody's draft. Why
reviewed renames: re-uploading an XLSForm renews every `$kuid`, so no identifier survives from one round to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.kobo.versions import Row, language_codes, read_version
from orchestration.failures import Permanent

Json = dict[str, Any]

# What the analysis knows how to add up. Anything else stays in the sealed data.
CARRIED_TYPES = ("select_one", "select_multiple", "integer")
# Values of the column `aggregation` by which a form's author says: not for the settlement tables.
_NOT_AGGREGATED = ("", "none", "exclude", "excluded", "hh_level")


# Questions every monitoring form has under these names; they say where, when and whether an interview counts.
CORE = ("consent", "round", "settlement", "ki_role", "ki_sex", "enumerator")


@dataclass(frozen=True)
class Option:
    """One choice of a select question."""

    code: str
    label_en: str
    label_local: str


@dataclass(frozen=True)
class Question:
    """A question under its canonical name, over all versions; the newest version that has it decides."""

    name: str
    paths: tuple[str, ...]
    type: str
    label_en: str
    label_local: str
    aggregation: str
    sector: str
    options: tuple[Option, ...]

    @property
    def carried(self) -> bool:
        """Whether answers may enter the checked tables: opt-in, by the form's column `aggregation`."""
        return self.type in CARRIED_TYPES and self.aggregation not in _NOT_AGGREGATED

    @property
    def codes(self) -> frozenset[str]:
        """Every code the question ever offered."""
        return frozenset(option.code for option in self.options)


@dataclass(frozen=True)
class Form:
    """All versions of one asset as one form. `remarks` are for the officer and hold no answer."""

    asset_uid: str
    questions: Mapping[str, Question]
    names: Mapping[str, str]
    remarks: tuple[str, ...] = ()
    languages: tuple[str, ...] = field(default=())


def build_form(
    asset_uid: str, versions: Iterable[Json], renames: Mapping[str, str] | None = None, local: str | None = None
) -> Form:
    """The union of deployed versions (as `GET …/versions/{uid}/` gives them), oldest to newest.

    `renames` maps an old `$xpath` to the canonical name; `local` is the language code of the local labels, by default
    the first that is not English.
    """
    mapping = dict(renames or {})
    remarks: list[str] = []
    merged: dict[str, list[Row]] = {}
    languages: list[str] = []
    for rank, version in enumerate(sorted(versions, key=_deployed)):
        content = version["content"]
        languages += [code for code in language_codes(content) if code not in languages]
        for name, row in _named(asset_uid, str(version["uid"]), read_version(content, rank), mapping).items():
            merged.setdefault(name, []).append(row)
    _refuse_stale(asset_uid, mapping, {row.xpath for rows in merged.values() for row in rows})
    tongue = local or next((code for code in languages if code != "en"), "en")
    questions = {name: _merge(name, rows, tongue, remarks) for name, rows in _newest_order(merged)}
    names = {row.xpath: name for name, rows in merged.items() for row in rows}
    return Form(asset_uid, questions, names, tuple(remarks), tuple(languages))


def _deployed(version: Json) -> tuple[str, str]:
    return str(version["date_deployed"]), str(version["uid"])


def _named(asset_uid: str, vid: str, rows: Sequence[Row], renames: Mapping[str, str]) -> dict[str, Row]:
    """The rows of one version by canonical name. Of two that would share one, those nobody analyses keep their path;
    for the others it is a decision for a person.
    """
    named: dict[str, Row] = {}
    for row in rows:
        name = renames.get(row.xpath, row.xpath.rsplit("/", 1)[-1])
        rival = named.get(name)
        if rival is None:
            named[name] = row
        elif name in CORE or row.aggregation or rival.aggregation or row.xpath in renames:
            raise Permanent(
                f"Read version {vid} of KoBo asset {asset_uid}: {rival.xpath} and {row.xpath} both become the question "
                f"{name!r}. Give one its own name in the asset's rename file; trying again does not help."
            )
        else:
            named[row.xpath] = row
    return named


def _refuse_stale(asset_uid: str, renames: Mapping[str, str], paths: set[str]) -> None:
    stale = sorted(set(renames) - paths)
    if stale:
        raise Permanent(
            f"The rename file of KoBo asset {asset_uid} names {', '.join(stale)}, which no deployed version has. "
            "Correct or remove these lines; trying again does not help."
        )


def _newest_order(merged: Mapping[str, list[Row]]) -> list[tuple[str, list[Row]]]:
    """Questions in the order of the newest version; those it dropped come last."""
    newest = max((row.version_rank for rows in merged.values() for row in rows), default=0)
    return sorted(merged.items(), key=lambda item: (item[1][-1].version_rank != newest, item[1][-1].position, item[0]))


def _merge(name: str, rows: Sequence[Row], local: str, remarks: list[str]) -> Question:
    latest = rows[-1]
    question = Question(
        name=name,
        paths=tuple(dict.fromkeys(row.xpath for row in rows)),
        type=_widened(name, rows, remarks),
        label_en=_label([row.labels for row in rows], "en") or name,
        label_local=_label([row.labels for row in rows], local) or _label([row.labels for row in rows], "en") or name,
        aggregation=latest.aggregation,
        sector=latest.sector,
        options=_options(rows, local),
    )
    if latest.aggregation not in _NOT_AGGREGATED and question.type not in CARRIED_TYPES:
        remarks.append(f"{name}: type {question.type} cannot be aggregated; its answers stay sealed")
    if len({row.aggregation for row in rows}) > 1:
        remarks.append(f"{name}: the way of aggregating differs between versions; the newest counts")
    return question


def _widened(name: str, rows: Sequence[Row], remarks: list[str]) -> str:
    """One type for all versions: a choice that became several stays a choice; any other change makes it
    text.
    """
    types = {row.type for row in rows}
    if len(types) == 1:
        return rows[-1].type
    widened = "select_multiple" if types == {"select_one", "select_multiple"} else "text"
    remarks.append(f"{name}: type changed between versions ({', '.join(sorted(types))}); read as {widened}")
    return widened


def _label(labels: Sequence[Mapping[str, str]], language: str) -> str:
    """The newest label that is not empty."""
    return next((text for found in reversed(labels) if (text := found.get(language, ""))), "")


def _options(rows: Sequence[Row], local: str) -> tuple[Option, ...]:
    """Every code ever offered, in the newest list's order."""
    labels: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        for code, texts in row.choices.items():
            labels.setdefault(code, []).append(texts)
    return tuple(
        Option(
            code, _label(labels[code], "en") or code, _label(labels[code], local) or _label(labels[code], "en") or code
        )
        for code in _union_order([list(row.choices) for row in rows])
    )


def _union_order(lists: Sequence[list[str]]) -> list[str]:
    """A code that newer lists dropped keeps its place behind its old neighbour: ranked lists must stay
    ranked.
    """
    order: list[str] = []
    for codes in reversed(lists):
        for place, code in enumerate(codes):
            if code not in order:
                before = [order.index(neighbour) for neighbour in codes[:place]]
                order.insert(before[-1] + 1 if before else 0, code)
    return order


def questions_table(form: Form, rounds: Iterable[str]) -> list[Json]:
    """The contract table `questions`. One row per round, question and option (one row where there are no
    options).
    """
    table = []
    for number in sorted(set(rounds)):
        for question in form.questions.values():
            if not question.carried:
                continue
            base = {
                "round": number,
                "question": question.name,
                "label_en": question.label_en,
                "label_local": question.label_local,
                "type": question.type,
                "aggregation": question.aggregation,
                "sector": question.sector,
            }
            options: Sequence[Option | None] = question.options if question.type != "integer" else ()
            for order, option in enumerate(options or [None], start=1):
                table.append({**base, **_option_columns(option, order)})
    return table


def _option_columns(option: Option | None, order: int) -> Json:
    return {
        "option": option.code if option else None,
        "option_label_en": option.label_en if option else None,
        "option_label_local": option.label_local if option else None,
        "option_order": order if option else None,
    }


def label_rows(asset_uid: str, versions: Iterable[Json]) -> list[Json]:
    """Every label in every language. One row per version, question or choice, and language."""
    rows = []
    for version in sorted(versions, key=_deployed):
        base = {"asset": asset_uid, "version": str(version["uid"])}
        for row in read_version(version["content"]):
            found = [(row.xpath, "", row.labels), *((row.xpath, code, texts) for code, texts in row.choices.items())]
            for path, code, texts in found:
                for language, label in texts.items():
                    rows.append({**base, "xpath": path, "option": code, "language": language, "label": label})
    return rows
