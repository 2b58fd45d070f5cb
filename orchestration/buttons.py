"""The names of the buttons, and which source each belongs to: what sensors and jobs both must know.

Belongs here: names. Does not belong here: what a button runs (`jobs.py`).
"""

from __future__ import annotations

from orchestration.settings import Operation

# source -> the checked asset that judges its arrivals; the order is that of the checks (places come first)
CHECKED_BY = {
    "boundaries": "boundaries",
    "population": "population",
    "needs": "needs",
    "clusters": "activities",
    "displacement": "displacement",
    "hsm": "interviews",
    "register": "individuals",
}
CHECK_JOBS = {
    "boundaries": "check_boundaries",
    "population": "check_population_statistics",
    "needs": "check_needs_workbook",
    "clusters": "check_cluster_workbook",
    "displacement": "check_displacement_week",
    "hsm": "check_survey_round",
    "register": "check_register_extract",
}
TAKE, PULL, BUILD = "take_what_has_arrived", "pull_survey_answers", "build_tables"
READ = "read_registers"
PUBLISH, PAGES = "publish", "write_pages"


def sources_of(operation: Operation) -> list[str]:
    """The sources this operation has, in the order in which they are checked."""
    given = operation.sources
    present = {
        "boundaries": given.cods,
        "population": given.cods,
        "needs": given.needs,
        "clusters": given.clusters,
        "displacement": given.displacement,
        "hsm": given.hsm,
        "register": given.register_extracts,
    }
    return [source for source in CHECKED_BY if present[source] is not None]


def file_sources(operation: Operation) -> list[str]:
    """The sources that arrive as files; survey answers are fetched, but the files about them are sent."""
    survey = operation.sources.hsm
    fetched_only = {"hsm"} if survey is not None and not survey.senders else set()
    return [source for source in sources_of(operation) if source not in fetched_only]


def checked_by(operation: Operation, source: str) -> str:
    """The checked asset of a source in this operation: without custody a register gives counts and nobody's record."""
    register = operation.sources.register_extracts
    counts = source == "register" and register is not None and register.custody == "none"
    return "register_counts" if counts else CHECKED_BY[source]


def reads_registers(operation: Operation) -> bool:
    """Whether any register of this operation is read by SQL."""
    register = operation.sources.register_extracts
    return register is not None and any(system.connection for system in register.systems)


def publish_name(product: str) -> str:
    """The publishing button of a product."""
    return f"{PUBLISH}_{product.replace('-', '_')}"
