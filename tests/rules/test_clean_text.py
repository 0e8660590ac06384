"""What people will look at holds nothing that moves a cursor, turns a line around, or hides."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.rules.clean_text import REPLACEMENT, clean, one_line

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_nothing_dangerous_is_left(value: str) -> None:
    for cleaned, allowed in ((clean(value), "\n\t"), (one_line(value), "")):
        for char in cleaned:
            category = unicodedata.category(char)
            assert category not in ("Cc", "Cs", "Zl", "Zp") or char in allowed
            assert category != "Cf" or char in "\u200c\u200d"


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_cleaning_twice_changes_nothing(value: str) -> None:
    assert clean(clean(value)) == clean(value)
    assert one_line(one_line(value)) == one_line(value) == one_line(clean(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("hello", "hello"),
        ("päivää 👩\u200d🚀 ありがとう", "päivää 👩\u200d🚀 ありがとう"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("tab\there", "tab\there"),
        ("\x1b[31mred", f"{REPLACEMENT}[31mred"),
        ("bell\x07\x00\x7f\x9b", f"bell{REPLACEMENT * 4}"),
        ("exe.\u202egpj", f"exe.{REPLACEMENT}gpj"),
        ("al\u200bi\u00adce\ufeff", "alice"),
        ("\ud800", REPLACEMENT),
    ],
)
def test_examples(value: str, expected: str) -> None:
    assert clean(value) == expected


def test_one_line_has_no_line_breaks() -> None:
    assert one_line("a\nb\r\nc\td\u2028e\x0bf") == "a b c d e f"


def test_every_override_is_shown_as_replaced() -> None:
    assert clean(OVERRIDES) == REPLACEMENT * len(OVERRIDES)
