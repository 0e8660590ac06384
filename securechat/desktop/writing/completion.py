"""What could be meant by the beginning of ``:an_emoji:`` or of ``@a_name``: decided from the text before the cursor.

In code nothing is completed: there colons and at-signs mean something else. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from securechat.desktop import texts
from securechat.desktop.writing import emoji_names

__all__ = ["MOST", "Asked", "Suggestion", "asked", "full_name", "in_code", "spoken", "suggestions"]

MOST = 8  # suggestions
LEAST_EMOJI = 2  # letters after the colon; fewer are rather a smiley or a time
_LOOKED_AT = 80  # characters before the cursor; no name is longer
_EMOJI = re.compile(r"(?<!\w):([A-Za-z0-9_+-]{%d,60})\Z" % LEAST_EMOJI)  # noqa: UP031 (braces)
_PERSON = re.compile(r"(?<![\w@.-])@([A-Za-z0-9._-]{0,32})\Z")
_FULL = re.compile(r"(?<!\w):([A-Za-z0-9_+-]{1,60}):\Z")
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """``mark`` is ":" or "@"; ``typed`` is what follows it, up to the cursor (ASCII)."""

    mark: str
    typed: str

    @property
    def length(self) -> int:
        """Characters before the cursor that a suggestion replaces."""
        return 1 + len(self.typed)


@dataclass(frozen=True)
class Suggestion:
    """``shown`` in the list, ``inserted`` if taken. ``emoji`` is "" for a person."""

    shown: str
    inserted: str
    emoji: str = ""


def asked(before: str) -> Asked | None:
    """What is being typed at the end of ``before``, if it can be completed."""
    tail = before[-_LOOKED_AT:]
    found = _EMOJI.search(tail) or _PERSON.search(tail)
    if found is None or in_code(before):
        return None
    return Asked(found[0][0], found[1])


def suggestions(what: Asked, names: Sequence[str], *, draws_emoji: bool = True) -> list[Suggestion]:
    """At most `MOST`, the best first. None if what was typed is the only one: there is nothing left to choose.

    ``names``: those of the people here. ``draws_emoji``: False where an emoji is written as its name.
    """
    if what.mark == ":":
        found = emoji_names.find(what.typed)[:MOST]
        return [
            Suggestion(texts.emoji_name(name), emoji if draws_emoji else texts.emoji_name(name), emoji)
            for name, emoji in found
        ]
    typed = what.typed.casefold()
    first = sorted((name for name in names if name.casefold().startswith(typed)), key=str.casefold)
    within = sorted((name for name in names if typed in name.casefold()[1:] and name not in first), key=str.casefold)
    both = [*first, *within][:MOST]
    if [name.casefold() for name in both] == [typed]:
        return []
    return [Suggestion(f"@{name}", f"@{name} ") for name in both]


def full_name(before: str) -> tuple[int, str] | None:
    """If ``before`` ends with a known ``:name:``: its length in characters (ASCII), and the emoji."""
    found = _FULL.search(before[-_LOOKED_AT:])
    emoji = emoji_names.by_name(found[1]) if found else ""
    return None if found is None or not emoji or in_code(before) else (len(found[0]), emoji)


def in_code(before: str) -> bool:
    """True if what is typed behind ``before`` is inside `code` or a fenced block."""
    if "`" not in before:
        return False
    fences = before.count("```")
    line = before[before.rfind("\n") + 1 :].replace("```", "")
    return fences % 2 == 1 or line.count("`") % 2 == 1


def spoken(text: str) -> str:
    """``text`` with known ``:names:`` outside of code as emoji: what is sent from where emoji cannot be drawn."""
    pieces = _CODE.split(text)
    return "".join(piece if index % 2 else emoji_names.with_emoji(piece) for index, piece in enumerate(pieces))
