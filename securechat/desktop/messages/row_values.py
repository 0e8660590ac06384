"""The values that rows are made of: entries of a timeline, pieces of text, what a piece leads to, and what rows depend
on. Pure: no Tk, no clock, no words. `rows` draws with them and gives them on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from securechat.client.events import Message
from securechat.desktop.messages.harmless import calm, calm_line, calm_name

__all__ = [
    "Author",
    "AvatarPiece",
    "BeginningEntry",
    "Earlier",
    "Entry",
    "Fold",
    "Jump",
    "Link",
    "Look",
    "MessageEntry",
    "Moment",
    "Piece",
    "Place",
    "PresenceEntry",
    "React",
    "Row",
    "Target",
    "local_time",
    "moment",
]


# ---------------------------------------------------------------------- entries
@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A message; ``reason`` says why the server refused it, if it did."""

    message: Message
    reason: str = ""


@dataclass(frozen=True)
class PresenceEntry:
    """Who came and who left, around ``time_ms``; several pushes may be joined in one."""

    time_ms: int
    came: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class BeginningEntry:
    """Nothing older exists. ``title`` is the conversation's."""

    title: str


Entry = MessageEntry | PresenceEntry | BeginningEntry


# ---------------------------------------------------------------------- targets
@dataclass(frozen=True)
class Link:
    """An http or https address, letter by letter what the piece shows."""

    url: str


@dataclass(frozen=True)
class Jump:
    """A quote: leads to the message it is of, which may not be loaded."""

    post_id: bytes


@dataclass(frozen=True)
class React:
    """A reaction under a message: take part in it, or withdraw. ``emoji`` is as signed, "" for the "+" that asks which.
    ``words``: who reacted, to be shown on hover; "" for the "+"."""

    post_id: bytes
    emoji: str
    words: str = ""


@dataclass(frozen=True)
class Moment:
    """A time: ``words`` are the full local date and time with seconds and zone, to be shown on hover."""

    words: str


@dataclass(frozen=True)
class Fold:
    """Shows the rest of a long message, or less of it, or a message of somebody ignored."""

    post_id: bytes


@dataclass(frozen=True)
class Author:
    """The name of who wrote."""

    username: str


@dataclass(frozen=True)
class Earlier:
    """The word "edited": leads to the earlier texts."""

    post_id: bytes


Target = Link | Jump | React | Moment | Fold | Author | Earlier


# ---------------------------------------------------------------------- pieces
@dataclass(frozen=True, slots=True)
class AvatarPiece:
    """Here stands the picture of a key."""

    fp: bytes | None


@dataclass(frozen=True, slots=True)
class Piece:
    """Text with the names of the tags that style it. ``person`` tags a name with its key's colour; ``target`` is what
    a click on it leads to, or what hovering over it shows."""

    text: str
    tags: tuple[str, ...]
    person: bytes | None = None
    target: Target | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """All lines of one entry; the last piece ends with a line break."""

    pieces: tuple[AvatarPiece | Piece, ...]

    @property
    def lines(self) -> int:
        """Number of line breaks, which is what the row takes of a text widget."""
        return sum(piece.text.count("\n") for piece in self.pieces if isinstance(piece, Piece))

    @property
    def text(self) -> str:
        """The row as plain text, for tests and for copying."""
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Piece))


# ---------------------------------------------------------------------- what rows depend on
def _unknown(post_id: bytes) -> Message | None:
    return None


@dataclass(frozen=True)
class Place:
    """What a row depends on in its conversation. ``quoted`` finds the message that a reply is to (None: not loaded);
    the "new" line stands above ``first_new``; ``unfolded`` are the posts to be shown whole."""

    quoted: Callable[[bytes], Message | None] = _unknown
    first_new: bytes = b""
    unfolded: Collection[bytes] = frozenset()


@dataclass(frozen=True)
class Look:
    """What all rows depend on. ``shield`` replaces what this display cannot draw. ``me``: the own username;
    ``ignored``: usernames whose messages are shown only on request."""

    today: date
    shield: Callable[[str], str] = field(default=lambda text: text)
    me: str = ""
    ignored: frozenset[str] = frozenset()

    def body(self, text: str) -> str:
        """A harmless text of several lines."""
        return self.shield(calm(text))

    def line(self, text: str) -> str:
        """A harmless text on one line (titles, reasons)."""
        return self.shield(calm_line(text))

    def name(self, text: str) -> str:
        """A harmless name of moderate length."""
        return self.shield(calm_name(text))


def local_time(time_ms: int) -> datetime | None:
    """Local time of ``time_ms`` (ms since 1970), or None for a number that no calendar holds."""
    try:
        return datetime.fromtimestamp(time_ms / 1000)
    except (OverflowError, ValueError, OSError):
        return None


def moment(entry: Entry | None) -> datetime | None:
    """When an entry stands in the timeline: its signed time, unless that is known to be late."""
    if isinstance(entry, PresenceEntry):
        return local_time(entry.time_ms)
    if isinstance(entry, MessageEntry):
        message = entry.message
        return local_time(message.server_time_ms if message.late and message.server_time_ms else message.time_ms)
    return None
