"""What Dagster stores of an error on people's data: where it broke, never over whom."""

from __future__ import annotations

import errno
import traceback

import pytest

from assets.unquoted import unquoted
from orchestration.failures import ImuError, Permanent, Transient

PERSON = "Quandorf Axbryth"


def _stored(problem: ImuError) -> str:
    """The message and those of its causes, as Dagster writes them down."""
    return "".join(traceback.format_exception(problem, chain=True))


def _library() -> None:
    try:
        raise ValueError(f"could not convert {PERSON}")
    except ValueError as cause:
        raise TypeError(f"unreadable: {PERSON}") from cause


def test_a_librarys_words_are_withheld_and_the_place_is_told() -> None:
    with pytest.raises(Permanent) as caught, unquoted("The check of arrival 3f"):
        _library()
    assert PERSON not in _stored(caught.value)
    assert "The check of arrival 3f broke: TypeError at tests/unit/test_unquoted.py:" in str(caught.value)


def test_our_own_words_pass_without_their_cause() -> None:
    with pytest.raises(Permanent) as caught, unquoted("x"):
        try:
            _library()
        except TypeError as cause:
            raise Permanent("Row 7 holds no date.") from cause
    assert str(caught.value) == "Row 7 holds no date."
    assert PERSON not in _stored(caught.value)


def test_a_full_disk_is_worth_another_try() -> None:
    with pytest.raises(Transient, match="No space left on device") as caught, unquoted("The build"):
        raise OSError(errno.ENOSPC, "No space left on device", f"{PERSON}.xlsx")
    assert PERSON not in _stored(caught.value)


def test_a_file_that_is_not_there_is_no_matter_of_the_disk() -> None:
    with pytest.raises(Permanent, match="looked for a file that is not there") as caught, unquoted("The build"):
        open(f"/nowhere/{PERSON}.parquet")  # noqa: PTH123, SIM115 - it is not there
    assert PERSON not in _stored(caught.value)
    assert "Look at the disk" not in str(caught.value)
