"""One product for one cycle: from the mart to a release folder, or to the reasons why not.

Belongs here: putting mart, rules, evidence and folder together. Does not belong here: any of the parts, Dagster, HDX.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

from assets.quality import ledger
from assets.release import readiness
from assets.release.dictionary import Dictionary, read_dictionary
from assets.release.disclosure import protect_table
from assets.release.folder import ReleaseManifest, build_release, read_content_hash, release_hash
from assets.release.products import Product, count_rules
from assets.release.readiness import Candidate, Delivery, Evidence, Hold
from assets.release.sensitivity import Sensitivity, hide_organisations, named_in_hiding, read_sensitivity
from assets.release.spec import Lineage, ReleaseSpec
from orchestration import dbt_build, publications
from orchestration.calendar import Due, month_ends
from orchestration.failures import Permanent
from orchestration.office import Office

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Built:
    """What became of a cycle: a new release, the unchanged last one, or holds."""

    manifest: ReleaseManifest | None
    holds: tuple[Hold, ...]
    unchanged: bool = False


@dataclass(frozen=True)
class _Prepared:
    """A candidate: protected rows, their words, and everything the gate looks at."""

    spec: ReleaseSpec
    table: pd.DataFrame
    dictionary: Dictionary
    elsewhere: Mapping[str, Sequence[pd.DataFrame]]
    finest_level: int
    named: int


def build(office: Office, product: Product, due: Due) -> Built:
    """Build the release of a cycle if nothing speaks against it; otherwise write down why not."""
    sensitivity = _sensitivity(office)
    prepared = _prepare(office, product, due, sensitivity)
    digest = release_hash(prepared.spec, prepared.table, prepared.dictionary)
    found = _holds(office, product, due, prepared, digest, sensitivity)
    if found:
        reasons = tuple({"code": one.code, "reason": one.reason, "who": one.who} for one in found)
        publications.hold(
            office.lake, product.stem, publications.Held(product.name, due.cycle, str(office.today), reasons)
        )
        return Built(None, tuple(found))
    before = publications.previous(office.lake, product.stem, due.cycle)
    manifest = _write(office, product, due, prepared)
    publications.lift(office.lake, product.stem, due.cycle)
    return Built(manifest, (), unchanged=before is not None and read_content_hash(before) == digest)


def _write(office: Office, product: Product, due: Due, prepared: _Prepared) -> ReleaseManifest:
    made: list[ReleaseManifest] = []
    target = publications.release_folder(office.lake, product.stem, due.cycle)
    before = publications.previous(office.lake, product.stem, due.cycle)
    office.lake.write_folder(
        target,
        lambda draft: made.append(
            build_release(prepared.spec, prepared.table, prepared.dictionary, before, draft, prepared.elsewhere)
        ),
    )
    return made[0]


def _prepare(office: Office, product: Product, due: Due, sensitivity: Sensitivity) -> _Prepared:
    manifest = dbt_build.manifest()
    dictionary = read_dictionary(manifest, product.mart.replace("/", "."))
    keys = tuple(next(n for n in manifest["nodes"].values() if _is(n, product))["config"]["meta"]["key"])
    rows = _rows(office, product, due)
    disclosure = office.operation.disclosure
    codes = {column: set(rows[column].astype(str)) for column in rows.columns}
    rules = count_rules(product, disclosure.minimum[product.topic], disclosure.width, _parents(office), codes)
    area_rules, areas = sensitivity.area_rules(product.audience), _areas(office)
    if product.hide_organisations:
        rows = hide_organisations(rows, area_rules, areas, product.hide_organisations, keys)
    elsewhere: dict[str, Sequence[pd.DataFrame]] = {}
    before = _before(office, product, due)
    for rule in rules:
        protected = protect_table(rows, rule, before)
        rows, elsewhere[rule.value] = protected.published, protected.elsewhere
    spec = _spec(office, product, due, keys, rules)
    named = named_in_hiding(rows, area_rules, areas, product.hide_organisations) if product.hide_organisations else 0
    return _Prepared(spec, rows, dictionary, elsewhere, _finest(rows), named)


def _is(node: Mapping[str, Any], product: Product) -> bool:
    return node["resource_type"] == "model" and f"{node['schema']}/{node.get('alias')}" == product.mart


def _rows(office: Office, product: Product, due: Due) -> pd.DataFrame:
    """The mart's rows this release may speak about: nothing after the period it covers."""
    import pandas as pd

    frame = _table(office, product.mart)
    if product.rows != "all":
        ends = pd.to_datetime(frame["period_end"]).dt.date
        inside = ends <= last_day(due.covers)
        if product.rows == "of_period":
            # Cumulative or once-only figures: the newest period that is over says it all.
            inside &= ends == ends[inside].max()
        frame = frame[inside]
    frame = frame.reset_index(drop=True)
    if product.counts and all(count.status not in frame.columns for count in product.counts):
        frame = frame.assign(value_status="reported")
    for count in product.counts:
        # A base of zero beside "not reported" is no figure.
        frame[count.value] = frame[count.value].where(frame[count.status] == "reported")
    return frame


