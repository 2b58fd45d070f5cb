"""The seal: what goes in comes out, what was touched does not, and no key is ever shown."""

from __future__ import annotations

import base64
import hashlib
import io
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import seal
from orchestration.failures import NotSealed, Permanent, WrongKey

KEY, OTHER = b"k" * 32, b"o" * 32
HEADER = len(seal.MAGIC) + 7


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> object:
    """Chunks of 16 bytes: many of them in a text that hypothesis still enjoys."""
    patch = pytest.MonkeyPatch()
    patch.setattr(seal, "CHUNK", 16)
    yield
    patch.undo()


def _sealed(plain: bytes) -> bytes:
    target = io.BytesIO()
    seal.seal_stream(io.BytesIO(plain), target, KEY)
    return target.getvalue()


def _opened(sealed: bytes, key: bytes = KEY) -> bytes:
    return b"".join(seal.open_stream(io.BytesIO(sealed), key))


def _pieces(sealed: bytes) -> list[bytes]:
    body = sealed[HEADER:]
    return [body[at : at + 32] for at in range(0, len(body), 32)]


@given(st.binary(max_size=200))
def test_what_is_sealed_opens_again_with_its_sum_and_size(plain: bytes) -> None:
    target = io.BytesIO()
    told = seal.seal_stream(io.BytesIO(plain), target, KEY)
    assert told == (hashlib.sha256(plain).hexdigest(), len(plain))
    assert _opened(target.getvalue()) == plain


@pytest.mark.parametrize("size", [0, 15, 16, 17, 32, 33])
def test_chunk_borders_round_trip(size: int) -> None:
    assert _opened(_sealed(bytes(range(size)))) == bytes(range(size))


def test_the_same_bytes_never_give_the_same_sealed_bytes() -> None:
    assert _sealed(b"one family of five") != _sealed(b"one family of five")
    assert b"family" not in _sealed(b"one family of five")


@given(st.binary(min_size=1, max_size=100), st.data())
def test_any_flipped_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(_sealed(plain))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Permanent):
        _opened(bytes(sealed))


@given(st.binary(max_size=100), st.data())
def test_any_cut_is_noticed(plain: bytes, data: st.DataObject) -> None:
    sealed = _sealed(plain)
    with pytest.raises(Permanent):
        _opened(sealed[: data.draw(st.integers(0, len(sealed) - 1))])


def test_a_cut_at_a_chunk_border_is_noticed_although_each_chunk_is_whole() -> None:
    sealed = _sealed(b"a" * 48)
    with pytest.raises(Permanent, match="damaged or was cut at chunk 1"):
        _opened(sealed[: HEADER + 64])


def test_swapped_repeated_and_dropped_chunks_are_noticed() -> None:
    sealed = _sealed(bytes(range(64)))
    first, second, third, last = _pieces(sealed)
    for order in ([second, first, third, last], [first, first, third, last], [first, third, last], [last]):
        with pytest.raises(Permanent, match="damaged"):
            _opened(sealed[:HEADER] + b"".join(order))


def test_a_chunk_of_another_file_is_noticed_under_the_same_key() -> None:
    one, other = _sealed(b"a" * 32), _sealed(b"b" * 32)
    with pytest.raises(Permanent, match="damaged"):
        _opened(one[:HEADER] + _pieces(one)[0] + _pieces(other)[1])


def test_bytes_added_at_the_end_are_noticed() -> None:
    with pytest.raises(Permanent, match="damaged"):
        _opened(_sealed(b"a" * 20) + b"more")


@pytest.mark.parametrize("plain", [b"", b"record_id,full_name\n", b"PK\x03\x04"])
def test_a_plain_file_is_refused_before_anything_is_read(plain: bytes) -> None:
    with pytest.raises(NotSealed, match="plain file"):
        _opened(plain)


