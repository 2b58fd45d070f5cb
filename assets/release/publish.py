"""A finished release onto HDX, and the receipt back into the lake.

Belongs here: describing a release folder as a publication, and keeping what HDX showed. Does not belong here: talking
to HDX (`orchestration/hdx_api.py`).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from assets.release.build import last_day
from assets.release.certificate import verify_certificate
from assets.release.products import Product
from orchestration import locks, publications
from orchestration.calendar import Due
from orchestration.failures import Permanent
from orchestration.hdx_api import Receipt
from orchestration.hdx_checks import Publication, ReleaseFile, sha256_of
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


def publication(office: Office, product: Product, due: Due, files: Sequence[ReleaseFile]) -> Publication:
    """What HDX shall show of a release."""
    operation = office.operation
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


def laid_out(product: Product, folder: Path, into: Path) -> list[ReleaseFile]:
    """Copies of a release's files under the names HDX keeps for them, from version to version the same."""
    files = []
    for pattern, (kind, words) in _WORDS.items():
        path = folder / pattern.format(stem=product.stem)
        if path.exists():
            name = path.name if pattern.startswith("{") else f"{product.stem}_{path.name.lower()}"
            copy = into / name
            shutil.copyfile(path, copy)
            files.append(ReleaseFile(name, kind, words, copy))
    return files


def verify(folder: Path, copy: Publication) -> None:
    """The certificate is right, and what would be sent is byte for byte what it is about."""
    verify_certificate(folder)
    covered = {sha256_of(path) for path in folder.iterdir() if path.is_file()}
    strange = [file.name for file in copy.resources if sha256_of(file.path) not in covered]
    if strange:
        raise Permanent(
            f"{', '.join(strange)} is not a file of release {folder.name}; nothing was sent. Publish again."
        )


def publish(office: Office, product: Product, due: Due) -> Receipt:
    """Publish one release and keep the receipt; publishing again changes nothing.

    One process at a time for each product: `imu run` knows nothing of Dagster's pools, and two cycles published at once
    would each find that no later one is there.
    """
    receipts = publications.receipt_path(office.lake, product.stem, due.cycle).parent
    receipts.mkdir(parents=True, exist_ok=True)
    busy = f"{product.name} is being published by another process. Nothing was sent. Try again when it has ended."
    with locks.locked(receipts, locks.ALONE | locks.AT_ONCE, busy=busy):
        return _published(office, product, due)


def _published(office: Office, product: Product, due: Due) -> Receipt:
    later = publications.later_receipts(office.lake, product.stem, due.cycle)
    if later:
        raise Permanent(
            f"{product.name} {due.cycle} was not published: {later[-1]} is already on HDX, and an older version would "
            "take its place. Nothing was sent. Publish the newest cycle instead."
        )
    folder = publications.release_folder(office.lake, product.stem, due.cycle)
    verify_certificate(folder)
    publisher = office.hdx(lambda copy: verify(folder, copy))
    with office.lake.scratch() as into:
        receipt = publisher.publish(publication(office, product, due, laid_out(product, folder, into)))
    path = publications.receipt_path(office.lake, product.stem, due.cycle)
    if publications.receipt(office.lake, product.stem, due.cycle) is None:
        late = office.today > due.at.date()
        said = {"cycle": due.cycle, "published_on": office.today, "late": late}
        office.lake.write_json(path, {**asdict(receipt), **said})
    return receipt
