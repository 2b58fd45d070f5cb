"""What can be wrong with one row of the weekly displacement table, and the rule that should notice it.

Here belong mistakes in rows. Here does not belong what is wrong with a whole file, nor which week a mistake strikes
(displacement.py).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from demo.country import names
from demo.country.displacement_files import CHILDREN, CODE, HOUSEHOLDS, IDPS, KIND, NAME, WORDS, Line

LARGE = 1_200  # people; a mistake strikes a row large enough to be noticed


@dataclass(frozen=True)
class Mistake:
    """One way to spoil a table: it changes the line at that place, and says where its trouble is (None: nowhere)."""

    kind: str
    rule: str
    note: str
    spoil: Callable[[list[Line], int, random.Random], int | None]


def _lookalike(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][NAME] = names.with_lookalikes(str(lines[place][NAME]), rng)
    return place


def _spelling(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][NAME] = rng.choice(names.variants(str(lines[place][NAME]))[:3])
    return place


def _drop_district(lines: list[Line], place: int, rng: random.Random) -> None:
    gone = lines[place][CODE]
    lines[:] = [line for line in lines if line[CODE] != gone]


def _negative(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][HOUSEHOLDS] = -int(lines[place][HOUSEHOLDS])
    return place


def _decimal_comma(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][IDPS] = f"{lines[place][IDPS]:,},0".replace(",", "\u00a0", 1)
    return place


def _about(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][IDPS] = f"бл. {round(int(lines[place][IDPS]), -2)}"
    return place


def _code_as_number(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][CODE] = int(str(lines[place][CODE])[2:])
    return place


def _no_households(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][HOUSEHOLDS] = ""
    return place


def _parts(lines: list[Line], place: int, rng: random.Random) -> int:
    lines[place][CHILDREN] = int(lines[place][CHILDREN]) + rng.randint(150, 300)
    return place


def _nowhere(lines: list[Line], place: int, rng: random.Random) -> int:
    lines.append(["XV9907", "Забутогірський", WORDS["non_camp"], 214, 88, 90, 58, 66])
    return len(lines) - 1


# In this order: a district that is left out first, because it moves the rows below it up.
MISTAKES = (
    Mistake("missing_district", "D-NOT-REPORTED", "both rows of a district are left out", _drop_district),
    Mistake("lookalike", "", "Latin letters in the Cyrillic name; the code is right and decides", _lookalike),
    Mistake("other_spelling", "", "an unknown spelling of the name; the code is right and decides", _spelling),
    Mistake("negative", "D-NEGATIVE", "a minus before the households", _negative),
    Mistake(
        "decimal_comma", "", "1 204,0 is 1204: a space for thousands, a decimal comma, no fraction", _decimal_comma
    ),
    Mistake("not_a_number", "D-NUMBER", "an approximate figure in words", _about),
    Mistake(
        "code_as_number",
        "",
        "the code typed as a number lost its letters and zeros; the name confirms it",
        _code_as_number,
    ),
    Mistake("no_households", "", "the households are left blank: not reported, not zero", _no_households),
    Mistake("parts", "D-PARTS", "women, men and children are more than everybody", _parts),
    Mistake("place_unknown", "D-PLACE-UNKNOWN", "a district that doesn't exist, in the last row", _nowhere),
)


def make(
    lines: list[Line], mistakes: list[Mistake], spared: str, rng: random.Random
) -> list[tuple[Mistake, int | None]]:
    """Makes the mistakes, each in a district of its own but never in the spared one; says at which place each is."""
    made: list[tuple[Mistake, int | None]] = []
    struck = {spared}
    for mistake in sorted(mistakes, key=MISTAKES.index):
        large = [
            number
            for number, line in enumerate(lines)
            if line[KIND] == WORDS["non_camp"] and int(line[IDPS] if line[CODE] not in struck else 0) >= LARGE
        ]
        place = rng.choice(large)
        struck.add(str(lines[place][CODE]))
        made.append((mistake, mistake.spoil(lines, place, rng)))
    return made
