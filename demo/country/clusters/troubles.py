"""Mistakes in rows, rule by rule: who plants what, and the choice of the row.

Belongs here: the planters of every row rule that is not about places (place_troubles.py), the table of all of them, and
`plant`. No row bears two troubles; a planted row breaks one rule and keeps every other. Does not belong here: whole
files that are wrong (bad_files.py), oddities that must pass (harmless.py).
"""

from datetime import date, timedelta

from demo.country.clusters import office, place_troubles
from demo.country.clusters.activities import BRACKETS
from demo.country.clusters.rows import FIGURES, ExcelError, Planted, Planter, Row, Setting
from demo.country.clusters.spelling import HABITS, label

_UNKNOWN_ORGS = ("Blue Umbrella Caravan", "ZZTOPA", "Fondation Petit Phare", "Partner 3", "Добрий сусід плюс")
_UNKNOWN_ACTIVITIES = ("Other (specify)", "Distribution of candles", "ZZZ-99", "see narrative report")
_TEXT_NUMBERS = ("approx. 350", "~ 200", "three hundred", "see annex 2", "120 or 130", "tbc")


def error_in_place(row: Row, setting: Setting) -> str | None:
    """A failed look-up where the place's code should be: a true error cell, which python-calamine reads as blank."""
    if row.spot.level < 2:
        return None
    row.cells[f"adm{row.spot.level}_code"] = ExcelError("#N/A")
    return "#N/A in the place's code"


def error_pasted(row: Row, setting: Setting) -> str | None:
    """The same after "paste values" through an editor: no longer an error cell, only its text."""
    if row.spot.level < 2:
        return None
    row.cells[f"adm{row.spot.level}_code"] = "#N/A"
    return "the text #N/A in the place's code"


def error_in_figure(row: Row, setting: Setting) -> str | None:
    """A formula whose source sheet was deleted."""
    if row.number("reached") < 0:
        return None
    row.cells["reached"] = ExcelError("#REF!")
    return "#REF! in people reached"


def null_in_org(row: Row, setting: Setting) -> str | None:
    """`<Null>`, as a database exports it."""
    row.cells["org"] = "<Null>"
    return "<Null> in the organisation"


def unknown_org(row: Row, setting: Setting) -> str | None:
    """A name the register doesn't have and that resembles none in it."""
    row.cells["org"] = setting.rng.choice(_UNKNOWN_ORGS)
    return "organisation that is not in the register"


def shared_acronym(row: Row, setting: Setting) -> str | None:
    """An acronym that two organisations of the register share."""
    row.cells["org"] = min(office.shared_acronyms())
    return "acronym shared by two organisations: it names neither"


def other_sector(row: Row, setting: Setting) -> str | None:
    """A row of another cluster, complete with that cluster's activity."""
    family = setting.cluster.split("-")[0]
    other = setting.rng.choice([code for code in office.CLUSTERS if code.split("-")[0] != family])
    activity = setting.rng.choice(office.activities(other))
    row.cells["sector"] = label("sector", other, setting.language, setting.rng)
    row.cells["activity"] = activity.name if HABITS[setting.cluster].activity == "name" else activity.code
    return f"sector and activity of {other}"


def unknown_activity(row: Row, setting: Setting) -> str | None:
    """An activity the response plan doesn't know."""
    row.cells["activity"] = setting.rng.choice(_UNKNOWN_ACTIVITIES)
    return "activity that is not in the plan"


def negative_target(row: Row, setting: Setting) -> str | None:
    """A correction booked as a negative figure, alone in its row."""
    row.cells["targeted"] = -row.number("targeted")
    row.blank(*FIGURES[1:])
    return "negative target"


def negative_reached(row: Row, setting: Setting) -> str | None:
    """A correction of last month's figure booked as a negative one."""
    if row.number("reached") < 1:
        return None
    row.cells["reached"] = -row.number("reached")
    row.blank(*FIGURES[2:])
    return "negative people reached"


def negative_bracket(row: Row, setting: Setting) -> str | None:
    """Girls below zero, boys that much higher: the sum still agrees."""
    if row.number("girls") < 3:
        return None
    row.cells["boys"] = row.number("boys") + row.number("girls") + 4
    row.cells["girls"] = -4
    return "negative number of girls; the groups still add up"


def words_for_target(row: Row, setting: Setting) -> str | None:
    """Words where the target belongs."""
    row.cells["targeted"] = setting.rng.choice(_TEXT_NUMBERS)
    return "words in people targeted"


def words_for_reached(row: Row, setting: Setting) -> str | None:
    """Words where the people reached belong."""
    if row.number("reached") < 1:
        return None
    row.cells["reached"] = setting.rng.choice(_TEXT_NUMBERS)
    return "words in people reached"


def half_a_target(row: Row, setting: Setting) -> str | None:
    """The target of an extrapolation: 120.5 people."""
    row.cells["targeted"] = row.number("targeted") + 0.5
    return "half a person targeted"


