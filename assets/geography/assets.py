"""Boundaries and population statistics as Dagster assets: taken, checked."""

import re
from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets import collect, verdicts
from assets.geography import checks
from assets.geography.reference import reference
from orchestration import partitions
from orchestration.inbox import Ready
from orchestration.office import Office
from orchestration.settings import Operation

VERSION = re.compile(r"_(v\d{2})\b|_(v\d{2})\.", re.IGNORECASE)


def route(office: Office, file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    """The COD version a file is named after; without one, the version in force on its day."""
    found = VERSION.search(file.path.name)
    named = (found[1] or found[2]).lower() if found else None
    known = [version.version for version in office.operation.cod_versions]
    return (named if named in known else office.operation.cod_version_on(file.modified.date())), {}


def _boundaries(office: Office, _partition: str) -> verdicts.Check:
    return lambda arrival: checks.check_boundaries(arrival, office.lake.read_arrival(arrival))


def _population(office: Office, partition: str) -> verdicts.Check:
    units = reference(office).units.get(partition, set())
    return lambda arrival: checks.check_population(arrival, office.lake.read_arrival(arrival), partition, units)


def assets(operation: Operation) -> list[dg.AssetsDefinition]:
    """Raw and checked boundaries and population."""
    versions = partitions.cod_versions(operation)
    return [
        collect.inbox_asset(
            "boundaries",
            "Boundaries with P-codes (COD-AB) as the mapping agency sent them, sealed. One arrival per version sent.",
            owner="imu", sector="all", route=route,
        ),
        collect.inbox_asset(
            "population",
            "Population by sex and age (COD-PS) as the statistics office sent it, sealed. One arrival per version.",
            owner="imu", sector="all", route=route,
        ),
        verdicts.checked_asset(
            "boundaries", "boundaries", versions, _boundaries,
            "Places, shapes and the crosswalk of a COD version, checked against the COD-AB standard: codes, names, "
            "parents, valid shapes without overlap. One row per place and version.",
            owner="imu",
        ),
        verdicts.checked_asset(
            "population", "population", versions, _population,
            "Population of a COD version, checked in both directions: sexes and ages within a unit, children within "
            "their parent. One row per unit, sex and age range.",
            owner="imu", after=["boundaries"],
        ),
    ]  # fmt: skip
