"""Cuts a text that is too long for one message into parts that are not. Pure."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["split"]

LONGEST_CHARACTER = 256  # code points; what claims to be one character beyond this is cut all the same
_JOINER = "\u200d"
_TONES = ("\U0001f3fb", "\U0001f3ff")
_FLAGS = ("\U0001f1e6", "\U0001f1ff")
_TAGS = ("\U000e0020", "\U000e007f")
# The best place first: between paragraphs, lines, words.
_BREAKS = (re.compile(r"\n(?:[ \t]*\n)+"), re.compile(r"\n+"), re.compile(r"\s+"))


def split(text: str, limit_bytes: int) -> list[str]:
    """``text`` in parts of at most ``limit_bytes`` bytes (UTF-8; at least 4), none of them blank.

    It is cut between paragraphs, else lines, else words, else characters, and never inside one, as far as a place like
    that leaves no part less than half full. The blank space at such a cut is left out; nothing else is.
    """
    if limit_bytes < 4:
        raise ValueError("a character may need 4 bytes")
    parts = []
    rest = text
    while len(rest.encode("utf-8", "surrogatepass")) > limit_bytes:
        room = len(rest.encode("utf-8", "surrogatepass")[:limit_bytes].decode("utf-8", "ignore"))
        end, start = _cut(rest, room)
        parts.append(rest[:end])
        rest = rest[start:]
    return [part for part in (*parts, rest) if part.strip()]


def _cut(text: str, room: int) -> tuple[int, int]:
    """Where the part ends and the next one starts. ``room``: code points that fit, fewer than ``text`` has."""
    for kind in _BREAKS:
        # One more character is looked at: the part may end just before a break.
        starts = [found.start() for found in kind.finditer(text, room // 2, room + 1) if found.start() > 0]
        if starts:
            return starts[-1], _end_of(kind, text, starts[-1])
    end = room
    while end > max(0, room - LONGEST_CHARACTER) and _inside_character(text, end):
        end -= 1
    if end <= max(0, room - LONGEST_CHARACTER):
        end = max(1, room)
    return end, end


def _end_of(kind: re.Pattern[str], text: str, start: int) -> int:
    """Where a break ends, which may go on behind what was looked at."""
    whole = kind.match(text, start)
    return whole.end() if whole else start


def _inside_character(text: str, place: int) -> bool:
    """True if what is before and after ``place`` is shown as one character."""
    before, after = text[place - 1], text[place]
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or _JOINER in (before, after):
        return True
    if before == "\r" and after == "\n":
        return True
    if _within(after, _TONES) or _within(after, _TAGS):
        return True
    if _within(after, _FLAGS):  # flags are pairs: inside one if an odd number of halves stands before
        count = 0
        while count < min(place, LONGEST_CHARACTER) and _within(text[place - 1 - count], _FLAGS):
            count += 1
        return count % 2 == 1
    return _hangul(before, after)


def _within(char: str, ends: tuple[str, str]) -> bool:
    return ends[0] <= char <= ends[1]


def _hangul(before: str, after: str) -> bool:
    """A Korean syllable may be written in its letters."""
    return _within(after, ("\u1160", "\u11ff")) and _within(before, ("\u1100", "\ud7a3"))
