"""The words of the window: each name stands for one thing."""

from __future__ import annotations

from collections import Counter

from securechat.desktop import texts


def test_no_two_modules_give_the_same_name() -> None:
    """With one name in two modules the later one would win unseen."""
    assert [name for name, count in Counter(texts.__all__).items() if count > 1] == []


def test_every_word_is_there_by_its_name() -> None:
    """What __all__ lists exists, and no word is empty."""
    for name in texts.__all__:
        assert getattr(texts, name), name
