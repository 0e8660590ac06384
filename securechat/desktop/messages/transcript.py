"""What a timeline's entries say, read as words: for searching, copying and editing one's last text. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from securechat.client.effects import EDITABLE
from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.messages.harmless import calm, calm_line, calm_name
from securechat.desktop.messages.message_rows import has_words, hidden, readable
from securechat.desktop.messages.row_values import Entry, Look, MessageEntry, Place, moment

__all__ = ["copy_text", "last_own", "scan"]

_INDENT = "    "  # a further line of a text must not pass for another person's


def last_own(entries: Sequence[Entry]) -> Message | None:
    """The newest own text or reply that is not deleted and was not refused."""
    for entry in reversed(entries):
        if isinstance(entry, MessageEntry):
            message = entry.message
            stands = message.mine and message.state is not MessageState.REFUSED and readable(message)
            if stands and message.kind in EDITABLE:
                return message
    return None


def scan(entries: Iterable[Entry], query: str, is_hidden: Callable[[Message], bool]) -> Iterator[bytes]:
    """For each message in turn its post id if ``query`` is in its words, else b"". Blank queries find nothing."""
    wanted = query.strip().casefold()
    for entry in entries if wanted else ():
        if isinstance(entry, MessageEntry):
            message = entry.message
            yield message.post_id if not is_hidden(message) and has_words(message, wanted) else b""


def copy_text(entries: Iterable[Entry], look: Look, place: Place) -> str:
    """The messages among ``entries`` as "name, HH:MM: text" lines; with the date if they are of several days."""
    chosen = [entry for entry in entries if isinstance(entry, MessageEntry)]
    times = [moment(entry) for entry in chosen]
    days = {when.date() for when in times if when is not None}
    return "\n".join(
        _copied(entry.message, when, len(days) > 1, look, place) for entry, when in zip(chosen, times, strict=True)
    )


def _copied(message: Message, when: datetime | None, dated: bool, look: Look, place: Place) -> str:
    if message.problem:
        return calm_line(message.problem)
    name = calm_name(message.author)
    if hidden(message, look, place):
        return texts.ignored_message(name)
    clock = texts.UNKNOWN_TIME if when is None else when.strftime("%Y-%m-%d %H:%M" if dated else "%H:%M")
    return texts.copied_line(name, clock, _words(message).replace("\n", f"\n{_INDENT}"))


def _words(message: Message) -> str:
    if message.deleted_by_operator:
        return texts.DELETED_BY_OPERATOR
    if message.deleted:
        return texts.DELETED
    return texts.NEWER if message.newer else calm(message.text)
