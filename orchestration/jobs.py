"""The buttons: every job an officer can press, named for what it does.

Belongs here: selections and names. Does not belong here: what a step does.
"""

from __future__ import annotations

import dagster as dg

from orchestration.buttons import (
    BUILD,
    CHECK_JOBS,
    PAGES,
    PULL,
    READ,
    TAKE,
    checked_by,
    file_sources,
    publish_name,
    reads_registers,
    sources_of,
)
from orchestration.settings import Operation


def all_jobs(operation: Operation) -> list[dg.UnresolvedAssetJobDefinition]:
    """Every button of this operation but those that publish."""
    jobs = [dg.define_asset_job(TAKE, dg.AssetSelection.assets(*[["raw", s] for s in file_sources(operation)]),
                                description="Take everything that lies ready in the inbox and seal it.")]  # fmt: skip
    for source in sources_of(operation):
        jobs.append(_check_job(operation, source))
    if "hsm" in sources_of(operation):
        jobs.append(dg.define_asset_job(PULL, dg.AssetSelection.assets(["raw", "hsm"]),
                                        description="Fetch what changed on the survey server."))  # fmt: skip
    if reads_registers(operation):
        jobs.append(dg.define_asset_job(READ, dg.AssetSelection.assets(["raw", "register"]),
                                        description="Read the register extracts that are due."))  # fmt: skip
    models = dg.AssetSelection.groups("3_standardise", "4_common_datasets", "5_analysis")
    tables = models | dg.AssetSelection.assets(["analyst", "database"])
    jobs.append(dg.define_asset_job(BUILD, tables, description="Build all tables and the analysts' database."))
    page = dg.AssetSelection.assets(["site", "today"])
    jobs.append(dg.define_asset_job(PAGES, page, description="Write the officer's page anew."))
    return jobs


def publish_job(product: str) -> dg.UnresolvedAssetJobDefinition:
    """Release a product for one month and publish it."""
    stem = product.replace("-", "_")
    return dg.define_asset_job(
        publish_name(product),
        dg.AssetSelection.assets(["release", stem], ["hdx", stem]),
        description=f"Release '{product}' for one month and publish it on HDX.",
    )


def _check_job(operation: Operation, source: str) -> dg.UnresolvedAssetJobDefinition:
    selection: dg.AssetSelection = dg.AssetSelection.assets(["checked", checked_by(operation, source)])
    if source == "clusters":
        selection |= dg.AssetSelection.assets(["quality", "partner_pages"])
    words = {"clusters": "Check one cluster's workbooks of one month and write the partner's page."}
    return dg.define_asset_job(
        CHECK_JOBS[source], selection, description=words.get(source, f"Check what arrived for '{source}'.")
    )
