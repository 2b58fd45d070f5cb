"""What is taken for personal data and what is not. All people and numbers here are invented."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.quality.personal import DOCUMENT, EMAIL, NAME, PHONE, is_personal_heading, personal_kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("write to olha.p@example.org", {EMAIL}),
        ("olha (at) example.org", {EMAIL}),
        ("+380 00 111 22 33", {PHONE}),
        ("(044) 000-11-22", {PHONE}),
        ("тел. 000-11-22", {PHONE}),
        ("WhatsApp 070 0000 000", {PHONE}),
        (380001112233.0, {PHONE}),
        ("passport no. AB 123456", {DOCUMENT}),
        ("паспорт АБ123456", {DOCUMENT}),
        ("РНОКПП 1234567890", {DOCUMENT}),
        ("case no: 771-00C02345", {DOCUMENT}),
        ("Contact: Olha Petrenko", {NAME}),
        ("focal point – O. Petrenko", {NAME}),
        ("informed by Mr. Petrenko yesterday", {NAME}),
        ("контактна особа: Ольга Петренко", {NAME}),
        ("Петренко Ольга Іванівна отримала набір", {NAME}),
        ("beneficiary Amina Yusuf, +92 300 0000000", {NAME, PHONE}),
        ("Contact person is Оlhа Реtrеnko", {NAME}),
    ],
)
def test_is_personal(text: Any, kinds: set[str]) -> None:
    assert personal_kinds(text) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        1200,
        12_500_000.0,
        True,
        "Distribution in three phases",
        "1 200 000 litres",
        "12,500 - 13,000 kits",
        "2025-03-01 to 2025-03-31",
        "03/03/2025 - 28/03/2025",
        "Phase 2 of 3, week 12",
        "contact: WASH Cluster",
        "Contact the Health Department",
        "focal point to be confirmed",
        "Water Trucking to Nova Dolyna",
        "48.51234, 35.01234",
        "Project HRP25-WSH-123456-2",
        "coordinated with Local Authority",
        "kits 1200 1300 1400",
        "Manager on leave",
        "years 2023 2024 2025",
        "ask for Support Team",
        "Training of Water Engineers",
        "see XV0102003004",
    ],
)
def test_is_not_personal(text: Any) -> None:
    assert personal_kinds(text) == set()


def test_what_is_known_is_allowed() -> None:
    assert personal_kinds("contact: Bright Shore") == {NAME}
    assert personal_kinds("contact: Bright Shore", allowed=lambda text: text == "Bright Shore") == set()
    assert personal_kinds("0102003004", allowed=lambda text: text == "0102003004") == set()


def test_names_are_only_looked_for_in_free_text() -> None:
    assert personal_kinds("Contact: Olha Petrenko", names=False) == set()


@given(st.text())
def test_any_text_has_an_answer_that_is_no_value(text: str) -> None:
    assert personal_kinds(text) <= {PHONE, EMAIL, DOCUMENT, NAME}


@pytest.mark.parametrize(
    "heading", ["Phone", "E-mail", "Contact person", "Beneficiary name", "Номер телефону", "ПІБ", "Date of birth"]
)
def test_heading_that_announces_people(heading: str) -> None:
    assert is_personal_heading(heading)


@pytest.mark.parametrize(
    "heading", ["Remarks", "Organisation", "Settlement name", "Region", "People reached", "Name of project"]
)
def test_heading_that_does_not(heading: str) -> None:
    assert not is_personal_heading(heading)
