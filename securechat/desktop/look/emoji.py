"""Whether this desktop can draw emoji, and what to show if it cannot.

With libXft before 2.3.5 a coloured glyph makes the X server refuse a request, which ends the whole process; a message
from a stranger must not do that. There, emoji are shown by name.
"""

from __future__ import annotations

import ctypes
import unicodedata

__all__ = ["SAFE_XFT", "emoji_kills", "name_emoji", "xft_version"]

SAFE_XFT = 20305  # libXft 2.3.5, the first that scales and draws coloured glyphs safely
_JOINERS = {0x200D, 0x20E3, 0xFE0E, 0xFE0F}  # only shape the emoji before them
_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)  # spell the region of a flag, unseen
_BLOCKS = (
    range(0x2300, 0x2400), range(0x25AA, 0x25FF), range(0x2600, 0x27C0), range(0x2B00, 0x2C00),
    range(0x1F000, 0x1FB00),
    range(0xFE000, 0xFF000),  # private; colour fonts keep the emoji of old telephones here
)
# Single signs outside those blocks that colour fonts have too. Not digits, © and ®: every text font has them.
_SINGLE = {
    0x203C, 0x2049, 0x2122, 0x2139, *range(0x2194, 0x219A), 0x21A9, 0x21AA, 0x24C2, 0x2934, 0x2935, 0x3030, 0x303D,
    0x3297, 0x3299,
}


def xft_version() -> int:
    """What ``XftGetVersion`` of libXft says (2.3.6 is 20306), 0 if it cannot be asked."""
    try:
        return int(ctypes.CDLL("libXft.so.2").XftGetVersion())
    except (OSError, AttributeError):
        return 0


def emoji_kills(windowing_system: str) -> bool:
    """True if emoji must not reach the screen. ``windowing_system``: as Tk names it."""
    return windowing_system == "x11" and xft_version() < SAFE_XFT


def name_emoji(text: str) -> str:
    """``text`` with each emoji replaced by ``:its_name:``; anything else is unchanged."""
    if text.isascii():
        return text
    return "".join(_named(char) for char in text)


def _named(char: str) -> str:
    code = ord(char)
    if code in _JOINERS or code in _TONES or code in _TAGS:
        return ""
    if code not in _SINGLE and not any(code in block for block in _BLOCKS):
        return char
    name = unicodedata.name(char, "emoji")
    return f":{name.lower().replace(' ', '_').replace('-', '_')}:"
