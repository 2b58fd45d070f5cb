"""A finished release onto HDX, and the receipt back into the lake.

Belongs here: describing a release folder as a publication, and keeping what HDX showed. Does not belong here: talking
to HDX (`orchestration/hdx_api.py`).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

from assets.release.build import last_day
from assets.release.certificate import verify_certificate
from assets.release.products import Product
from orchestration import publications
from orchestration.calendar import Due
from orchestration.hdx_api import Receipt
from orchestration.hdx_checks import Publication, ReleaseFile
from orchestration.office import Office

# What a reader of HDX gets, in this order; the rest of the folder (sums, JSON twins) is for rebuilding.
_WORDS = {
    "{stem}.csv": ("csv", "The data, for spreadsheets and scripts (UTF-8)"),
    "{stem}.xlsx": ("xlsx", "The data as a workbook with a read-me sheet"),
    "dictionary.csv": ("csv", "Data dictionary: what every column means"),
    "CHANGELOG.md": ("txt", "What changed since the last version"),
    "certificate.html": ("txt", "Disclosure certificate: why nobody can be singled out"),
}


def dataset_name(office: Office, product: Product) -> str:
    """The dataset's name on HDX, the same for ever."""
    return f"{office.operation.iso3.lower()}-{product.name}"


def publication(office: Office, product: Product, due: Due, folder: Path) -> Publication:
    """What HDX shall show of a release."""
    operation = office.operation
    files = []
    for pattern, (kind, words) in _WORDS.items():
        path = folder / pattern.format(stem=product.stem)
        if path.exists():
            name = path.name.lower() if pattern.startswith("{") else f"{product.stem}_{path.name.lower()}"
            files.append(ReleaseFile(name, kind, words, path))
    return Publication(
        name=dataset_name(office, product),
        title=product.title,
        notes=product.notes,
        source=operation.hdx.source_name,
        methodology=operation.hdx.methodology,
        caveats=" ".join(product.caveats) or "See the data dictionary and the disclosure certificate.",
        licence=operation.hdx.licence,
        frequency_days=product.frequency_days,
        tags=tuple(product.tags),
        iso3=operation.iso3,
        period_start=date.fromisoformat(f"{operation.period.first_month}-01"),
        period_end=last_day(due.covers),
        resources=tuple(files),
        private=product.audience != "public",
        version=due.cycle,
    )


def publish(office: Office, product: Product, due: Due) -> Receipt:
    """Publish one release and keep the receipt; publishing again changes nothing."""
    folder = publications.release_folder(office.lake, product.stem, due.cycle)
    publisher = office.hdx(lambda _copy: verify_certificate(folder))
    receipt = publisher.publish(publication(office, product, due, folder))
    path = publications.receipt_path(office.lake, product.stem, due.cycle)
    late = office.today > due.at.date()
    office.lake.write_json(path, {**asdict(receipt), "cycle": due.cycle, "published_on": office.today, "late": late})
    return receipt
