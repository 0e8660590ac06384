"""How strong a password is said to be: pure, quick, and rather too strict than too kind."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.desktop import texts
from securechat.desktop.form.strength import judge


@pytest.mark.parametrize(
    ("password", "level", "advice"),
    [
        ("password", 0, texts.STRENGTH_COMMON),
        ("P@ssw0rd1!", 0, texts.STRENGTH_COMMON),
        ("correct horse battery staple", 0, texts.STRENGTH_COMMON),
        ("aaaaaaaaaaaaaaaa", 0, texts.STRENGTH_REPEATS),
        ("abcdefghijkl", 0, texts.STRENGTH_REPEATS),
        ("qwertyuiop123", 0, texts.STRENGTH_REPEATS),
        ("abcabcabcabcabc", 0, texts.STRENGTH_REPEATS),
        ("98765432109876543210", 0, texts.STRENGTH_REPEATS),
        ("alicealice", 0, texts.STRENGTH_NAMED),
        ("Alice12345", 0, texts.STRENGTH_NAMED),
        ("sommer2024", 1, texts.STRENGTH_LONGER),
        ("correct horse", 2, texts.STRENGTH_WORDS),
        ("horse piano river cloud", 3, ""),
        ("gdr8 lp2v qw1z 9kfs", 4, ""),
    ],
)
def test_the_level_and_the_advice_fit_the_password(password: str, level: int, advice: str) -> None:
    strength = judge(password, ("alice", "me"))
    assert (strength.level, strength.words) == (level, texts.strength(level, advice))


def test_nothing_is_said_of_no_password() -> None:
    assert judge("").words == ""


def test_more_words_are_never_weaker() -> None:
    words = "horse piano river cloud lemon".split()
    levels = [judge(" ".join(words[:count])).level for count in range(1, 6)]
    assert levels == sorted(levels) and levels[0] == 0 and levels[-1] == 4


@given(st.text(max_size=80), st.lists(st.text(max_size=10), max_size=3))
def test_any_password_gets_one_of_the_levels(password: str, known: list[str]) -> None:
    strength = judge(password, known)
    assert 0 <= strength.level <= 4
    assert bool(strength.words) == bool(password)


@pytest.mark.parametrize("unit", ["a", "ab", "a1!", "é", "👍"])
def test_a_pasted_book_takes_no_time(unit: str) -> None:
    started = time.perf_counter()
    judge(unit * 2_000_000)
    assert time.perf_counter() - started < 1.0
