"""Sealing: the cryptography that keeps people's data unreadable at rest.

Belongs here: key material, wrapping of keys, streaming encryption of raw bytes, keyed pseudonyms.
Does not belong here: where files lie (`lake.py`) or how DuckDB is opened (`duck.py`).

Keys come from the environment or the operating system's keyring and from nowhere else, so that neither the
repository, nor the run storage, nor a log can hold one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from orchestration.failures import NotSealed, Permanent, WrongKey

SEAL_KEY = "IMU_SEAL_KEY"
PSEUDONYM_KEY = "IMU_PSEUDONYM_KEY"
KEYRING_SERVICE = "imu-data-platform"
KEY_BYTES = 32
DEMO_FINGERPRINTS = frozenset({"25cb8fa1c51d", "af15f04a7317"})

MAGIC = b"IMUSEAL1"
CHUNK = 1 << 20
_PREFIX_BYTES = 7
_COUNTER = struct.Struct(">IB")  # chunk number, last-chunk flag: together with the prefix a 12-byte nonce


@dataclass(frozen=True)
class Keys:
    """The office's two secrets. `repr` never shows them: a key in a traceback is a key in a log."""

    seal: bytes
    pseudonym: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


def new_key() -> bytes:
    """A fresh random 256-bit key."""
    return os.urandom(KEY_BYTES)


def encode_key(key: bytes) -> str:
    """The text form in which a key is put into the environment or the keyring."""
    return base64.urlsafe_b64encode(key).decode()


def decode_key(text: str, name: str) -> bytes:
    """Turn the text form back into bytes, or say what is wrong without showing any of it."""
    try:
        key = base64.urlsafe_b64decode(text.strip().encode())
    except (binascii.Error, ValueError) as cause:
        raise WrongKey(
            f"{name} is not a key: expected 44 characters of base64, found {len(text)} characters that are not. "
            f"Set it again from the recovery sheet; trying again without that changes nothing."
        ) from cause
    if len(key) != KEY_BYTES:
        raise WrongKey(
            f"{name} has the wrong length: expected {KEY_BYTES} bytes, found {len(key)}. "
            f"Set it again from the recovery sheet."
        )
    return key


def load_keys(environment: Mapping[str, str]) -> Keys:
    """Both keys, from the environment first and from the operating system's keyring second."""
    missing = []
    found: dict[str, bytes] = {}
    for name in (SEAL_KEY, PSEUDONYM_KEY):
        text = environment.get(name) or _from_keyring(entry(environment, name))
        if text:
            found[name] = decode_key(text, name)
        else:
            missing.append(name)
    if missing:
        raise WrongKey(
            f"No sealing key: looked for {' and '.join(missing)} in the environment and in the keyring service "
            f"'{KEYRING_SERVICE}', found none. Run `imu seal new` for a new lake, or type the keys in from the "
            f"recovery sheet (docs/administrator.md, 'Keys')."
        )
    keys = Keys(seal=found[SEAL_KEY], pseudonym=found[PSEUDONYM_KEY])
    _refuse_demo_keys(keys, environment)
    return keys


def _refuse_demo_keys(keys: Keys, environment: Mapping[str, str]) -> None:
    """The demo's keys stand in the source code: whatever they seal, everybody can open."""
    if _operation(environment) != "demo" and DEMO_FINGERPRINTS & {fingerprint(keys.seal), fingerprint(keys.pseudonym)}:
        raise WrongKey(
            f"The keys at hand are the demo's, which everybody knows, and operation '{_operation(environment)}' is not "
            f"the demo. Make keys of your own with `imu seal new`."
        )


def _operation(environment: Mapping[str, str]) -> str:
    return environment.get("IMU_OPERATION") or "demo"


def entry(environment: Mapping[str, str], name: str) -> str:
    """Under which name an operation's key stands in the keyring: two countries on one computer have two pairs."""
    return f"{_operation(environment)}/{name}"


