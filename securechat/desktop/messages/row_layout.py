"""Where rows stand in a text widget, by counting: lines of each row, characters and pictures of each piece. Pure.

The widget keeps no tag or mark per message; what is at a place in it follows from these counts alone. A picture takes
one character, and Tk 8.6 counts a character beyond U+FFFF as two. Lines of scripts that run to the left are put in the
order in which they are seen, where Tk does not do so (`right_to_left`); then `parts` differ from the row's pieces.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from securechat.desktop.messages.right_to_left import Bit, Unit, arrange, available, needs
from securechat.desktop.messages.rows import AvatarPiece, Piece, Row
from securechat.desktop.messages.timeline_model import Splice

__all__ = [
    "CHIPS", "RIGHT", "Part", "RowLines", "drawn", "line_in", "logical", "longer", "moved", "parts", "piece_at",
    "places_of", "reordered", "width",
]

CHIPS: Final = frozenset({"chip", "chip_mine"})  # tags whose pieces have round ends
RIGHT: Final = "right"  # the tag of lines that begin at the right
_SOLID: Final = frozenset({"link", "code", "block"})
# What the program writes beside a text has no part in its direction.
_APART: Final = frozenset({"name", "time", "mark", "late", "fold", "quote_bar", "rule", "chip", "chip_mine"})


class Part(NamedTuple):
    """Something that is put into the widget: text with tags, or a ``picture``: "avatar", "left" or "right" (the round
    ends of a chip). ``piece`` is what it belongs to, ``start`` where its text is in the row's. ``sources``: which
    characters of the row's text each character stands for (first, end), if not one after another from ``start``."""

    text: str
    tags: tuple[str, ...]
    picture: str
    piece: AvatarPiece | Piece
    start: int
    sources: tuple[tuple[int, int], ...] | None = None


class RowLines:
    """How many text lines each row takes. Lines and rows are counted from 0. ``columns``: letters that fit in a line,
    for lines that are broken before they are put in order; 0: Tk does both by itself, or no row needs it. Each row
    keeps those that it was drawn with."""

    def __init__(self) -> None:
        self.columns = 0
        self._columns: list[int] = []
        self._counts: list[int] = []
        self._ends: list[int] | None = None  # the line after each row, made when it is asked for

    def __len__(self) -> int:
        return len(self._counts)

    def splice(self, start: int, removed: int, counts: Sequence[int]) -> None:
        """Rows ``start`` to ``start + removed`` give way to rows with ``counts`` lines."""
        at_end = start + removed == len(self._counts) and self._ends is not None
        self._counts[start : start + removed] = counts
        self._columns[start : start + removed] = [self.columns] * len(counts)
        if at_end and self._ends is not None:
            del self._ends[start:]
            for count in counts:
                self._ends.append((self._ends[-1] if self._ends else 0) + count)
        else:
            self._ends = None

    def start(self, row: int) -> int:
        """The first line of ``row``; of the row after the last one: the number of all lines."""
        return self._made()[row - 1] if row > 0 else 0

    def row_at(self, line: int) -> int | None:
        """The row that has ``line``, None if none has."""
        ends = self._made()
        row = bisect_right(ends, line)
        return row if line >= 0 and row < len(ends) else None

    def columns_of(self, row: int) -> int:
        """The ``columns`` that a row was drawn with."""
        return self._columns[row]

    def fit(self, row: int) -> None:
        """A row would be drawn with the present ``columns`` as it is."""
        self._columns[row] = self.columns

    def unfit(self) -> list[int]:
        """Rows that were drawn with other ``columns``."""
        return [row for row, columns in enumerate(self._columns) if columns not in (0, self.columns)]

    def _made(self) -> list[int]:
        if self._ends is None:
            self._ends = list(accumulate(self._counts))
        return self._ends