def decimal_disability(row: Row, setting: Setting) -> str | None:
    """A rate applied and not rounded, typed with a decimal comma."""
    if row.number("with_disability") < 1 or row.number("with_disability") + 1 > row.number("reached"):
        return None
    row.cells["with_disability"] = f"{row.number('with_disability')},4"
    return "a fraction of a person with disability, with decimal comma"


def end_before_start(row: Row, setting: Setting) -> str | None:
    """Start and end in the wrong order."""
    start = row.cells["start_date"]
    if not isinstance(start, date):
        return None
    row.cells["end_date"] = start - timedelta(days=setting.rng.randint(5, 300))
    return "end before start"


def brackets_off(row: Row, setting: Setting) -> str | None:
    """One sex and age group typed wrongly; the total is right."""
    if row.number("reached") < 20 or not row.has_brackets():
        return None
    row.cells["women"] = row.number("women") + max(4, row.number("reached") // 8)
    return "sex and age groups exceed the total"


def bracket_missing(row: Row, setting: Setting) -> str | None:
    """The largest group typed as zero."""
    if row.number("reached") < 20 or not row.has_brackets():
        return None
    row.cells[max(BRACKETS, key=row.number)] = 0
    return "sex and age groups fall short of the total"


def over_target(row: Row, setting: Setting) -> str | None:
    """Far more people reached than targeted."""
    if row.number("reached") < 20:
        return None
    row.cells["targeted"] = int(row.number("reached") / setting.rng.uniform(1.4, 3.0))
    return "reached far above the target"


def too_many_disabled(row: Row, setting: Setting) -> str | None:
    """More people with disability than people."""
    if row.number("with_disability") < 0:
        return None
    row.cells["with_disability"] = row.number("reached") + setting.rng.randint(3, 40)
    return "more people with disability than people reached"


def no_figure(row: Row, setting: Setting) -> str | None:
    """Neither targeted nor reached."""
    row.blank(*FIGURES)
    return "neither targeted nor reached"


# rule -> the ways to break it; C-DUPLICATE-ROW is planted by `_repeat`, C-OLD-CODE by typing with last year's list
TROUBLES: dict[str, tuple[Planter, ...]] = {
    "C-PLACE-UNKNOWN": (place_troubles.unknown_code, place_troubles.placeholder_code, place_troubles.unknown_district),
    "C-PLACE-AMBIGUOUS": (place_troubles.ambiguous_name,),
    "C-PLACE-PARENT": (place_troubles.foreign_commune, place_troubles.foreign_region),
    "C-PLACE-NAME": (place_troubles.other_name,),
    "C-EXCEL-ERROR": (error_in_place, error_pasted, error_in_figure, null_in_org),
    "C-ORG-UNKNOWN": (unknown_org, shared_acronym),
    "C-SECTOR": (other_sector,),
    "C-ACTIVITY": (unknown_activity,),
    "C-NEGATIVE": (negative_target, negative_reached, negative_bracket),
    "C-NUMBER": (words_for_target, words_for_reached),
    "C-DECIMAL": (half_a_target, decimal_disability),
    "C-DATES": (end_before_start,),
    "C-SADD": (brackets_off, bracket_missing),
    "C-OVER-TARGET": (over_target,),
    "C-DISABILITY": (too_many_disabled,),
    "C-DUPLICATE-ROW": (),
    "C-NO-FIGURE": (no_figure,),
    "C-LOOKALIKE": (place_troubles.lookalike_place, place_troubles.lookalike_org),
    "C-CODE-NUMBER": (place_troubles.code_as_number, place_troubles.code_in_exponent, place_troubles.code_unpadded),
}


def plant(rule: str, turn: int, rows: list[Row], setting: Setting) -> bool:
    """Break the rule once in these rows, the `turn`-th way if some row can bear it; False when none can."""
    if rule == "C-DUPLICATE-ROW":
        return _repeat(rows, setting)
    ways = TROUBLES[rule]
    return any(plant_one(ways[(turn + step) % len(ways)], rule, rows, setting) for step in range(len(ways)))


def plant_one(planter: Planter, rule: str, rows: list[Row], setting: Setting) -> bool:
    """Try the free rows in random order until one bears it."""
    free = [row for row in rows if row.free]
    for row in setting.rng.sample(free, len(free)):
        note = planter(row, setting)
        if note and setting.can_type(row) and row.cells != row.clean:
            row.planted = Planted(planter.__name__, rule, note)
            return True
        row.cells = dict(row.clean)
    return False


def _repeat(rows: list[Row], setting: Setting) -> bool:
    """The same row once more, somewhere further down."""
    free = [place for place, row in enumerate(rows) if row.free and row.number("reached") > 0]
    if not free:
        return False
    place = setting.rng.choice(free)
    rows[place].taken = True
    again = Row(rows[place].spot, rows[place].org, dict(rows[place].clean))
    again.planted = Planted("row_twice", "C-DUPLICATE-ROW", "the same row a second time")
    rows.insert(setting.rng.randint(place + 1, len(rows)), again)
    return True
