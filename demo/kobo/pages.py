"""What an asset looks like: the list row, the detail page, versions, and the HTML of a page that is not
there.

Belongs here: the JSON shapes recorded from the real server. Does not belong here: submissions (`data.py`),
HTTP (`server.py`).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

from demo.kobo.accounts import LABELS, USERS, User
from demo.kobo.project import Asset, FormVersion, parse_time
from demo.kobo.state import OWNER, Playback, content_hash, deployment_uuid

NOT_FOUND_HTML = """


<!doctype html>
<html>
  <head><meta charset="utf-8"><title>KoboToolbox </title></head>
  <body>
  <form class='registration registration--login'>
    <h1>
      Page not found (404)
    </h1>

    This page does not exist on the server. Please check the URL or link that sent you here.
  </form>
  </body>
</html>
"""
GATEWAY_HTML = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body></html>\n"
SERVER_ERROR_HTML = "<!doctype html>\n<html><body><h1>Server Error (500)</h1></body></html>\n"
PORTAL_HTML = "<!doctype html>\n<html><body><h1>Welcome to the guest network</h1></body></html>\n"

_GROUPS = ("begin_group", "begin_repeat", "end_group", "end_repeat")
_META = ("start", "end", "today", "deviceid", "username", "phonenumber", "simserial", "subscriberid", "audit", "note")


def stamp(moment: datetime | None) -> str | None:
    """A time as KPI writes it: UTC, microseconds, `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def version_row(base: str, asset: Asset, version: FormVersion, number: int, old: bool) -> dict[str, Any]:
    """One line of the list of deployed versions. Older servers do not number them."""
    deployed = stamp(parse_time(version.deployed_at))
    row = {
        "uid": version.vid,
        "url": f"{base}/api/v2/assets/{asset.uid}/versions/{version.vid}/?format=json",
        "content_hash": content_hash(version.content),
        "date_deployed": deployed,
        "date_modified": deployed,
    }
    return row if old else {**row, "version_number": str(number)}


def version_rows(base: str, state: Playback, asset: Asset) -> list[dict[str, Any]]:
    """The deployed versions, the newest first."""
    versions = state.versions(asset)
    total = len(versions)
    return [version_row(base, asset, v, total - place, state.dialect.old) for place, v in enumerate(versions)]


def permissions(base: str, asset: Asset, viewer: User) -> list[dict[str, Any]]:
    """Who holds which right; someone who does not manage the asset sees the owner's lines and their own."""
    shown = list(USERS) if viewer.may("manage_asset") else [OWNER, viewer.name]
    lines = []
    for name in shown:
        for right in sorted(USERS[name].rights & set(LABELS)):
            uid = "p" + hashlib.sha256(f"{asset.uid}/{name}/{right}".encode()).hexdigest()[:21]
            lines.append(
                {
                    "url": f"{base}/api/v2/assets/{asset.uid}/permission-assignments/{uid}/?format=json",
                    "user": f"{base}/api/v2/users/{name}/?format=json",
                    "permission": f"{base}/api/v2/permissions/{right}/?format=json",
                    "label": LABELS[right],
                }
            )
    return lines


def summary(content: dict[str, Any]) -> dict[str, Any]:
    """KPI's summary of a form."""
    survey = content.get("survey", [])
    questions = [row for row in survey if row.get("type") not in _GROUPS + _META]
    columns = list(dict.fromkeys(key for row in survey for key in row if not key.startswith("$")))
    labels = [row["label"][0] for row in questions if row.get("label")]
    return {
        "geo": any(row.get("type") == "geopoint" for row in survey),
        "labels": labels[:5],
        "columns": columns,
        "lock_all": False,
        "lock_any": False,
        "languages": content.get("translations", [None]),
        "row_count": len(questions),
        "name_quality": {"ok": 0, "bad": 0, "good": len(questions), "total": len(questions), "firsts": {}},
        "default_translation": content.get("translations", [None])[0],
    }


def list_row(base: str, state: Playback, asset: Asset, viewer: User) -> dict[str, Any]:
    """An asset as the list shows it: no content."""
    url = f"{base}/api/v2/assets/{asset.uid}"
    version_id, content = state.current(asset)
    deployed = state.versions(asset)
    status = "deployed" if deployed else "draft"
    return {
        "url": f"{url}/?format=json",
        "date_created": stamp(_created(asset)),
        "date_modified": stamp(state.modified(asset)),
        "date_deployed": stamp(parse_time(deployed[0].deployed_at)) if deployed else None,
        "owner": f"{base}/api/v2/users/{OWNER}/?format=json",
        "summary": summary(content),
        "owner__username": OWNER,
        "parent": None,
        "uid": asset.uid,
        "tag_string": "",
        "settings": {"sector": {}, "country": [], "description": "", "organization": "", "country_codes": []},
        "kind": "asset",
        "name": asset.name,
        "asset_type": "survey",
        "version_id": version_id,
        "has_deployment": bool(deployed),
        "deployed_version_id": deployed[0].vid if deployed else None,
        "deployment__active": bool(deployed),
        **_deployment_figures(state, asset, viewer),
        "deployment__encrypted": False,
        "deployment__uuid": deployment_uuid(asset) if deployed else None,
        "deployment_status": status,
        "permissions": permissions(base, asset, viewer),
        "export_settings": [],
        "downloads": [{"format": kind, "url": f"{url}/?format=json.{kind}"} for kind in ("xls", "xml")],
        "data": f"{url}/data/?format=json",
        "subscribers_count": 0,
        "status": "shared",
        "access_types": None,
        "children": {"count": 0},
        "data_sharing": {},
        "owner_label": OWNER,
        "last_modified_by": OWNER,
        "created_by": OWNER,
    }


def _created(asset: Asset) -> datetime:
    moments = [version.deployed_at for version in asset.versions] + ([asset.draft_at] if asset.draft_at else [])
    return min((parse_time(moment) for moment in moments), default=datetime(2000, 1, 1, tzinfo=UTC))


def _deployment_figures(state: Playback, asset: Asset, viewer: User) -> dict[str, Any]:
    """How many submissions and the last one's time; who may not see all rows is not told how many there
    are.
    """
    rows = state.rows(asset)
    count = state.submission_count(asset) if viewer.may("view_submissions") else None
    if not state.versions(asset):
        count = 0
    last = max((str(row["_submission_time"]) for row in rows), default=None)
    return {
        "deployment__submission_count": count,
        "deployment__last_submission_time": f"{last}.000000Z" if last else None,
    }


def detail(base: str, state: Playback, asset: Asset, viewer: User) -> dict[str, Any]:
    """The asset's own page: the list row, the DRAFT content, and the deployed versions."""
    url = f"{base}/api/v2/assets/{asset.uid}"
    _, content = state.current(asset)
    versions = version_rows(base, state, asset)
    drafts = 1 if state.draft(asset) is not None else 0
    kuids = {str(q.get("name") or q.get("$kuid")): q.get("$kuid") for q in content.get("survey", [])}
    links = {
        "xls_legacy": "xls/",
        "csv_legacy": "csv/",
        "zip_legacy": "zip/",
        "xls": "export.xlsx",
        "csv": "export.csv",
    }
    page = {
        **list_row(base, state, asset, viewer),
        "files": [],
        "version__content_hash": content_hash(content),
        "version_count": len(versions) + drafts,
        "deployed_versions": {"count": len(versions), "next": None, "previous": None, "results": versions},
        "deployment__links": {},
        "deployment__data_download_links": {k: f"{base}/{OWNER}/exports/{asset.uid}/{v}" for k, v in links.items()},
        "report_styles": {"default": {}, "specified": {name: {} for name in kuids}, "kuid_names": kuids},
        "report_custom": {},
        "advanced_features": {"_version": "20250820"},
        "map_styles": {},
        "map_custom": {},
        "content": content,
        "embeds": [{"format": kind, "url": f"{url}/{kind}/?format=json"} for kind in ("xls", "xform")],
        "analysis_form_json": {"additional_fields": []},
        "assignable_permissions": [
            {"url": f"{base}/api/v2/permissions/{right}/?format=json", "label": label}
            for right, label in LABELS.items()
        ],
        "effective_permissions": [{"codename": right} for right in sorted(viewer.rights)],
        "project_ownership": None,
    }
    for name in ("xform", "hooks", "xls"):
        page[f"{name}_link"] = f"{url}/{name}/?format=json"
    page["exports"] = f"{url}/exports/?format=json"
    page["paired_data"] = f"{url}/paired-data/?format=json"
    return page


def metadata(assets: list[dict[str, Any]]) -> dict[str, Any]:
    """What `metadata=on` adds to the list."""
    languages = dict.fromkeys(language for asset in assets for language in asset["summary"]["languages"] if language)
    return {"languages": list(languages), "countries": [], "sectors": [], "organizations": []}
