"""The lake: once, whole or not at all, and only for those who hold its key."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import crashing
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import lake as lake_module
from orchestration.failures import NotSealed, Permanent, WrongKey
from orchestration.lake import Arrival, Lake
from orchestration.seal import Keys

MARCH = datetime(2025, 3, 5, 9, 30, tzinfo=UTC)
TEXT = b"record_id,full_name\nR1,Somebody Invented\n" * 50_000  # two chunks and a bit


def _take(lake: Lake, content: bytes | Path, *, sender: str = "unit", at: datetime = MARCH) -> tuple[Arrival, bool]:
    return lake.take(
        "register", content, sender=sender, file_name="a.csv", partition="2025-03-31", received_at=at, taken_at=at,
        facts={"totals": False},
    )  # fmt: skip


def _files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


# -- opening --------------------------------------------------------------------------------------------------


def test_a_new_lake_holds_wrapped_keys_only(lake: Lake, keys: Keys) -> None:
    text = lake.key_file.read_text()
    assert set(json.loads(text)) == {"format", "proof", "pseudonyms", "zones"}
    for secret in (keys.seal, keys.pseudonym):
        assert secret.decode() not in text
        assert lake_module.seal.encode_key(secret) not in text
    assert lake.zone_key("checked") not in text


def test_a_lake_opens_again_with_the_same_zone_keys(lake: Lake, keys: Keys) -> None:
    again = Lake(lake.root, keys).open()
    assert again.zone_key("checked") == lake.zone_key("checked")
    assert again.zone_key("checked") != again.zone_key("warehouse")


@pytest.mark.parametrize(
    ("change", "words"),
    [({"seal": b"x" * 32}, "IMU_SEAL_KEY does not open"), ({"pseudonym": b"x" * 32}, "counted twice")],
)
def test_a_lake_refuses_either_wrong_key(lake: Lake, keys: Keys, change: dict[str, bytes], words: str) -> None:
    with pytest.raises(WrongKey, match=words) as caught:
        Lake(lake.root, replace(keys, **change)).open()
    assert "xxxx" not in str(caught.value)


def test_a_lake_without_keys_says_which_one_it_needs(tmp_path: Path) -> None:
    with pytest.raises(WrongKey, match="IMU_SEAL_KEY"):
        Lake(tmp_path).open()


def test_a_lost_key_file_is_not_replaced_by_a_new_one(lake: Lake, keys: Keys) -> None:
    _take(lake, TEXT)
    lake.key_file.unlink()
    with pytest.raises(Permanent, match="Restore it from the backup"):
        Lake(lake.root, keys).open()
    assert not lake.key_file.exists()


def test_another_format_is_refused(lake: Lake, keys: Keys) -> None:
    content = json.loads(lake.key_file.read_text())
    lake.write_json(lake.key_file, {**content, "format": 99})
    with pytest.raises(Permanent, match="format 99"):
        Lake(lake.root, keys).open()


def test_repr_shows_no_key(lake: Lake, keys: Keys) -> None:
    words = repr(lake) + str(lake.__dict__)
    assert keys.seal.decode() not in words
    assert keys.pseudonym.decode() not in words


# -- arrivals -------------------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_what_was_taken_reads_back(lake: Lake, content: bytes) -> None:
    arrival = _take(lake, content)[0]
    assert lake.read_arrival(lake.arrival("register", arrival.arrival_id)) == content
    assert arrival.size == len(content)


def test_the_manifest_survives_the_disk(lake: Lake) -> None:
    arrival = _take(lake, TEXT)[0]
    assert lake.arrival("register", arrival.arrival_id) == arrival
    assert arrival.sha256.startswith(arrival.arrival_id)


def test_no_file_of_the_lake_holds_the_plain_text(lake: Lake, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(TEXT)
    _take(lake, source)
    assert not [name for name in _files(lake.root) if b"Somebody" in (lake.root / name).read_bytes()]


def test_the_same_bytes_are_stored_once_whoever_sends_them(lake: Lake) -> None:
    first, new = _take(lake, TEXT)
    before = {name: (lake.root / name).read_bytes() for name in _files(lake.root)}
    again, new_again = _take(lake, TEXT, sender="somebody-else", at=MARCH + timedelta(days=9))
    assert (new, new_again) == (True, False)
    assert again == first
    assert {name: (lake.root / name).read_bytes() for name in _files(lake.root)} == before


def test_the_same_bytes_from_another_source_are_another_arrival(lake: Lake) -> None:
    _take(lake, TEXT)
    other = lake.take("needs", TEXT, sender="x", file_name="b", partition=None, received_at=MARCH, taken_at=MARCH)
    assert other[1] is True
    assert other[0].wrapped_key != lake.arrivals("register")[0].wrapped_key


def test_each_arrival_has_a_key_of_its_own_that_opens_no_other(lake: Lake) -> None:
    one, other = _take(lake, b"one")[0], _take(lake, b"other")[0]
    with pytest.raises(Permanent):
        lake.read_arrival(replace(one, wrapped_key=other.wrapped_key))


def test_a_plain_file_in_place_of_sealed_content_is_refused(lake: Lake) -> None:
    arrival = _take(lake, TEXT)[0]
    lake.folder("raw", "register", arrival.arrival_id, "content.sealed").write_bytes(TEXT)
    with pytest.raises(NotSealed, match="plain file") as caught:
        lake.read_arrival(arrival)
    assert "Invented" not in str(caught.value)


def test_only_what_was_taken_by_a_day_counts(lake: Lake) -> None:
    days = [MARCH + timedelta(days=n) for n in (2, 0, 1)]
    ids = [_take(lake, f"file {day}".encode(), at=day)[0].arrival_id for day in days]
    assert [a.arrival_id for a in lake.arrivals("register")] == [ids[1], ids[2], ids[0]]
    assert [a.arrival_id for a in lake.arrivals("register", MARCH + timedelta(days=1))] == [ids[1], ids[2]]
    assert lake.arrivals("register", MARCH - timedelta(seconds=1)) == []


def test_as_of_compares_moments_not_clock_faces(lake: Lake) -> None:
    _take(lake, b"a")
    kyiv = datetime.fromisoformat("2025-03-05T11:30:00+02:00")  # the same moment on another clock
    assert len(lake.arrivals("register", kyiv)) == 1
    assert lake.arrivals("register", kyiv - timedelta(seconds=1)) == []


def test_a_desktops_own_files_beside_arrivals_are_no_arrivals(lake: Lake) -> None:
    _take(lake, b"a")
    lake.folder("raw", "register", ".DS_Store").write_bytes(b"")
    assert len(lake.arrivals("register")) == 1


def test_an_unknown_arrival_is_told(lake: Lake) -> None:
    with pytest.raises(Permanent, match="No arrival 00ff from register"):
        lake.arrival("register", "00ff")


@pytest.mark.parametrize("magic", [b"PAR1", b"", b"a,b,"])
def test_plain_parquet_in_the_sealed_zone_is_refused(lake: Lake, tmp_path: Path, magic: bytes) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(magic)
    with pytest.raises(NotSealed, match=r"rows\.parquet"):
        lake.require_sealed(path)


# -- atomic writing -------------------------------------------------------------------------------------------


def test_a_failing_writer_leaves_the_old_file_and_no_draft(lake: Lake) -> None:
    target = lake.write_json(lake.folder("state", "a.json"), {"n": 1})

    def fail(draft: Path) -> None:
        draft.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        lake.write(target, fail)
    assert json.loads(target.read_text()) == {"n": 1}
    assert list(lake.folder(".tmp").iterdir()) == []


def test_json_of_the_same_content_has_the_same_bytes(lake: Lake) -> None:
    one = lake.write_json(lake.folder("a.json"), {"b": 1, "a": "Ж"}).read_bytes()
    assert lake.write_json(lake.folder("b.json"), {"a": "Ж", "b": 1}).read_bytes() == one
    assert "Ж".encode() in one


def test_a_folder_that_is_there_already_stays(lake: Lake) -> None:
    target = lake.folder("config", "abc")
    lake.write_folder(target, lambda draft: (draft / "one").write_text("1"))
    lake.write_folder(target, lambda draft: (draft / "two").write_text("2"))
    assert _files(target) == ["one"]


def test_moving_a_folder_into_place_fails_aloud_for_any_other_reason(lake: Lake) -> None:
    with pytest.raises(OSError), lake.scratch() as folder:
        lake_module.publish_folder(folder / "never-made", lake.folder("config", "x"))


def _write_folder(lake: Lake) -> None:
    def fill(draft: Path) -> None:
        (draft / "a").write_text("a" * 1000)
        (draft / "b").write_text("b" * 1000)

    lake.write_folder(lake.folder("config", "abc"), fill)


def test_a_folder_appears_whole_or_not_at_all_wherever_the_power_fails(tmp_path: Path, keys: Keys) -> None:
    for moment in range(20):
        lake = Lake(tmp_path / str(moment), keys).open()
        target = lake.folder("config", "abc")
        crashed = crashing.killed_at(lambda lake=lake: _write_folder(lake), moment)  # type: ignore[misc]
        assert not target.exists() or _files(target) == ["a", "b"]
        left = list(lake.folder(".tmp").iterdir())
        Lake(lake.root, keys).open()
        assert list(lake.folder(".tmp").iterdir()) == []
        _write_folder(lake)
        assert _files(target) == ["a", "b"]
        if not crashed:
            assert left == []
            break
    assert 3 <= moment < 19, "the child was never killed, or never came to an end"


def test_an_arrival_is_taken_once_wherever_the_power_fails(tmp_path: Path, keys: Keys) -> None:
    for moment in range(20):
        lake = Lake(tmp_path / str(moment), keys).open()
        crashed = crashing.killed_at(lambda lake=lake: _take(lake, TEXT), moment)  # type: ignore[misc]
        found = lake.arrivals("register")
        assert [lake.read_arrival(arrival) for arrival in found] in ([], [TEXT])
        again = Lake(lake.root, keys).open()
        arrival, new = _take(again, TEXT)
        assert new is (found == [])
        assert again.arrivals("register") == [arrival]
        assert again.read_arrival(arrival) == TEXT
        if not crashed:
            break
    assert 3 <= moment < 19


def test_everything_is_on_the_disk_before_it_gets_its_name(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename may reach the disk before the content does: after a power cut the name would hold nothing."""
    done: list[tuple[str, str]] = []
    flush, replace_file, rename = lake_module._flush, Path.replace, Path.rename
    monkeypatch.setattr(lake_module, "_flush", lambda path: (done.append(("flush", path.name)), flush(path)))
    monkeypatch.setattr(Path, "replace", lambda a, b: (done.append(("name", b.name)), replace_file(a, b)))
    monkeypatch.setattr(Path, "rename", lambda a, b: (done.append(("name", b.name)), rename(a, b)))
    lake.write_json(lake.folder("state", "one.json"), {})
    assert [step for step in done if step[1] in {"one.json", "state"}][-3:] == [
        ("flush", "one.json"),
        ("name", "one.json"),
        ("flush", "state"),
    ]
    done.clear()
    _write_folder(lake)
    named = done.index(("name", "abc"))
    assert {("flush", "a"), ("flush", "b"), ("flush", "abc")} <= set(done[:named])
    assert ("flush", "config") in done[named:]


