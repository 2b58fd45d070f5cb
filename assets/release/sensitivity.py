"""How finely a topic may be shown to whom: the operation's `sensitivity.yml`, read and applied.

Belongs here: the rules as data (topic, audience, finest admin level), the rules for areas where naming an organisation
endangers it, and applying both. Does not belong here: the gate that holds a release (`readiness`), counts of people
(`disclosure`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

Audience = Literal["public", "partners", "internal", "owner"]
# From the widest circle to the narrowest: whatever a wider one may see, a narrower one may see too.
AUDIENCES: tuple[Audience, ...] = ("public", "partners", "internal", "owner")
WITHHELD = "withheld"


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TopicRule(_Rule):
    """Up to which admin level a topic may be shown to an audience; -1 means not at all."""

    topic: str = Field(min_length=1)
    max_level: int = Field(ge=-1, le=4)
    audience: Audience
    why: str = Field(min_length=1)


class AreaRule(_Rule):
    """In areas of this class, names are withheld from this audience below `max_level`."""

    area_class: str = Field(min_length=1)
    audience: Audience
    max_level: int = Field(ge=0, le=4)
    hide: Literal["organisations"]
    why: str = Field(min_length=1)


class Sensitivity(_Rule):
    """All rules of an operation."""

    topics: tuple[TopicRule, ...]
    areas: tuple[AreaRule, ...] = ()

    def finest_level(self, topic: str, audience: str) -> tuple[int, str] | None:
        """The finest level this audience may see of a topic, with the reason; None where nobody decided.

        Several rules for the same audience: the strictest. No rule for the audience: that of the next wider one.
        """
        place = AUDIENCES.index(audience) if audience in AUDIENCES else -1
        for wider in reversed(AUDIENCES[: place + 1]):
            found = [r for r in self.topics if r.topic == topic and r.audience == wider]
            if found:
                strictest = min(found, key=lambda r: r.max_level)
                return strictest.max_level, strictest.why
        return None

    def area_rules(self, audience: str) -> list[AreaRule]:
        """The area rules that bind this audience: its own and those of narrower circles, which are stricter still."""
        return [r for r in self.areas if audience in AUDIENCES[: AUDIENCES.index(r.audience) + 1]]


def read_sensitivity(document: object, name: str) -> Sensitivity:
    """The rules of a parsed `sensitivity.yml`: a list of topic rules, with area rules among them where needed."""
    if not isinstance(document, list):
        raise Permanent(f"{name} must be a list of rules (topic, max_level, audience, why); it is none. Correct it.")
    try:
        areas = [entry for entry in document if isinstance(entry, dict) and "area_class" in entry]
        topics = [entry for entry in document if entry not in areas]
        return Sensitivity(
            topics=TypeAdapter(tuple[TopicRule, ...]).validate_python(topics),
            areas=TypeAdapter(tuple[AreaRule, ...]).validate_python(areas),
        )
    except ValidationError as error:
        found = "; ".join(f"rule {e['loc'][0] + 1}, {_where(e['loc'])}: {e['msg']}" for e in _errors(error))
        raise Permanent(
            f"{name} has rules that cannot be read: {found}. Correct them; nothing leaves until then."
        ) from error


def hide_organisations(
    frame: pd.DataFrame,
    rules: Sequence[AreaRule],
    area_class: Mapping[str, str],
    columns: Sequence[str],
    keys: Sequence[str],
    figures: Sequence[str] = (),
) -> pd.DataFrame:
    """Withhold organisation names where a rule says so, and make one row of those that then have the same keys.

    `frame` has `admin_level` and `pcode`; `area_class` is by P-code. The `figures` of such rows are emptied too: they
    belong to one organisation, and the number of rows would say how many work there.
    """
    if not rules:
        return frame
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    joined: dict[tuple[object, ...], dict[Hashable, Any]] = {}
    for row in rows:
        if _is_hidden(int(row["admin_level"]), area_class.get(str(row["pcode"])), rules):
            row |= dict.fromkeys(columns, WITHHELD) | dict.fromkeys(figures)
        joined.setdefault(tuple(row[name] for name in keys), row)
    return type(frame)(list(joined.values()), columns=frame.columns, dtype=object)


def named_in_hiding(
    frame: pd.DataFrame, rules: Sequence[AreaRule], area_class: Mapping[str, str], columns: Sequence[str]
) -> int:
    """How many rows still name an organisation where a rule withholds it."""
    hidden = [_is_hidden(int(level), area_class.get(str(pcode)), rules) for level, pcode in _places(frame)]
    names = frame.loc[hidden, list(columns)].astype(object)
    return int((names.notna() & (names != WITHHELD)).any(axis=1).sum()) if len(names) else 0


def _is_hidden(level: int, found: str | None, rules: Sequence[AreaRule]) -> bool:
    return any(found == rule.area_class and level > rule.max_level for rule in rules)


def _places(frame: pd.DataFrame) -> list[tuple[Any, Any]]:
    return list(zip(frame["admin_level"].tolist(), frame["pcode"].tolist(), strict=True))


def _where(path: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in path[1:]) or "the rule itself"


def _errors(error: ValidationError) -> list[Any]:
    return list(error.errors(include_input=False, include_url=False))
