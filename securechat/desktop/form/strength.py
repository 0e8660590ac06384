"""How hard a new password is to guess, in one of five levels. A pure estimate: no display, no files, no network.

It errs on the side of caution: letters in a row are taken for words, since people choose words. It is advice only;
what is refused is decided by the length in `securechat.wire.limits`.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from securechat.desktop import texts

__all__ = ["Strength", "judge"]

# Guesses as powers of two. Each guess costs an attacker the whole stretching, so 60 is far out of reach.
_LEVELS = (20, 32, 45, 60)
# A letter of a word, a word being one of some 8,000: 13 bits over five letters.
_WORD_LETTER_BITS = 2.6
_WORD = re.compile("[a-z\u00df-\u00ff\u03ac-\u03ce\u0430-\u045f]{3,}")  # Latin, Greek, Cyrillic
_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_BITS = 6.0
_MOST = 1000  # characters looked at; more cannot make it any stronger
_GAPS = " -_."
_GAP_BITS = 1.0
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "1234567890", "1qaz2wsx3edc4rfv")
_COMMON = frozenset(
    "password passwort motdepasse contrasena letmein welcome admin administrator root login guest user test secret "
    "iloveyou princess dragon monkey sunshine master shadow superman batman football baseball starwars trustno "
    "whatever freedom hello hallo charlie michael jordan hunter killer pokemon computer internet samsung google "
    "facebook summer winter spring autumn changeme default access mustang cheese qwerty qwertz azerty abc asdf "
    "correcthorsebatterystaple securechat chat".split()
)
_DISGUISES = str.maketrans("01345$@!7", "oieassait")


@dataclass(frozen=True)
class Strength:
    """``level`` from 0 (falls at the first tries) to 4; ``words``: a line for the person, "" for no password."""

    level: int
    words: str


def judge(password: str, known: Sequence[str] = ()) -> Strength:
    """``known``: words that everybody has, as the person's name; they add nothing."""
    if not password:
        return Strength(0, "")
    password = password[:_MOST]
    folded = password.casefold()
    rest = folded
    for word in sorted({word.casefold() for word in known if len(word) >= 3}, key=len, reverse=True):
        rest = rest.replace(word, "")
    if _is_common(folded):
        return _found(0, texts.STRENGTH_COMMON)
    if len(rest) <= len(folded) // 2:
        return _found(0, texts.STRENGTH_NAMED)
    fresh = _without_runs(_once(rest))
    bits = _bits(fresh, password)
    level = sum(bits >= least for least in _LEVELS)
    if len(fresh) <= len(rest) * 2 / 3 and level < 3:
        return _found(level, texts.STRENGTH_REPEATS)
    return _found(level, (texts.STRENGTH_LONGER, texts.STRENGTH_LONGER, texts.STRENGTH_WORDS, "", "")[level])


def _found(level: int, advice: str) -> Strength:
    return Strength(level, texts.strength(level, advice))


def _is_common(folded: str) -> bool:
    """One of the usual words, perhaps in disguise and with digits or signs around it."""
    bare = re.sub(r"^[\d\W_]+|[\d\W_]+$", "", folded)
    if len(folded) - len(bare) > 6:
        return False
    return any(re.sub("[^a-z]", "", text) in _COMMON for text in (bare, bare.translate(_DISGUISES)))


def _once(text: str) -> str:
    """``text``, or the part that it is a repetition of."""
    start = (text + text).find(text, 1)
    return text[:start] if 0 < start < len(text) else text


def _without_runs(text: str) -> str:
    """``text`` without what merely goes on: aaaa, abcd, 4321, qwer."""
    kept = list(text[:2])
    for before, last, char in zip(text, text[1:], text[2:], strict=False):
        step = ord(last) - ord(before)
        goes_on = ord(char) - ord(last) == step and abs(step) <= 1
        along = any(part in row or part[::-1] in row for row in _ROWS for part in (before + last + char,))
        if not goes_on and not along:
            kept.append(char)
    return "".join(kept)


def _bits(fresh: str, password: str) -> float:
    """The guesses for ``fresh`` as a power of two; ``password`` tells which kinds of characters are used."""
    kinds = (
        (26, any(char.islower() for char in password)), (26, any(char.isupper() for char in password)),
        (10, any(char.isdigit() for char in password)),
        (33, any(char.isascii() and not char.isalnum() for char in password)),
        (100, not password.isascii()),
    )
    per_character = math.log2(sum(size for size, used in kinds if used) or 1)
    # Few different characters are few choices, whatever they could have been.
    per_character = min(per_character, math.log2(len(set(fresh)) + 1) + 1)
    bits = float(min(4, sum(a.islower() != b.islower() for a, b in itertools.pairwise(password) if (a + b).isalpha())))
    for pattern, each, whole in ((_YEAR, 0.0, _YEAR_BITS), (_WORD, _WORD_LETTER_BITS, 0.0)):
        bits += sum(each * len(found) + whole for found in pattern.findall(fresh))
        fresh = pattern.sub("", fresh)
    gaps = sum(char in _GAPS for char in fresh)
    return bits + gaps * _GAP_BITS + (len(fresh) - gaps) * per_character
