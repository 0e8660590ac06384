"""Hebrew, Arabic and their like in the order and in the forms in which they are read, for a Tk that does neither.

On X11 Tk draws the letters of a text one after another from left to right, and each Arabic letter by itself. So what
is put into a widget there is already in the order in which it is seen. The texts themselves stay as they were
written: each unit that is drawn says which characters it stands for, so that copying, searching and clicking stay
right. How it is done is in `text_order`, imported with its libraries when a text first needs it; without them such
texts are drawn as Tk does it by itself.

A line has the direction of its first strong letter. Its bold, linked and other parts are ordered together; an address
or code stays in one piece. Lines are broken here before they are ordered, for Tk would put the first words last.
What a person types in the composer is not ordered: a cursor in a text that is stored otherwise than it is drawn would
mislead. Pure; knows no widgets, and brings in no character that was not in the text but joined forms.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import ModuleType
from typing import Final, NamedTuple

__all__ = ["Bit", "Lines", "Unit", "arrange", "available", "needs", "visual"]

_RIGHT: Final = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"
_NEEDS: Final = re.compile(f"[{_RIGHT}]")


class Bit(NamedTuple):
    """A part of a line. ``kind``: "text" is ordered together with other text, "solid" too but stays in one piece,
    "apart" stands for itself and says nothing about the line's direction; a line with a "picture" (one character) runs
    to the right, so that pictures stay where they are."""

    text: str
    kind: str = "text"


class Unit(NamedTuple):
    """A letter with its marks, as it is drawn: ``text`` for the characters ``start`` to ``end`` of bit ``bit``."""

    text: str
    bit: int
    start: int
    end: int


class Lines(NamedTuple):
    """A line, ordered: whether it runs to the left, and what is seen from the left in each line that it is
    broken to."""

    right: bool
    lines: tuple[tuple[Unit, ...], ...]


def needs(text: str) -> bool:
    """True if ``text`` holds letters that run from right to left."""
    return not text.isascii() and _NEEDS.search(text) is not None


def available() -> bool:
    """True if the libraries are here. Imports them."""
    return _order() is not None


@lru_cache(maxsize=1)
def _order() -> ModuleType | None:
    try:
        from securechat.desktop.messages import text_order
    except ImportError:
        return None
    return text_order


def visual(text: str) -> str:
    """``text`` as it is put into a label on such a display, line by line and not broken."""
    if not needs(text) or not available():
        return text
    return "\n".join(
        "".join(unit.text for unit in arrange((Bit(line),), 0).lines[0]) if needs(line) else line
        for line in text.split("\n")
    )


@lru_cache(maxsize=2048)
def arrange(bits: tuple[Bit, ...], columns: int) -> Lines:
    """Order a line of ``bits``, broken so that each line of it has at most ``columns`` letters (0: not broken).

    ``bits`` hold no line breaks. As they are, if the libraries are missing. The answer is kept, for it is asked for
    often.
    """
    order = _order()
    if order is None:
        return Lines(False, (tuple(Unit(bit.text, number, 0, len(bit.text)) for number, bit in enumerate(bits)),))
    pictures = any(bit.kind == "picture" for bit in bits)
    right = not pictures and _runs_left("".join(bit.text for bit in bits if bit.kind in ("text", "solid")))
    return Lines(right, order.ordered(bits, right, columns))


def _runs_left(text: str) -> bool:
    """The direction of the first letter that has one."""
    kinds = (unicodedata.bidirectional(char) for char in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)
