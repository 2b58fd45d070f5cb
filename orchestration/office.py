"""The office: what every asset needs to do its work, as one Dagster resource.

Belongs here: the operation, its lake (opened with its keys), today, outside systems, and where the code stands.
Does not belong here: any work. Assets ask the office; pure functions get what they need handed in.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import seal, settings
from orchestration.calendar import Event, end_of_day, load_calendar
from orchestration.failures import Permanent
from orchestration.lake import Lake

if TYPE_CHECKING:
    from orchestration.hdx_api import HdxPublisher
    from orchestration.hdx_checks import Publication
    from orchestration.kobo_api import KoboClient
    from orchestration.registry_source import RegistrySource


@dataclass(frozen=True)
class Provenance:
    """From what a figure was made, beside its data: enough to make it again."""

    commit: str
    lock: str
    config: str


class Office:
    """One operation at work. Secrets are read when they are needed and never kept in a field that is shown."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = variables
        self._stamp: tuple[tuple[str, int], ...] | None = None

    def __repr__(self) -> str:
        return f"Office({self.environment.operation})"

    @property
    def variables(self) -> Mapping[str, str]:
        """The process's environment, read at the moment of use."""
        return os.environ if self._variables is None else self._variables

    def look_again(self) -> None:
        """Forget the settings if somebody edited them: a sensor lives for weeks in one process."""
        folder = self.environment.operations / self.environment.operation
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        stamp = tuple((path.as_posix(), path.stat().st_mtime_ns) for path in files)
        if self._stamp != stamp:
            for name in ("operation", "calendar", "config", "provenance"):
                self.__dict__.pop(name, None)
        self._stamp = stamp

    @property
    def environment(self) -> settings.Environment:
        """Which operation, which lake, which outside systems."""
        return settings.read_environment(self.variables)

    @cached_property
    def operation(self) -> settings.Operation:
        """The operation's settings."""
        return settings.load_operation(self.environment.operations / self.environment.operation)

    @cached_property
    def lake(self) -> Lake:
        """The lake, opened: a wrong or missing key fails here, before any work starts."""
        environment = self.environment
        return Lake(environment.lake, seal.load_keys(self.variables), environment.operation).open()

    @cached_property
    def calendar(self) -> list[Event]:
        """The operation's calendar."""
        return load_calendar(self.operation.folder / "calendar.yml")

    @property
    def today(self) -> date:
        """Today in the operation's time zone, or the day a simulated year has reached."""
        return self.environment.today or datetime.now(self.operation.zone).date()

    @property
    def now(self) -> datetime:
        """This moment; of a simulated day, its last second."""
        if self.environment.today:
            return end_of_day(self.environment.today, self.operation.zone)
        return datetime.now(self.operation.zone)

    @cached_property
    def config(self) -> str:
        """A hash over the operation's folder: the same config gives the same verdicts."""
        digest = hashlib.sha256()
        for path in sorted(self.operation.folder.rglob("*")):
            if path.is_file():
                digest.update(path.relative_to(self.operation.folder).as_posix().encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()[:16]

    @cached_property
    def provenance(self) -> Provenance:
        """Where code, lock file and config stand; the config is kept in the lake under its hash."""
        self._keep_config()
        lock = hashlib.sha256((settings.REPO / "requirements.lock").read_bytes()).hexdigest()[:16]
        return Provenance(commit=_commit(), lock=lock, config=self.config)

    def _keep_config(self) -> None:
        target, source = self.lake.folder("config", self.config), self.operation.folder
        if not target.exists():
            self.lake.write_folder(target, lambda draft: _copy_tree(source, draft))

    def kobo(self) -> KoboClient:
        """The KoBo server, as far as the environment names one."""
        from orchestration.kobo_api import KoboClient

        url, token = self.environment.kobo_url, self.environment.kobo_token
        if not url or not token:
            raise Permanent("KoBo is not set up: IMU_KOBO_URL and IMU_KOBO_TOKEN are needed, see .env.example.")
        return KoboClient(token, f"{url.rstrip('/')}/api/v2")

    def register(self, system: str) -> RegistrySource:
        """The database of one register, as far as the environment names one."""
        from orchestration.registry_source import RegistrySource

        address, password = settings.register_access(self.variables, system)
        if not address:
            raise Permanent(
                f"Register {system} is not set up: {settings.register_variable(system)}_URL is needed (.env.example)."
            )
        return RegistrySource(address, password, name=system)

    def hdx(self, verify_certificate: Callable[[Publication], None] | None = None) -> HdxPublisher:
        """HDX, as far as the environment names one. Without a verifier it publishes to this computer only."""
        from orchestration.hdx_api import HdxPublisher

        url, key = self.environment.hdx_url, self.environment.hdx_key
        if not url or not key:
            raise Permanent("HDX is not set up: IMU_HDX_URL and IMU_HDX_KEY are needed, see .env.example.")
        hdx = self.operation.hdx
        return HdxPublisher(
            url,
            key,
            user_agent=f"imu-data-platform-{self.operation.name}",
            organisation=hdx.organisation,
            maintainer=hdx.maintainer,
            verify_certificate=verify_certificate,
        )


def _copy_tree(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir()
        else:
            copy.write_bytes(path.read_bytes())


def _commit() -> str:
    """The commit of the code, with a mark when files differ from it; 'unknown' outside a git checkout."""
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=settings.REPO,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return run.stdout.strip()
