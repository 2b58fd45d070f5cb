"""The recovery sheet: the office's keys on paper, so that they don't leave with a colleague.

Belongs here: writing and reading the sheet. Does not belong here: using the keys (`seal.py`).

The sheet is for the head of office's safe. Each line carries its own check letters, because it will be typed in
by somebody tired from a photocopy.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from orchestration import seal
from orchestration.failures import WrongKey

_LINE = 16  # characters of base32 a line, without the check letters
_MISREAD = str.maketrans("08", "OB")
_NAMES = {"S": seal.SEAL_KEY, "P": seal.PSEUDONYM_KEY}


@dataclass(frozen=True)
class Sheet:
    """What stands on the paper."""

    operation: str
    text: str


def write(operation: str, keys: seal.Keys) -> Sheet:
    """The sheet's text: what it is, what to do with it, and the two keys in typed lines."""
    lines = [
        f"RECOVERY SHEET - {operation}",
        "",
        "Keep this in the safe of the head of office. Whoever holds it can read the data of this operation;",
        "without it, and without the keys on the computer, the data is lost.",
        "To use it: set the two keys again with `imu seal restore`, then run `imu seal check`.",
        "",
    ]
    for letter, key in (("S", keys.seal), ("P", keys.pseudonym)):
        lines += [f"{letter}{number} {line}" for number, line in enumerate(_key_lines(letter, key), start=1)]
        lines.append("")
    lines.append(f"Fingerprints: seal {seal.fingerprint(keys.seal)}, pseudonym {seal.fingerprint(keys.pseudonym)}")
    return Sheet(operation, "\n".join(lines) + "\n")


def _key_lines(letter: str, key: bytes) -> list[str]:
    text = base64.b32encode(key).decode().rstrip("=")
    chunks = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return [
        " ".join(chunk[at : at + 4] for at in range(0, len(chunk), 4)) + "  " + _check(f"{letter}{number}", chunk)
        for number, chunk in enumerate(chunks, start=1)
    ]


def _check(label: str, chunk: str) -> str:
    return base64.b32encode(hashlib.sha256(f"{label}{chunk}".encode()).digest()).decode()[:3]


def read(text: str) -> seal.Keys:
    """The keys from a typed-in sheet; says which line has a slip of the pen."""
    parts: dict[str, dict[int, str]] = {"S": {}, "P": {}}
    for line in text.upper().splitlines():
        words = line.split()
        if len(words) >= 3 and words[0][:1] in parts and words[0][1:].isdigit():
            # Base32 has no 0 and no 8: whoever typed one saw an O or a B.
            label, chunk, check = words[0], *("".join(part).translate(_MISREAD) for part in (words[1:-1], words[-1]))
            if _check(label, chunk) != check:
                raise WrongKey(f"Line {label} of the recovery sheet has a typing mistake: its check letters don't fit.")
            parts[label[0]][int(label[1:])] = chunk
    return seal.Keys(seal=_join("S", parts["S"]), pseudonym=_join("P", parts["P"]))


def _join(letter: str, chunks: dict[int, str]) -> bytes:
    text = "".join(chunks[number] for number in sorted(chunks))
    expected = len(base64.b32encode(bytes(seal.KEY_BYTES)).decode().rstrip("="))
    if len(text) != expected:
        raise WrongKey(
            f"The recovery sheet's lines {letter}1 to {letter}{-(-expected // _LINE)} are not complete: "
            f"expected {expected} characters for {_NAMES[letter]}, found {len(text)}."
        )
    return base64.b32decode(text + "=" * (-len(text) % 8))
