"""Is an operation's folder complete, readable, and do its files fit together? Every problem at once.

Belongs here: what no single file can know about the others. Does not belong here: reading one file
(`operation_file.py`, `calendar.py`, `reminders.py`, `assets/release/`), or anything about data that arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orchestration import calendar, office_table, operation_file, reminders
from orchestration.failures import ImuError
from orchestration.operation_file import Problem, read_yaml
from orchestration.settings import REPO, Operation

if TYPE_CHECKING:
    from assets.release.products import Product

MAP_COLUMNS = ("canonical", "header", "required")
# table -> its columns; what identifies a row comes first
TABLES: dict[str, tuple[str, ...]] = {
    "organisations": ("org_id", "name", "acronym", "type_code", "type_name"),
    "sectors": ("sector", "name", "is_core", "parent"),
    "activities": ("activity_code", "sector", "name", "unit"),
    "population_groups": ("population_group", "name"),
    "areas": ("pcode", "cod_version", "area_class"),
    "aliases/places": ("alias", "pcode", "cod_version", "decided_by", "decided_on"),
    "aliases/values": ("field", "value", "code"),
}
UNIQUE = frozenset({"organisations", "sectors", "activities", "population_groups"})
AREA_CLASSES = frozenset({"accessible", "hard_to_reach", "contested"})
_T = TypeVar("_T")
_Rows = dict[str, Sequence[dict[str, str]]]


def problems(folder: Path) -> list[Problem]:
    """Everything that is wrong in an operation's folder; nothing of it is looked at in isolation."""
    if not (folder / operation_file.FILE).exists():
        return [Problem(operation_file.FILE, "(the file)", "nothing", "`imu new-operation` writes a commented one")]
    found: list[Problem] = []
    operation = _collect(found, operation_file.FILE, lambda: _operation(folder, found))
    _collect(found, "calendar.yml", lambda: found.extend(reminders.check(folder / "calendar.yml")[1]))
    _collect(found, "sensitivity.yml", lambda: _sensitivity(folder))
    products = _collect(found, "products.yml", lambda: _products(folder))
    events = _collect(found, "calendar.yml", lambda: calendar.load_calendar(folder / "calendar.yml"))
    if operation is not None:
        found += _tables(operation)
        found += _product_misfits(operation, products or [])
        found += _never_met(operation, events or [])
    if products is not None and events is not None:
        found += _due(products, events)
    return found