def _table(office: Office, key: str, columns: list[str] | None = None) -> pd.DataFrame:
    """A finished table; in a new lake there is none, and nobody's disk is to blame."""
    import pandas as pd

    path = office.lake.folder(*key.split("/")).with_suffix(".parquet")
    if not path.exists():
        raise Permanent(
            f"The table {key}, which this release is made from, was not built yet. Press build_tables first "
            "(`imu run models`), once something has arrived and was checked."
        )
    return pd.read_parquet(path, columns=columns)


def first_day(covers: str) -> date:
    """The beginning of the period a release speaks about."""
    if "Q" in covers:
        return date(int(covers[:4]), int(covers[-1]) * 3 - 2, 1)
    return date.fromisoformat(f"{covers}-01" if len(covers) == 7 else f"{covers}-01-01")


def last_day(covers: str) -> date:
    """The end of the period a release speaks about: `2025-03`, `2025-Q1` or `2025`."""
    if "Q" in covers:
        month = f"{covers[:4]}-{int(covers[-1]) * 3:02d}"
    else:
        month = covers if len(covers) == 7 else f"{covers}-12"
    return month_ends(month, month)[0]


def _before(office: Office, product: Product, due: Due) -> list[pd.DataFrame]:
    """The last published rows: what they hid stays hidden, what they showed is known."""
    import pandas as pd

    folder = publications.previous(office.lake, product.stem, due.cycle)
    path = folder / f"{product.stem}.parquet" if folder else None
    return [pd.read_parquet(path)] if path and path.exists() else []


def _parents(office: Office) -> dict[str, str]:
    """Every place's parent, from the common dataset's own table."""
    units = _table(office, "cod/admin_units", ["pcode", "parent_pcode"])
    known = units.dropna().drop_duplicates()
    return dict(zip(known["pcode"].astype(str), known["parent_pcode"].astype(str), strict=True))


def _areas(office: Office) -> dict[str, str]:
    return {row["pcode"]: row["area_class"] for row in office.operation.table("areas")}


def _finest(rows: pd.DataFrame) -> int:
    if "admin_level" in rows.columns and len(rows):
        return int(rows["admin_level"].max())
    return 2 if "adm2_pcode" in rows.columns else 1


def _sensitivity(office: Office) -> Sensitivity:
    path = office.operation.folder / "sensitivity.yml"
    return read_sensitivity(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)


def _spec(office: Office, product: Product, due: Due, keys: tuple[str, ...], rules: tuple[Any, ...]) -> ReleaseSpec:
    provenance = office.provenance
    entries = ledger.entries(office.lake, until=office.now)
    arrivals = [one.arrival_id for one in entries if one.source in product.inputs and one.tables]
    lineage = Lineage(
        arrivals=tuple(sorted(arrivals)),
        config_hash=provenance.config,
        commit=provenance.commit,
        lock_hash=provenance.lock,
        cod_version=office.operation.cod_version_on(office.today),
    )
    return ReleaseSpec(
        dataset=product.name,
        stem=product.stem,
        title=product.title,
        version=due.cycle,
        as_of=office.today,
        period=due.covers,
        audience=product.audience,
        topic=product.topic,
        country=office.operation.title,
        licence=office.operation.hdx.licence,
        keys=keys,
        lineage=lineage,
        counts=rules,
        harmless=product.harmless,
        caveats=tuple(product.caveats),
    )


