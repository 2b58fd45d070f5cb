"""The rows above the data: titles, groups, header texts in their dialects, HXL tags.

Belongs here: what the cells above the first data row say. Does not belong here: where the rows end up (layout.py).
"""

from random import Random

from demo.country.clusters import office
from demo.country.clusters.activities import BRACKETS
from demo.country.clusters.dresses import Dress
from demo.country.clusters.rows import Cell
from demo.country.clusters.spelling import HABITS

_GROUPS = {
    "WHEN": ("reporting_month",),
    "WHO": ("org", "impl_org", "donor"),
    "WHAT": ("sector", "activity", "status"),
    "WHERE": (*(f"adm{level}_{part}" for level in (1, 2, 3) for part in ("name", "code")), "settlement"),
    "FROM - TO": ("start_date", "end_date"),
    "FOR WHOM AND HOW MANY": ("population_group", "targeted", "reached", "reached_new", *BRACKETS, "with_disability"),
    "NOTES": ("remarks",),
}
_HXL = {
    "reporting_month": "#date+reported",
    "org": "#org+prog+name", "impl_org": "#org+impl+name", "donor": "#org+funding+name",
    "sector": "#sector+name", "activity": "#activity+name", "status": "#status", "adm1_name": "#adm1+name",
    "adm1_code": "#adm1+code", "adm2_name": "#adm2+name", "adm2_code": "#adm2+code", "adm3_name": "#adm3+name",
    "adm3_code": "#adm3+code", "settlement": "#loc+name", "start_date": "#date+start", "end_date": "#date+end",
    "population_group": "#beneficiary+type", "targeted": "#targeted+ind", "reached": "#reached+ind",
    "reached_new": "#reached+ind+new", "girls": "#reached+f+children", "boys": "#reached+m+children",
    "women": "#reached+f+adults", "men": "#reached+m+adults", "older_women": "#reached+f+elderly",
    "older_men": "#reached+m+elderly", "with_disability": "#reached+disabled", "remarks": "#description",
}  # fmt: skip
_TWINS = dict(zip("aeopcxAEOPCTHK", "аеорсхАЕОРСТНК", strict=True))  # Latin letters and what looks like them
# first line, first column, last line, last column; from 0, counted from the header's first line
Merge = tuple[int, int, int, int]


def columns_of(template: str, dress: Dress) -> list[str]:
    """The canonical names of the file's columns, in the order of the form."""
    return [column.canonical for column in office.template(template) if column.canonical not in dress.absent]


def header_lines(cluster: str, template: str, dress: Dress, rng: Random) -> tuple[list[list[Cell]], list[Merge]]:
    """The header rows of the file and the cells merged in them."""
    columns = columns_of(template, dress)
    if dress.header == "two_header_rows":
        return [_texts(template, columns, 1, rng), _texts(template, columns, 2, rng)], []
    # latin-1 can't hold the local language; an old Cyrillic code page is there because the file has Cyrillic in it
    dialect = {"latin-1": 1, "cp1251": 0}.get(dress.encoding, HABITS[cluster].headers)
    texts = _texts(template, columns, dialect, rng)
    if dress.header == "group_header":
        groups, merges = _groups(columns)
        return [groups, texts], merges
    if dress.header == "split_header":
        return _split(columns, texts)
    if dress.header == "header_newline":
        texts = [str(text).replace(" / ", " /\n").replace(" (", "\n(") for text in texts]
    if dress.header == "homoglyph_header":
        texts = [_with_twins(str(text)) if place % 4 == 1 else text for place, text in enumerate(texts)]
    return [texts], []


def hxl_line(columns: list[str], dress: Dress) -> list[Cell]:
    """The tags, or the tags with the blanks some people put in."""
    tags = [_HXL[column] for column in columns]
    return [tag.replace("+", " +") if dress.hxl == "spaced_hxl_row" else tag for tag in tags]


def title_lines(cluster: str, month_text: str) -> list[list[Cell]]:
    """What stands above the table."""
    nickname = office.NICKNAMES[cluster]
    return [
        [f"Kalvoria: {nickname} partners, who does what, where, when and for whom (5W)"],
        [f"Period: {month_text}"],
        [],
    ]


def _texts(template: str, columns: list[str], alternative: int, rng: Random) -> list[Cell]:
    """One header text a column. Template v1 drifted from copy to copy; v2 has three fixed dialects."""
    known = {column.canonical: column.headers for column in office.template(template)}
    if template == "v1":
        return [rng.choice(known[column]) for column in columns]
    return [known[column][alternative] for column in columns]


def _groups(columns: list[str]) -> tuple[list[Cell], list[Merge]]:
    line: list[Cell] = [None] * len(columns)
    merges: list[Merge] = []
    for name, members in _GROUPS.items():
        places = [place for place, column in enumerate(columns) if column in members]
        if places:
            line[places[0]] = name
            merges += [(0, places[0], 0, places[-1])] if len(places) > 1 else []
    return line, merges


def _split(columns: list[str], texts: list[Cell]) -> tuple[list[list[Cell]], list[Merge]]:
    """Sex and age groups stand under one merged cell; every other header is merged over both rows."""
    inside = [place for place, column in enumerate(columns) if column in BRACKETS]
    upper = [None if place in inside else text for place, text in enumerate(texts)]
    upper[inside[0]] = "People reached by sex and age"
    lower = [text if place in inside else None for place, text in enumerate(texts)]
    downwards = [(0, place, 1, place) for place in range(len(columns)) if place not in inside]
    return [upper, lower], [(0, inside[0], 0, inside[-1]), *downwards]


def _with_twins(text: str) -> str:
    """The Latin letters of a header, every second of those that can be replaced typed in Cyrillic."""
    places = [place for place, letter in enumerate(text) if letter in _TWINS][::2]
    return "".join(_TWINS[letter] if place in places else letter for place, letter in enumerate(text))
