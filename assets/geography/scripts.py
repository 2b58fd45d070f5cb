"""How a name is compared across scripts, spellings and look-alike letters.

Belongs here: pure text functions on names. Not here: which places exist (places.py), how P-codes are written
(codes.py). The 2014 survey list held "Маrhаnets", half Cyrillic and half Latin: to the eye it is right, to a
computer it is no place at all. So every comparison runs on a key that both scripts share.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Pairs that look alike in common fonts; case matters ("В" looks like "B", "в" does not look like "b").
_CYRILLIC_LOOKALIKES = "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁһԛԝ"
_LATIN_LOOKALIKES = "ABESIJKMHOPCTYXaesijopcyxdhqw"
_GREEK_LOOKALIKES = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο"
_GREEK_AS_LATIN = "ABEZHIKMNOPTYXo"
_TO_LATIN = str.maketrans(_CYRILLIC_LOOKALIKES + _GREEK_LOOKALIKES, _LATIN_LOOKALIKES + _GREEK_AS_LATIN)
_TO_CYRILLIC = str.maketrans(_LATIN_LOOKALIKES, _CYRILLIC_LOOKALIKES)

# One spelling per letter, after case folding; the loose key below forgives the other common systems.
_ROMAN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "h", "ґ": "g", "д": "d", "е": "e", "є": "ie", "ж": "zh", "з": "z",
        "и": "y", "і": "i", "ї": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p",
        "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
        "щ": "shch", "ь": "", "ъ": "", "ю": "iu", "я": "ia", "ё": "io", "э": "e", "ы": "y", "ў": "u",
        "ј": "i", "ѕ": "z", "љ": "l", "њ": "n", "џ": "dzh", "ђ": "dj", "ћ": "c", "ß": "ss", "ł": "l",
        "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i",
    }
)  # fmt: skip
_LOOSE = (
    ("shch", "s"), ("sch", "s"), ("zh", "z"), ("kh", "h"), ("ts", "c"), ("ch", "c"), ("sh", "s"), ("ye", "e"),
    ("ie", "e"), ("je", "e"), ("yo", "o"), ("io", "o"), ("jo", "o"), ("yu", "u"), ("iu", "u"), ("ju", "u"),
    ("ya", "a"), ("ia", "a"), ("ja", "a"), ("g", "h"), ("y", "i"), ("j", "i"), ("w", "v"), ("q", "k"),
    ("x", "ks"), ("ck", "k"),
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_APOSTROPHES = re.compile(r"['’‘ʼ`´ʹʺ″′\"«»“”]")
_NOT_ALNUM = re.compile(r"[^0-9a-z]+")
_SPACES = re.compile(r"[\s\u00a0\u200b\ufeff]+")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_GREEK = re.compile(r"[\u0370-\u03ff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_DOUBLED = re.compile(r"(.)\1+")


def squeeze(text: str) -> str:
    """Collapse every kind of white space, the invisible ones included, and trim the ends."""
    return _SPACES.sub(" ", text).strip()


def _is_mixed(word: str) -> bool:
    return bool(_LATIN.search(word)) and bool(_CYRILLIC.search(word) or _GREEK.search(word))


@lru_cache(maxsize=65536)
def has_mixed_word(text: str) -> bool:
    """Whether one word is written with letters of two alphabets; "Kyiv (Київ)" is two words and fine."""
    if text.isascii():
        return False
    return any(_is_mixed(word) for word in _WORD.findall(text))


def _unmix_word(match: re.Match[str]) -> str:
    word = match.group()
    if not _is_mixed(word):
        return word
    strong_latin = sum(1 for c in word if _LATIN.match(c) and c not in _LATIN_LOOKALIKES)
    strong_cyrillic = sum(1 for c in word if _CYRILLIC.match(c) and c not in _CYRILLIC_LOOKALIKES)
    if strong_latin == strong_cyrillic:
        strong_latin, strong_cyrillic = len(_LATIN.findall(word)), len(_CYRILLIC.findall(word))
    return word.translate(_TO_LATIN if strong_latin >= strong_cyrillic else _TO_CYRILLIC)


def unmix(text: str) -> str:
    """Write each word of two alphabets in the one most of its unmistakable letters belong to."""
    return text if text.isascii() else _WORD.sub(_unmix_word, text)


def as_latin(text: str) -> str:
    """Replace look-alikes from other alphabets by the Latin letter they resemble."""
    return text if text.isascii() else text.translate(_TO_LATIN)


@lru_cache(maxsize=65536)
def name_key(text: str) -> str:
    """Return the key on which names are compared: one script, no case, apostrophes, accents or punctuation.

    >>> name_key("Kам'янка") == name_key("Kamianka")
    True
    """
    plain = unmix(unicodedata.normalize("NFKC", text)).casefold()
    plain = _APOSTROPHES.sub("", plain)
    if not plain.isascii():
        # Composed letters such as й and ї must be romanised before accents are stripped, or they lose theirs.
        plain = unicodedata.normalize("NFKD", plain.translate(_ROMAN))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return _NOT_ALNUM.sub(" ", plain).strip()


@lru_cache(maxsize=65536)
def lookalike_keys(text: str) -> tuple[str, ...]:
    """Keys for a word written wholly in the wrong alphabet's look-alikes ("Рора" for "Popa")."""
    own = name_key(text)
    swapped = (name_key(text.translate(_TO_LATIN)), name_key(text.translate(_TO_CYRILLIC)))
    return tuple(dict.fromkeys(key for key in swapped if key != own))


@lru_cache(maxsize=65536)
def loose_key(key: str) -> str:
    """Merge what romanisation systems write differently (kh/h/g, y/i/j, ia/ya, doubled letters)."""
    for spelling, merged in _LOOSE:
        key = key.replace(spelling, merged)
    return _DOUBLED.sub(r"\1", key)


def likeness(one: str, other: str) -> float:
    """How alike two name keys are, 0 to 100, forgiving romanisation and word order."""
    from rapidfuzz import fuzz

    first, second = loose_key(one), loose_key(other)
    if first == second:
        return 100.0
    return max(fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second) - 1)
