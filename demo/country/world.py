"""The whole demo year on disk: every file that will arrive, when it arrives, and the key of planted troubles.

Here belongs collecting and writing what the producers make. Here does not belong what they make, nor when the
platform receives it (the demo's runner walks through deliveries.csv).
"""

import argparse
import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from demo.country.deliveries import SIZES, Delivery, Trouble
from demo.country.geography import Geography, build_geography

PRODUCERS = ("cods", "displacement", "needs", "workbooks", "register")
Producer = Callable[[Geography, int, str], tuple[list[Delivery], list[Trouble]]]


@dataclass(frozen=True)
class World:
    """What the year holds. Deliveries in order of arrival; files[i] is where deliveries[i] was written."""

    seed: int
    size: str
    deliveries: tuple[Delivery, ...]
    files: tuple[Path, ...]
    troubles: tuple[Trouble, ...]
    kobo: Path
    answer_key: Path


def build_world(seed: int, size: str, out: Path) -> World:
    """Makes the year and writes it under out, which must not hold another one."""
    if size not in SIZES:
        raise ValueError(f"there is no demo of size {size!r}; choose one of {', '.join(SIZES)}")
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} isn't empty; a second world in it would mix two years. Choose an empty folder")
    geo = build_geography()
    deliveries: list[Delivery] = []
    troubles: list[Trouble] = []
    for name in PRODUCERS:
        made, planted = _producer(name)(geo, seed, size)
        deliveries += made
        troubles += planted
    survey = import_module("demo.country.hsm").survey(geo, seed, size)
    deliveries += survey.logs
    troubles += survey.troubles
    deliveries.sort(key=lambda one: (one.at, one.source, one.sender, one.name))
    files = _write_files(deliveries, out)
    _write_csv(out / "deliveries.csv", ("at", "source", "sender", "name", "path"), _arrivals(deliveries, files, out))
    kobo = out / "kobo.json"
    import_module("demo.kobo.project").save_project(survey.project, kobo)
    key = out / "answer_key.csv"
    _write_csv(key, [field.name for field in fields(Trouble)], (astuple(trouble) for trouble in troubles))
    return World(seed, size, tuple(deliveries), tuple(files), tuple(troubles), kobo, key)


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m demo.country.world --seed 1 --size small --out DIR`."""
    parser = argparse.ArgumentParser(description="Writes the year of the fictional country Kalvoria.")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other figures and other troubles")
    parser.add_argument("--size", choices=SIZES, default="small", help="small: three months; country: the whole year")
    parser.add_argument("--out", type=Path, required=True, help="an empty folder")
    chosen = parser.parse_args(arguments)
    try:
        world = build_world(chosen.seed, chosen.size, chosen.out)
    except FileExistsError as found:
        parser.error(str(found))
    megabytes = sum(len(delivery.content) for delivery in world.deliveries) / 1e6
    made = f"{len(world.deliveries)} deliveries ({megabytes:.1f} MB), {len(world.troubles)} planted troubles"
    print(f"{made} in {chosen.out}")  # noqa: T201 - the command's answer


def _producer(name: str) -> Producer:
    """A producer's deliver(), imported only now: each is somebody else's module, and some are heavy."""
    found: Producer = import_module(f"demo.country.{name}").deliver
    return found


def _write_files(deliveries: list[Delivery], out: Path) -> list[Path]:
    """files/<source>/<sender>/<name>; other bytes under a name already there go to <stem>.2<suffix> and so on."""
    written: dict[Path, bytes] = {}
    places = []
    for delivery in deliveries:
        place = out / "files" / delivery.source / delivery.sender / delivery.name
        turn = 1
        while written.get(place, delivery.content) != delivery.content:
            turn += 1
            place = place.with_name(f"{Path(delivery.name).stem}.{turn}{Path(delivery.name).suffix}")
        if place not in written:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(delivery.content)
            written[place] = delivery.content
        places.append(place)
    return places


def _arrivals(deliveries: list[Delivery], files: list[Path], out: Path) -> Iterable[Sequence[Any]]:
    for one, file in zip(deliveries, files, strict=True):
        yield one.at.isoformat(), one.source, one.sender, one.name, file.relative_to(out).as_posix()


def _write_csv(path: Path, header: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *lines])
    path.write_text(text.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    main()
