"""Looking for planted people in every byte of every file, however it is packed.

Belongs here: unpacking what can be unpacked, and recognising a planted person in any script and encoding. Does not
belong here: which files may hold one (`test_canaries.py`).
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
from canary_plants import PLANTED

from demo.country.canaries import _FAMILY_FIRST, _GIVEN
from demo.country.people_names import to_cyrillic

# Each planted name is one of the first and begins its second word with one of the others; no other name has either.
PARTS = (*_GIVEN, *_FAMILY_FIRST)
PHONES = sorted({re.sub(r"\D", "", one.phone).encode() for one in PLANTED})
CARD = re.compile(rb"kr9\d{8}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")
_SEPARATORS = re.compile(rb"[\s()+./-]+")


def _cyrillic() -> Iterator[bytes]:
    """A name as bytes, however it is typed and stored."""
    for part in PARTS:
        name = to_cyrillic(part)
        for text in (name, name.lower(), name.upper()):
            yield text.encode()
            yield text.encode("ascii", "backslashreplace").lower()  # as JSON escapes it
        yield from (name.encode(encoding).lower() for encoding in ("utf-16-le", "utf-16-be", "cp1251"))


LATIN = sorted(part.lower().encode() for part in PARTS)
CYRILLIC = sorted(set(_cyrillic()))


def found_in(content: bytes) -> list[str]:
    """Which planted people stand in these bytes, as they are and with their base64 opened."""
    opened = (inside for text in _decoded(content) for inside in unpacked(text))
    return sorted({name for text in (content, *opened) for name in _plain(text)})


def _plain(content: bytes) -> Iterator[str]:
    low = content.lower()
    yield from (form.decode("utf-8", "replace") for form in CYRILLIC if form in low)
    # UTF-16 of Latin text is the text with zeros between.
    for text in (low, low.replace(b"\0", b"")) if b"\0" in low else (low,):
        yield from (form.decode() for form in LATIN if form in text)
        yield from (card.decode() for card in CARD.findall(text))
        digits = _SEPARATORS.sub(b"", text)
        if b"99969" in digits:
            yield from (phone.decode() for phone in PHONES if phone in digits)


def _decoded(content: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(re.sub(rb"(?<=[A-Za-z0-9+/]{76})\r?\n", b"", content)):
        usable = run[: len(run) // 4 * 4]
        try:
            yield base64.b64decode(usable, validate=True)
        except binascii.Error:
            continue


def unpacked(content: bytes) -> Iterator[bytes]:
    """The bytes, and whatever is inside of them if they are an archive, a database, a table file or compressed."""
    yield content
    with suppress(zipfile.BadZipFile, zlib.error):  # it only looked like one
        if content[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield name.encode()
                    yield from unpacked(archive.read(name))
        elif content[:2] in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
            yield zlib.decompress(content)


def texts_of(path: Path) -> Iterator[bytes]:
    """Everything readable in a file."""
    content = path.read_bytes()
    yield path.name.encode()
    yield from unpacked(content)
    if content[:15] == b"SQLite format 3":
        yield from _sqlite(path)
    elif content[:4] == b"PAR1":
        yield from _query(f"SELECT * FROM read_parquet('{path}')")
    elif content[8:12] == b"DUCK" and path.name.startswith("analyst"):
        yield from _duckdb(path)


def _sqlite(path: Path) -> Iterator[bytes]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str | bytes):
                        yield from unpacked(value.encode() if isinstance(value, str) else value)
    finally:
        connection.close()


def _query(query: str, connection: duckdb.DuckDBPyConnection | None = None) -> Iterator[bytes]:
    rows = (connection or duckdb).execute(query).fetchall()
    yield "\n".join("\t".join(map(str, row)) for row in rows).encode()


def _duckdb(path: Path) -> Iterator[bytes]:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name, comment FROM duckdb_tables()").fetchall()
        for schema, table, comment in tables:
            yield str(comment).encode()
            yield from _query(f'SELECT * FROM "{schema}"."{table}"', connection)


def scan(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Files in which planted people stand, with who they are; the same bytes are read once."""
    found: dict[str, list[str]] = {}
    seen: dict[bytes, list[str]] = {}
    for path in paths:
        people: set[str] = set()
        for text in texts_of(path):
            if text not in seen:
                seen[text] = found_in(text)
            people.update(seen[text])
        if people:
            found[str(path)] = sorted(people)
    return found
