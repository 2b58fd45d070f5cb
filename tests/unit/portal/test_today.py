"""What the officer reads: page and `imu status` tell the same facts, a damaged file hides nothing but itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assets.portal import overview, page
from orchestration import cli_status, publications, skeleton
from orchestration.failures import Permanent
from orchestration.lake import Lake
from orchestration.office import Office

HELD = publications.Held(
    "displacement",
    "2025-02",
    "2025-02-28",
    (
        {"code": "input", "reason": "A table has not come.", "who": "statistics office"},
        {"code": "completeness", "reason": "Only 1 of 3 came.", "who": "hea-focal, pro-focal"},
    ),
)


@pytest.fixture
def variables(tmp_path: Path, lake: Lake) -> dict[str, str]:
    skeleton.write(skeleton.country("kalvoria", "XKV", "XV"), tmp_path / "operations" / "kalvoria", date(2025, 1, 1))
    return {
        "IMU_OPERATION": "kalvoria",
        "IMU_OPERATIONS": str(tmp_path / "operations"),
        "IMU_LAKE": str(lake.root),
        "IMU_TODAY": "2025-03-20",
    }


def desk(variables: dict[str, str], **more: str) -> cli_status.FrontDesk:
    return cli_status.FrontDesk({**variables, **more})


def told(office: Office) -> tuple[str, str]:
    """The page and the terminal."""
    from io import StringIO

    from rich.console import Console

    view, terminal = overview.gather(office), Console(file=StringIO(), width=400)
    cli_status.show(cli_status.Status(view, None, ()), terminal)
    return page.today(office, view), terminal.file.getvalue()  # type: ignore[attr-defined]


def test_a_hold_says_who_can_act(variables: dict[str, str], lake: Lake) -> None:
    publications.hold(lake, "displacement", HELD)
    for text in told(desk(variables)):
        assert "A table has not come. Only 1 of 3 came." in text
        assert "statistics office; hea-focal, pro-focal" in text
        assert "who can act" in text.lower()


def test_page_and_terminal_tell_of_dates_strangers_and_workbooks_without_a_cluster(
    variables: dict[str, str], lake: Lake
) -> None:
    from datetime import datetime

    at = datetime.fromisoformat("2025-03-01T10:00:00+00:00")
    arrival, _ = lake.take("clusters", b"x", sender="somebody", file_name="f", partition=None, received_at=at, taken_at=at)
    verdict = {"verdict": "refused", "rows_accepted": 0, "rows_refused": 0}
    stamps = {"received_at": at.isoformat(), "taken_at": at.isoformat()}
    rest = {"source": "clusters", "sender": "somebody", "file_name": "f", "config": "c", "tables": {}}
    content = {**rest, **stamps, "arrival_id": arrival.arrival_id, "partition": "unrouted|2025-02", "verdict": verdict}
    lake.write_json(lake.folder("quality", "clusters", f"{arrival.arrival_id}.json"), content)
    for text in told(desk(variables)):
        assert "unrouted" in text
        assert "somebody" in text
        assert "2025-03-31 18:00" in text
        assert "release of displacement" in text
    html = told(desk(variables))[0]
    assert "partners/unrouted" not in html  # nobody to whom a page would go


def test_no_release_is_announced_after_the_period_and_its_end_is(variables: dict[str, str], lake: Lake) -> None:
    inside = overview.gather(desk(variables, IMU_TODAY="2025-12-16"))
    assert inside.remarks == ()
    near = overview.gather(desk(variables, IMU_TODAY="2025-12-20"))
    assert any(one["what"] == "release of displacement" for one in near.coming_up)
    assert "ends with 2025-12" in near.remarks[0] and "last_month" in near.remarks[0]
    over = overview.gather(desk(variables, IMU_TODAY="2026-01-20"))
    assert not any(one["what"].startswith("release of") for one in over.coming_up)
    assert "ended with 2025-12" in over.remarks[0]
    for text in told(desk(variables, IMU_TODAY="2026-01-20")):
        assert "ended with 2025-12" in text


def test_where_no_lake_is_nobody_owes_anything(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    office = desk(variables, IMU_LAKE=str(tmp_path / "empty"))
    view = overview.gather(office)
    assert (view.sources, view.releases, view.owing, view.problems) == ((), (), (), 1)
    assert all("There is no lake here yet" in text for text in told(office))


def test_a_lake_whose_keys_were_lost_is_no_empty_folder(variables: dict[str, str], lake: Lake) -> None:
    lake.folder("raw", "needs", "0123456789abcdef").mkdir(parents=True)
    lake.key_file.unlink()
    assert "keys.json is missing" in overview.gather(desk(variables)).remarks[0]


def test_another_operations_lake_is_not_shown_under_our_heading(variables: dict[str, str], lake: Lake) -> None:
    Lake(lake.root, lake.keys, "elsewhere").open()
    with pytest.raises(Permanent, match="belongs to operation 'elsewhere'"):
        overview.gather(desk(variables))


@pytest.mark.parametrize(
    "name",
    [
        "quality/needs/0123456789abcdef.json",
        "raw/needs/0123456789abcdef/manifest.json",
        "release/displacement/held/2025-02.json",
        "hdx/displacement/2025-02.json",
    ],
)
@pytest.mark.parametrize("content", ["{", "{}"])
def test_a_damaged_record_is_named_and_hides_nothing_else(
    variables: dict[str, str], lake: Lake, name: str, content: str
) -> None:
    before = overview.gather(desk(variables))
    path = Path(lake.root, name)
    path.parent.mkdir(parents=True)
    path.write_text(content, encoding="utf-8")
    view = overview.gather(desk(variables))
    assert [words.split(" ")[0] for words in view.damaged] == [name]
    assert view.owing == before.owing
    assert len(view.releases) == len(before.releases)
    assert all(name in text for text in told(desk(variables)))
    state = {line.state for line in view.releases if (line.product, line.cycle) == ("displacement", "2025-02")}
    assert state == ({"due"} if name.startswith(("quality", "raw")) else {"not known"})


def test_a_release_that_lost_its_certificate_is_out_all_the_same(variables: dict[str, str], lake: Lake) -> None:
    lake.write_json(publications.receipt_path(lake, "displacement", "2025-02"), {"late": False, "files": [1, 2]})
    publications.release_folder(lake, "displacement", "2025-02").mkdir(parents=True)
    view = overview.gather(desk(variables))
    line = next(one for one in view.releases if (one.product, one.cycle) == ("displacement", "2025-02"))
    assert (line.state, line.rows, line.proof) == ("published", None, "unreadable")
    assert view.damaged[0].startswith("release/displacement/2025-02/certificate.json is missing")
