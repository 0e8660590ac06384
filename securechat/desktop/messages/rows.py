"""What one entry of a timeline looks like, as text pieces with tag names. Pure: no Tk, no clock of its own.

`draw` turns an entry into a `Row`; what it shows depends on the entry, on the one before it (day lines, grouping by
sender) and on the `Look`. Texts of others are cleaned here and nowhere else, so that no view can forget it.
"""

from __future__ import annotations

from datetime import datetime

from securechat.client.events import Message
from securechat.desktop import texts
from securechat.desktop.messages.harmless import cut
from securechat.desktop.messages.message_rows import REASON_CHARS, draw_message, full_moment, hidden
from securechat.desktop.messages.row_values import (
    Author,
    AvatarPiece,
    BeginningEntry,
    Earlier,
    Entry,
    Fold,
    Jump,
    Link,
    Look,
    MessageEntry,
    Moment,
    Piece,
    Place,
    PresenceEntry,
    React,
    Row,
    Target,
    local_time,
    moment,
)

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
    "draw",
    "has_day_line",
    "local_time",
    "moment",
]

GROUP_S = 5 * 60  # messages of one sender closer together than this share one head
NOWHERE = Place()
RULE = "─" * 6


def draw(entry: Entry, before: Entry | None, look: Look, place: Place = NOWHERE) -> Row:
    """The row of ``entry``, which stands right below ``before`` (None: on top)."""
    if isinstance(entry, BeginningEntry):
        return Row((Piece(texts.beginning(look.line(entry.title)) + "\n", ("quiet", "begin")),))
    pieces: list[AvatarPiece | Piece] = []
    now, above = moment(entry), moment(before)
    new_day = _new_day(now, above)
    if now is not None and new_day:
        pieces += _rule(texts.day(now.date(), look.today), ("day",), ("day", "rule"))
    if isinstance(entry, PresenceEntry):
        came = tuple(look.name(name) for name in entry.came)
        left = tuple(look.name(name) for name in entry.left)
        pieces.append(Piece(texts.presence(came, left) + "\n", ("quiet",)))
        return Row(tuple(pieces))
    message = entry.message
    newest = place.first_new != b"" and message.post_id == place.first_new
    if newest:
        pieces += _rule(texts.NEW_LINE, ("new",), ("new", "new_rule"))
    pieces += _warnings(message, look)
    if message.problem:
        pieces.append(Piece(cut(look.line(message.problem), REASON_CHARS) + "\n", ("problem",)))
    elif hidden(message, look, place):
        pieces += _ignored(message, look)
    else:
        near = now is not None and above is not None and abs((now - above).total_seconds()) <= GROUP_S
        if new_day or newest or not near or not _same_author(entry, before, look, place):
            pieces += _head(message, now, look)
        pieces += draw_message(entry, look, place)
        if message.author in look.ignored and not message.mine:
            pieces.append(Piece(f"{texts.IGNORED_HIDE}", ("row", "fold"), target=Fold(message.post_id)))
            pieces.append(Piece("\n", ("row",)))
    return Row(tuple(pieces))


def has_day_line(entry: Entry, before: Entry | None) -> bool:
    """True if the day of ``entry`` is another one than that of what stands above it."""
    return _new_day(moment(entry), moment(before))


def _new_day(now: datetime | None, above: datetime | None) -> bool:
    return now is not None and (above is None or above.date() != now.date())


def _rule(words: str, tags: tuple[str, ...], rule_tags: tuple[str, ...]) -> list[Piece]:
    return [Piece(f"{RULE}  ", rule_tags), Piece(words, tags), Piece(f"  {RULE}\n", rule_tags)]


def _warnings(message: Message, look: Look) -> list[Piece]:
    """Lines about posts that are not here."""
    pieces = []
    if message.missing_before:
        pieces.append(Piece(texts.missing(message.missing_before) + "\n", ("gap",)))
    if message.unseen_before:
        pieces.append(Piece(texts.unseen(look.name(message.author)) + "\n", ("gap",)))
    return pieces


def _ignored(message: Message, look: Look) -> list[Piece]:
    """One line in place of a message that is shown only on request."""
    return [
        Piece(f"{texts.ignored_message(look.name(message.author))} · ", ("quiet",)),
        Piece(texts.IGNORED_SHOW, ("quiet", "fold"), target=Fold(message.post_id)), Piece("\n", ("quiet",)),
    ]


def _same_author(entry: MessageEntry, before: Entry | None, look: Look, place: Place) -> bool:
    """True if a head above ``before`` says for ``entry`` too who wrote it."""
    if not isinstance(before, MessageEntry) or before.message.problem or hidden(before.message, look, place):
        return False
    one, two = before.message, entry.message
    if (one.author, one.author_fp) != (two.author, two.author_fp) or one.late or two.late:
        return False
    return not two.missing_before and not two.unseen_before


def _head(message: Message, when: datetime | None, look: Look) -> list[AvatarPiece | Piece]:
    name = look.name(message.author)
    if message.mine:
        name = f"{name} {texts.YOU}"
    clock = when.strftime("%H:%M") if when else texts.UNKNOWN_TIME
    return [
        AvatarPiece(message.author_fp or None),
        Piece(name, ("name",), message.author_fp or b"", target=Author(message.author)),
        Piece("  ", ("name", "time")), Piece(clock, ("name", "time"), target=full_moment(when)),
        Piece("\n", ("name", "time")),
    ]
