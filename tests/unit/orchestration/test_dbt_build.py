"""What dbt tells us, without anything it quotes; and that nobody but the platform opens its warehouse."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from orchestration import dbt_build, dbt_plugin
from orchestration.failures import Permanent, Transient

QUOTING = "Runtime Error in model stg_x (models/x.sql)\n  {}: Could not convert string 'Somebody Invented' to INT32"


@pytest.mark.parametrize(
    "kind", ["Conversion Error", "Out of Range Error", "Binder Error", "IO Error", "Constraint Error"]
)
def test_the_databases_kind_of_error_is_told_and_not_dbts_wrapper(kind: str) -> None:
    assert dbt_build._kind(QUOTING.format(kind)) == kind


@pytest.mark.parametrize(
    "message", ["", "Compilation failed", "could not cast 'Olena Petrenko Error' to INT", "Anna Exception"]
)
def test_words_that_look_like_a_kind_are_not_told(message: str) -> None:
    assert "withheld" in dbt_build._kind(message)


def _result(status: str, message: str, failures: int | None = None) -> Any:
    node = SimpleNamespace(unique_id="model.imu.x")
    return SimpleNamespace(node=node, status=SimpleNamespace(value=status), message=message, failures=failures)


def test_results_carry_counts_and_no_words_of_the_database() -> None:
    failed = dbt_build._plain(_result("error", QUOTING.format("Conversion Error")))
    assert (failed.status, failed.failures, failed.kind_of_error) == ("error", 0, "Conversion Error")
    broken = dbt_build._plain(_result("fail", "Got 3 results, Somebody Invented", 3))
    assert (broken.failures, "Invented" in str(broken)) == (3, False)
    assert dbt_build._plain(_result("success", "OK")).kind_of_error is None


def test_what_the_platform_raised_inside_of_dbt_comes_out_as_it_was() -> None:
    """A busy warehouse told as 'text withheld' would never be tried again."""
    busy = Transient("The warehouse is in use.")
    try:
        try:
            raise busy
        except Transient as cause:
            raise RuntimeError("dbt wraps it") from cause
    except RuntimeError as wrapped:
        assert dbt_build._ours(wrapped) is busy
    assert dbt_build._ours(busy) is busy
    assert dbt_build._ours(RuntimeError("a mistake")) is None
    assert dbt_build._ours(None) is None


def test_dbt_started_by_hand_is_told_what_to_do() -> None:
    with pytest.raises(Permanent, match="dbt was started by hand"):
        dbt_plugin.Plugin.configure_connection(SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]


def test_a_session_shows_no_key_and_ends(tmp_path: Any) -> None:
    session = dbt_plugin.Session(tmp_path, "the warehouse's key", "the zone's key")
    assert "key" not in repr(session)
    dbt_plugin.open_session(session)
    dbt_plugin.close_session()
    with pytest.raises(Permanent):
        dbt_plugin.Plugin.configure_connection(SimpleNamespace(), SimpleNamespace())  # type: ignore[arg-type]
