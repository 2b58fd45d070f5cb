"""The list of everything Dagster sees.

Belongs here: names and nothing else. What exists is in `assets/`, what starts by itself in `sensors/`, the buttons
in `jobs.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from orchestration import buttons, dbt_build, jobs, runs
from orchestration.office import Office


def build(office: Office) -> dg.Definitions:
    """Everything of one operation."""
    from assets.clusters import assets as clusters
    from assets.displacement import assets as displacement
    from assets.geography import assets as geography
    from assets.kobo import assets as kobo
    from assets.needs import assets as needs
    from assets.portal import assets as portal
    from assets.registry import assets as registry
    from assets.release import assets as release
    from assets.release.products import load_products
    from assets.transform import assets as transform

    operation = office.operation
    present = buttons.sources_of(operation)
    products = load_products(operation.folder / "products.yml")
    models = transform.models(dbt_build.manifest_path(), [buttons.checked_by(operation, source) for source in present])
    made = [
        *geography.assets(operation),
        *(clusters.assets(operation) if "clusters" in present else []),
        *(needs.assets(operation) if "needs" in present else []),
        *(displacement.assets(operation) if "displacement" in present else []),
        *(kobo.assets(operation) if "hsm" in present else []),
        *(registry.assets(operation) if "register" in present else []),
        models,
        transform.analyst_database(sorted(models.keys, key=dg.AssetKey.to_user_string)),
        *release.assets(operation, products),
        *portal.assets(operation),
    ]
    publish = [jobs.publish_job(product.name) for product in products]
    return dg.Definitions(
        assets=made,
        jobs=[*jobs.all_jobs(operation), *publish],
        sensors=_sensors(office, publish),
        resources={"office": opened(office)},
        # Steps are short and share a warm dbt and a warm gazetteer: a process of its own would cost 5 s each.
        executor=dg.in_process_executor,
    )


def opened(office: Office) -> dg.ResourceDefinition:
    """The office for the length of a run, which is marked as being at work for as long."""

    @dg.resource(description=Office.__doc__)
    def _office(context: dg.InitResourceContext) -> Iterator[Office]:
        if context.instance is None or context.run is None:
            raise TypeError("the office is opened by a run of Dagster")
        with runs.at_work(context.instance, context.run.run_id):
            yield office

    return _office


def _sensors(office: Office, publish: list[dg.UnresolvedAssetJobDefinition]) -> list[dg.SensorDefinition]:
    from sensors import inbox, kobo, pages, register, releases, tables, verdicts

    present = buttons.sources_of(office.operation)
    return [
        inbox.sensor(office),
        *([kobo.sensor(office)] if "hsm" in present else []),
        *([register.sensor(office)] if buttons.reads_registers(office.operation) else []),
        *(verdicts.sensor(office, source) for source in present),
        tables.sensor(office),
        releases.sensor(office, publish),
        pages.sensor(office),
    ]


@dg.definitions
def defs() -> dg.Definitions:
    """The operation named by IMU_OPERATION."""
    return build(Office())
