"""What one entry of a timeline looks like, as text pieces with tag names. Pure: no Tk, no clock of its own.

`draw` turns an entry into a `Row`; what it shows depends on the entry, on the one before it (day lines, grouping by
sender) and on the `Look`. Texts of others are cleaned here and nowhere else, so that no view can forget it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.rules.clean_text import clean

__all__ = [
    "AvatarPiece",
    "BeginningEntry",
    "Entry",
    "Look",
    "MessageEntry",
    "Piece",
    "PresenceEntry",
    "Row",
    "draw",
    "local_time",
    "moment",
]

GROUP_S = 5 * 60  # messages of one sender closer together than this share one head


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class AvatarPiece:
    """Here stands the picture of a key."""

    fp: bytes | None


@dataclass(frozen=True)
class Piece:
    """Text with the names of the tags that style it. ``person`` tags a name with its key's colour."""

    text: str
    tags: tuple[str, ...]
    person: bytes | None = None


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Look:
    """What rows depend on besides their entries. ``shield`` replaces what this display cannot draw."""

    today: date
    shield: Callable[[str], str] = field(default=lambda text: text)

    def body(self, text: str) -> str:
        """A cleaned text of several lines."""
        return self.shield(clean(text))

    def line(self, text: str) -> str:
        """A cleaned text on one line (names, reasons)."""
        return self.shield(clean(text, single_line=True))


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


def draw(entry: Entry, before: Entry | None, look: Look) -> Row:
    """The row of ``entry``, which stands right below ``before`` (None: on top)."""
    pieces: list[AvatarPiece | Piece] = []
    if isinstance(entry, BeginningEntry):
        pieces.append(Piece(texts.beginning(entry.title) + "\n", ("quiet", "begin")))
        return Row(tuple(pieces))
    now, earlier = moment(entry), moment(before)
    new_day = now is not None and (earlier is None or earlier.date() != now.date())
    if now is not None and new_day:
        rule = "─" * 6
        pieces += [
            Piece(f"{rule}  ", ("day", "rule")), Piece(texts.day(now.date(), look.today), ("day",)),
            Piece(f"  {rule}\n", ("day", "rule")),
        ]
    if isinstance(entry, PresenceEntry):
        came = tuple(look.line(name) for name in entry.came)
        left = tuple(look.line(name) for name in entry.left)
        pieces.append(Piece(texts.presence(came, left) + "\n", ("quiet",)))
        return Row(tuple(pieces))
    if entry.message.missing_before:
        pieces.append(Piece(texts.missing(entry.message.missing_before) + "\n", ("gap",)))
    if entry.message.unseen_before:
        pieces.append(Piece(texts.unseen(look.line(entry.message.author)) + "\n", ("gap",)))
    if entry.message.problem:
        pieces.append(Piece(look.line(entry.message.problem) + "\n", ("problem",)))
        return Row(tuple(pieces))
    if new_day or not _same_group(entry, before):
        pieces += _head(entry.message, now, look)
    pieces += _body(entry, look)
    return Row(tuple(pieces))


def _gap(entry: MessageEntry) -> bool:
    return entry.message.missing_before > 0 or entry.message.unseen_before


def _same_group(entry: MessageEntry, before: Entry | None) -> bool:
    if not isinstance(before, MessageEntry) or before.message.problem or _gap(entry):
        return False
    one, two = before.message, entry.message
    if (one.author, one.author_fp) != (two.author, two.author_fp) or one.late or two.late:
        return False
    first, second = moment(before), moment(entry)
    return first is not None and second is not None and abs((second - first).total_seconds()) <= GROUP_S


def _head(message: Message, when: datetime | None, look: Look) -> list[AvatarPiece | Piece]:
    name = look.line(message.author)
    if message.mine:
        name = f"{name} {texts.YOU}"
    clock = when.strftime("%H:%M") if when else texts.UNKNOWN_TIME
    return [
        AvatarPiece(message.author_fp or None), Piece(name, ("name",), message.author_fp or b""),
        Piece(f"  {clock}\n", ("name", "time")),
    ]


def _body(entry: MessageEntry, look: Look) -> list[Piece]:
    message = entry.message
    if message.deleted_by_operator or message.deleted:
        text = texts.DELETED_BY_OPERATOR if message.deleted_by_operator else texts.DELETED
        pieces = [Piece(text, ("row", "soft"))]
    elif message.newer:
        pieces = [Piece(texts.NEWER, ("row", "soft"))]
    else:
        pieces = [Piece(look.body(message.text), ("row",))]
        if message.edited:
            pieces.append(Piece(f"  {texts.EDITED}", ("row", "mark")))
    if message.late:
        sent = local_time(message.time_ms)
        words = f"{texts.date_words(sent.date(), look.today)}, {sent:%H:%M}" if sent else texts.UNKNOWN_TIME
        pieces.append(Piece(f"  {texts.late(words)}", ("row", "late")))
    if message.mine and message.state is MessageState.REFUSED:
        pieces.append(Piece(f"\n{texts.refused(look.line(entry.reason))}", ("row", "problem")))
    elif message.mine:
        mark = texts.WAITING if message.state is MessageState.WAITING else texts.STORED
        pieces.append(Piece(f"  {mark}", ("row", "mark")))
    pieces.append(Piece("\n", ("row",)))
    return pieces