def _holds(
    office: Office, product: Product, due: Due, prepared: _Prepared, digest: str, sensitivity: Sensitivity
) -> list[Hold]:
    candidate = Candidate(
        dataset=product.name,
        title=product.title,
        period=due.covers,
        topic=product.topic,
        audience=product.audience,
        finest_level=prepared.finest_level,
    )
    approvers = tuple(one.office for one in office.operation.approvers if "release" in one.may)
    evidence = Evidence(
        content_hash=digest,
        deliveries=tuple(deliveries(office, product, due)),
        least_share=least_share(office, product),
        certified=True,  # `build_release` writes and verifies the certificate, or writes nothing
        named_in_hiding=prepared.named,
        approvals=_approvals(office, digest),
        approvers=approvers,
    )
    found = readiness.holds(candidate, evidence, sensitivity, office.today)
    # A product the calendar lets out flagged goes out incomplete; anything graver holds it all the same.
    return [one for one in found if not (due.when_late == "flag" and one.code == "completeness")]


def _approvals(office: Office, digest: str) -> tuple[readiness.Approval, ...]:
    """Routine sign-off: the calendar line stands for the head of unit's word until named sign-off is built."""
    standing = [one.office for one in office.operation.approvers if "release" in one.may]
    return tuple(readiness.Approval(one, digest, office.today) for one in standing[:1])


def least_share(office: Office, product: Product) -> float:
    """The share of expected deliveries that must be usable."""
    clusters = office.operation.sources.clusters
    return clusters.release_share if clusters and "clusters" in product.inputs else 1.0


def deliveries(office: Office, product: Product, due: Due) -> list[Delivery]:
    """What the release depends on, and what became of each."""
    found: list[Delivery] = []
    for source in product.inputs:
        found += _expected(office, source, due)
    return found


def _expected(office: Office, source: str, due: Due) -> list[Delivery]:
    newest = {one.partition: one for one in ledger.entries(office.lake, source, office.now) if one.tables}
    if source == "clusters":
        return [
            Delivery(
                f"The 3W of {cluster.name}", cluster.submitters[0], _word(newest.get(f"{cluster.code}|{due.covers}"))
            )
            for cluster in office.operation.clusters
        ]
    words = {
        "hsm": ("The survey round", "survey team"),
        "register": ("The register extract", "registration unit"),
        "displacement": ("A displacement table", "statistics office"),
        "needs": ("The needs workbook", "needs working group"),
        "boundaries": ("The boundaries", "mapping agency"),
        "population": ("The population statistics", "statistics office"),
    }
    what, sender = words[source]
    if source == "register" and (register := office.operation.sources.register_extracts):
        found = {one.name: newest.get(f"{last_day(due.covers)}|{one.name}") for one in register.systems}
        return [Delivery(f"{what} ({name})", sender, _word(one), required=True) for name, one in found.items()]
    return [Delivery(what, sender, _word(_of_period(source, newest, due)), required=True)]


def _of_period(source: str, newest: Mapping[str, ledger.Entry], due: Due) -> ledger.Entry | None:
    """The newest delivery that speaks about the period; of what has no period, the newest there is."""
    first, last = first_day(due.covers), last_day(due.covers)
    found = list(newest.values())
    if source == "displacement":
        found = [one for one in found if first <= date.fromisocalendar(*_week(one.partition), 7) <= last]
    if source == "hsm":
        found = [one for one in found if one.received_at.date() >= first]
    return max(found, key=lambda one: one.taken_at, default=None)


def _week(key: str) -> tuple[int, int]:
    year, week = key.split("-W")
    return int(year), int(week)


def _word(entry: ledger.Entry | None) -> str | None:
    return str(entry.verdict["verdict"]) if entry else None
