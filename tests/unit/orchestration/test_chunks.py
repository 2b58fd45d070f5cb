"""Chunks of a transfer under way: sealed, in order, whole or not there."""

from __future__ import annotations

import pytest

from orchestration import chunks, seal
from orchestration.chunks import Chunks, as_file
from orchestration.failures import Transient
from orchestration.lake import Lake


def test_chunks_come_back_in_order_and_a_transfer_is_gone_on_with(lake: Lake) -> None:
    first = Chunks(lake, "register-anr")
    assert (first.last_mark(), first.notes) == (None, {})
    first.note({"begun": "today"})
    for number in range(12):
        first.add({"last": f"R{number}"}, f"row {number}\nand more\n".encode())
    again = Chunks(Lake(lake.root, lake.keys), "register-anr")
    assert (again.last_mark(), again.notes) == ({"last": "R11"}, {"begun": "today"})
    assert list(again.contents()) == [f"row {number}\nand more\n".encode() for number in range(12)]
    assert Chunks(lake, "register-progres").last_mark() is None
    again.clear()
    assert (first.last_mark(), first.notes) == (None, {})


def test_nothing_of_a_chunk_can_be_read_from_the_disk(lake: Lake) -> None:
    Chunks(lake, "one").add({"last": "R-4711"}, b"Somebody Invented")
    files = [path.read_bytes() for path in lake.root.rglob("*") if path.is_file()]
    assert any(content.startswith(seal.MAGIC) for content in files)
    assert not [content for content in files if b"R-4711" in content or b"Invented" in content]


def test_pieces_read_as_one_file() -> None:
    pieces = [b"", b"a" * 10, b"", b"b" * (seal.CHUNK + 3), b"c"]
    with as_file(iter(pieces)) as file:
        assert file.read(4) == b"aaaa"
        assert file.read(seal.CHUNK) == (b"a" * 6 + b"b" * (seal.CHUNK - 6))
        assert file.read() == b"b" * 9 + b"c"


def test_a_stream_becomes_one_arrival_whatever_its_pieces(lake: Lake) -> None:
    from datetime import UTC, datetime

    now = datetime(2025, 3, 31, tzinfo=UTC)
    how = {"sender": "a", "file_name": "b.csv", "partition": None, "received_at": now, "taken_at": now}
    whole = b"x" * (seal.CHUNK * 2 + 17)
    one, is_new = lake.take("register", as_file([whole[:5], whole[5 : seal.CHUNK], whole[seal.CHUNK :]]), **how)  # type: ignore[arg-type]
    assert is_new
    assert lake.read_arrival(one) == whole
    assert lake.take("register", whole, **how) == (one, False)  # type: ignore[arg-type]


def test_two_processes_do_not_read_the_same_at_once(lake: Lake) -> None:
    with Chunks(lake, "one").alone():
        with pytest.raises(Transient), Chunks(lake, "one").alone():
            pass
        with Chunks(lake, "two").alone():
            pass
    with Chunks(lake, "one").alone():
        pass


def test_a_transfer_nobody_will_go_on_with_is_forgotten(lake: Lake) -> None:
    for name in ("due", "missed", "held"):
        Chunks(lake, name).add({"last": "R1"}, b"somebody")
    with Chunks(lake, "held").alone():
        chunks.forget_but(lake, ["due"])
    assert [Chunks(lake, name).last_mark() is None for name in ("due", "missed", "held")] == [False, True, False]
