"""Names across scripts and the spellings of P-codes, with random damage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.geography.codes import CodeShape, cell_text, readings
from assets.geography.scripts import as_latin, has_mixed_word, likeness, lookalike_keys, name_key

SHAPE = CodeShape("QZ", "QZA", (2, 4, 7, 10))
_DOUBLES = dict(zip("aceiopxyABCEHIKMOPTX", "асеіорхуАВСЕНІКМОРТХ", strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kam'янка", "Кам’янка"),
        ("Santé  Partagée", "sante partagee"),
        ("Novo-Oleksiivka", "Novo Oleksiivka"),
        ("Pol'ana", "Polana"),
        ("Straße", "STRASSE"),
    ],
)
def test_one_key_for_one_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Nove", "Nova"), ("Dibrova", "Dubrova"), ("Nove 1", "Nove 2")])
def test_two_names_keep_two_keys(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("latin", "cyrillic"), [("Zhytomyr", "Житомир"), ("Kharkiv", "Харків"), ("Yavoriv", "Яворів"), ("Shchors", "Щорс")]
)
def test_romanised_name_is_like_the_original(latin: str, cyrillic: str) -> None:
    assert likeness(name_key(latin), name_key(cyrillic)) >= 84


def test_unlike_names_are_not_alike() -> None:
    assert likeness(name_key("Stepove"), name_key("Vysoke")) < 72


@given(st.text(alphabet=sorted(_DOUBLES) + list("rdgnstlv"), min_size=3), st.data())
def test_swapping_lookalikes_never_changes_what_a_name_matches(word: str, data: st.DataObject) -> None:
    swapped = "".join(_DOUBLES[c] if c in _DOUBLES and data.draw(st.booleans(), label=f"swap {c}") else c for c in word)
    assert name_key(word) in {name_key(swapped), *lookalike_keys(swapped)}
    assert as_latin(swapped) == word


@given(st.text())
def test_keys_are_stable_and_plain(text: str) -> None:
    key = name_key(text)
    assert key.isascii()
    assert name_key(key) == key


def test_two_alphabets_in_two_words_are_not_mixed() -> None:
    assert not has_mixed_word("Kyiv (Київ)")
    assert has_mixed_word("Маrhаnets")


@given(st.sampled_from((2, 4, 7, 10)), st.data())
def test_a_code_is_found_again_after_any_damage(width: int, data: st.DataObject) -> None:
    digits = "".join(str(data.draw(st.integers(0, 9))) for _ in range(width - 2))
    code = f"QZ0{data.draw(st.integers(1, 9))}{digits}"
    number = int(code[2:])
    damaged = [code, code.lower(), f"QZ{number}", code[2:], number, float(number), f"{number}.0", "QZA" + code[2:]]
    for cell in damaged:
        assert code in [reading.code for reading in readings(cell, SHAPE)], cell


@given(st.integers(10**8, 10**10 - 1))
def test_lost_digits_are_never_made_up(number: int) -> None:
    shown = f"{number:.2E}"
    assert not any(reading.code.startswith("QZ") for reading in readings(shown, SHAPE))


def test_a_country_whose_codes_are_not_digits_has_no_shape() -> None:
    shape = CodeShape.of(["IQG01", "IQG01Q01", "IQD02"], "IRQ")
    assert [reading.code for reading in readings(" iqg01q01 ", shape)] == ["iqg01q01", "IQG01Q01"]


@pytest.mark.parametrize(
    ("cell", "text"), [(None, ""), (True, ""), (3.0, "3"), (3.5, "3.5"), ("a\u00a0 b", "a b"), (102003, "102003")]
)
def test_cell_text(cell: object, text: str) -> None:
    assert cell_text(cell) == text