def test_another_key_does_not_open_and_shows_no_key() -> None:
    with pytest.raises(Permanent) as caught:
        _opened(_sealed(b"text"), OTHER)
    _shows_no_key("".join(traceback.format_exception(caught.value)))


def _shows_no_key(words: str) -> None:
    for key in (KEY, OTHER):
        for form in (key.decode(), key.hex(), repr(key), seal.encode_key(key), base64.b64encode(key).decode()):
            assert form not in words


# -- wrapped keys ---------------------------------------------------------------------------------------------


def test_a_wrapped_key_opens_only_for_its_purpose() -> None:
    wrapped = seal.wrap(KEY, b"inner" * 6, "zone checked")
    assert seal.unwrap(KEY, wrapped, "zone checked") == b"inner" * 6
    with pytest.raises(WrongKey, match="zone warehouse"):
        seal.unwrap(KEY, wrapped, "zone warehouse")


def test_the_wrong_key_is_told_without_key_material() -> None:
    wrapped = seal.wrap(KEY, OTHER, "proof")
    with pytest.raises(WrongKey, match="does not open this lake") as caught:
        seal.unwrap(OTHER, wrapped, "proof")
    assert caught.value.retry_helps is False
    _shows_no_key("".join(traceback.format_exception(caught.value)))


@pytest.mark.parametrize("mangled", ["", "AAAA", "not base64 at all!"])
def test_a_mangled_wrapped_key_is_told_like_a_wrong_one(mangled: str) -> None:
    with pytest.raises(WrongKey):
        seal.unwrap(KEY, mangled, "proof")


# -- keys as text ---------------------------------------------------------------------------------------------


@given(st.binary(min_size=32, max_size=32))
def test_a_key_survives_its_text_form(key: bytes) -> None:
    assert seal.decode_key(f" {seal.encode_key(key)}\n", seal.SEAL_KEY) == key


@pytest.mark.parametrize("text", ["x", "secret-passphrase", seal.encode_key(KEY)[:-4], seal.encode_key(KEY + KEY)])
def test_a_malformed_key_is_told_without_any_of_it(text: str) -> None:
    with pytest.raises(WrongKey, match=seal.SEAL_KEY) as caught:
        seal.decode_key(text, seal.SEAL_KEY)
    words = "".join(traceback.format_exception_only(caught.value))
    assert len(text) < 4 or text not in words
    _shows_no_key(words)


def test_keys_come_from_the_environment_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_from_keyring", lambda _name: seal.encode_key(OTHER))
    found = seal.load_keys({seal.SEAL_KEY: seal.encode_key(KEY)})
    assert (found.seal, found.pseudonym) == (KEY, OTHER)


def test_missing_keys_are_named_with_both_places_looked_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_from_keyring", lambda _name: None)
    with pytest.raises(WrongKey, match=r"IMU_PSEUDONYM_KEY in the environment and in the keyring"):
        seal.load_keys({seal.SEAL_KEY: seal.encode_key(KEY)})


def test_neither_repr_nor_str_shows_a_key() -> None:
    found = seal.Keys(KEY, OTHER)
    for words in (repr(found), str(found), f"{found}", repr([found])):
        _shows_no_key(words)


# -- pseudonyms -----------------------------------------------------------------------------------------------


def test_a_pseudonym_is_stable_and_depends_on_key_and_every_part() -> None:
    same = seal.pseudonym(KEY, "interview", "17")
    assert seal.pseudonym(KEY, "interview", "17") == same
    others = {
        seal.pseudonym(OTHER, "interview", "17"),
        seal.pseudonym(KEY, "register", "17"),
        seal.pseudonym(KEY, "interview1", "7"),
        seal.pseudonym(KEY, "interview", "18"),
    }
    assert len(others | {same}) == 5
    assert len(same) == 32


def test_a_fingerprint_tells_keys_apart_and_gives_none_away() -> None:
    assert seal.fingerprint(KEY) != seal.fingerprint(OTHER)
    _shows_no_key(seal.fingerprint(KEY))
