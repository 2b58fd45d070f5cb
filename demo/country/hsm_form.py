"""The monitoring form as KoBo keeps it: two assets, their deployed versions, a draft that nobody deployed.

Belongs here: XLSForm content in KPI's JSON shape and what changed from version to version. Does not belong
here: the wording (`hsm_questions.py`), interviews (`hsm.py`).

The second asset is the first one uploaded again for R07 to R12: every `$kuid` is new, one question has another
name, one choice is added, the default language changed (so that labels change places), places carry v02 codes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from demo.country.geography import Geography, Place
from demo.country.hsm_questions import (
    CHOICES,
    CLOSING,
    GROUPS,
    INDICATORS,
    INFORMANT,
    LANGUAGES,
    LOCATION,
    Ask,
)
from demo.kobo.project import FormVersion

Json = dict[str, Any]

ASSET_ONE, ASSET_TWO = "aKalvoriaHsmRoundsOne22", "aKalvoriaHsmRoundsTwo22"
ROUNDS = {
    ASSET_ONE: tuple(f"R{number:02d}" for number in range(1, 7)),
    ASSET_TWO: tuple(f"R{number:02d}" for number in range(7, 13)),
}
# What a person has to decide: the path in the second asset and the name the question always had.
RENAMED = {ASSET_TWO: {"health/health_centre_works": "health_facility_open"}}
MOBILE_BEFORE, MOBILE_AFTER = "services/mobile_network", "telecom/mobile_network"

DEPLOYED = {
    ASSET_ONE: ("2025-01-02T10:00:00+02:00", "2025-03-14T09:00:00+02:00", "2025-05-05T16:30:00+03:00"),
    ASSET_TWO: ("2025-06-27T12:00:00+03:00", "2025-10-02T10:15:00+03:00"),
}
DRAFT_AT = "2025-05-20T17:45:00+03:00"
_METADATA = ("start", "end", "today", "deviceid", "username")
_AFTER_CONSENT = "${consent} = 'yes'"
_LEVELS = ((1, "region"), (2, "district"), (3, "commune"), (4, "settlement"))


def versions(asset: str, geo: Geography, settlements: Sequence[str]) -> list[FormVersion]:
    """The deployed versions of an asset, oldest first; `settlements` are the sampled codes of its COD version."""
    places = _offered_places(geo, "v01" if asset == ASSET_ONE else "v02", settlements)
    edits: tuple[Callable[[list[Ask]], list[Ask]], ...]
    edits = (_first, _second, _third) if asset == ASSET_ONE else (_reuploaded, _reuploaded)
    contents = [_content(asset, edit([*INDICATORS]), places, number) for number, edit in enumerate(edits)]
    return [
        FormVersion(version_id(asset, number), at, content)
        for number, (at, content) in enumerate(zip(DEPLOYED[asset], contents, strict=True))
    ]


def draft(geo: Geography, settlements: Sequence[str]) -> Json:
    """Saved in May and never deployed: a question reworded, one of another type, one that no answer has."""
    changed = [
        ask._replace(type="text", choices="", aggregation="") if ask.name == "road_access"
        else ask._replace(label_en="Days without any water") if ask.name == "water_days_missing" else ask
        for ask in _third([*INDICATORS])
    ]  # fmt: skip
    changed.append(Ask("", "draft_question", "text", "", "To be discussed", "Обговорити"))
    return _content(ASSET_ONE, changed, _offered_places(geo, "v01", settlements), len(DEPLOYED[ASSET_ONE]))


def version_id(asset: str, number: int) -> str:
    """KoBo's name of a deployed version."""
    return "v" + _code(f"{asset} version {number}", 21)


def question_paths(asset: str, number: int) -> dict[str, str]:
    """Name of each question in the first form -> its path in that version; absent if the version lacks it."""
    edits = (_first, _second, _third) if asset == ASSET_ONE else (_reuploaded, _reuploaded)
    names = {new.rsplit("/", 1)[-1]: old for new, old in RENAMED.get(asset, {}).items()}
    asked = (*LOCATION, *INFORMANT, *edits[number]([*INDICATORS]), *CLOSING)
    return {names.get(ask.name, ask.name): _path(ask) for ask in asked}


def _first(asks: list[Ask]) -> list[Ask]:
    return [ask for ask in asks if ask.name != "infant_food"]


def _second(asks: list[Ask]) -> list[Ask]:
    """In the middle of R03: one question more, one choice more (see `_lists`)."""
    return asks


def _third(asks: list[Ask]) -> list[Ask]:
    """A question moved to another group (its path changes, its name doesn't) and one reworded."""
    moved = {"mobile_network": {"group": "telecom"}, "road_access": {"label_en": "Can trucks use the road"}}
    return [ask._replace(**moved.get(ask.name, {})) for ask in asks]


def _reuploaded(asks: list[Ask]) -> list[Ask]:
    new_name = {"health_facility_open": "health_centre_works"}
    return [ask._replace(name=new_name.get(ask.name, ask.name)) for ask in _third(asks)]


