"""The recovery sheet: what is typed in from paper gives the same keys, and a slip of the pen is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import recovery, seal
from orchestration.failures import WrongKey

KEYS = seal.Keys(seal=bytes(range(32)), pseudonym=bytes(range(100, 132)))
KEY = st.binary(min_size=32, max_size=32)


@given(KEY, KEY)
def test_a_sheet_gives_back_the_keys_it_was_written_from(first: bytes, second: bytes) -> None:
    keys = seal.Keys(first, second)
    assert recovery.read(recovery.write("demo", keys).text) == keys


def test_a_sheet_may_be_typed_in_small_letters_without_gaps_and_in_any_order() -> None:
    lines = [
        line for line in recovery.write("demo", KEYS).text.splitlines() if line[:1] in "SP" and line[1:2].isdigit()
    ]
    assert len(lines) == 8
    typed = [" ".join((words[0], "".join(words[1:-1]), words[-1])).lower() for words in map(str.split, reversed(lines))]
    assert recovery.read("\n".join(typed)) == KEYS


def test_a_zero_for_an_o_and_an_eight_for_a_b_are_understood() -> None:
    text = recovery.write("demo", KEYS).text
    label_safe = [
        f"{line[:3]}{line[3:].replace('O', '0').replace('B', '8')}" if line[1:2].isdigit() else line
        for line in text.splitlines()
    ]
    assert "\n".join(label_safe) != text.strip()
    assert recovery.read("\n".join(label_safe)) == KEYS


@pytest.mark.parametrize("label", ["S1", "S4", "P2"])
def test_a_typing_mistake_is_found_in_its_line(label: str) -> None:
    lines = recovery.write("demo", KEYS).text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(label))
    letter = lines[at][3]
    lines[at] = f"{lines[at][:3]}{'A' if letter != 'A' else 'C'}{lines[at][4:]}"
    with pytest.raises(WrongKey, match=f"Line {label} of the recovery sheet has a typing mistake"):
        recovery.read("\n".join(lines))


def test_two_lines_that_changed_places_are_found() -> None:
    text = recovery.write("demo", KEYS).text
    swapped = text.replace("S1 ", "Sx ").replace("S2 ", "S1 ").replace("Sx ", "S2 ")
    with pytest.raises(WrongKey, match="typing mistake"):
        recovery.read(swapped)


def test_a_missing_line_is_told_with_the_key_it_belongs_to() -> None:
    kept = [line for line in recovery.write("demo", KEYS).text.splitlines() if not line.startswith("P3")]
    with pytest.raises(WrongKey, match=rf"P1 to P4 are not complete.*{seal.PSEUDONYM_KEY}"):
        recovery.read("\n".join(kept))


def test_a_message_about_a_sheet_holds_none_of_its_letters() -> None:
    lines = recovery.write("demo", KEYS).text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("S2"))
    chunks = lines[at].split()[1:]
    lines[at] = lines[at].replace(chunks[0], "AAAA")
    with pytest.raises(WrongKey) as failure:
        recovery.read("\n".join(lines))
    assert not any(chunk in str(failure.value) for chunk in chunks)


def test_the_sheet_says_what_it_is_and_shows_no_key_in_the_form_machines_take() -> None:
    sheet = recovery.write("demo", KEYS)
    assert sheet.text.startswith("RECOVERY SHEET - demo")
    assert seal.fingerprint(KEYS.seal) in sheet.text
    assert seal.encode_key(KEYS.seal) not in sheet.text
