"""The text of an extract, whatever it was saved as, as a stream of UTF-8; and what separates its cells.

Belongs here: encodings and delimiters. Does not belong here: what a heading means (`columns.py`).

UTF-8 flows through untouched: at national size every look at a chunk costs. Only the first chunk that is not plain
ASCII is looked at; until there, every encoding but UTF-16 is the same.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterator
from itertools import chain

DELIMITERS = ",;\t|"
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LOOK = 4096


def utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same text as UTF-8. What is neither UTF-8 nor UTF-16 is cp1251 if its words are made of high bytes, else
    cp1252 (of which Latin-1 is a part); a few wrong bytes in UTF-8 are a damage and stay, to be refused.
    """
    head = beginning(chunks)
    wide = _wide(head)
    stream = chain([head], chunks)
    return _from_wide(stream, wide) if wide else _from_bytes(stream)


def beginning(chunks: Iterator[bytes]) -> bytes:
    """Enough of the beginning to tell what a file is, however small its pieces."""
    head = next(chunks, b"")
    while len(head) < _LOOK and (piece := next(chunks, b"")):
        head += piece
    return head


def delimiter(line: str, known: Collection[str]) -> str:
    """The one that cuts the first line into the most headings we know; the comma, if none does."""
    return max(DELIMITERS, key=lambda mark: sum(name.strip().lower() in known for name in cells(line, mark)))


def cells(line: str, mark: str) -> list[str]:
    """A line of text as cells."""
    return next(csv.reader([line], delimiter=mark), [])


def _wide(head: bytes) -> str | None:
    """UTF-16 by its mark, or by the zero in every other byte of ordinary text."""
    if head.startswith(_MARKS):
        return "utf-16"
    start = head[:_LOOK]
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) <= len(start) // 8 or min(even, odd) > max(even, odd) // 4:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _from_wide(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()


def _from_bytes(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if chunk.isascii():
            yield chunk
            continue
        table = None if _is_utf8(chunk) else _table(chunk)
        for later in chain([chunk], chunks):
            yield later if table is None else _by(table, later)


def _by(table: str, chunk: bytes) -> bytes:
    return codecs.charmap_decode(chunk, "strict", table)[0].encode()  # type: ignore[arg-type] # a string is a table too


def _is_utf8(chunk: bytes) -> bool:
    """Whether it is, or mostly is: a chunk may end within a letter, and a damaged one must not pass for another."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(chunk)
    except UnicodeDecodeError:
        shown = chunk.decode("utf-8", errors="replace")
        bad = shown.count("\ufffd")
        return sum(not letter.isascii() for letter in shown) - bad > bad
    return True


def _table(chunk: bytes) -> str:
    """Cyrillic words are runs of high bytes; accented letters stand alone between plain ones."""
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", chunk)]
    encoding = "cp1251" if sum(runs) > 2 * len(runs) else "cp1252"
    # The few bytes Windows left undefined are what they are in Latin-1.
    return "".join(bytes([at]).decode(encoding, errors="ignore") or chr(at) for at in range(256))
