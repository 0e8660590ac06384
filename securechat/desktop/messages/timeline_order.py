"""Where messages belong among the entries of a timeline, what they are known by, and what a change of one concerns.

Pure questions about values; `timeline_model` keeps the entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from securechat.client.events import Message
from securechat.desktop.messages.row_values import BeginningEntry, Entry, MessageEntry, PresenceEntry

__all__ = ["PIECE", "Key", "keys_of", "people_of", "piece_start", "place_of", "same_words"]

Key = tuple[str, object]
PIECE: Final = 160  # short messages drawn at once: some 25 ms
_CHARS: Final = 256


def place_of(entries: Sequence[Entry], seq: int) -> int:
    """Where a message with ``seq`` belongs (0: waiting, at the end)."""
    index = len(entries)
    if seq == 0:
        return index
    while index > 0:
        above = entries[index - 1]
        if isinstance(above, BeginningEntry) or (isinstance(above, MessageEntry) and 0 < above.message.seq < seq):
            break
        index -= 1
    # What happened after the message above, but before this one arrived, stays between them.
    while index < len(entries) and isinstance(entries[index], PresenceEntry):
        index += 1
    return index


def people_of(message: Message) -> set[str]:
    """Whose being ignored changes how a message looks."""
    return {message.author}.union(*(names for _, names in message.reactions))


def keys_of(message: Message) -> set[Key]:
    """By what a message is known: own ones by local id, all by post id; unreadable ones have only their number."""
    keys: set[Key] = set()
    if message.local_id:
        keys.add(("local", message.local_id))
    if message.post_id:
        keys.add(("post", message.post_id))
    if not keys:
        keys.add(("seq", message.seq))
    return keys


def piece_start(entries: Sequence[Entry] | Sequence[Message], stop: int) -> int:
    """Where the piece begins that ends before ``stop`` and can be drawn at once; it has one message at least."""
    start = max(0, stop - 1)
    room = PIECE - _weight(entries[start]) if stop > 0 else 0
    while start > 0 and (room := room - _weight(entries[start - 1])) >= 0:
        start -= 1
    return start


def _weight(entry: Entry | Message) -> int:
    """How long it takes to draw something, in short messages: a long one may have many marks."""
    message = entry.message if isinstance(entry, MessageEntry) else entry
    return 1 + len(message.text) // _CHARS if isinstance(message, Message) else 1


def same_words(one: Message, two: Message) -> bool:
    """True if quotes and a search find the same in both: reactions and marks of the state have no part in it."""
    return _said(one) == _said(two)


def _said(message: Message) -> tuple[object, ...]:
    return (
        message.post_id, message.text, message.author, message.mine, message.deleted, message.deleted_by_operator,
        message.newer, message.problem,
    )