def width(text: str, astral: int) -> int:
    """Characters that Tk counts in ``text``; ``astral``: those that it counts for one beyond U+FFFF."""
    if astral == 1 or text.isascii():
        return len(text)
    return len(text) + (astral - 1) * sum(char > "\uffff" for char in text)


def reordered(row: Row) -> bool:
    """True if some of the row is not put into the widget as it was written, where ``columns`` are counted."""
    return any(needs(piece.text) for piece in row.pieces if isinstance(piece, Piece)) and available()


def parts(row: Row, columns: int = 0) -> Iterator[Part]:
    """What the row is made of in the widget, in order. ``columns``: see `RowLines`."""
    if not columns or not reordered(row):
        yield from _pieces(row)
        return
    line: list[Part] = []
    for part in _pieces(row):
        at = part.start
        for text in part.text.splitlines(keepends=True) if "\n" in part.text else (part.text,):
            line.append(part._replace(text=text, start=at))
            at += len(text)
            if text.endswith("\n"):
                yield from _arranged(line, columns)
                line = []
    yield from _arranged(line, columns)


def _pieces(row: Row) -> Iterator[Part]:
    at = 0
    for piece in row.pieces:
        if isinstance(piece, AvatarPiece):
            yield Part("", ("name",), "avatar", piece, at)
            continue
        if CHIPS.isdisjoint(piece.tags):
            yield Part(piece.text, piece.tags, "", piece, at)
        else:
            kind = "chip_mine" if "chip_mine" in piece.tags else "chip"
            around = tuple(tag for tag in piece.tags if tag not in CHIPS)  # the corners are seen through
            yield Part("", around, f"{kind} left", piece, at)
            yield Part(piece.text, (*around, kind), "", piece, at)
            yield Part("", around, f"{kind} right", piece, at + len(piece.text))
        at += len(piece.text)


def _arranged(line: Sequence[Part], columns: int) -> Iterator[Part]:
    """One line of a row, ordered and broken if it needs to be. Its last part may end with a line break."""
    if not any(needs(part.text) for part in line):
        yield from line
        return
    found = arrange(tuple(_bit(part) for part in line), columns)
    right: tuple[str, ...] = (RIGHT,) if found.right else ()
    last = line[-1]
    for number, units in enumerate(found.lines):
        if number:
            end = units[0].start + line[units[0].bit].start if units else last.start
            yield Part("\n", (*last.tags, *right), "", last.piece, end, ((end, end),))
        yield from _joined(line, units, right)
    if last.text.endswith("\n"):
        yield Part("\n", (*last.tags, *right), "", last.piece, last.start + len(last.text) - 1)


def _bit(part: Part) -> Bit:
    if part.picture:
        return Bit("\ufffc", "picture")
    text = part.text.removesuffix("\n")
    if "row" not in part.tags or not _APART.isdisjoint(part.tags):
        return Bit(text, "apart")
    return Bit(text, "text" if _SOLID.isdisjoint(part.tags) else "solid")


def _joined(line: Sequence[Part], units: Iterable[Unit], right: tuple[str, ...]) -> Iterator[Part]:
    """Units that are seen one beside the other, as one part for each piece in turn."""
    for bit, together in groupby(units, key=lambda unit: unit.bit):
        part = line[bit]
        if part.picture:
            yield part._replace(tags=(*part.tags, *right))
            continue
        shown = list(together)
        sources = tuple(
            (part.start + unit.start, part.start + unit.end) for unit in shown for _ in range(len(unit.text))
        )
        text = "".join(unit.text for unit in shown)
        yield Part(text, (*part.tags, *right), "", part.piece, part.start, sources)


def longer(row: Row, columns: int) -> bool:
    """True if a line of the row may have to be broken at ``columns``. Fast, and sooner true than false."""
    return any(
        len(line) > columns or (not line.isascii() and len(line) + sum(char >= "\u1100" for char in line) > columns)
        for line in row.text.split("\n")
    )


