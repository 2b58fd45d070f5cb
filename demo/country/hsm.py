"""Humanitarian situation monitoring: the KoBo project of the demo year with its answer key.

Belongs here: putting forms, interviews and troubles together as the KoBo server plays them back.
Does not belong here: forms (`hsm_form.py`), sample (`hsm_sample.py`), interviews (`hsm_interviews.py`),
troubles (`hsm_troubles.py`), the server (`demo/kobo`).

The answer key's `row` is the `_id` the server gives: submissions counted in the order of arrival over both assets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from demo.country.canaries import canaries, canary_count
from demo.country.deliveries import Delivery, Trouble
from demo.country.geography import Geography
from demo.country.hsm_form import ASSET_ONE, ASSET_TWO, DRAFT_AT, ROUNDS, draft, versions
from demo.country.hsm_interviews import Interview, round_interviews
from demo.country.hsm_log import cleaning_logs
from demo.country.hsm_sample import INFORMANTS_PER_SETTLEMENT, sampled_places, sites
from demo.country.hsm_troubles import mention, plant
from demo.kobo.project import Asset, Event, KoboProject, Submission, parse_time

_NAMES = {ASSET_ONE: "HSM Kalvoria 2025, rounds 1 to 6", ASSET_TWO: "HSM Kalvoria 2025, rounds 7 to 12"}
_PLACES = {ASSET_ONE: 1, ASSET_TWO: 2}
_ROUNDS_OF_SIZE = {"small": 3, "country": 12}
_ALSO_MENTIONED = 12  # informants whose contact another interview's free text gives away


@dataclass(frozen=True)
class Survey:
    """The year of the survey: what the server plays back, the cleaning logs that are sent, what was planted in both."""

    project: KoboProject
    logs: list[Delivery]
    troubles: list[Trouble]


def survey(geo: Geography, seed: int, size: str) -> Survey:
    """Both assets with everything that happens to them in the year, and what is sent about them."""
    submissions = _in_order_of_arrival(_interviews(geo, seed, size))
    assets = [_asset(geo, uid, submissions) for uid in (ASSET_ONE, ASSET_TWO)]
    logs, planted = cleaning_logs(assets, submissions, seed)
    return Survey(KoboProject(assets), logs, _answer_key(submissions) + planted)


def kobo_project(geo: Geography, seed: int, size: str) -> tuple[KoboProject, list[Trouble]]:
    """What the server plays back, and what was planted in it."""
    made = survey(geo, seed, size)
    return made.project, [trouble for trouble in made.troubles if trouble.kind != "cleaning_log"]


def _interviews(geo: Geography, seed: int, size: str) -> list[Interview]:
    planted = canaries(seed, canary_count(size))
    visited = sites(geo, seed, size, planted)
    rounds = [*ROUNDS[ASSET_ONE], *ROUNDS[ASSET_TWO]][: _ROUNDS_OF_SIZE[size]]
    sound = [one for round_key in rounds for one in round_interviews(seed, round_key, visited)]
    interviews = plant(sound, seed, size)
    no_seat = planted[len(visited) * INFORMANTS_PER_SETTLEMENT :]
    mention(interviews, [*no_seat, *planted[:_ALSO_MENTIONED]])
    return interviews


def _in_order_of_arrival(interviews: list[Interview]) -> list[Interview]:
    def arrival(interview: Interview) -> tuple[datetime, int, int, int]:
        moment = interview.sent.astimezone(UTC)
        return moment, _PLACES[interview.asset], interview.site.number, interview.seat

    return sorted(interviews, key=arrival)


def _asset(geo: Geography, uid: str, submissions: list[Interview]) -> Asset:
    offered = [before.pcode if uid == ASSET_ONE else after.pcode for before, after in sampled_places(geo)]
    return Asset(
        uid=uid,
        name=_NAMES[uid],
        versions=versions(uid, geo, offered),
        draft_content=draft(geo, offered) if uid == ASSET_ONE else None,
        draft_at=DRAFT_AT if uid == ASSET_ONE else "",
        submissions=[_submission(one) for one in submissions if one.asset == uid],
    )


def _submission(interview: Interview) -> Submission:
    sent = Event(interview.sent.isoformat(), "submit", row=dict(interview.row), by=interview.site.enumerator)
    return Submission([sent, *sorted(interview.later, key=lambda event: parse_time(event.at))])


def _answer_key(submissions: list[Interview]) -> list[Trouble]:
    return [
        Trouble(
            kind,
            "hsm",
            "",
            None if rule == "H-FEW" else number,
            rule,
            f"{interview.asset} {interview.round}: {note}",
        )
        for number, interview in enumerate(submissions, start=1)
        for kind, rule, note in interview.odd
    ]