def keep_in_keyring(environment: Mapping[str, str], keys: Keys) -> None:
    """Put both keys into the operating system's keyring."""
    import keyring
    import keyring.errors

    try:
        for name, key in ((SEAL_KEY, keys.seal), (PSEUDONYM_KEY, keys.pseudonym)):
            keyring.set_password(KEYRING_SERVICE, entry(environment, name), encode_key(key))
    except keyring.errors.KeyringError as cause:
        raise Permanent(
            "This computer has no keyring that can keep the keys (a server without a desktop session has none). "
            "Set them in the environment of the service instead (docs/administrator.md, 'Keys')."
        ) from cause


def in_keyring(environment: Mapping[str, str]) -> bool:
    """Whether the keyring holds a key of this operation."""
    return any(_from_keyring(entry(environment, name)) for name in (SEAL_KEY, PSEUDONYM_KEY))


def _from_keyring(name: str) -> str | None:
    import keyring
    import keyring.errors

    try:
        return keyring.get_password(KEYRING_SERVICE, name)
    except keyring.errors.KeyringError:
        # A server without a desktop session has no keyring; the caller names both places it looked in.
        return None


def wrap(outer: bytes, inner: bytes, purpose: str) -> str:
    """Lock one key with another; `purpose` is bound in, so a wrapped key can't be passed off as a different one."""
    nonce = os.urandom(12)
    return base64.b64encode(nonce + AESGCM(outer).encrypt(nonce, inner, purpose.encode())).decode()


def unwrap(outer: bytes, wrapped: str, purpose: str) -> bytes:
    """Unlock a wrapped key, or say that the key at hand does not fit."""
    try:
        blob = base64.b64decode(wrapped)
        return AESGCM(outer).decrypt(blob[:12], blob[12:], purpose.encode())
    except (InvalidTag, ValueError) as cause:  # ValueError: the wrapped key itself was cut or mangled
        raise WrongKey(
            f"{SEAL_KEY} does not open this lake ({purpose}): the key at hand is not the one it was sealed with. "
            f"Use the key of this lake's recovery sheet; `imu seal check` proves that it fits."
        ) from cause


def seal_stream(source: BinaryIO, target: BinaryIO, key: bytes) -> tuple[str, int]:
    """Encrypt a stream chunk by chunk; returns SHA-256 and size of the plain bytes.

    Each chunk is authenticated together with its number and whether it is the last: nobody can reorder,
    drop or cut chunks without the opening failing.
    """
    cipher, prefix = AESGCM(key), os.urandom(_PREFIX_BYTES)
    target.write(MAGIC + prefix)
    digest, size, number = hashlib.sha256(), 0, 0
    chunk = source.read(CHUNK)
    while True:
        following = source.read(CHUNK)
        digest.update(chunk)
        size += len(chunk)
        target.write(cipher.encrypt(prefix + _COUNTER.pack(number, not following), chunk, MAGIC))
        if not following:
            return digest.hexdigest(), size
        chunk, number = following, number + 1


def open_stream(source: BinaryIO, key: bytes) -> Iterator[bytes]:
    """Decrypt what `seal_stream` wrote, chunk by chunk; plain or damaged bytes are refused."""
    if source.read(len(MAGIC)) != MAGIC:
        raise NotSealed(
            "A plain file lies where a sealed one belongs, and was not read. Somebody put it there by hand: "
            "move it to the inbox instead, and run `imu doctor`."
        )
    cipher, prefix, number = AESGCM(key), source.read(_PREFIX_BYTES), 0
    chunk = source.read(CHUNK + 16)
    while True:
        following = source.read(CHUNK + 16)
        try:
            yield cipher.decrypt(prefix + _COUNTER.pack(number, not following), chunk, MAGIC)
        except (InvalidTag, ValueError) as cause:  # ValueError: cut even before its first chunk
            raise Permanent(
                f"A sealed file is damaged or was cut at chunk {number}: it does not match its own seal. "
                f"Restore it from the backup (docs/administrator.md, 'Restore')."
            ) from cause
        if not following:
            return
        chunk, number = following, number + 1


def pseudonym(key: bytes, *parts: str) -> str:
    """A keyed hash that stands for a person or an interview: stable for this office, meaningless elsewhere."""
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


def fingerprint(key: bytes) -> str:
    """A short text by which people can tell two keys apart; it says nothing about the key."""
    return hmac.new(key, b"imu fingerprint", hashlib.sha256).hexdigest()[:12]
