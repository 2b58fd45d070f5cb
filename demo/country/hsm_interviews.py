"""The interviews of a round as they should go: when, which answers, how the device writes them down.

Belongs here: sound interviews and their ordinary fate (sent, approved). Does not belong here: what goes
wrong (`hsm_troubles.py`), the questions (`hsm_questions.py`), the project as the server wants it (`hsm.py`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from demo.country.deliveries import KYIV
from demo.country.hsm_answers import answers, hardship
from demo.country.hsm_form import ASSET_ONE, ASSET_TWO, DEPLOYED, question_paths, version_id
from demo.country.hsm_sample import Informant, Site
from demo.kobo.project import Event, parse_time

YEAR = 2025
SUPERVISOR = "field_supervisor"
_FIRST_DAY, _LAST_DAY = 4, 22
_LAST_VERDICT_DAY = 28
_APPROVED = 0.74
_COMMENTS = (
    "Road to the centre was closed for two days.",
    "People wait for the pension office to open.",
    "Школа працює лише до обіду.",
    "The pump broke again; spare parts ordered.",
    "Багато сімей повернулося цього місяця.",
)


@dataclass
class Interview:
    """One interview on its way: the row as sent, what happened to it afterwards, what is odd about it."""

    asset: str
    round: str
    site: Site
    seat: int
    start: datetime
    end: datetime
    sent: datetime
    row: dict[str, str]
    later: list[Event] = field(default_factory=list)
    odd: list[tuple[str, str, str]] = field(default_factory=list)  # kind, rule, note

    @property
    def informant(self) -> Informant:
        """Who was asked."""
        return self.site.informants[self.seat]

    @property
    def version(self) -> int:
        """Number of the form version on the device."""
        return form_version(self.asset, self.site.enumerator, self.end)


def month_of(round_key: str) -> int:
    """R03 is March."""
    return int(round_key[1:])


def form_version(asset: str, enumerator: str, moment: datetime) -> int:
    """The newest version deployed; in the month of the second one every other device still has the first."""
    deployed = sum(parse_time(at) <= moment for at in DEPLOYED[asset]) - 1
    slow = asset == ASSET_ONE and int(enumerator[-2:]) % 2 == 1
    return 0 if slow and deployed == 1 and moment.month == parse_time(DEPLOYED[asset][1]).month else deployed


def round_interviews(seed: int, round_key: str, sites: Iterable[Site]) -> list[Interview]:
    """Three interviews in each settlement, between the 4th and the 24th of the round's month."""
    source = random.Random(f"{seed} hsm {round_key}")
    asset = ASSET_ONE if month_of(round_key) <= 6 else ASSET_TWO
    found = []
    for site in sites:
        day = source.randint(_FIRST_DAY, _LAST_DAY)
        for seat in range(len(site.informants)):
            start = _start(source, round_key, day + (source.random() < 0.2), seat)
            end = start + timedelta(minutes=source.randint(18, 58), seconds=source.randint(0, 59))
            sent = end + _until_sent(source)
            interview = Interview(asset, round_key, site, seat, start, end, sent, {})
            interview.row = _row(interview, random.Random(f"{seed} {round_key} {site.before.pcode} {seat}"))
            interview.later += _verdict(source, sent)
            found.append(interview)
    return found


def _start(source: random.Random, round_key: str, day: int, seat: int) -> datetime:
    minutes = 9 * 60 + seat * 130 + source.randint(0, 60)
    moment = datetime(YEAR, month_of(round_key), day, minutes // 60, minutes % 60, tzinfo=KYIV)
    return moment + timedelta(seconds=source.randint(0, 59))


def _until_sent(source: random.Random) -> timedelta:
    """Mostly at once, sometimes from the hotel in the evening, sometimes days later from the next town."""
    luck = source.random()
    if luck < 0.8:
        return timedelta(minutes=source.randint(1, 20), seconds=source.randint(0, 59))
    return timedelta(hours=source.randint(3, 7)) if luck < 0.95 else timedelta(hours=source.randint(20, 70))


def _verdict(source: random.Random, sent: datetime) -> list[Event]:
    """Most interviews are approved within days; the rest the supervisor never looked at."""
    if source.random() >= _APPROVED:
        return []
    return [Event(verdict_time(source, sent), "validate", by=SUPERVISOR, status="approved")]


def verdict_time(source: random.Random, sent: datetime) -> str:
    """Two to four days after the interview came in, before the month is out."""
    latest = sent.replace(day=_LAST_VERDICT_DAY, hour=20, minute=0, second=0)
    moment = min(sent + timedelta(days=source.randint(2, 4), minutes=source.randint(0, 200)), latest)
    return max(moment, sent + timedelta(minutes=30)).isoformat()


def written(moment: datetime, style: int) -> str:
    """A time as devices write it: three spellings of the offset, and UTC."""
    text = moment.isoformat(timespec="milliseconds")
    if style == 1:
        return text[:-3] + text[-2:]
    in_utc = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return in_utc.replace("+00:00", "Z") if style == 2 else in_utc.replace("+00:00", "-00:00") if style == 3 else text


def _row(interview: Interview, source: random.Random) -> dict[str, str]:
    """The flat answers under the paths of the version on the device."""
    paths = question_paths(interview.asset, interview.version)
    said = _location(interview, source) | {"consent": "yes"} | _about(interview.informant)
    view = hardship(interview.site.before, month_of(interview.round), interview.site.bias)
    said |= answers(view, source)
    if source.random() < 0.2:
        said["comment"] = source.choice(_COMMENTS)
    style = source.choices((0, 1, 2, 3), (80, 10, 5, 5))[0]
    row = {
        "start": written(interview.start, style),
        "end": written(interview.end, style),
        "today": interview.start.date().isoformat(),
        "deviceid": interview.site.device,
        "username": interview.site.enumerator,
    }
    row |= {path: said[name] for name, path in paths.items() if name in said}
    if interview.version != form_version(interview.asset, "enum00", interview.sent):
        row["__version__"] = version_id(interview.asset, interview.version)
    return row


def _location(interview: Interview, source: random.Random) -> dict[str, str]:
    place = interview.site.before if interview.asset == ASSET_ONE else interview.site.after
    lat, lon = place.lat + source.uniform(-0.004, 0.004), place.lon + source.uniform(-0.004, 0.004)
    return {
        "round": interview.round,
        "region": place.pcode[:4],
        "district": place.pcode[:6],
        "commune": place.pcode[:9],
        "settlement": place.pcode,
        "gps": f"{lat:.6f} {lon:.6f} {source.randint(60, 240)} {source.randint(3, 20)}",
    }


def _about(informant: Informant) -> dict[str, str]:
    return {
        "ki_name": informant.name,
        "ki_phone": informant.phone,
        "ki_role": informant.role,
        "ki_sex": informant.sex,
        "ki_household_size": str(informant.household_size),
    }
