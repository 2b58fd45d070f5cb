"""The catalogue as a person sees it in a browser: a list of datasets, and a page for each.

Belongs here: HTML from what the API shows. Does not belong here: HTTP, rights (private datasets are left out before).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

FREQUENCIES = {
    "-2": "As needed", "-1": "Never", "0": "Live", "1": "Every day", "7": "Every week", "14": "Every two weeks",
    "30": "Every month", "90": "Every three months", "180": "Every six months", "365": "Every year",
}  # fmt: skip
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; }
a { color: LinkText; } a:focus-visible { outline: 3px solid; outline-offset: 2px; }
.skip { left: -99rem; position: absolute; } .skip:focus { position: static; }
.note { border-left: .3rem solid; padding-left: .8rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { border-bottom: 1px solid; padding: .4rem .6rem; text-align: left; vertical-align: top; }
caption { font-weight: 600; padding: .4rem 0; text-align: left; }
dt { font-weight: 600; } dd { margin: 0 0 .6rem; white-space: pre-line; overflow-wrap: anywhere; }
"""


def catalogue(datasets: Sequence[Mapping[str, Any]], private: int) -> str:
    """Return the first page: every public dataset, newest change first."""
    rows = "".join(
        f'<tr><th scope="row"><a href="/dataset/{escape(item["name"])}">{escape(item["title"])}</a></th>'
        f"<td>{len(item['resources'])}</td><td>{escape(_period(item))}</td>"
        f"<td>{escape(item['metadata_modified'][:16].replace('T', ' '))}</td></tr>"
        for item in sorted(datasets, key=lambda item: item["metadata_modified"], reverse=True)
    )
    table = (
        '<div class="wide"><table><caption>Public datasets</caption><thead><tr><th scope="col">Dataset</th>'
        '<th scope="col">Files</th><th scope="col">Time period</th><th scope="col">Changed (UTC)</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    hidden = f"<p>{private} private dataset(s) can be seen by members only, through the API.</p>" if private else ""
    return page("Datasets", (table if rows else "<p>Nothing has been published yet.</p>") + hidden)


def dataset(shown: Mapping[str, Any]) -> str:
    """Return the page of one dataset: what it says of itself, and its files."""
    facts = (
        ("Source", shown.get("dataset_source")),
        ("Contributor", shown["organization"]["title"]),
        ("Time period", _period(shown)),
        ("Expected update", FREQUENCIES.get(str(shown.get("data_update_frequency")), "")),
        ("Location", ", ".join(group["title"] for group in shown["groups"])),
        ("Methodology", shown.get("methodology_other") or shown.get("methodology")),
        ("Caveats", shown.get("caveats")),
        ("Licence", shown.get("license_title")),
        ("Tags", ", ".join(tag["name"] for tag in shown["tags"])),
        ("Updated by", shown.get("updated_by_script")),
    )
    listed = "".join(f"<dt>{name}</dt><dd>{escape(str(value))}</dd>" for name, value in facts if value)
    rows = "".join(_resource_row(item) for item in shown["resources"])
    body = (
        f'<p><a href="/">All datasets</a></p><dl><dt>About</dt><dd>{escape(str(shown.get("notes") or ""))}</dd></dl>'
        '<div class="wide"><table><caption>Files</caption><thead><tr><th scope="col">File</th>'
        '<th scope="col">What it holds</th><th scope="col">Format</th><th scope="col">Size</th>'
        f'<th scope="col">Changed (UTC)</th></tr></thead><tbody>{rows}</tbody></table></div><dl>{listed}</dl>'
    )
    return page(shown["title"], body)


def _resource_row(item: Mapping[str, Any]) -> str:
    size = f"{item['size']:,} bytes" if isinstance(item.get("size"), int) else ""
    changed = str(item.get("last_modified") or "")[:16].replace("T", " ")
    address = item["url"] if str(item["url"]).startswith(("http://", "https://")) else ""
    return (
        f'<tr id="{escape(item["id"])}"><th scope="row"><a href="{escape(address)}">{escape(item["name"])}</a></th>'
        f"<td>{escape(str(item.get('description') or ''))}</td><td>{escape(item['format'])}</td>"
        f"<td>{size}</td><td>{escape(changed)}</td></tr>"
    )


def _period(shown: Mapping[str, Any]) -> str:
    start, _, end = str(shown.get("dataset_date") or "").strip("[]").partition(" TO ")
    until = "today" if end == "*" else end[:10]
    return f"{start[:10]} to {until}" if start else ""


def missing() -> str:
    """Return the page for an address where nothing is."""
    return page("Not found", '<p>There is nothing at this address. <a href="/">All datasets</a></p>')


def page(title: str, body: str) -> str:
    """Return a whole page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · HDX of the demo</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<style>{STYLE}</style></head><body><a class="skip" href="#main">Skip to the content</a><header>'
        '<p class="note">A stand-in for the Humanitarian Data Exchange on this computer. The country is invented.</p>'
        f'</header><main id="main"><h1>{escape(title)}</h1>{body}</main></body></html>'
    )
