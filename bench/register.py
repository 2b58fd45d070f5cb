"""Budget 1: a registration extract at national size, from its arrival to statistics, sealed all the way.

Ours: the platform's own steps, in the order of a run in a warm code server. Bare: one DuckDB script (`bare_register`)
that gives the same rows, counts and statistics in plain files. Both must come to the same result, or nothing counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import bare_register, national
from bench.pairs import REPO, Clock, Line, Result, in_turn, pair_ratio

if TYPE_CHECKING:
    from orchestration.office import Office

MODELS = ("stg_places", "stg_individuals", "stg_register_counts", "admin_units", "registered_population", "register_totals")
PARTITION = f"{national.DAY.isoformat()}|register"
# Tests that compare with models outside of this path are left out, as nothing else is built here.
CAUTIOUS = ("--indirect-selection", "cautious")


def measure(cache: Path, scratch: Path, pairs: int = 2) -> list[Line]:
    """Time and peak memory, ours against bare."""
    national.make(cache)
    subprocess.run([sys.executable, "-m", "bench.national", str(scratch)], cwd=REPO, check=True)
    (scratch / "cache").symlink_to(cache.resolve())
    runs = in_turn("register", pairs, scratch)
    ours, bare = runs["ours"], runs["bare"]
    _same(ours.facts, bare.facts)
    time, memory = pair_ratio(ours, bare), ours.peak / bare.peak
    size = f"{int(str(bare.facts['records'])):,} records"
    return [
        Line(f"register, {size}: time", f"{ours.time:.1f} s", f"{bare.time:.1f} s", time, "2.0", time <= 2.0, _parts(ours)),
        Line(f"register, {size}: peak memory", f"{ours.peak:.0f} MB", f"{bare.peak:.0f} MB", memory, "1.5", memory <= 1.5,
             "whole processes; ours has Dagster, dbt and Python's libraries in it"),
    ]  # fmt: skip


def _parts(result: Result) -> str:
    return "ours: " + ", ".join(f"{name} {took:.1f} s" for name, took in result.parts.items())


def _same(ours: Any, bare: Any) -> None:
    for name in ("records", "accepted", "rules", "content", "population", "totals"):
        if ours[name] != bare[name]:
            raise RuntimeError(f"ours and bare differ in {name}: {str(ours[name])[:300]} against {str(bare[name])[:300]}")


def ours(clock: Clock, folder: Path) -> None:
    """Arrival, verdict, tables."""
    import shutil

    import dagster  # noqa: F401 - in memory in a code server, whatever the step
    import dagster_dbt  # noqa: F401

    from assets import verdicts
    from assets.registry import assets as registry
    from assets.transform import sources
    from orchestration import dbt_build

    run = folder / "ours"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(folder / "data_lake", run / "data_lake")
    here = national.office(run)
    here.lake.open()
    dbt_build._parsed(dbt_build.fingerprint())
    with clock.timed("seal"):
        for name in (national.TOTALS, national.REGISTER):
            _take(here, folder / "cache" / name)
    with clock.timed("check"):
        entries = verdicts.give(here, "register", PARTITION, registry._checker(here, PARTITION))
    with clock.timed("tables"):
        sources.register(here.lake, here.operation, here.now)
        results = dbt_build.build(here.lake, [*MODELS, *CAUTIOUS])
    clock.facts |= {"dbt": sorted({one.status for one in results}), **_verdict(entries[-1].verdict), **_found(here)}
    shutil.rmtree(run)


def _take(here: Office, path: Path) -> None:
    here.lake.take(
        "register", path, sender="registration-unit", file_name=path.name, partition=PARTITION,
        received_at=here.now, taken_at=here.now, facts={"totals": path.name == national.TOTALS},
    )  # fmt: skip


def _verdict(verdict: Any) -> dict[str, object]:
    rules: dict[str, int] = {}
    for finding in verdict["findings"]:
        rules[finding["rule"]] = rules.get(finding["rule"], 0) + finding.get("count", 1)
    return {"records": verdict["rows_total"], "accepted": verdict["rows_accepted"], "rules": rules}


def _found(here: Office) -> dict[str, object]:
    from orchestration import duck

    with duck.warehouse(
        here.lake.warehouse, here.lake.zone_key("warehouse"), here.lake.zone_key("checked"), read_only=True
    ) as connection:
        return bare_register.results(
            connection,
            individuals="checked.individuals",
            population="SELECT admin_level, pcode, sex, age_bracket, individuals FROM statistics.registered_population",
            totals="SELECT admin_level, pcode, families, individuals, records FROM statistics.register_totals",
        )


def bare(clock: Clock, folder: Path) -> None:
    """The same in one script, plain."""
    from demo.home import Home, environment
    from orchestration import seal

    keys = environment(Home(folder, folder))
    key = seal.pseudonym(seal.decode_key(keys[seal.PSEUDONYM_KEY], "demo"), "register")
    places = json.loads((folder / national.PLACES).read_text(encoding="utf-8"))
    run = folder / "bare"
    run.mkdir(exist_ok=True)
    bare_register.run(clock, folder / "cache" / national.REGISTER, run, key=key, places=places)
