"""Settings: an operation (one country's folder in `operations/`) and the few things the environment decides.

Belongs here: types, loading, and telling all problems at once. Does not belong here: what is done with a
setting. Every key must be read by some code (a test walks the types), and an unknown key is a problem.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from orchestration import office_table
from orchestration.failures import Permanent
from orchestration.source_settings import (
    Account,
    Address,
    ClusterSource,
    CodSource,
    DisplacementSource,
    HsmAsset,
    HsmSource,
    RegisterConnection,
    RegisterSource,
    RegisterSystem,
    Setting,
    Sources,
)

__all__ = [  # named here as settings too, whichever file holds them
    "ClusterSource", "CodSource", "DisplacementSource", "HsmAsset", "HsmSource", "RegisterConnection",
    "RegisterSource", "RegisterSystem", "Setting", "Sources",
]  # fmt: skip

REPO = Path(__file__).resolve().parents[1]

Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z-]*$")]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Topic = Literal["presence", "needs", "displacement", "survey", "registration", "population", "boundaries"]


class AdminLevel(Setting):
    """One level of the country's administrative division and what people call it."""

    level: int = Field(ge=1, le=5)
    name: str


class CodVersion(Setting):
    """One version of the boundaries and the days on which it was in force."""

    version: str = Field(pattern=r"^v\d{2}(\.\d{2})?$")
    valid_on: date
    valid_to: date | None = None


class Plan(Setting):
    """The response plan whose needs and targets are measured against; it keeps the COD version it froze."""

    year: int
    cod_version: str
    cycle: Literal["2025", "2026"]


class Cluster(Setting):
    """A cluster and the accounts that may submit for it (partners report to their cluster, not to us)."""

    code: Code
    name: str
    submitters: list[Account] = Field(min_length=1)
    email: Address
    reports_for: list[Code] = Field(
        default=[], description="other sectors whose rows its file holds too: an office that sends one 3W for all"
    )


class Period(Setting):
    """The months the partitions cover, in the operation's own calendar."""

    first_month: Month
    last_month: Month
    extracts: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.first_month > self.last_month:
            raise ValueError(f"first_month {self.first_month} comes after last_month {self.last_month}")
        return self


class Hdx(Setting):
    """As whom we publish."""

    organisation: str
    maintainer: str
    source_name: str
    licence: str
    methodology: str


class Disclosure(Setting):
    """Smallest count that may be shown, by topic, and how wide an outsider's guess must stay."""

    minimum: dict[Topic, Annotated[int, Field(ge=0)]]
    width: int = Field(ge=1)


class Approver(Setting):
    """A person's office (never their name) and what it may sign."""

    office: str
    may: list[Literal["release", "flagged", "withdraw", "waiver"]]


class Retention(Setting):
    """For how many months a zone is kept before it is due for review."""

    raw: int = Field(ge=1)
    checked: int = Field(ge=1)
    releases: int = Field(ge=1)


class Operation(Setting):
    """Everything that differs between countries."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    title_local: str | None = None
    iso3: str = Field(pattern=r"^[A-Z]{3}$")
    iso2: str = Field(pattern=r"^[A-Z]{2}$")
    languages: list[str] = Field(min_length=1)
    time_zone: str
    contact: Address = Field(description="the mailbox partners write to")
    admin_levels: list[AdminLevel] = Field(min_length=1)
    cod_versions: list[CodVersion] = Field(min_length=1)
    plan: Plan
    period: Period
    clusters: tuple[Cluster, ...] = ()
    mail: dict[Account, list[Address]] = Field(default={}, description="from which addresses an account may send mail")
    sources: Sources
    hdx: Hdx
    approvers: list[Approver] = Field(min_length=1)
    disclosure: Disclosure
    retention: Retention
    folder: Path = Field(exclude=True)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as cause:
            raise ValueError(f"unknown time zone {value!r}; expected a name such as Europe/Kyiv") from cause
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The operation's time zone."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def months(self) -> list[str]:
        """Month keys from first to last."""
        return list(months_between(self.period.first_month, self.period.last_month))

    def cluster_of(self, submitter: str) -> Cluster | None:
        """The cluster an account may submit for, if any."""
        return next((cluster for cluster in self.clusters if submitter in cluster.submitters), None)

    def cod_version_on(self, day: date) -> str:
        """The boundaries in force on a day (the earliest known before the first)."""
        in_force = [version.version for version in self.cod_versions if version.valid_on <= day]
        return in_force[-1] if in_force else self.cod_versions[0].version

    def table(self, name: str) -> list[dict[str, str]]:
        """One of the operation's office tables, `name` relative to its folder without `.csv`."""
        return list(office_table.read(self.folder / f"{name}.csv"))


def months_between(first: str, last: str) -> Iterator[str]:
    """Month keys, both ends included."""
    year, month = (int(part) for part in first.split("-"))
    while (key := f"{year:04d}-{month:02d}") <= last:
        yield key
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def load_operation(folder: Path) -> Operation:
    """Read and check `operation.yml`; every problem at once, each with file, key, found and expected."""
    from orchestration import operation_file  # it builds on the types above

    if not (folder / operation_file.FILE).exists():
        raise Permanent(
            f"No operation '{folder.name}': looked for {folder.name}/operation.yml in operations/. "
            f"Set IMU_OPERATION to one of: {', '.join(known_operations(folder.parent)) or 'none yet'}."
        )
    operation, problems = operation_file.check(folder)
    if operation is None or problems:
        lines = [f"operations/{folder.name}/operation.yml has {len(problems)} problem(s):", *map(str, problems)]
        raise Permanent("\n  ".join(lines))
    return operation


def known_operations(folder: Path) -> list[str]:
    """The names under `operations/` that have an operation.yml."""
    return sorted(path.parent.name for path in folder.glob("*/operation.yml"))


@dataclass(frozen=True)
class Environment:
    """What the machine decides: which operation, where its lake is, how outside systems are reached."""

    operation: str
    lake: Path
    operations: Path
    kobo_url: str | None
    kobo_token: str | None
    hdx_url: str | None
    hdx_key: str | None
    today: date | None

    def __repr__(self) -> str:
        return f"Environment(operation={self.operation!r}, lake={self.lake.name!r})"


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Read the environment once, at the start of a process; nothing reads it at import."""
    given = os.environ if variables is None else variables
    operation = given.get("IMU_OPERATION") or "demo"
    return Environment(
        operation=operation,
        lake=Path(given.get("IMU_LAKE") or REPO / "data_lake"),
        operations=Path(given.get("IMU_OPERATIONS") or REPO / "operations"),
        kobo_url=given.get("IMU_KOBO_URL"),
        kobo_token=given.get("IMU_KOBO_TOKEN"),
        hdx_url=given.get("IMU_HDX_URL"),
        hdx_key=given.get("IMU_HDX_KEY"),
        today=_day(given.get("IMU_TODAY")),
    )


def register_access(variables: Mapping[str, str], system: str) -> tuple[str | None, str | None]:
    """Address and password of a register's connection: one pair of variables a system."""
    stem = register_variable(system)
    return variables.get(f"{stem}_URL"), variables.get(f"{stem}_PASSWORD")


def register_variable(system: str) -> str:
    """How the two variables of a system begin: `IMU_REGISTER_ANR`."""
    return f"IMU_REGISTER_{system.upper()}"


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as cause:
        raise Permanent(f"IMU_TODAY is {text!r}; expected a day such as 2025-03-31, or leave it out.") from cause
