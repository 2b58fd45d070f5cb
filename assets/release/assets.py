"""Room 6 as Dagster assets: a release and its publication, one pair a product, one partition a month."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from assets.release import build, publish
from assets.release.products import Product
from assets.unquoted import unquoted
from orchestration import partitions, publications
from orchestration.calendar import Due, due_between, month_ends
from orchestration.failures import Permanent, Transient
from orchestration.office import Office
from orchestration.settings import Operation

ROOM = "6_publish"
READY = "ready_to_go_out"


def due_of(office: Office, product: Product, cycle: str) -> Due:
    """The calendar line by which a product comes due in a month."""
    events = [event for event in office.calendar if event.product == product.name]
    first = month_ends(cycle, cycle)[0].replace(day=1)
    found = due_between(events, first, month_ends(cycle, cycle)[0], office.operation.zone)
    if not found:
        raise Permanent(
            f"The calendar has no release of '{product.name}' in {cycle}. See `imu status` for what is due."
        )
    if found[0].at > office.now:
        raise Permanent(
            f"'{product.name}' {cycle} comes due on {found[0].at:%Y-%m-%d}, and today is {office.today}. Nothing was "
            "built: what it is about is not over yet."
        )
    return found[0]


def release_asset(operation: Operation, product: Product) -> dg.AssetsDefinition:
    """`release/<product>`: the folder with data, dictionary, proof and lineage."""
    key = dg.AssetKey(["release", product.stem])

    @dg.asset(
        key=key,
        group_name=ROOM,
        description=(
            f"{product.title}: the release of a month as a folder with data, dictionary, disclosure certificate, "
            "lineage and change log, built only from what had arrived by its day. One folder per month."
        ),
        owners=["team:imu"],
        kinds={"csv"},
        tags={"topic": product.topic, "audience": product.audience},
        partitions_def=partitions.months(operation),
        deps=[dg.AssetDep(product.mart.split("/"))],
        output_required=False,  # a held release is no failure of the code: the check says why there is none
        check_specs=[dg.AssetCheckSpec(READY, asset=key, blocking=True, description="May this release go out?")],
        pool="release",
    )
    def _release(context: dg.AssetExecutionContext, office: dg.ResourceParam[Office]) -> Iterator[Any]:
        due = due_of(office, product, context.partition_key)
        if publications.is_released(office.lake, product.stem, due.cycle):
            yield dg.AssetCheckResult(check_name=READY, passed=True, description="It was released before.")
            yield dg.MaterializeResult(metadata={"unchanged": True})
            return
        with unquoted(f"The release of {product.name} {due.cycle}"):
            built = build.build(office, product, due)
        yield _ready(built)
        if built.manifest:
            yield dg.MaterializeResult(metadata=_metadata(built, due))

    return _release


def _ready(built: build.Built) -> dg.AssetCheckResult:
    reasons = [f"{one.reason} ({one.who})" for one in built.holds]
    return dg.AssetCheckResult(
        check_name=READY,
        passed=not reasons,
        severity=dg.AssetCheckSeverity.ERROR,
        description="Nothing speaks against it." if not reasons else " ".join(reasons),
        metadata={"holds": reasons},
    )


def _metadata(built: build.Built, due: Due) -> dict[str, Any]:
    manifest = built.manifest
    if manifest is None:
        return {}
    return {
        "dagster/row_count": manifest.rows,
        "version": manifest.version,
        "period": due.covers,
        "content_hash": manifest.content_hash,
        "cells_suppressed": manifest.suppressed,
        "narrowest_guess": manifest.smallest_width if manifest.smallest_width is not None else "no cell is hidden",
        "changes": list(manifest.changes),
    }


def publication_asset(operation: Operation, product: Product) -> dg.AssetsDefinition:
    """`hdx/<product>`: the receipt of what HDX shows."""

    @dg.asset(
        key=["hdx", product.stem],
        group_name=ROOM,
        description=(
            f"{product.title}: the dataset on HDX, published once and whole, every file read back and compared. "
            "One receipt per month."
        ),
        owners=["team:imu"],
        kinds={"http"},
        tags={"topic": product.topic, "audience": product.audience},
        partitions_def=partitions.months(operation),
        deps=[["release", product.stem]],
        # The calendar's own rhythm, with HDX's grace: what is older shows as late in the UI.
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(days=product.frequency_days * 2)),
        pool="hdx",
    )
    def _publication(context: dg.AssetExecutionContext, office: dg.ResourceParam[Office]) -> dg.MaterializeResult[None]:
        due = due_of(office, product, context.partition_key)
        try:
            receipt = publish.publish(office, product, due)
        except Transient as cause:
            raise dg.RetryRequested(max_retries=2, seconds_to_wait=60) from cause
        return dg.MaterializeResult(
            metadata={
                "dataset": receipt.dataset,
                "version": due.cycle,
                "unchanged": receipt.unchanged,
                "changes": list(receipt.changed),
                "files": {file.name: file.sha256 for file in receipt.files},
            }
        )

    return _publication


def assets(operation: Operation, products: Sequence[Product]) -> list[dg.AssetsDefinition]:
    """Every product's release and publication."""
    return [make(operation, product) for product in products for make in (release_asset, publication_asset)]
