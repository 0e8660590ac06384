"""Where rows stand in the message list, found by counting, and known again after changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.desktop.messages.row_layout import RowLines, line_in, moved, piece_at
from securechat.desktop.messages.rows import Piece
from securechat.desktop.messages.timeline_marks import places
from securechat.desktop.messages.timeline_model import Splice
from tests.desktop.messages.timeline_list import RICH, List, made, row

__all__ = ["made"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), st.lists(st.integers(1, 4), max_size=5)), max_size=9))
def test_rows_are_found_by_their_lines_after_any_changes(splices: list[tuple[int, int, list[int]]]) -> None:
    """Also when a sum that was kept is used again after an append."""
    lines, plain = RowLines(), list[int]()
    for start, removed, counts in splices:
        start = min(start, len(plain))
        removed = min(removed, len(plain) - start)
        lines.splice(start, removed, counts)
        plain[start : start + removed] = counts
        owners = [row for row, count in enumerate(plain) for _ in range(count)]
        assert [lines.row_at(line) for line in range(len(owners) + 1)] == [*owners, None]
        assert all(lines.start(row) == sum(plain[:row]) for row in range(len(plain) + 1))
    assert len(lines) == len(plain) and lines.row_at(-1) is None


@pytest.mark.parametrize(
    ("index", "text", "splice", "after"),
    [
        (4, "x\n", Splice(7, 1, ()), 4),
        (4, "x\n", Splice(0, 1, (row("a"), row("b"), row("c"))), 6),
        (0, "first\n", Splice(0, 1, (row("a"), row("first"))), 1),
        (0, "bob  09:02\nfirst\n", Splice(0, 1, (row("a"), row("first"))), 1),
        (2, "old\n", Splice(2, 1, (row("edited"),)), 2),
        (3, "same\n", Splice(3, 2, (row("same"), row("same"))), 3),
        (1, "kept\n", Splice(0, 3, (row("x"), row("kept"), row("y"), row("new"), row("newer"))), 1),
        (2, "gone\n", Splice(2, 1, ()), 2),
    ],
)
def test_a_row_is_known_again_after_a_change(index: int, text: str, splice: Splice, after: int) -> None:
    """Below the change, above it, and drawn anew by it."""
    assert moved(index, text, splice) == after


def test_a_line_is_known_again_in_a_row_drawn_anew() -> None:
    """By what it says, nearest to where it was; else by its place."""
    assert line_in("quote\nhello\n", "hello", 0) == 1
    assert line_in("a\nb\na\n", "a", 2) == 2
    assert line_in("a\nb\n", "gone", 7) == 1


def test_searched_words_are_found_whatever_their_case() -> None:
    """Positions are those of the text as written, even where folding makes it longer."""
    assert list(places("ab", "xABab")) == [(1, 3), (3, 5)]
    assert [("groß STRASSE straße")[a:b] for a, b in places("strasse", "groß STRASSE straße")] == ["STRASSE", "straße"]
    assert list(places("s", "ßx")) == [(0, 1), (0, 1)]
    assert list(places("", "x")) == []


def test_every_character_of_the_widget_is_found_in_its_piece(made: List) -> None:
    """Pictures count as one, and emoji as many as Tk says."""
    made.show([row("first", top=True), RICH])
    astral = int(made.text.tk.call("string", "length", "👍"))
    found: dict[str, list[str]] = {}
    for line in (3, 4, 5):
        for char in range(int(made.text.index(f"{line}.end").split(".")[1]) + 1):
            piece = piece_at(RICH, line - 3, char, astral)
            assert piece is not None, (line, char)
            found.setdefault(piece.text if isinstance(piece, Piece) else "", []).append(f"{line}.{char}")
    for words, places_of in found.items():
        if words.strip():
            assert made.text.get(places_of[0], f"{places_of[-1]} + 1 indices") == words
    assert set(found) == {piece.text if isinstance(piece, Piece) else "" for piece in RICH.pieces}
    assert piece_at(RICH, 1, 999, astral) is None and piece_at(RICH, 9, 0, astral) is None
