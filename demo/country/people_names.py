"""Invented names of persons in two scripts, invented street names and telephone numbers.

Belongs here: the parts names are put together from, their transliteration, the number plans. Nothing here names a real
person: parts were made up, the telephone country code +999 is assigned to nobody. Does not belong here: who bears which
name (`families.py`), the planted identities (`canaries.py`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Texts = NDArray[np.object_]
Integers = NDArray[np.int64]


def words(text: str) -> tuple[str, ...]:
    """The words of a text: how lists of name parts stay readable."""
    return tuple(text.split())


_FEMALE = words(
    "Adelma Arvisa Belita Belvina Calmira Celvia Corisa Dalmira Delvana Dorista Elmirda Ervenda Estila "
    "Falvira Felmina Galvira Gelisa Halmira Helvana Idrisa Ilvana Irmala Jelvira Jorina Kalmina "
    "Kelvira Ladrisa Lelvana Lormila Malvisa Melvana Mirtala Nalvira Nelmisa Norvila Odrisa Olvana "
    "Ormila Palvira Pelmisa Ralvina Relmira Rosvila Salmira Selvana Sorvila Talvira Telmisa Torvina "
    "Ulmira Urvana Valmisa Velvira Vormila Zalvira Zelmisa Zorvina Almesta Belorna Cortela"
)
_MALE = words(
    "Adelmo Arvis Belrod Belvin Calmir Celvor Corim Dalmir Delvan Dorist Elmird Ervend Estil Falvir "
    "Felmin Galvir Gelis Halmir Helvan Idrelo Ilvan Irmal Jelvir Jorin Kalmin Kelvir Ladris Lelvan "
    "Lormil Malvis Melvan Mirtal Nalvir Nelmis Norvil Odris Olvan Ormil Palvir Pelmis Ralvin Relmir "
    "Rosvil Salmir Selvan Sorvil Talvir Telmis Torvin Ulmir Urvan Valmis Velvir Vormil Zalvir Zelmis "
    "Zorvin Almest Belorn Cortel"
)
_FAMILY_STEMS = words(
    "Abrad Bolmar Cadrel Dombar Elgar Fostem Gadrel Hobran Ildram Jabrel Kodram Lomber Madrel Nobram "
    "Ostrel Padrom Robrel Sadram Tombrel Ustram Vadrel Zobram Albrem Bestrol Cambrod Distrel Embrad "
    "Fadrom Gembral Habrod Imbrel Jostram Kambrel Lestrod Mombral Nestrod Obradel Pambrol Restrad "
    "Sombrel"
)
_FAMILY_ENDINGS = words("ari eno ilt ome usk ane ert ido ovi ule esta omar")
_STREETS = words("Adrelo Bostam Cemvara Dorvel Estolma Fadriga Golmera Hasvin Ilvado Jormela Kastevo Lumira")
_STREET_KINDS = ("st.", "lane", "row", "square")
HOUSES_PER_STREET = 60

_DIGRAPHS = {"zh": "ж", "ch": "ч", "sh": "ш", "kh": "х", "ts": "ц", "ya": "я", "yu": "ю", "qu": "кв"}
_LETTERS = dict(zip("abcdefghijklmnopqrstuvwyz", "абкдефгхійклмнопкрстуввиз", strict=True))
_LETTERS["x"] = "кс"

# Ordinary telephone numbers end below this; the numbers above it belong to the planted identities.
PHONE_NUMBERS = 80_000_000
_PHONE_STEP = 48_271_027  # shares no factor with PHONE_NUMBERS, so that no two serials meet


def to_cyrillic(text: str) -> str:
    """Transliterate an invented Latin name, letter by letter and some pairs at once.

    >>> to_cyrillic("Zhalmira Kodram") 'Жалміра Кодрам'
    """
    out, at = [], 0
    while at < len(text):
        pair = text[at : at + 2].lower()
        step = 2 if pair in _DIGRAPHS else 1
        local = _DIGRAPHS[pair] if step == 2 else _LETTERS.get(text[at].lower(), text[at])
        out.append(local.capitalize() if text[at].isupper() else local)
        at += step
    return "".join(out)


def given_count() -> int:
    """How many given names each sex has."""
    return len(_FEMALE)


def surname_count() -> int:
    """How many family names there are."""
    return len(_FAMILY_STEMS) * len(_FAMILY_ENDINGS)


def _surnames() -> list[str]:
    return [stem + ending for stem in _FAMILY_STEMS for ending in _FAMILY_ENDINGS]


@cache
def full_names(local: bool) -> Texts:
    """All names of a script, in the order of `name_number`."""
    change = to_cyrillic if local else str
    surnames = [change(name) for name in _surnames()]
    return _texts([f"{change(given)} {family}" for given in (*_MALE, *_FEMALE) for family in surnames])


def name_number(female: NDArray[np.bool_], given: Integers, surname: Integers) -> Integers:
    """The position of a person's name in `full_names`."""
    return (female * given_count() + given) * surname_count() + surname


@cache
def addresses() -> Texts:
    """Invented street addresses; the comma inside is what makes a reader that splits on commas fail."""
    streets = [f"{name} {kind}" for name in _STREETS for kind in _STREET_KINDS]
    return _texts([f'"{street}, {house}"' for street in streets for house in range(1, HOUSES_PER_STREET + 1)])


def phone_numbers(serials: Integers) -> list[str]:
    """One invented number for each serial, none twice, none of a planted identity."""
    numbers = (serials * _PHONE_STEP) % PHONE_NUMBERS
    return [f"+999 {61 + number // 10_000_000} {number % 10_000_000:07d}" for number in numbers.tolist()]


def _texts(values: list[str]) -> Texts:
    array: NDArray[Any] = np.empty(len(values), dtype=object)
    array[:] = values
    return array
