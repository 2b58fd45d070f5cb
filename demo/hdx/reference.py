"""The short lists this HDX knows: users, one organisation, locations, approved tags, licences, file formats.

Belongs here: lists of our own, kept short on purpose (HDX's real lists are longer and change). Does not belong here:
rules that use the lists (`rules.py`) and anything that changes while the server runs.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

VOCABULARY = "Topics"
ORGANIZATION = {"name": "kalvoria-imu", "title": "Information Management Unit, Kalvoria"}
LOCATIONS = {"xkv": "Kalvoria", "world": "World"}

# user -> (full name, sysadmin, role in the organisation or "")
USERS = {
    "hdxadmin": ("HDX administrator", True, "admin"),
    "hdxeditor": ("IMU publisher", False, "editor"),
    "hdxoutsider": ("Somebody else", False, ""),
}

TAGS = (
    "administrative boundaries-divisions",
    "baseline population",
    "demographics",
    "displacement",
    "education",
    "food security",
    "gazetteer",
    "geodata",
    "health",
    "humanitarian needs overview-hno",
    "hxl",
    "indicators",
    "internally displaced persons-idp",
    "nutrition",
    "operational presence",
    "people in need-pin",
    "population",
    "protection",
    "refugees",
    "sex and age disaggregated data-sadd",
    "shelter",
    "water sanitation and hygiene-wash",
    "who is doing what and where-3w-4w-5w",
)

LICENSES = {
    "cc-by-igo": "Creative Commons Attribution for Intergovernmental Organisations",
    "cc-by": "Creative Commons Attribution International",
    "cc-by-sa": "Creative Commons Attribution Share-Alike",
    "hdx-odc-odbl": "Open Database License (ODC-ODbL)",
    "hdx-odc-by": "Open Data Commons Attribution License (ODC-BY)",
    "hdx-pddl": "Open Data Commons Public Domain Dedication and License (PDDL)",
    "hdx-multi": "Multiple Licenses",
    "hdx-other": "Other",
}

# name as HDX shows it, description, media type, spellings that mean it (the columns of HDX's resource_formats.json)
FORMATS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("CSV", "Comma separated values", "text/csv", ("csv", ".csv", "text/csv")),
    ("XLSX", "Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     ("xlsx", ".xlsx", "excel")),
    ("JSON", "JSON", "application/json", ("json", ".json")),
    ("GeoJSON", "GeoJSON", "application/geo+json", ("geojson", ".geojson", "geo json")),
    ("SHP", "Shapefile", "application/zip", ("shp", ".shp", "shapefile")),
    ("Geopackage", "GeoPackage", "application/geopackage+sqlite3", ("gpkg", ".gpkg", "geopackage")),
    ("PDF", "PDF", "application/pdf", ("pdf", ".pdf")),
    ("TXT", "Text", "text/plain", ("txt", ".txt", "text", "md", ".md")),
    ("XML", "XML", "application/xml", ("xml", ".xml")),
    ("PNG", "Picture", "image/png", ("png", ".png")),
    ("Parquet", "Parquet", "application/octet-stream", ("parquet", ".parquet")),
    ("ZIP", "Archive", "application/zip", ("zip", ".zip")),
)  # fmt: skip


def stable_id(kind: str, name: str) -> str:
    """Return the same identifier for the same thing on every run; of version 4, as the library wants them."""
    return str(UUID(bytes=hashlib.sha256(f"{kind}/{name}".encode()).digest()[:16], version=4))


def format_of(text: str) -> str:
    """Return the name HDX shows for a spelling of a format; an unknown one stays as it came, as in CKAN."""
    for name, _, _, spellings in FORMATS:
        if text.lower() == name.lower() or text.lower() in spellings:
            return name
    return text


def formats_json() -> list[list[object]]:
    """Return the list hdx-python-api expects from `formats_mapping_url`."""
    return [[name, description, media, list(spellings)] for name, description, media, spellings in FORMATS]
