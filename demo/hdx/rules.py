"""HDX's rules for a dataset: what is required, what is refused, what is rewritten, what is dropped without a word.

Belongs here: pure functions from a dataset as it was sent to the dataset as it is kept, or to HDX's error dictionary.
Does not belong here: who may call what (`actions.py`), merging of changes (`revise.py`), storing (`storage.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo.hdx.reference import format_of

FREQUENCIES = frozenset({"-2", "-1", "0", "1", "7", "14", "30", "90", "180", "365"})
COD_LEVELS = frozenset({"not-cod", "cod-candidate", "cod-standard", "cod-enhanced"})
PREVIEWS = frozenset({"first_resource", "resource_id", "no_preview"})
CORE = ("id", "name", "title", "notes", "license_id", "maintainer", "owner_org", "url", "version")
EXTRAS = (
    "dataset_source", "methodology", "methodology_other", "license_other", "caveats", "dataset_date",
    "data_update_frequency", "dataset_preview", "package_creator", "updated_by_script", "batch", "review_date",
    "archived", "terms_of_use", "more_info", "quality", "field_names", "file_types", "num_of_rows", "customviz",
)  # fmt: skip
# kept only when somebody with the permission sends them; dropped in silence otherwise
PERMISSION_NEEDED = ("cod_level", "dataseries_name")
RESOURCE_PERMISSION_NEEDED = ("p_coded", "in_hapi", "pii_is_sensitive", "qa_hapi_report", "fs_check_info")
RESOURCE_COMPUTED = ("download_url", "hdx_rel_url", "alt_url", "package_id", "position", "upload", "blob")
NO_FORMAT = (
    "We couldn't determine your file type. If it is a compressed format (zip, etc), please indicate the primary "
    "format of the data files inside compressed file."
)
NOT_A_MEMBER = "Maintainer does not exist or is not a member of current owner organization. Please add valid user ID"
BAD_RANGE = "date range does not have the format: [start_datetime TO end_datetime]"
Errors = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What the rules have to know about the rest of the catalogue."""

    locations: Mapping[str, str]  # id or name -> name
    tags: frozenset[str]
    maintainers: Mapping[str, str]  # id or name -> id: members of the dataset's organisation, and sysadmins
    sysadmin: bool
    user: str
    taken: frozenset[str]  # names of the other datasets
    previous: Mapping[str, Any] = field(default_factory=dict)


def validated(sent: Mapping[str, Any], known: Known) -> tuple[dict[str, Any], Errors]:
    """Return the dataset as it will be kept, and HDX's errors; it may only be kept when there are none."""
    kept = {name: sent[name] for name in (*CORE, *EXTRAS) if not empty(sent.get(name))}
    kept["private"] = str(sent.get("private", "")).lower() != "false"
    errors: Errors = {}
    for check in (_name, _required, _others, _frequency, _dates, _maintainer, _groups, _tags):
        check(sent, kept, errors, known)
    _fill(sent, kept, known)
    _permissions(sent, kept, errors, known)
    resources, wrong = _resources(sent.get("resources") or [], known)
    kept["resources"] = resources
    if any(wrong):
        errors["resources"] = wrong
    return kept, errors


def empty(value: Any) -> bool:
    """Tell whether HDX takes a value for missing."""
    return value is None or (isinstance(value, str) and not value.strip())


