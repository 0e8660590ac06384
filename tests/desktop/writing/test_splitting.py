"""Cutting a long text into messages."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.desktop.writing.splitting import split


def sizes(parts: list[str]) -> list[int]:
    """Bytes of each."""
    return [len(part.encode()) for part in parts]


def test_a_text_that_fits_stays_whole() -> None:
    """To the byte."""
    assert split("ä" * 8, 16) == ["ä" * 8]
    assert split("ä" * 8 + "x", 16) == ["ä" * 8, "x"]
    assert split("", 16) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one two.\n\nthree\nfour five", ["one two.", "three\nfour five"]),
        ("a line here\nanother one\nmore", ["a line here", "another one\nmore"]),
        ("some words that go on", ["some words that", "go on"]),
        ("ab\n\nsome words here", ["ab\n\nsome words", "here"]),
        ("some words tttttthat", ["some words", "tttttthat"]),
        ("0123456789abcdefghij", ["0123456789abcdef", "ghij"]),
        ("0123456789abcdef\n\n  indented", ["0123456789abcdef", "  indented"]),
        ("0123456789 \n \n   \n next", ["0123456789 ", " next"]),
        ("x" * 16 + " " * 40 + "y", ["x" * 16, "y"]),
    ],
)
def test_it_is_cut_at_the_best_place(text: str, parts: list[str]) -> None:
    """Paragraphs before lines before words before characters, as long as the part is not nearly empty."""
    assert split(text, 16) == parts


CHARACTERS = [
    "e\u0301", "👩\u200d👩\u200d👧", "❤\ufe0f", "👍\U0001f3fd", "\U0001f1e9\U0001f1ea", "\u1112\u1161\u11ab",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
]


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
@pytest.mark.parametrize("lead", ["", "x", "xy", "xyz"])
def test_no_character_is_cut_in_two(character: str, lead: str) -> None:
    """What is shown as one sign stays in one part."""
    text = lead + character * 20
    parts = split(text, 40)
    assert len(parts) > 1 and "".join(parts) == text
    for part in parts:
        assert not part.removeprefix(lead).replace(character, ""), ascii(part)


def test_what_only_claims_to_be_one_character_is_cut() -> None:
    """A hostile text of marks alone cannot be longer than a message."""
    parts = split("a" + "\u0301" * 5000, 1000)
    assert max(sizes(parts)) <= 1000
    assert "".join(parts) == "a" + "\u0301" * 5000
    assert len(split("🇩" * 500, 1000)) == 2


@given(st.text(alphabet="ab \n\tä😀\u0301\u200d", max_size=120), st.integers(4, 40))
def test_nothing_but_blank_space_is_lost(text: str, limit: int) -> None:
    """All parts fit, none is blank, and together they say the same."""
    parts = split(text, limit)
    assert all(size <= limit for size in sizes(parts))
    assert all(part.strip() for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)


@pytest.mark.parametrize("text", ["\n" * 70_000, " " * 70_000, "\n " * 35_000, "x" * 70_000, "\u0301" * 35_000])
def test_a_hostile_text_is_cut_at_once(text: str) -> None:
    """The time does not grow faster than the text."""
    begin = time.perf_counter()
    split(text, 16_384)
    assert time.perf_counter() - begin < 0.5


def test_a_limit_too_small_for_a_character_is_an_error() -> None:
    """Of the caller."""
    with pytest.raises(ValueError, match="4 bytes"):
        split("😀😀", 3)
