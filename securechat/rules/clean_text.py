"""The trust boundary for texts that people will look at: names, titles, bodies, log lines.

Control characters move cursors, bidirectional overrides turn "exe.gpj" around, and zero-width format characters
make two names look alike. They are replaced, never passed on to a terminal or a window (Unicode TR #36).
"""

from __future__ import annotations

import unicodedata

__all__ = ["REPLACEMENT", "clean", "one_line"]

REPLACEMENT = "\ufffd"
# Written as escapes: several of these are invisible, and an editor may change one into a space unseen.
# Joiners shape emoji and several scripts; they carry no direction and no control.
_HARMLESS_FORMAT = {"\u200c", "\u200d"}
_LINE_BREAKS = {"\u2028", "\u2029", "\x85", "\x0b", "\x0c"}
_OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _safe(char: str, single_line: bool) -> str:
    if char in ("\n", "\t"):
        return " " if single_line else char
    if char in _LINE_BREAKS:
        return " " if single_line else "\n"
    category = unicodedata.category(char)
    if category == "Cf" and char not in _HARMLESS_FORMAT:
        return REPLACEMENT if char in _OVERRIDES else ""
    if category in ("Cc", "Cs"):
        return REPLACEMENT
    return char


def clean(text: str, *, single_line: bool = False) -> str:
    """`text` without control, override and invisible format characters; line breaks become `\\n`, or a space."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    return "".join(_safe(char, single_line) for char in text)


def one_line(text: str) -> str:
    """`clean` for places that have one line only: names, notices, terminal lines."""
    return clean(text, single_line=True)