def _collect(found: list[Problem], file: str, read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except ImuError as failure:
        found.append(Problem(file, "(see the text)", str(failure), "a file that can be read"))
    except FileNotFoundError:
        found.append(Problem(file, "(the file)", "nothing", "`imu new-operation` writes a commented one"))
    return None


def _operation(folder: Path, found: list[Problem]) -> Operation | None:
    operation, wrong = operation_file.check(folder)
    found.extend(wrong)
    return operation


def _products(folder: Path) -> list[Product]:
    from assets.release.products import load_products

    return load_products(folder / "products.yml")


def _sensitivity(folder: Path) -> object:
    from assets.release.sensitivity import read_sensitivity

    return read_sensitivity(read_yaml(folder / "sensitivity.yml"), "sensitivity.yml")


# -- tables -----------------------------------------------------------------------------------------------------


def _tables(operation: Operation) -> Iterator[Problem]:
    wanted = TABLES | dict.fromkeys(_column_maps(operation), MAP_COLUMNS)
    wanted |= dict.fromkeys(_renames(operation), ("asset", "old_xpath", "canonical"))
    wanted |= _registers(operation)
    rows: _Rows = {}
    for name, columns in wanted.items():
        path = operation.folder / f"{name}.csv"
        try:
            missing = [column for column in columns if column not in office_table.columns(path)]
            rows[name] = office_table.read(path) if not missing else []
        except ImuError as failure:
            yield Problem(f"{name}.csv", "(the file)", str(failure), f"a CSV file with {', '.join(columns)}")
            continue
        if missing:
            yield Problem(f"{name}.csv", "heading", f"no {', '.join(missing)}", ", ".join(columns))
    yield from _rows_that_fit(operation, {name: rows.get(name, []) for name in wanted})
    yield from _register_maps(operation, rows)


def _column_maps(operation: Operation) -> list[str]:
    sources = operation.sources
    names = list(sources.clusters.column_maps) if sources.clusters else []
    names += [sources.displacement.column_map] if sources.displacement else []
    names += ["needs_v1"] if sources.needs else []
    names += [sources.hsm.cleaning_log] if sources.hsm and sources.hsm.cleaning_log else []
    return [f"column_maps/{name}" for name in names]


def _registers(operation: Operation) -> dict[str, tuple[str, ...]]:
    source = operation.sources.register_extracts
    wanted: dict[str, tuple[str, ...]] = {}
    for system in source.systems if source else ():
        owner = source is not None and source.custody == "owner"
        wanted[f"column_maps/{system.column_map}"] = (*MAP_COLUMNS, "handling") if owner else MAP_COLUMNS
        if system.code_lists:
            wanted[f"code_lists/{system.code_lists}"] = ("field", "value", "code")
    return wanted


def _register_maps(operation: Operation, rows: _Rows) -> Iterator[Problem]:
    """A map without what is counted, or a code list that contradicts itself, would only show with the first extract."""
    from assets.registry import columns

    source = operation.sources.register_extracts
    for system in source.systems if source else ():
        name = f"column_maps/{system.column_map}"
        given = rows.get(name) or []
        try:
            known = columns.load(given, rows.get(f"code_lists/{system.code_lists}") or [])
        except ImuError as failure:
            yield Problem(f"{name}.csv", f"register {system.name}", str(failure), "a map and lists that can be used")
            continue
        needed = columns.NEEDED[source.custody] if source and given else ()
        if missing := [one for one in needed if one not in known.handling]:
            yield Problem(f"{name}.csv", "canonical", f"no {', '.join(missing)}", "a row for each of them")


def _renames(operation: Operation) -> list[str]:
    hsm = operation.sources.hsm
    return [asset.renames for asset in hsm.assets if asset.renames] if hsm else []


def _rows_that_fit(operation: Operation, rows: _Rows) -> Iterator[Problem]:
    sectors = {row["sector"] for row in rows["sectors"]}
    versions = {version.version for version in operation.cod_versions}
    for name in sorted(UNIQUE):
        yield from _unique(name, rows[name])
    yield from _members("activities", rows, "sector", sectors, "a sector of sectors.csv")
    yield from _members("sectors", rows, "parent", sectors | {""}, "a sector of sectors.csv, or nothing")
    yield from _members("sectors", rows, "is_core", {"yes", "no"}, "yes or no")
    yield from _members("areas", rows, "area_class", AREA_CLASSES, f"one of {', '.join(sorted(AREA_CLASSES))}")
    for name in ("areas", "aliases/places"):
        yield from _members(name, rows, "cod_version", versions, f"one of {', '.join(sorted(versions))}")
        for number, row in enumerate(rows[name], start=2):
            if not row["pcode"].startswith(operation.iso2):
                yield Problem(f"{name}.csv", f"row {number}, pcode", repr(row["pcode"]), f"a code of {operation.iso2}")
    yield from _clusters_that_fit(operation, rows, sectors)


def _clusters_that_fit(operation: Operation, rows: _Rows, sectors: set[str]) -> Iterator[Problem]:
    from assets.clusters import column_maps

    own = {cluster.code for cluster in operation.clusters}
    others = {code for cluster in operation.clusters for code in cluster.reports_for}
    for key, codes in (("code", own), ("reports_for", others)):
        for code in sorted(codes - sectors if sectors else ()):
            yield Problem(operation_file.FILE, f"clusters.{key}", repr(code), "a sector of sectors.csv")
    source = operation.sources.clusters
    for name in source.column_maps if source else ():
        table = f"column_maps/{name}"
        for where, found, expected in column_maps.problems(rows[table]) if rows[table] else ():
            yield Problem(f"{table}.csv", where, found, expected)


def _rename_rows(name: str, rows: Sequence[dict[str, str]]) -> Iterator[Problem]:
    """Each question of a form becomes one other, and which one stands there."""
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, start=2):
        key = (row["asset"], row["old_xpath"])
        if key in seen or not all((*key, row["canonical"])):
            yield Problem(f"{name}.csv", f"row {number}", repr(row["old_xpath"]), "each question once, and none empty")
        seen.add(key)