def drawn(row: Row, columns: int = 0) -> str:
    """The row's text as it is in the widget."""
    return "".join(part.text for part in parts(row, columns)) if columns else row.text


class _Char(NamedTuple):
    """A character of the widget, in line and place of the row, and what it stands for in the row's text."""

    line: int
    at: int
    size: int
    part: Part
    source: tuple[int, int]


def _chars(row: Row, columns: int, astral: int) -> Iterator[_Char]:
    line = at = 0
    for part in parts(row, columns):
        if part.picture:
            yield _Char(line, at, 1, part, (part.start, part.start))
            at += 1
        for place, char in enumerate(part.text):
            size = width(char, astral)
            start = part.start + place
            yield _Char(line, at, size, part, part.sources[place] if part.sources else (start, start + 1))
            line, at = (line + 1, 0) if char == "\n" else (line, at + size)


def piece_at(row: Row, line: int, char: int, astral: int, columns: int = 0) -> AvatarPiece | Piece | None:
    """The piece that has character ``char`` (as Tk counts) of line ``line`` of ``row``; None beyond its end."""
    at_line, at_char = 0, 0
    for part in parts(row, columns):
        for number, text in enumerate(part.text.split("\n")):
            if number:
                if (at_line, at_char) == (line, char):
                    return part.piece  # the line break itself
                at_line, at_char = at_line + 1, 0
            size = 1 if part.picture else width(text, astral)
            if at_line == line and at_char <= char < at_char + size:
                return part.piece
            at_char += size
        if at_line > line:
            return None
    return None


def logical(row: Row, first: tuple[int, int], after: tuple[int, int], astral: int, columns: int) -> str:
    """What was written in the row at the characters from ``first`` (line, character) up to ``after``, as written."""
    chosen = {
        place
        for char in _chars(row, columns, astral) if first <= (char.line, char.at) < after
        for place in range(*char.source)
    }
    return "".join(char for place, char in enumerate(row.text) if place in chosen)


def places_of(
    row: Row, spans: Iterable[tuple[int, int]], astral: int, columns: int
) -> Iterator[tuple[int, int, int, tuple[str, ...]]]:
    """Where these ``spans`` of the row's text are drawn: line, first character and the one after it, and the tags."""
    wanted = {place for span in spans for place in range(*span)}
    for char in _chars(row, columns, astral):
        if not wanted.isdisjoint(range(*char.source)):
            yield char.line, char.at, char.at + char.size, char.part.tags


def moved(index: int, text: str, splice: Splice, columns: int = 0) -> int:
    """Which row, after ``splice``, is the one that was at ``index`` with ``text``. A row that is drawn anew is known
    again by its text, then by its last line (its head may come or go), then by its place."""
    start, removed, rows = splice.start, splice.removed, splice.rows
    if index < start:
        return index
    if index >= start + removed:
        return index + len(rows) - removed
    from_top, from_end = index - start, len(rows) - removed + index - start
    guesses = (from_top,) if len(rows) == removed else (from_end, from_top)
    for guess in guesses:
        if 0 <= guess < len(rows) and drawn(rows[guess], columns) == text:
            return start + guess
    texts = [drawn(row, columns) for row in rows]
    found = [i for i, other in enumerate(texts) if other == text]
    found = found or [i for i, other in enumerate(texts) if _last(other) == _last(text)]
    if found:
        return start + min(found, key=lambda i: min(abs(i - guess) for guess in guesses))
    return start + max(0, min(guesses[0], len(rows) - 1))


def line_in(row_text: str, line_text: str, line: int) -> int:
    """The line of a row drawn anew that shows ``line_text``, which was its line ``line``; else the nearest to it."""
    lines = row_text.split("\n")[:-1] or [""]
    same = [number for number, other in enumerate(lines) if other == line_text]
    return min(same or range(len(lines)), key=lambda number: abs(number - line))


def _last(text: str) -> str:
    return text.rstrip("\n").rsplit("\n", 1)[-1]