def _name(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    name = str(sent.get("name") or "")
    if not 2 <= len(name) <= 100:
        _add(errors, "name", "Must be between 2 and 100 characters long")
    elif not re.fullmatch(r"[a-z0-9_-]+", name) or name in {"new", "edit", "search"}:
        _add(errors, "name", "Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_")
    elif name in known.taken:
        _add(errors, "name", "That URL is already in use.")
    kept.setdefault("title", name)


def _required(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    lax = kept["private"]
    wanted = ["license_id", "dataset_source", *([] if lax else ["notes", "methodology"])]
    for name in wanted:
        if empty(sent.get(name)):
            _add(errors, name, "Missing value")


def _others(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    for name, choice, other in (
        ("methodology_other", "methodology", "Other"),
        ("license_other", "license_id", "hdx-other"),
    ):
        if kept.get(choice) != other:
            kept.pop(name, None)
        elif name not in kept:
            _add(errors, name, "Missing value")


def _frequency(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    value = sent.get("data_update_frequency")
    if empty(value):
        if not kept["private"]:
            _add(errors, "data_update_frequency", "Missing value")
        return
    kept["data_update_frequency"] = str(value)
    resources = sent.get("resources") or []
    if str(value) not in FREQUENCIES:
        _add(errors, "data_update_frequency", "Value not in allowed list")
    elif str(value) == "0" and resources and all(r.get("url_type") == "upload" for r in resources):
        _add(errors, "data_update_frequency", "Live datasets should have at least one external resource")


def _dates(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    value = sent.get("dataset_date")
    if empty(value):
        if not kept["private"]:
            errors["dataset_date"] = [BAD_RANGE, "Missing value"]
        return
    found = re.fullmatch(r"\[(\S+) TO (\S+)\]", str(value))
    if not found:
        _add(errors, "dataset_date", BAD_RANGE)
        return
    start, end = _moment(found[1]), None if found[2] == "*" else _moment(found[2])
    if start is None or (end is None and found[2] != "*"):
        which = "start" if start is None else "end"
        _add(
            errors,
            "dataset_date",
            f"{which} datetime needs to be in isoformat, ex: 2019-01-21T12:25:05.955199",
        )
    elif end is not None and end < start:
        _add(errors, "dataset_date", "end datetime needs to be after start datetime")
    else:
        until = "*" if end is None else end.isoformat()[:23].replace("00:00:00", "23:59:59")
        kept["dataset_date"] = f"[{start.isoformat()[:23]} TO {until}]"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", ""))
    except ValueError:
        return None


def _maintainer(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    value = sent.get("maintainer")
    if empty(value):
        errors["maintainer"] = ["Maintainer does not exist. Please add valid user ID", "Missing value"]
    elif str(value) in known.maintainers:
        kept["maintainer"] = known.maintainers[str(value)]
    else:
        _add(errors, "maintainer", NOT_A_MEMBER)


def _groups(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    wanted = [str(group.get("id") or group.get("name") or "") for group in sent.get("groups") or []]
    kept["groups"] = sorted({known.locations[ref] for ref in wanted if ref in known.locations})
    if not wanted and not kept["private"]:
        _add(errors, "groups_list", "Missing value")
    for ref in wanted:
        if ref not in known.locations:
            _add(errors, "groups_list", "Wrong country code or id")


def _tags(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    names = [str(tag.get("name") or "").lower() for tag in sent.get("tags") or []]
    kept["tags"] = sorted(set(names))
    for name in names:
        if name not in known.tags:
            _add(errors, "tags", f"Tag name '{name}' is not in the approved list of tags.")
        elif name.startswith("crisis-") and not known.sysadmin and name not in known.previous.get("tags", ()):
            _add(errors, "tags", f"Tag name '{name}' may only be set by a sysadmin.")


def _fill(sent: Mapping[str, Any], kept: dict[str, Any], known: Known) -> None:
    kept["subnational"] = "1" if str(sent.get("subnational")).lower() in {"true", "1"} else "0"
    kept["package_creator"] = known.previous.get("package_creator") or kept.get("package_creator") or known.user
    if "updated_by_script" not in kept and known.previous.get("updated_by_script"):
        kept["updated_by_script"] = known.previous["updated_by_script"]
    if kept.get("dataset_preview") not in PREVIEWS:
        kept["dataset_preview"] = "first_resource"


def _permissions(sent: Mapping[str, Any], kept: dict[str, Any], errors: Errors, known: Known) -> None:
    for name in PERMISSION_NEEDED:
        value = sent.get(name) if known.sysadmin else known.previous.get(name)
        if empty(value):
            continue
        kept[name] = value
        if name == "cod_level" and value not in COD_LEVELS:
            _add(errors, name, "Value not in allowed list")


def _resources(sent: Iterable[Mapping[str, Any]], known: Known) -> tuple[list[dict[str, Any]], list[Errors]]:
    before = {resource["id"]: resource for resource in known.previous.get("resources", ())}
    pairs = [_resource(resource, before.get(resource.get("id"), {}), known) for resource in sent]
    return [kept for kept, _ in pairs], [wrong for _, wrong in pairs]


def _resource(sent: Mapping[str, Any], before: Mapping[str, Any], known: Known) -> tuple[dict[str, Any], Errors]:
    kept = {key: value for key, value in sent.items() if key not in RESOURCE_COMPUTED}
    errors: Errors = {}
    for name in ("name", "url"):
        if empty(sent.get(name)):
            _add(errors, name, "Missing value")
        else:
            kept[name] = str(sent[name]).strip()
    for name in (*RESOURCE_PERMISSION_NEEDED, "in_quarantine"):
        _only_with_permission(kept, before, name, known)
    if str(kept.get("microdata", "")).lower() == "true":
        kept["in_quarantine"] = True  # HDX puts microdata under review at once
    kept.pop("broken_link", None)  # any ordinary update takes the mark away
    shown = _format(sent)
    if shown:
        kept["format"] = shown
    else:
        _add(errors, "format", NO_FORMAT)
    return kept, errors


def _only_with_permission(kept: dict[str, Any], before: Mapping[str, Any], name: str, known: Known) -> None:
    if known.sysadmin:
        return
    kept.pop(name, None)
    if not empty(before.get(name)):
        kept[name] = before[name]


def _format(sent: Mapping[str, Any]) -> str:
    if not empty(sent.get("format")):
        return format_of(str(sent["format"]).lower())
    for name in ("url", "name"):
        suffix = re.search(r"\.(\w{2,8})$", str(sent.get(name) or ""))
        if suffix:
            return format_of(suffix[1].lower())
    return ""


def _add(errors: Errors, name: str, text: str) -> None:
    errors.setdefault(name, []).append(text)
