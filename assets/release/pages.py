"""The pages of a release, rendered from `templates/`: they open offline, print well and hold no moment of making.

Belongs here: rendering. Does not belong here: deciding what is said.
"""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **context: object) -> str:
    """Render one template; a name it does not know is an error, not an empty space."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}".replace(",", "\u202f")
    return environment.get_template(template).render(**context)
