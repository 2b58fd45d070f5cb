"""From plain data to HTML: one look for every page.

Belongs here: rendering. Does not belong here: gathering (`overview.py`).
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assets.portal.ahead import DAYS_AHEAD
from assets.portal.overview import VERDICT_WORDS, Overview
from orchestration.office import Office

TEMPLATES = Path(__file__).with_name("templates")
# A sign beside each colour: nobody has to tell colours apart.
SIGNS = {"accepted": "✓", "accepted_with_warnings": "!", "partly_accepted": "◐", "refused": "✗",
         "published": "✓", "held": "✗", "built": "…", "due": "…", "not": "?"}  # fmt: skip


def today(office: Office, view: Overview) -> str:
    """The officer's page."""
    loader = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    template = loader.get_template("today.html.jinja")
    operation = office.operation
    codes = [cluster.code for cluster in operation.clusters]
    # Workbooks whose cluster nobody could tell have a row, too.
    codes += sorted(set(view.grid) - set(codes))
    out = [line for line in reversed(view.releases) if line.is_out]
    newest = {line.product: line for line in reversed(out)}
    return template.render(
        view=view,
        words=VERDICT_WORDS,
        signs=SIGNS,
        months=operation.months,
        clusters=codes,
        held=[line for line in view.releases if not line.is_out],
        days_ahead=DAYS_AHEAD,
        newest=[newest[product] for product in sorted(newest)],
        earlier=[line for line in out if newest[line.product] is not line],
    )
