"""Invented place names: Cyrillic first, romanised by one table, and the other spellings people use for them.

Here belong the name parts, the transliteration, the variant spellings and the look-alike letters. Here does not
belong which place gets which name (territory.py).
"""

import random
from collections.abc import Iterator

COUNTRY = ("Kalvoria", "Калворія")

_FIRST = "Вел Тар Хор Зав Мол Пір Сув Дур Крем Ніл Обр Грел Лев Шум Брон Яст Кул Рог Чев Жул Олт Фал Щер Євд"
_SECOND = "вин дор ган леж мір тол бан шин рад кош нев сал жен пол хат лун бер мот зор фін чен дул гор вал"
_SEATS = 200
_SUFFIXES = ("івка", "ине", "ове", "івці", "ичі", "ень", "анка", "иця")
COMMON = (
    "Новий Зелвин",
    "Старе Півдолля",
    "Тиходар",
    "Верхня Мольва",
    "Нижня Мольва",
    "Красноліж",
    "Загребелля-Друге",
    "Білозірне",
    "Дубогай",
    "Суходілля",
    "Перша Левада",
    "Кам'янодар",
    "Вишнегірка",
    "Лугозір",
)

# The Ukrainian national system of 2010: four letters are written otherwise at the beginning of a word.
_LATIN = dict(
    zip("абвгґдезийклмнопрстуфії", "abvhgdezyiklmnoprstufii", strict=True),
) | {
    "є": "ie",
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ь": "",
    "ю": "iu",
    "я": "ia",
    "'": "",
}
_LATIN_FIRST = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"}

# Latin letters whose Cyrillic twins look the same on screen; the pair is what makes "Маrhаnets" unfindable.
LOOKALIKES = dict(zip("aceiopxyABCEHIKMOPTX", "асеіорхуАВСЕНІКМОРТХ", strict=True))
_TWINS = LOOKALIKES | {twin: letter for letter, twin in LOOKALIKES.items()}


def stems() -> list[str]:
    """Every invented stem, shuffled once and for all, so that neighbours in the list don't sound alike."""
    found = [first + second for first in _FIRST.split() for second in _SECOND.split()]
    random.Random("kalvoria stems").shuffle(found)
    return found


def commune_stems() -> Iterator[str]:
    """The stems that communes, districts and regions are called after, each once."""
    return iter(stems()[:_SEATS])


def hamlet_names() -> Iterator[str]:
    """Names of settlements that no commune is called after, each once."""
    hamlets = stems()[_SEATS:]
    for turn in range(len(_SUFFIXES)):
        for place, stem in enumerate(hamlets):
            yield settlement(stem, place + turn)


def settlement(stem: str, choice: int) -> str:
    """A settlement's Cyrillic name: the stem with one of eight endings."""
    return stem + _SUFFIXES[choice % len(_SUFFIXES)]


def stem_of(settlement_name: str) -> str:
    """The stem of an invented settlement's name.

    >>> stem_of("Ястхатівці") 'Ястхат'
    """
    suffix = max((suffix for suffix in _SUFFIXES if settlement_name.endswith(suffix)), key=len)
    return settlement_name.removesuffix(suffix)


def feminine(stem: str) -> str:
    """The name of a region or commune (область, громада are feminine)."""
    return stem + "ська"


def masculine(stem: str) -> str:
    """The name of a district (район is masculine)."""
    return stem + "ський"


def romanise(local: str) -> str:
    """The one Latin spelling of a Cyrillic name.

    >>> romanise("Завгорський"), romanise("Ястхатівці"), romanise("Кам'янодар") ('Zavhorskyi', 'Yastkhativtsi',
    'Kamianodar')
    """
    if local == COUNTRY[1]:
        return COUNTRY[0]
    return "".join(_letter(letter, first=place == 0 or local[place - 1] in " -") for place, letter in enumerate(local))


def variants(local: str) -> tuple[str, ...]:
    """The other spellings of a place met in files: older romanisations, a russified one, the Cyrillic itself.

    >>> variants("Завгорський") ('Zavgorskiy', 'Zavhorskyy', "Zavhors'kyi", 'ZAVHORSKYI', 'Завгорський')
    """
    latin = romanise(local)
    spellings = (
        latin.replace("h", "g")
        .replace("kg", "kh")
        .replace("sg", "sh")
        .replace("cg", "ch")
        .replace("zg", "zh")
        .replace("yi", "iy")
        .replace("ivka", "ovka")
        .replace("ivtsi", "ovtsy"),
        latin.replace("yi", "yy").replace("ia", "ya").replace("iu", "yu"),
        latin.replace("sk", "s'k").replace("ts", "ts'"),
        latin.upper(),
        local,
    )
    return tuple(dict.fromkeys(spelling for spelling in spellings if spelling != latin))


def with_lookalikes(text: str, rng: random.Random) -> str:
    """The text with about half of its twin letters typed in the other alphabet, at least one: equal to the eye only."""
    places = [place for place, letter in enumerate(text) if letter in _TWINS]
    chosen = set(rng.sample(places, max(1, len(places) // 2))) if places else set()
    return "".join(_TWINS[letter] if place in chosen else letter for place, letter in enumerate(text))


def _letter(letter: str, first: bool) -> str:
    low = letter.lower()
    latin = _LATIN_FIRST.get(low) if first else None
    latin = _LATIN.get(low, letter) if latin is None else latin
    return latin.capitalize() if letter != low else latin
