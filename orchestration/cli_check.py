"""`imu check`: the verdict on a cluster workbook before anybody sends it; nothing is taken and nothing is stored.

Belongs here: asking the check that arrivals get, and showing what it says. Does not belong here: any rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.clusters.assets import tables
from assets.clusters.check import check_submission
from assets.geography.reference import reference
from assets.quality.report import EFFECTS, About, partner_page
from assets.quality.returned import returned_workbook
from assets.quality.rules import rule
from assets.quality.verdict import Finding, Verdict, Word
from orchestration.cli_say import table
from orchestration.cluster_month import WrongChoiceError, chosen
from orchestration.failures import Permanent
from orchestration.office import Office
from orchestration.settings import Cluster

if TYPE_CHECKING:
    from rich.console import Console

_ROWS_SHOWN = 8


@dataclass(frozen=True)
class Preview:
    """What would become of a file if it were sent. `month` is the one it was meant for."""

    file_name: str
    content: bytes
    cluster: Cluster
    month: str
    verdict: Verdict

    @property
    def other_month(self) -> str | None:
        """The month the file itself says, if it is not the one it was meant for."""
        said = self.verdict.partition
        return said if said is not None and said != self.month else None

    @property
    def is_well(self) -> bool:
        """Whether every row would be used, for the month it was meant for."""
        return self.other_month is None and self.verdict.verdict in {Word.ACCEPTED, Word.WITH_WARNINGS}

    def to_json(self) -> dict[str, Any]:
        """The verdict, and whether it is for the month that was asked about."""
        return {**self.verdict.to_json(), "month_asked_for": self.month, "well": self.is_well}


def check(office: Office, path: Path, cluster: str, month: str) -> Preview:
    """The verdict the file would get today from the cluster's own account."""
    operation = office.operation
    lists = tables(operation)
    found = chosen(operation, cluster, month)
    content = _read(path)
    checked = check_submission(
        content, path.name, found.submitters[0], found.code, tables=lists, gazetteer=reference(office).gazetteer,
        month_hint=month,
    )  # fmt: skip
    return Preview(path.name, content, found, month, checked.verdict)


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise WrongChoiceError(f"No file {path}.")
    try:
        return path.read_bytes()
    except OSError as cause:
        raise Permanent(f"The file {path.name} cannot be read: {cause.strerror}. Close it, or copy it here.") from cause


def write(office: Office, preview: Preview, folder: Path) -> list[Path]:
    """The page and the coloured workbook the sender would get."""
    operation = office.operation
    about = About(
        operation=operation.title,
        sender_name=preview.cluster.name,
        period=preview.month,
        file_name=preview.file_name,
        received=f"{office.now:%Y-%m-%d %H:%M} (checked before sending)",
        contact=operation.contact,
    )
    folder.mkdir(parents=True, exist_ok=True)
    stem = Path(preview.file_name).stem
    page, workbook = folder / f"{stem} - checked.html", folder / f"{stem} - checked.xlsx"
    page.write_text(partner_page(preview.verdict, about, None), encoding="utf-8")
    workbook.write_bytes(returned_workbook(preview.content, preview.verdict))
    return [page, workbook]


def show(preview: Preview, written: list[Path], console: Console) -> None:
    """The verdict in a sentence, then what to mend, the gravest first."""
    verdict = preview.verdict
    console.print(f"{preview.file_name}, {preview.cluster.code} {preview.month}: {verdict.summary}", markup=False)
    if preview.other_month:
        console.print(f"It says that it is for {preview.other_month}, and would be taken as such.", markup=False)
    rows = [_line(name, [one for one in verdict.findings if one.rule == name]) for name in verdict.count_by_rule()]
    if rows:
        console.print(table("", ("rule", "what is wrong", "what to do", "rows", "what it means"), rows))
    for path in written:
        console.print(f"Written: {path}", markup=False)
    console.print("Nothing was taken: put the file into the inbox, or send it, when it is ready.", style="dim")


def _line(name: str, findings: list[Finding]) -> tuple[str, ...]:
    about = rule(name)
    at = [str(one.row) for one in findings if one.row is not None]
    rows = ", ".join(at[:_ROWS_SHOWN]) + (f" and {len(at) - _ROWS_SHOWN} more" if len(at) > _ROWS_SHOWN else "")
    return name, about.title, about.what_to_do, rows or "the file", EFFECTS[about.severity]