def _unique(name: str, rows: Sequence[dict[str, str]]) -> Iterator[Problem]:
    key, seen = TABLES[name][0], set[str]()
    for number, row in enumerate(rows, start=2):
        if row[key] in seen or not row[key]:
            yield Problem(f"{name}.csv", f"row {number}, {key}", repr(row[key]), "a code, and each code once")
        seen.add(row[key])


def _members(name: str, rows: _Rows, column: str, among: set[str] | frozenset[str], words: str) -> Iterator[Problem]:
    for number, row in enumerate(rows[name], start=2):
        if row[column] not in among:
            yield Problem(f"{name}.csv", f"row {number}, {column}", repr(row[column]), words)


# -- products ---------------------------------------------------------------------------------------------------


def _product_misfits(operation: Operation, products: Sequence[Product]) -> Iterator[Problem]:
    from orchestration.buttons import sources_of

    present = sources_of(operation)
    marts = REPO / "dbt_project" / "models" / "marts"
    for product in products:
        for source in [name for name in product.inputs if name not in present]:
            yield _of(product, "inputs", repr(source), f"a source of this operation: {', '.join(present)}")
        if not (marts / f"{product.mart}.sql").exists():
            yield _of(product, "mart", repr(product.mart), "a table of dbt_project/models/marts")
        if product.topic not in operation.disclosure.minimum:
            yield Problem(operation_file.FILE, f"disclosure.minimum.{product.topic}", "nothing", "the smallest count")
        yield from _undecided(operation, product)


def _undecided(operation: Operation, product: Product) -> Iterator[Problem]:
    """A topic nobody decided on would be held on its day; better told now."""
    from assets.release.sensitivity import read_sensitivity

    try:
        rules = read_sensitivity(read_yaml(operation.folder / "sensitivity.yml"), "sensitivity.yml")
    except (ImuError, FileNotFoundError):
        return  # told with the file itself
    if rules.finest_level(product.topic, product.audience) is None:
        yield Problem("sensitivity.yml", f"topic {product.topic}, audience {product.audience}", "nothing", "a decision")


def _of(product: Product, key: str, found: str, expected: str) -> Problem:
    return Problem("products.yml", f"{product.name}.{key}", found, expected)


def _due(products: Sequence[Product], events: Sequence[calendar.Event]) -> Iterator[Problem]:
    names = [product.name for product in products]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem("products.yml", "name", f"{name!r} twice", "each product once")
    for event in events:
        if event.product not in names:
            yield Problem("calendar.yml", "events.product", repr(event.product), "a product of products.yml")
    for name in sorted(set(names) - {event.product for event in events}):
        yield Problem("calendar.yml", "events", f"no line for {name!r}", "a line that says when it comes due")


def _never_met(operation: Operation, events: Sequence[calendar.Event]) -> Iterator[Problem]:
    """A first release about a month before the operation began would wait for ever."""
    begins = operation.period.first_month
    for event in events:
        covers = calendar.covered(event, event.starts)
        if event.covers in ("month", "previous_month") and covers < begins:
            found = f"{event.starts}, a release about {covers}"
            yield Problem("calendar.yml", f"events.{event.product}.starts", found, f"a first release about {begins}")
