"""The order and the forms of letters in a line of a script that runs to the left: Unicode TR #9, and joined Arabic.

`python-bidi` has the rules, step by step, so that each letter is known again where it ends up; `arabic-reshaper` has
the joined forms. To be imported through `right_to_left` alone, which does without if a library is missing. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from arabic_reshaper import ArabicReshaper  # type: ignore[import-untyped]
from bidi.algorithm import (  # type: ignore[import-untyped]
    apply_mirroring,
    calc_level_runs,
    get_embedding_levels,
    get_empty_storage,
    reorder_resolved_levels,
    resolve_implicit_levels,
    resolve_neutral_types,
    resolve_weak_types,
)
from bidi.mirror import MIRRORED  # type: ignore[import-untyped]

from securechat.desktop.messages.right_to_left import Bit, Unit, needs

__all__ = ["ordered"]

# Letter for letter, so that each knows its place; lam and alef are put together after that.
_RESHAPER: Final = ArabicReshaper({"delete_harakat": False, "support_ligatures": False, "delete_tatweel": False})
_ARABIC: Final = re.compile("[\u0600-\u06ff\u0750-\u077f\u200c\u200d]{2,}")
_JOINERS: Final = "\u200c\u200d"
_ALEFS: Final = {"\ufe82": "\ufef5", "\ufe84": "\ufef7", "\ufe88": "\ufef9", "\ufe8e": "\ufefb"}  # after a lam
_LAMS: Final = {"\ufedf": 0, "\ufee0": 1}  # at the start of a word, and within: the next form of the two together
# Signs that format have no say here (texts are cleaned of them), and unknown ones are like letters.
_NO_FORMAT: Final = dict.fromkeys(
    ("BN", "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"), "NSM"
) | {"": "L"}
_STRONG: Final = {"L": "L", "R": "R", "AL": "R", "EN": "R", "AN": "R"}
_PLAIN: Final = frozenset({"R", "AL", "NSM", "WS", "ON", "CS", "ES", "ET"})
_DEEPEST: Final = 63  # brackets in brackets, as the Unicode rules have it
_TOGETHER: Final = ("text", "solid")
_SKINS: Final = ("\U0001f3fb", "\U0001f3ff")

_Char = dict[str, Any]  # one character, as python-bidi keeps it; "unit" is ours


def ordered(bits: tuple[Bit, ...], right: bool, columns: int) -> tuple[tuple[Unit, ...], ...]:
    """See `right_to_left.arrange`; ``right``: the line runs to the left, from the right edge."""
    chars: list[_Char] = []
    for _, together in groupby(enumerate(bits), key=lambda one: -1 if one[1].kind in _TOGETHER else one[0]):
        chars += _levelled(list(together), right)
    return tuple(_ordered(line, right) for line in _broken(chars, columns))


# ---------------------------------------------------------------------- units
def _units(bit: int, text: str) -> list[Unit]:
    """Letters in their joined forms, each with its marks."""
    shaped = _shaped(text)
    units: list[Unit] = []
    for place, char in enumerate(shaped):
        if units and _clings(text, place):
            units[-1] = Unit(units[-1].text + char, bit, units[-1].start, place + 1)
        elif units and char in _ALEFS and units[-1].text[:1] in _LAMS:
            lam = units[-1].text
            units[-1] = Unit(chr(ord(_ALEFS[char]) + _LAMS[lam[0]]) + lam[1:], bit, units[-1].start, place + 1)
        else:
            units.append(Unit(char, bit, place, place + 1))
    return units


def _clings(text: str, place: int) -> bool:
    """True for what is drawn on the character before it: marks, joiners and what they join, colours of skin."""
    char = text[place]
    if char.isascii():
        return False
    category = unicodedata.category(char)
    if category in ("Lo", "Ll", "Lu"):
        return False
    joined = text[place - 1] == "\u200d" and category == "So"
    return joined or category in ("Mn", "Me") or char in _JOINERS or _SKINS[0] <= char <= _SKINS[1]


def _shaped(text: str) -> list[str]:
    """The characters of ``text``, Arabic ones in their joined forms; joiners among those are nothing to be drawn."""
    chars = list(text)
    for found in _ARABIC.finditer(text):
        run = found.group()
        kept = [place for place, char in enumerate(run, found.start()) if char != "\u200d"]
        forms = _joined(run)
        if len(forms) == len(kept):
            chars[found.start() : found.end()] = [""] * len(run)
            for place, form in zip(kept, forms, strict=True):
                chars[place] = "" if form in _JOINERS else form
    return chars


@lru_cache(maxsize=4096)
def _joined(word: str) -> str:
    """Kept, for words come again and the reshaper reads its settings anew for each."""
    return str(_RESHAPER.reshape(word))


# ---------------------------------------------------------------------- order
def _levelled(bits: Sequence[tuple[int, Bit]], right: bool) -> list[_Char]:
    """The units of what is ordered together, each with its level: odd ones run to the left (Unicode TR #9)."""
    units, solid = [], []
    for number, bit in bits:
        made = _units(number, bit.text)
        units += made
        solid += [bit.kind == "solid" and not needs(bit.text)] * len(made)
    storage = get_empty_storage() | {"base_level": int(right), "base_dir": "LR"[right]}
    get_embedding_levels("".join(unit.text[:1] or "\u200d" for unit in units), storage)
    chars: list[_Char] = storage["chars"]
    for char, unit, is_solid in zip(chars, units, solid, strict=True):
        char["unit"] = unit
        char["orig"] = _NO_FORMAT.get(char["orig"], char["orig"])
        char["type"] = "L" if is_solid else char["orig"]
    if not right or not _PLAIN.issuperset(char["type"] for char in chars):  # else all have the line's direction
        calc_level_runs(storage)
        resolve_weak_types(storage)
        _pair_brackets(chars, "LR"[right])
        resolve_neutral_types(storage, False)
        resolve_implicit_levels(storage, False)
    apply_mirroring(storage, False)
    return chars


def _pair_brackets(chars: Sequence[_Char], own: str) -> None:
    """Rule N0, which python-bidi's steps lack: two brackets have the direction of what they are around."""
    before = own
    pairs = _brackets(chars)
    for place, char in enumerate(chars):  # what is outside decides first
        if (end := pairs.get(place)) is not None:
            inside = {_STRONG.get(other["type"], "") for other in chars[place + 1 : end]} - {""}
            if inside:
                char["type"] = chars[end]["type"] = own if own in inside else before
        before = _STRONG.get(char["type"], before)


def _brackets(chars: Sequence[_Char]) -> dict[int, int]:
    """For each bracket that is closed where that is."""
    opened: list[int] = []
    pairs: dict[int, int] = {}
    for place, char in enumerate(chars):
        if char["type"] != "ON" or unicodedata.category(char["ch"]) not in ("Ps", "Pe"):
            continue
        if unicodedata.category(char["ch"]) == "Ps":
            opened = [*opened[-_DEEPEST:], place]
            continue
        matching = [n for n, start in enumerate(opened) if MIRRORED.get(chars[start]["ch"]) == char["ch"]]
        if matching:
            pairs[opened[matching[-1]]] = place
            del opened[matching[-1] :]
    return pairs


def _broken(chars: list[_Char], columns: int) -> Iterable[list[_Char]]:
    """Parts of at most ``columns`` letters, if possible at blanks."""
    sizes = [_columns(char["ch"]) for char in chars]
    start = room = last_blank = 0
    for place, (char, size) in enumerate(zip(chars, sizes, strict=True) if 0 < columns < sum(sizes) else ()):
        blank = char["ch"].isspace()
        if room + size > columns and place > start and not blank:
            end = last_blank if last_blank > start else place
            yield chars[start:end]
            start, room = end, sum(sizes[end:place])
        room += size
        if blank:
            last_blank = place + 1
    yield chars[start:]


def _columns(char: str) -> int:
    return 2 if char >= "\u1100" and unicodedata.east_asian_width(char) in "WF" else 1


def _ordered(line: list[_Char], right: bool) -> tuple[Unit, ...]:
    """The units of one line from left to right."""
    storage = get_empty_storage() | {"base_level": int(right), "chars": line}
    reorder_resolved_levels(storage, False)
    return tuple(_drawn(char) for char in storage["chars"])


def _drawn(char: _Char) -> Unit:
    """A unit mirrored where it must be. Marks of letters that run to the left are made for a pen that goes there, and
    stand on what is drawn after them by one that goes to the right."""
    unit: Unit = char["unit"]
    if unit.text in (char["ch"], ""):
        return unit
    letter, marks = char["ch"], unit.text[1:]
    return unit._replace(text=marks + letter if needs(letter) else letter + marks)
