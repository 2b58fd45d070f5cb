"""The cleaning logs the survey team sends after a round: most lines are right, one of each kind is wrong.

Belongs here: which interviews they change and how. Does not belong here: interviews (`hsm_interviews.py`), what the
platform makes of a line.

Only settlements without any other trouble are touched, so that no planted case changes by the way.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence
from datetime import date

from demo.country.deliveries import Delivery, Trouble, at
from demo.country.hsm_form import question_paths
from demo.country.hsm_interviews import Interview, month_of
from demo.kobo.project import Asset
from demo.kobo.state import submission_uuid

SENDER = "survey-team"
_ROUNDS = ("R02", "R08")
_HEADER = ("uuid", "enumerator_num", "question", "issue", "old_value", "new_value", "change_type")
_NUMBER, _SIZE, _SEVERAL = "water_days_missing", "ki_household_size", "priority_needs"
_STRANGER = "00000000-0000-4000-8000-000000000000"

Row = tuple[str, str, str, str, str, str, str]


def cleaning_logs(assets: Sequence[Asset], interviews: Sequence[Interview], seed: int) -> tuple[
    list[Delivery], list[Trouble]
]:  # fmt: skip
    """One log a round, ten days after its month, and what is wrong in it."""
    deliveries, troubles = [], []
    for round_key in _ROUNDS:
        sound = _sound(interviews, round_key)
        if len(sound) < 4:
            continue
        uuids = _uuids(assets, interviews)
        rows, planted = _lines(_chosen(sound, random.Random(f"{seed} cleaning log {round_key}")), uuids, round_key)
        when = at(date(2025, month_of(round_key) + 1, 10))
        deliveries.append(Delivery(when, "hsm", SENDER, f"cleaning log {round_key}.csv", _csv(rows)))
        troubles += planted
    return deliveries, troubles


def _sound(interviews: Sequence[Interview], round_key: str) -> list[Interview]:
    here = [one for one in interviews if one.round == round_key]
    troubled = {one.site.number for one in here if one.odd}
    return [one for one in here if one.site.number not in troubled and _answered(one, _NUMBER)]


def _answered(one: Interview, name: str) -> bool:
    return question_paths(one.asset, one.version).get(name) in one.row


def _chosen(sound: Sequence[Interview], source: random.Random) -> list[Interview]:
    """Four interviews; the second has answered the question with several choices too."""
    drawn = source.sample(sound, len(sound))
    several = next(one for one in drawn if _answered(one, _SEVERAL))
    others = [one for one in drawn if one is not several]
    return [others[0], several, *others[1:3]]


def _uuids(assets: Sequence[Asset], interviews: Sequence[Interview]) -> dict[int, str]:
    """The lasting identifier of each interview: the server counts an asset's submissions in the order of arrival."""
    found: dict[int, str] = {}
    for asset in assets:
        mine = [one for one in interviews if one.asset == asset.uid]
        found |= {id(one): submission_uuid(asset, number) for number, one in enumerate(mine)}
    return found


def _lines(chosen: Sequence[Interview], uuids: dict[int, str], round_key: str) -> tuple[list[Row], list[Trouble]]:
    """Four lines that are followed, then one for each thing that can be wrong with a line."""
    first, second, third, fourth = chosen
    days, size, need = _said(first, _NUMBER), _said(second, _SIZE), _said(second, _SEVERAL).split()[0]
    plan: list[tuple[Interview, str, str, str, str, str]] = [
        (first, _NUMBER, days, str((int(days) + 1) % 31), "change_response", ""),
        (second, f"{_SEVERAL}/{need}", "1", "0", "change_response", ""),
        (third, _NUMBER, _said(third, _NUMBER), "", "blank_response", ""),
        (fourth, "", "", "", "remove_survey", ""),
        (first, _SIZE, _said(first, _SIZE), "", "delete_answer", "H-LOG-TYPE"),
        (second, _NUMBER, str(int(_said(second, _NUMBER)) + 40), "3", "change_response", "H-LOG-OLD-VALUE"),
        (third, _SIZE, _said(third, _SIZE), "about five", "change_response", "H-LOG-NEW-VALUE"),
        (third, "days without water", "2", "3", "change_response", "H-LOG-QUESTION"),
        (second, _SIZE, size, str(int(size) + 1), "change_response", "H-LOG-CONFLICT"),
        (second, _SIZE, size, "", "blank_response", "H-LOG-CONFLICT"),
    ]
    rows = [(uuids[id(one)], "", question, "checked by telephone", old, new, kind)
            for one, question, old, new, kind, _ in plan]  # fmt: skip
    rows.append((_STRANGER, "", _NUMBER, "from another round", "1", "2", "change_response"))
    rules = [rule for *_, rule in plan] + ["H-LOG-INTERVIEW"]
    planted = [
        Trouble("cleaning_log", "hsm", "", number, rule, f"{round_key}: a line of the cleaning log")
        for number, rule in enumerate(rules, start=2)
    ]
    return rows, planted


def _said(one: Interview, name: str) -> str:
    return str(one.row[question_paths(one.asset, one.version)[name]])


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_HEADER, *rows])
    return text.getvalue().encode("utf-8-sig")