def _content(asset: str, indicators: list[Ask], places: list[Place], number: int) -> Json:
    """One version's content as `GET /assets/{uid}/versions/{vid}/` gives it."""
    languages = LANGUAGES if asset == ASSET_ONE else LANGUAGES[::-1]
    order = [LANGUAGES.index(language) for language in languages]
    survey: list[Json] = [_row(asset, name, name, name) for name in _METADATA]
    for block in (LOCATION, INFORMANT, indicators, CLOSING):
        survey += _block(asset, block, order, relevant=block is not LOCATION)
    return {
        "schema": "1",
        "survey": survey,
        "choices": [*_lists(asset, number, order), *_place_lists(asset, places, order)],
        "settings": {"default_language": languages[0]},
        "translated": ["label"],
        "translations": list(languages),
    }


def _block(asset: str, asks: Iterable[Ask], order: list[int], relevant: bool) -> list[Json]:
    """The rows of some questions, groups opened and closed around those that share one."""
    rows: list[Json] = []
    open_group = ""
    for ask in [*asks, Ask("", "", "", "", "", "")]:
        if ask.group != open_group:
            if open_group:
                rows.append({"type": "end_group", "$kuid": _kuid(asset, f"end {open_group}")})
            if ask.group:
                rows.append(_labelled(_row(asset, "begin_group", ask.group, ask.group), GROUPS[ask.group], order))
                rows[-1] |= {"relevant": _AFTER_CONSENT} if relevant else {}
            open_group = ask.group
        if ask.name:
            rows.append(_question(asset, ask, order, relevant))
    return rows


def _question(asset: str, ask: Ask, order: list[int], relevant: bool) -> Json:
    row = _labelled(_row(asset, ask.type, ask.name, _path(ask)), (ask.label_en, ask.label_uk), order)
    row |= {"select_from_list_name": ask.choices} if ask.choices else {}
    row |= {"aggregation": ask.aggregation} if ask.aggregation else {}
    row |= {"sector": ask.sector} if ask.sector else {}
    row |= {"relevant": _AFTER_CONSENT} if relevant and not ask.group else {}
    above = {name: _LEVELS[level - 2][1] for level, name in _LEVELS if level > 1}
    row |= {"choice_filter": f"{above[ask.name]}=${{{above[ask.name]}}}"} if ask.name in above else {}
    return row


def _row(asset: str, kind: str, name: str, path: str) -> Json:
    return {"type": kind, "name": name, "$kuid": _kuid(asset, path), "$xpath": path, "$autoname": name}


def _labelled(row: Json, labels: tuple[str, str], order: list[int]) -> Json:
    return row | {"label": [labels[place] for place in order]}


def _path(ask: Ask) -> str:
    return f"{ask.group}/{ask.name}" if ask.group else ask.name


def _lists(asset: str, number: int, order: list[int]) -> list[Json]:
    lists = dict(CHOICES)
    lists["round"] = tuple((name, f"Round {int(name[1:])}", f"Раунд {int(name[1:])}") for name in ROUNDS[asset])
    if asset == ASSET_TWO or number > 0:
        lists["fuel"] = (*lists["fuel"], ("pellets", "Pellets", "Пелети"))
    if asset == ASSET_TWO:
        lists["barriers"] = (*lists["barriers"], ("snow", "Snow on the road", "Сніг на дорозі"))
    return [
        _choice(asset, list_name, name, (label_en, label_uk), order)
        for list_name, choices in lists.items()
        for name, label_en, label_uk in choices
    ]


def _choice(asset: str, list_name: str, name: str, labels: tuple[str, str], order: list[int]) -> Json:
    kuid = _kuid(asset, f"{list_name}: {name}")
    row = {"list_name": list_name, "name": name, "$kuid": kuid, "$autovalue": name}
    return _labelled(row, labels, order)


def _offered_places(geo: Geography, version: str, settlements: Sequence[str]) -> list[Place]:
    """The sampled settlements and everything above them."""
    known = geo.by_pcode(version)
    wanted = {code[:length] for code in settlements for length in (4, 6, 9, 12)}
    return [known[code] for code in sorted(wanted, key=lambda code: (len(code), code))]


def _place_lists(asset: str, places: list[Place], order: list[int]) -> list[Json]:
    """Choices of the four levels, each with the code of the one above for the form's filter."""
    names = dict(_LEVELS)
    rows = []
    for place in places:
        row = _choice(asset, names[place.level], place.pcode, (place.name, place.name_local), order)
        rows.append(row | ({names[place.level - 1]: place.parent} if place.level > 1 else {}))
    return rows


def _kuid(asset: str, path: str) -> str:
    """KoBo's identifier of a row: kept through a rename in the form builder, lost in an upload (new asset)."""
    path = MOBILE_BEFORE if path == MOBILE_AFTER else path
    return _code(f"{asset} {path}", 9)


def _code(text: str, length: int) -> str:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    letters = []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        letters.append(alphabet[place])
    return "".join(letters)
