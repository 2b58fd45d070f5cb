"""Mistakes in the place columns, each made so that one rule and only one finds it.

Belongs here: the planters of every C-PLACE rule and of look-alike letters and codes typed as numbers. A planter changes
`row.cells` and says what it did, or returns None when this row can't bear it.
"""

from difflib import SequenceMatcher

from demo.country import names
from demo.country.clusters.rows import Row, Setting
from demo.country.geography import Place

_NOWHERE = ("Tsvirnodolska", "Pehmurivska", "Ihnatarska", "Oshvylska")


def unknown_code(row: Row, setting: Setting) -> str | None:
    """A commune code that no version of the country ever had."""
    if row.spot.level < 3:
        return None
    row.cells["adm3_code"] = f"{row.spot.units[1].pcode}{setting.rng.randint(900, 989)}"
    row.cells["adm3_name"] = setting.rng.choice(_NOWHERE)
    row.blank("settlement")
    return "commune code that was never given, with a name nobody bears"


def placeholder_code(row: Row, setting: Setting) -> str | None:
    """`XV0102XXX`: "somewhere in this district"."""
    if row.spot.level < 3:
        return None
    row.cells["adm3_code"], row.cells["adm3_name"] = f"{row.spot.units[1].pcode}XXX", "Not specified"
    row.blank("settlement")
    return "placeholder XXX instead of a commune code"


def unknown_district(row: Row, setting: Setting) -> str | None:
    """A district code that no version of the country ever had."""
    if row.spot.level != 2:
        return None
    row.cells["adm2_code"] = f"{row.spot.units[0].pcode}{setting.rng.randint(80, 98)}"
    row.cells["adm2_name"] = setting.rng.choice(_NOWHERE)
    return "district code that was never given, with a name nobody bears"


def ambiguous_name(row: Row, setting: Setting) -> str | None:
    """Nothing but a name that several communes bear."""
    if row.spot.level < 3:
        return None
    name = setting.rng.choice(setting.places.ambiguous_names(setting.version))
    bearer = next(place for place in setting.places.communes(setting.version) if place.name == name)
    row.blank("adm1_name", "adm1_code", "adm2_name", "adm2_code", "adm3_code", "settlement")
    row.cells["adm3_name"] = bearer.name_local if setting.language == "uk" else name
    return "no code, and a name that several communes bear"


def foreign_commune(row: Row, setting: Setting) -> str | None:
    """A commune that exists, in another district than the one stated."""
    if row.spot.level < 3:
        return None
    district, commune = row.spot.units[1], row.spot.units[2]
    others = [
        p for p in setting.places.communes(setting.version) if p.parent != district.pcode and p.name != commune.name
    ]
    other = setting.rng.choice(others)
    row.cells["adm3_code"], row.cells["adm3_name"] = other.pcode, _written(other, setting)
    row.blank("settlement")
    return "commune (code and name agree) of another district than stated"


def foreign_region(row: Row, setting: Setting) -> str | None:
    """The district is right, the region stated is another one."""
    if row.spot.level < 2:
        return None
    region = row.spot.units[0]
    other = setting.rng.choice(
        [p for p in setting.places.geography.places(setting.version, 1) if p.pcode != region.pcode]
    )
    row.cells["adm1_code"], row.cells["adm1_name"] = other.pcode, _written(other, setting)
    return "region (code and name agree) that doesn't hold the district stated"


def other_name(row: Row, setting: Setting) -> str | None:
    """The right code beside the name of quite another place of the same level."""
    if row.spot.level < 2:
        return None
    unit = row.spot.units[-1]
    peers = [p for p in setting.places.geography.places(setting.version, unit.level) if p.parent != unit.parent]
    least_like = sorted(peers, key=lambda peer: (_likeness(peer.name, unit.name), peer.pcode))[:8]
    row.cells[f"adm{unit.level}_name"] = _written(setting.rng.choice(least_like), setting)
    return "name of quite another place beside the code"


def lookalike_place(row: Row, setting: Setting) -> str | None:
    """Letters of the other alphabet that look the same, in the place's name."""
    column = f"adm{row.spot.level}_name"
    name = row.cells[column]
    if not isinstance(name, str):
        return None
    row.cells[column] = names.with_lookalikes(name, setting.rng) if name.isascii() else _latin_twins(name)
    return "place name with letters of two alphabets" if row.cells[column] != name else None


def lookalike_org(row: Row, setting: Setting) -> str | None:
    """The same in the organisation's name."""
    name = row.cells["org"]
    if not isinstance(name, str) or not name.isascii() or len(name) < 8:
        return None
    row.cells["org"] = names.with_lookalikes(name, setting.rng)
    return "organisation name with letters of two alphabets"


def code_as_number(row: Row, setting: Setting) -> str | None:
    """The country prefix dropped and the rest taken for a number: the zeros in front are lost."""
    if row.spot.level < 2:
        return None
    row.cells[_code_column(row)] = int(row.spot.pcode[2:])
    return "code kept as a number, without prefix and leading zeros"


def code_in_exponent(row: Row, setting: Setting) -> str | None:
    """What Excel makes of such a number in a narrow column, pasted as text."""
    if row.spot.level < 3:
        return None
    digits = str(int(row.spot.pcode[2:]))
    row.cells[_code_column(row)] = f"{int(digits):.{len(digits) - 1}E}"
    return "code in scientific notation"


def code_unpadded(row: Row, setting: Setting) -> str | None:
    """`XV102003` for `XV0102003`."""
    if row.spot.level < 2:
        return None
    row.cells[_code_column(row)] = f"{row.spot.pcode[:2]}{int(row.spot.pcode[2:])}"
    return "code that lost its zero padding"


def _latin_twins(local: str) -> str:
    """A Cyrillic name with every second letter that has a Latin twin typed in Latin."""
    twins = {cyrillic: latin for latin, cyrillic in names.LOOKALIKES.items()}
    places = [place for place, letter in enumerate(local) if letter in twins][::2]
    return "".join(twins[letter] if place in places else letter for place, letter in enumerate(local))


def _code_column(row: Row) -> str:
    return f"adm{row.spot.level}_code"


def _written(place: Place, setting: Setting) -> str:
    return place.name_local if setting.language == "uk" else place.name


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()
