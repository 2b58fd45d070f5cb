"""The products of an operation: which mart each one publishes, by which rules, in which words.

Belongs here: `products.yml` as types, and turning a product into disclosure rules. Does not belong here: building a
release (`folder.py`) or when it comes due (`orchestration/calendar.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from assets.release.tables import CountRule, Hierarchy
from orchestration.failures import Permanent
from orchestration.settings import Setting, Topic

ALL = "all"


class Count(Setting):
    """One figure about people and how it is protected. `sums` says how each key column adds up."""

    value: str
    keys: list[str] = Field(min_length=1)
    sums: dict[str, Literal["places", "all"]] = Field(default_factory=dict)
    parts: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    status: str = "value_status"


class Product(Setting):
    """One dataset we publish, always the same one: a new release replaces its files."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]+$")
    mart: str = Field(pattern=r"^[a-z_]+/[a-z_]+$")
    title: str
    notes: str
    tags: list[str] = Field(min_length=1)
    frequency_days: int
    topic: Topic
    audience: Literal["public", "partners", "internal"]
    rows: Literal["of_period", "up_to_period", "all"]
    inputs: list[str] = Field(min_length=1)
    counts: tuple[Count, ...] = ()
    harmless: dict[str, str] = Field(default_factory=dict)
    hide_organisations: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """The product's name as asset key, folder and file stem."""
        return self.name.replace("-", "_")


def load_products(path: Path) -> list[Product]:
    """Read `products.yml`; all problems at once."""
    if not path.exists():
        raise Permanent(f"{path.parent.name}/products.yml is missing; `imu new-operation` writes a commented one.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TypeAdapter(list[Product]).validate_python(content["products"])
    except ValidationError as cause:
        found = "; ".join(f"key products.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in cause.errors())
        raise Permanent(f"{path.parent.name}/products.yml: {found}") from cause
    except (KeyError, TypeError) as cause:
        raise Permanent(f"{path.parent.name}/products.yml: expected a list under the key `products`.") from cause


def count_rules(
    product: Product, minimum: int, width: int, parents: Mapping[str, str], codes: Mapping[str, set[str]]
) -> tuple[CountRule, ...]:
    """The product's disclosure rules. `parents` are the places' parents, `codes` what stands in each key column.

    A guess need not be wider than the smallest count that may be shown: whoever may see a 3 may guess within 3.
    """
    return tuple(
        CountRule(
            value=count.value,
            keys=tuple(count.keys),
            hierarchies=tuple(
                Hierarchy(column, parents if how == "places" else _all_of(codes[column]))
                for column, how in sorted(count.sums.items())
            ),
            threshold=minimum,
            width=min(width, minimum),
            parts=tuple(count.parts),
            derived=tuple(count.derived),
            status=count.status,
            why=f"topic {product.topic}",
        )
        for count in product.counts
    )


def _all_of(codes: set[str]) -> dict[str, str]:
    return {code: ALL for code in sorted(codes) if code != ALL}
