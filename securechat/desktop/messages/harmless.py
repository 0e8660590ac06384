"""What texts of others may do to the picture: nothing. Adds to `rules.clean_text` what only matters where text is
drawn.

Towers of combining marks cover the lines above and below; long runs of blanks move words to where the program's own
lines stand. Both are cut short. Pure; linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata

from securechat.rules.clean_text import clean

__all__ = ["MARKS", "NAME_LENGTH", "calm", "calm_line", "calm_name", "cut", "is_blank", "narrow"]

MARKS = 5  # combining marks on one letter; no script in use needs more
NAME_LENGTH = 64  # characters; the protocol's names have half of that
BLANKS = 8  # in a row, outside of code

_JOINERS = "\u200c\u200d"
_MARK_CATEGORIES = {"Mn", "Me"}
# Letters and symbols by their category, but with nothing to see.
_NOTHING = " \t\u00a0\u115f\u1160\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0"
_BLANK = f"[{_NOTHING}]"
_MANY_BLANKS = re.compile(f"({_BLANK}{{{BLANKS}}}){_BLANK}+")
_MANY_LINES = re.compile(f"(?:\n{_BLANK}*){{3,}}\n")
_INVISIBLE = re.compile(f"[{_NOTHING}{_JOINERS}]+")
_VISIBLE = re.compile(f"[^\\s{_NOTHING}{_JOINERS}]")


# Marks are no letters: without so many other signs on end there is no tower.
_MAYBE_TOWER = re.compile(f"[^\\w\x00-\x7f]{{{MARKS + 1}}}")


def _is_calm(text: str) -> bool:
    """A quick look, which most texts pass: nothing invisible but line breaks, and no tower."""
    return text.replace("\n", "").isprintable() and (text.isascii() or _MAYBE_TOWER.search(text) is None)


def _calm_marks(text: str) -> str:
    """At most `MARKS` combining marks on a letter, and one joiner between letters."""
    kept: list[str] = []
    run = 0
    joined = False
    for char in text:
        joiner = char in _JOINERS
        if joiner and (joined or not kept):
            continue
        run = run + 1 if unicodedata.category(char) in _MARK_CATEGORIES else run if joiner else 0
        if run > MARKS:
            continue
        joined = joiner
        kept.append(char)
    return "".join(kept)


def calm(text: str) -> str:
    """A text of several lines as it may be drawn, before any marks in it are read."""
    if _is_calm(text):
        return text
    cleaned = clean(text)
    return cleaned if cleaned.isascii() else _calm_marks(cleaned)


def calm_line(text: str) -> str:
    """The same on one line."""
    if "\n" not in text and _is_calm(text):
        return text
    cleaned = clean(text, single_line=True)
    return cleaned if cleaned.isascii() else _calm_marks(cleaned)


def calm_name(text: str) -> str:
    """A name: one line, at most `NAME_LENGTH`, and with "_" for blanks: no name has them, and with them it could pass
    for words of the program. No joiners either, which make two names look alike."""
    return cut(_INVISIBLE.sub(lambda found: "_" if found[0].strip(_JOINERS) else "", calm_line(text)), NAME_LENGTH)


def narrow(text: str) -> str:
    """Without long runs of blanks and of empty lines, which could carry words to where the program's lines stand."""
    if "  " in text or "\n\n" in text or not text.isascii() or "\t" in text:
        text = _MANY_BLANKS.sub(r"\1", text)
        text = _MANY_LINES.sub("\n\n\n", text)
    return text


def is_blank(text: str) -> bool:
    """True if there is nothing to see in ``text``."""
    return _VISIBLE.search(text) is None


def cut(text: str, most: int) -> str:
    """The first ``most`` characters with "…" if there are more; no letter is parted from its marks."""
    if len(text) <= most:
        return text
    end = most - 1
    while end > most // 2 and (_belongs(text[end]) or text[end - 1] in _JOINERS):
        end -= 1
    return f"{text[:end].rstrip()}…"


def _belongs(char: str) -> bool:
    """True if ``char`` only shapes what is before it."""
    return char in _JOINERS or unicodedata.category(char) in _MARK_CATEGORIES or "\U0001f3fb" <= char <= "\U0001f3ff"
