"""Words of the message list: rows, menus on a message, search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from securechat.desktop.texts.common import date_words, several

__all__ = [
    "EMPTY_TEXT", "IGNORED_HIDE", "IGNORED_SHOW", "MORE_REACTIONS", "NEW_LINE", "QUOTE_UNKNOWN", "REACT_MORE",
    "SEARCH", "SEARCH_NOTHING", "SEARCH_OLDER", "SHOW_LESS", "SHOW_MORE", "action", "copied_line", "full_moment",
    "ignored_message", "quote", "reacted", "search_position",
]

NEW_LINE = "New"
SHOW_MORE = "show more"
SHOW_LESS = "show less"
IGNORED_SHOW = "show"
IGNORED_HIDE = "hide"
EMPTY_TEXT = "This message has no visible text."
QUOTE_UNKNOWN = "a message that is not loaded"
REACT_MORE = "+"
MORE_REACTIONS = "…"

# Search
SEARCH = "Search in what is loaded"
SEARCH_NOTHING = "nothing found"
SEARCH_OLDER = "Load older messages"

_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def full_moment(when: datetime) -> str:
    """A local time in full, for the hover text: day, date with year, seconds, zone. ``when`` knows its zone."""
    offset = when.strftime("%z")
    zone = f"UTC{offset[:3]}:{offset[3:5]}"
    name = when.tzname() or ""
    named = f"{name} ({zone})" if name.isalpha() and name != "UTC" else "UTC" if name == "UTC" else zone
    return f"{_DAYS[when.weekday()]}, {date_words(when.date(), date.min)}, {when:%H:%M:%S} {named}"


def action(name: str, words: str) -> str:
    """What "/me" says."""
    return f"* {name} {words}"


def quote(name: str, words: str) -> str:
    """The first words of the message that a reply is to."""
    return f"{name}: {words}"


def ignored_message(name: str) -> str:
    """Stands for a message that is shown only on request."""
    return f"A message of {name}, whom you ignore"


def reacted(emoji: str, names: Sequence[str]) -> str:
    """Hover text of a reaction."""
    return f"{several(names)}: {emoji}"


def copied_line(name: str, when: str, words: str) -> str:
    """A message on the clipboard."""
    return f"{name}, {when}: {words}"


def search_position(position: int, total: int) -> str:
    """Which of the found messages is shown."""
    return f"{position:,} of {total:,}"
