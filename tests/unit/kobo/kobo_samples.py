"""A small monitoring form and its life, for the tests of pulling and reading."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import requests

from demo.kobo.accounts import token_of
from demo.kobo.project import Asset, Event, FormVersion, KoboProject, Submission
from demo.kobo.routes import Request, answer
from demo.kobo.state import Playback
from orchestration.kobo_api import KoboClient

UID = "aSampleMonitoring"
START = datetime(2025, 1, 10, 8, 0, tzinfo=UTC)
LANGUAGES = ["English (en)", "Kalvorian (kv)"]
LISTS = {
    "yesno": {"yes": ("Yes", "Так"), "no": ("No", "Ні")},
    "rounds": {"R01": ("Round 1", "Раунд 1"), "R02": ("Round 2", "Раунд 2")},
    "roles": {"leader": ("Community leader", "Голова"), "teacher": ("Teacher", "Вчитель")},
    "sexes": {"f": ("Female", "Жінка"), "m": ("Male", "Чоловік")},
    "needs": {"water": ("Water", "Вода"), "food": ("Food", "Їжа"), "none": ("None", "Нічого")},
    "access": {"full": ("Full", "Повний"), "partial": ("Partial", "Частковий"), "dnk": ("Don't know", "Не знаю")},
}
QUESTIONS: list[dict[str, Any]] = [
    {"type": "start", "name": "start"},
    {"type": "end", "name": "end"},
    {"type": "today", "name": "today"},
    {"type": "deviceid", "name": "deviceid"},
    {"type": "username", "name": "username"},
    {"type": "select_one", "name": "consent", "list": "yesno", "label": ["Consent?", "Згода?"]},
    {"type": "begin_group", "name": "where"},
    {"type": "select_one", "name": "round", "list": "rounds", "label": ["Round", "Раунд"]},
    {"type": "text", "name": "settlement", "label": ["Settlement", "Поселення"]},
    {"type": "geopoint", "name": "gps", "label": ["GPS", "GPS"]},
    {"type": "end_group"},
    {"type": "begin_group", "name": "ki"},
    {"type": "select_one", "name": "ki_role", "list": "roles", "label": ["Role", "Роль"]},
    {"type": "select_one", "name": "ki_sex", "list": "sexes", "label": ["Sex", "Стать"]},
    {"type": "text", "name": "ki_name", "label": ["Name", "Ім'я"]},
    {"type": "text", "name": "ki_phone", "label": ["Phone", "Телефон"]},
    {"type": "end_group"},
    {"type": "begin_group", "name": "wash"},
    {"type": "select_one", "name": "access", "list": "access", "label": ["Access to water", "Доступ до води"],
     "aggregation": "aok_mode", "sector": "WSH"},
    {"type": "select_multiple", "name": "needs", "list": "needs", "label": ["Needs", "Потреби"],
     "aggregation": "any", "sector": "WSH"},
    {"type": "integer", "name": "wells", "label": ["Wells", "Криниці"], "aggregation": "mean", "sector": "WSH"},
    {"type": "text", "name": "comment", "label": ["Comment", "Коментар"]},
    {"type": "end_group"},
]  # fmt: skip
PERSONAL = {"ki/ki_name": "Olena Vymyshlena", "ki/ki_phone": "+380000000000", "deviceid": "dev-secret-7"}


def content(
    questions: Iterable[Mapping[str, Any]] = QUESTIONS, lists: Mapping[str, Any] = LISTS, kuid: str = "k"
) -> Any:
    """A form as KPI gives it: `$xpath`, `$kuid`, labels beside the translations."""
    survey, groups = [], []
    for place, question in enumerate(questions):
        row = {key: value for key, value in question.items() if key != "list"}
        if question["type"].startswith("end_"):
            groups.pop()
        elif question["type"].startswith("begin_"):
            groups.append(question["name"])
            row["$xpath"] = "/".join(groups)
        else:
            row["$xpath"] = "/".join([*groups, question["name"]])
        if "list" in question:
            row["select_from_list_name"] = question["list"]
        survey.append({**row, "$kuid": f"{kuid}{place}", "$autoname": question.get("name")})
    choices = [
        {"list_name": name, "name": code, "label": list(labels), "$kuid": f"{kuid}{name}{code}"}
        for name, codes in lists.items()
        for code, labels in codes.items()
    ]
    settings = {"default_language": LANGUAGES[0]}
    return {"schema": "1", "survey": survey, "choices": choices, "settings": settings, "translations": LANGUAGES}


def answers(number: int = 0, **changed: str | None) -> dict[str, Any]:
    """One complete interview; keyword arguments replace answers by question name, None removes one."""
    row = {
        "start": f"2025-01-10T10:{number % 20:02d}:00.000+02:00",
        "end": f"2025-01-10T10:{30 + number % 20:02d}:00.000+02:00",
        "today": "2025-01-10",
        "username": "enumerator-1",
        **PERSONAL,
        "consent": "yes",
        "where/round": "R01",
        "where/settlement": f"XV0101001{number % 40:03d}",
        "where/gps": "50.123456 36.654321 110 5",
        "ki/ki_role": "leader",
        "ki/ki_sex": "f",
        "wash/access": "partial",
        "wash/needs": "water food",
        "wash/wells": str(number),
        "wash/comment": "The mayor said so",
    }
    paths = {path.rsplit("/", 1)[-1]: path for path in row}
    for name, value in changed.items():
        row[paths[name]] = value  # type: ignore[assignment]
    return {path: value for path, value in row.items() if value is not None}


def moment(minutes: float) -> str:
    """A time that many minutes after the start of the collection."""
    return (START + timedelta(minutes=minutes)).isoformat()


def life(number: int, *later: Event) -> Submission:
    """A submission at minute 0, and what happened to it later."""
    first = Event((START + timedelta(milliseconds=number)).isoformat(), "submit", answers(number), by="enumerator-1")
    return Submission([first, *later])


def project(submissions: Iterable[Submission], versions: Iterable[FormVersion] = (), draft: Any = None) -> KoboProject:
    """One deployed asset with these submissions."""
    deployed = list(versions) or [FormVersion("vOne", "2025-01-01T00:00:00+00:00", content())]
    return KoboProject([Asset(UID, "Sample monitoring", deployed, draft, list(submissions))])


def client_for(endpoint: str, user: str = "imu", **options: Any) -> KoboClient:
    """A client that never really waits."""
    return KoboClient(token_of(user), endpoint, **{"sleep": lambda _seconds: None, **options})


class DirectSession(requests.Session):
    """The demo server without sockets: for tests that ask it thousands of times."""

    def __init__(self, state: Playback) -> None:
        super().__init__()
        self.state = state
        self.asked: list[str] = []

    def get(self, url: Any, **options: Any) -> Any:
        sent = options["auth"](SimpleNamespace(headers={}))
        path = url.removeprefix("http://127.0.0.1")
        self.asked.append(path)
        call = Request("GET", path, options["params"], "http://127.0.0.1", sent.headers["Authorization"])
        reply = answer(self.state, call)
        return SimpleNamespace(
            status_code=reply.status,
            headers={**reply.headers, "Content-Type": reply.content_type},
            json=lambda: json.loads(reply.body),
        )


def direct_client(state: Playback, user: str = "imu", page_size: int = 1000) -> KoboClient:
    """A client on the demo server's memory."""
    return client_for("http://127.0.0.1/api/v2", user, session=DirectSession(state), page_size=page_size)
