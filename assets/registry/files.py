"""An extract's file in any of its forms, as headings and one table expression for DuckDB.

Belongs here: CSV, XLSX, Parquet, and a zip archive that holds exactly one of them; what makes a file unreadable. Does
not belong here: encodings (`text.py`), what the columns mean (`columns.py`).

No form ever touches a disk in the clear. CSV streams through a pipe. A workbook is opened by a confined child process,
whose rows stream through the same pipe. Parquet, which can only be read with a view of the whole, lies in memory.
"""

from __future__ import annotations

import csv
import os
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from assets.registry import text, workbook
from assets.registry.pipe import as_pipe
from assets.registry.unreadable import Unreadable
from orchestration.duck import quote

if TYPE_CHECKING:
    import duckdb

_HEADER_BYTES = 65536
_ZIP, _PARQUET, _OLE = b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"
_PIECE = 1 << 20
_MOST_HELD = 1 << 30  # of a form that must be held in memory as a whole
_MOST_UNPACKED = 8 << 30
# A register's text packs 5 to 30 times; a bomb packs a thousand times.
_MOST_PACKED = 200


@dataclass(frozen=True)
class Table:
    """An extract's headings, and how its rows are read: once, under the expression `scan` gives."""

    header: list[str]
    scan: Callable[[], AbstractContextManager[str]]


@contextmanager
def opened(chunks: Iterator[bytes], known: Collection[str]) -> Iterator[Table]:
    """Open an extract; `known` are the headings by which a delimiter is told. Raises Unreadable for what is none."""
    head = text.beginning(chunks)
    stream = chain([head], chunks)
    if head.startswith(_ZIP):
        with _packed(_held(stream), known) as table:
            yield table
    else:
        with _unpacked(head, stream, known) as table:
            yield table


def fetched(
    connection: duckdb.DuckDBPyConnection, table: Table, columns: str, most: int
) -> list[tuple[str | None, ...]]:
    """Some columns of a small table as text; one that is not small is none."""
    import duckdb

    broken = False
    rows: list[tuple[str | None, ...]] = []
    with table.scan() as scan:
        try:
            rows = connection.execute(f"SELECT {columns} FROM {scan} LIMIT {most + 1}").fetchall()
        except duckdb.Error:
            broken = True
    if broken or len(rows) > most:
        # Raised out here: DuckDB quotes the line it stumbled over.
        raise Unreadable("a row has another shape than the headings" if broken else f"it has more than {most:,} rows")
    return rows


@contextmanager
def _unpacked(head: bytes, stream: Iterator[bytes], known: Collection[str]) -> Iterator[Table]:
    if head.startswith(_OLE):
        raise Unreadable("it is protected by a password, or saved in the form of Excel 97")
    if head.startswith(_PARQUET):
        with _parquet(_held(stream)) as table:
            yield table
    else:
        yield _csv(text.utf8(stream), known)


def _held(stream: Iterator[bytes]) -> bytes:
    held = bytearray()
    for piece in stream:
        held += piece
        if len(held) > _MOST_HELD:
            raise Unreadable("it is larger than a file of this kind may be; CSV has no such limit")
    return bytes(held)


# -- CSV ------------------------------------------------------------------------------------------------------


def _csv(stream: Iterator[bytes], known: Collection[str]) -> Table:
    try:
        head = text.beginning(stream)
        line = head[:_HEADER_BYTES].split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8-sig")
        mark = text.delimiter(line, known)
        given = text.cells(line, mark)
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable("its first line is no text") from None

    @contextmanager
    def scan() -> Iterator[str]:
        with as_pipe(_as_text(chain([head], stream))) as path:
            yield _csv_scan(path, given, mark)

    return Table(given, scan)


def _as_text(stream: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from stream
    except UnicodeDecodeError:
        raise Unreadable("it is damaged: its text breaks off within a letter") from None


def _csv_scan(path: Path, given: Sequence[str], mark: str) -> str:
    """Strict, without padding: else a row with a cell too many or too few is read shifted, in silence, and an open
    quote at the end swallows rows. Several threads read line breaks within quotes right only without padding.
    """
    columns = ", ".join(f"{quote(header)}: 'VARCHAR'" for header in given)
    return (
        f"read_csv({quote(str(path))}, columns={{{columns}}}, header=true, delim={quote(mark)}, quote='\"', "
        "escape='\"', auto_detect=false, null_padding=false, strict_mode=true, parallel=true, max_line_size=1048576)"
    )


# -- Parquet --------------------------------------------------------------------------------------------------


@contextmanager
def _parquet(content: bytes) -> Iterator[Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        given = list(pq.read_schema(BytesIO(content)).names)
    except (pa.ArrowException, OSError):
        raise Unreadable("it is a damaged Parquet file, or an encrypted one") from None
    handle = os.memfd_create("extract")
    try:
        with os.fdopen(os.dup(handle), "wb") as memory:
            memory.write(content)
        names = ", ".join(f"CAST({_name(header)} AS VARCHAR) AS {_name(header)}" for header in given)
        expression = f"(SELECT {names} FROM read_parquet({quote(f'/proc/self/fd/{handle}')}))"

        @contextmanager
        def scan() -> Iterator[str]:
            yield expression

        yield Table(given, scan)
    finally:
        os.close(handle)


def _name(header: str) -> str:
    return '"' + header.replace('"', '""') + '"'


# -- archives and workbooks -----------------------------------------------------------------------------------


@contextmanager
def _packed(content: bytes, known: Collection[str]) -> Iterator[Table]:
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError):
        raise Unreadable("it is a damaged archive, or was cut short on its way") from None
    with archive:
        if "xl/workbook.xml" in archive.namelist():
            with workbook.rows(content) as stream:
                yield _csv(stream, known)
            return
        member = _only_member(archive)
        stream = _member_bytes(archive, member)
        head = text.beginning(stream)
        rest = chain([head], stream)
        if head.startswith(_ZIP):
            inner = _held(rest)
            if "xl/workbook.xml" not in _names(inner):
                raise Unreadable("it is an archive within an archive")
            with workbook.rows(inner) as found:
                yield _csv(found, known)
        else:
            with _unpacked(head, rest, known) as table:
                yield table


def _names(content: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return []


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The one file in it; what computers add by themselves does not count, and nothing may point outside."""
    if any(_points_outside(one.filename) for one in archive.infolist()):
        raise Unreadable("a name in the archive points outside of it")
    members = [one for one in archive.infolist() if not one.is_dir() and not _is_litter(one.filename)]
    if len(members) != 1:
        raise Unreadable(f"the archive holds {len(members)} files, and must hold exactly one")
    member = members[0]
    if member.flag_bits & 1:
        raise Unreadable("the archive is protected by a password")
    if member.file_size > min(_MOST_UNPACKED, _MOST_PACKED * member.compress_size + _PIECE):
        raise Unreadable("the archive unpacks to far more than a register can be")
    return member


def _points_outside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(".") or parts[-1] in {"Thumbs.db", "desktop.ini"}


def _member_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(member) as source:
            while piece := source.read(_PIECE):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        raise Unreadable("the archive is damaged, or packed in a way nobody here can unpack") from None
