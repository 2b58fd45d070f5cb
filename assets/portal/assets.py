"""The pages as Dagster assets."""

import dagster as dg

from assets.portal import overview, page
from orchestration.office import Office
from orchestration.settings import Operation


@dg.asset(
    key=["site", "today"],
    group_name="6_publish",
    deps=[["inventory", "submissions"]],
    description=(
        "The officer's page: what arrived, who owes what, what was released and what is held and why, made anew when "
        "one of these changes. One page per operation."
    ),
    owners=["team:imu"],
    kinds={"html"},
    tags={"audience": "internal"},
)
def today_page(office: dg.ResourceParam[Office]) -> dg.MaterializeResult[None]:
    """Write `site/today.html`."""
    view = overview.gather(office)
    target = office.lake.folder("site", "today.html")
    office.lake.write(target, lambda draft: draft.write_text(page.today(office, view), encoding="utf-8"))
    overview.remember(office, view)
    return dg.MaterializeResult(metadata={"releases": len(view.releases), "owing": len(view.owing)})


def assets(_operation: Operation) -> list[dg.AssetsDefinition]:
    """Every page."""
    return [today_page]
