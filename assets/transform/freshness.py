"""Are the tables as new as what they are made from?

Belongs here: one digest over everything a build depends on, and remembering the last one that was built.
"""

from __future__ import annotations

import hashlib
import json

from assets.quality import ledger
from orchestration import dbt_build
from orchestration.office import Office


def digest(office: Office) -> str:
    """Verdicts as of now, config, models and the day (what counts as late depends on it)."""
    parts = [office.config, dbt_build.fingerprint(), office.today.isoformat()]
    parts += [f"{one.source}/{one.arrival_id}/{one.config}" for one in ledger.entries(office.lake, until=office.now)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def built(office: Office) -> str | None:
    """The digest of the last build that passed its tests."""
    path = office.lake.folder("state", "tables.json")
    return str(json.loads(path.read_text())["digest"]) if path.exists() else None


def begin(office: Office) -> None:
    """Called before anything is read: a verdict given while tables are built is not in them."""
    office.lake.write_json(
        office.lake.folder("state", "tables_begun.json"), {"digest": digest(office), "as_of": office.today}
    )


def remember(office: Office) -> None:
    """Called once the tables are exported and the analysts' database has been swapped in."""
    begun = json.loads(office.lake.folder("state", "tables_begun.json").read_text(encoding="utf-8"))
    office.lake.write_json(office.lake.folder("state", "tables.json"), begun)
