"""A stored dataset as the API shows it: with what HDX computes on every read.

Belongs here: pure functions from stored to shown. Does not belong here: who may see it (`call.py`), HTML (`pages.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.hdx.reference import LICENSES, LOCATIONS, ORGANIZATION, VOCABULARY, stable_id

GEO_FORMATS = frozenset({"geojson", "shp", "geopackage"})
FOUNDED = "2025-01-01T00:00:00.000000"


def dataset(stored: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Return what `package_show` answers."""
    resources = [resource(item, stored, index, url) for index, item in enumerate(stored["resources"])]
    shown = {key: value for key, value in stored.items() if key not in {"tags", "groups", "resources"}}
    return shown | {
        "type": "dataset",
        "isopen": False,
        "archived": str(stored.get("archived")).lower() == "true",
        "license_title": LICENSES.get(stored.get("license_id", ""), stored.get("license_id")),
        "organization": organization(stored["owner_org"]),
        "groups": [group(code) for code in stored["groups"]],
        "tags": [tag(name) for name in stored["tags"]],
        "resources": resources,
        "num_resources": len(resources),
        "num_tags": len(stored["tags"]),
        "last_modified": max((item["last_modified"] for item in resources), default=None),
        "has_geodata": any(item["format"].lower() in GEO_FORMATS for item in resources),
        "has_quickcharts": False,
        "has_showcases": False,
        "num_of_showcases": 0,
        "qa_completed": False,
        "total_res_downloads": 0,
        "pageviews_last_14_days": 0,
    }


def resource(stored: Mapping[str, Any], of: Mapping[str, Any], position: int, url: str) -> dict[str, Any]:
    """Return one resource as the API shows it; an upload gets its full address."""
    shown = {key: value for key, value in stored.items() if key != "blob"}
    address = stored["url"]
    if stored.get("url_type") == "upload":
        folder = f"/dataset/{of['id']}/resource/{stored['id']}/download/"
        address = url + folder + stored["url"]
        shown |= {"hdx_rel_url": folder + stored["url"], "alt_url": url + folder}
    return shown | {
        "package_id": of["id"],
        "position": position,
        "state": "active",
        "url": address,
        "download_url": address,
        "microdata": stored.get("microdata", False),
    }


def organization(identity: str) -> dict[str, Any]:
    """Return the organisation as datasets carry it."""
    return {
        "id": identity,
        "name": ORGANIZATION["name"],
        "title": ORGANIZATION["title"],
        "display_name": ORGANIZATION["title"],
        "description": "The organisation of the demo",
        "type": "organization",
        "is_organization": True,
        "approval_status": "approved",
        "state": "active",
        "image_url": "",
        "created": FOUNDED,
    }


def group(code: str) -> dict[str, Any]:
    """Return a location as datasets carry it."""
    return {
        "id": stable_id("group", code),
        "name": code,
        "title": LOCATIONS[code],
        "display_name": LOCATIONS[code],
        "description": "",
        "image_display_url": "",
    }


def tag(name: str) -> dict[str, Any]:
    """Return an approved tag as datasets carry it."""
    return {
        "id": stable_id("tag", name),
        "name": name,
        "display_name": name,
        "vocabulary_id": stable_id("vocabulary", VOCABULARY),
        "state": "active",
    }