def test_killed_inside_the_writer_leaves_nothing_at_the_final_name(lake: Lake, keys: Keys) -> None:
    target = lake.folder("state", "big.json")

    def half(draft: Path) -> None:
        draft.write_text("half of")
        crashing.kill_self()

    assert crashing.killed_at(lambda: lake.write(target, half), 99)
    assert not target.exists()
    assert len(list(lake.folder(".tmp").iterdir())) == 1
    Lake(lake.root, keys).open()
    assert list(lake.folder(".tmp").iterdir()) == []


def test_opening_the_lake_leaves_the_drafts_of_a_living_process_alone(lake: Lake, keys: Keys) -> None:
    """`imu doctor` and every run open the lake while another run writes: it must not lose its draft."""

    def write_slowly(pause: object) -> None:
        lake.write(lake.folder("state", "a.json"), lambda draft: (draft.write_text("half"), pause()))  # type: ignore[operator]

    with crashing.at_work(write_slowly):
        assert Lake(lake.root, keys).open().sweep() == 0
        assert [path.name for path in lake.folder(".tmp").rglob("*.json")] == ["a.json"]
    assert lake.sweep() == 1
    assert lake.sweep() == 0


def test_a_lake_that_cannot_be_written_says_so_without_its_path(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def refused(_base: Path) -> Iterator[Path]:
        raise OSError(errno.EROFS, "Read-only file system", str(lake.root))
        yield

    monkeypatch.setattr(lake_module.scratch, "scratch", refused)
    with pytest.raises(Permanent, match=r"lake cannot be written \(Read-only file system\)") as caught:
        lake.write_json(lake.folder("state", "x.json"), {})
    assert str(lake.root) not in str(caught.value)
    assert Lake(lake.root, lake.keys, "kalvoria").open()  # to be read from, it needs no name


def test_a_lake_made_before_names_keeps_its_keys_when_it_gets_one(lake: Lake, keys: Keys) -> None:
    zone = lake.zone_key("checked")
    named = Lake(lake.root, keys, "kalvoria").open()
    assert json.loads(lake.key_file.read_text())["operation"] == "kalvoria"
    assert named.zone_key("checked") == zone
    with pytest.raises(Permanent, match="belongs to operation 'kalvoria'"):
        Lake(lake.root, keys, "elsewhere").open()
    assert Lake(lake.root, keys).open().zone_key("checked") == zone  # a tool that knows of no operation
