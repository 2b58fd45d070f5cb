"""What a pull leaves in `raw/`, and the current state put together again from all that was ever left.

Belongs here: the document a pull is stored as, and folding documents in the order of their arrival. Does not belong
here: storing and sealing (`orchestration/lake.py`), deciding what changed (`pull.py`).

Nothing is overwritten: an edit is a further revision, a deletion a tombstone, so any earlier day can be put
together too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from assets.kobo.pull import PullResult, mark_of, root_of
from orchestration.failures import Permanent

Json = dict[str, Any]
FORMAT = 1


@dataclass
class Stored:
    """The state of one asset as of its last document: live rows by root uuid, and every deployed version."""

    rows: dict[str, Json] = field(default_factory=dict)
    versions: dict[str, Json] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, tuple[str, str]]:
        """What the next pull compares the server with."""
        return {root: mark_of(row) for root, row in self.rows.items()}


def document(result: PullResult, previous: str = "") -> bytes:
    """A pull as bytes: the same changes after the same arrival give the same bytes.

    `previous` is the arrival id of the asset's last document. Without it a row that was hidden, came back and was
    hidden again would be stored under the hash of the first time, and the second change would be lost.
    """
    content = {
        "format": FORMAT,
        "asset": result.asset_uid,
        "previous": previous,
        "name": result.name,
        "counts": {key: value for key, value in result.counts.items() if key != "passes"},
        "revisions": [{"root": r.root, "reason": r.reason, "row": r.row} for r in result.new_revisions],
        "tombstones": sorted(result.tombstones),
        # Without the address at which the server shows it: a server that moves has not changed its form.
        "versions": [{key: value for key, value in one.items() if key != "url"} for one in result.form_versions],
    }
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def fold(documents: Iterable[bytes]) -> Stored:
    """The state after these documents, which must come in the order in which they arrived."""
    stored = Stored()
    for number, content in enumerate(documents, start=1):
        pulled = json.loads(content)
        if pulled.get("format") != FORMAT:
            raise Permanent(
                f"Putting KoBo pulls together: document {number} has format {pulled.get('format')!r}, this platform "
                f"reads {FORMAT}. Migrate the lake; trying again does not help."
            )
        for revision in pulled["revisions"]:
            stored.rows[root_of(revision["row"])] = revision["row"]
        for root in pulled["tombstones"]:
            stored.rows.pop(root, None)
        for version in pulled["versions"]:
            stored.versions[str(version["uid"])] = version
    return stored
