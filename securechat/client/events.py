"""What a running `ChatClient` tells its owner: frozen values, no behaviour, no thread of their own.

Events are delivered in the order in which they happened, on a thread of the client (callback) or to whoever
iterates (`ChatClient.events`). A window puts them on its own queue and looks at them in its main thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = [
    "ConnectionState",
    "Conversation",
    "ConversationKind",
    "Event",
    "HistoryLoaded",
    "Message",
    "MessageChanged",
    "MessageShown",
    "MessageState",
    "Notice",
    "OwnSession",
    "PeopleListed",
    "Person",
    "PostRefused",
    "Presence",
    "PresenceChanged",
    "Progress",
    "ReadChanged",
    "StateChanged",
    "TypingSeen",
]


class ConnectionState(Enum):
    """Life of a client's connection. OFFLINE -> CONNECTING -> ONLINE -> WAITING -> CONNECTING ...; ENDED is final."""

    OFFLINE = "not connected yet"
    CONNECTING = "a connection is being made"
    ONLINE = "logged in"
    WAITING = "the connection was lost; the next try starts after a pause"
    ENDED = "signed out, closed, or sent away; no further try is made"


class MessageState(Enum):
    """What is known of a message's way. WAITING -> STORED (-> READ later)."""

    WAITING = "in the outbox on disk, not yet acknowledged"
    STORED = "durable at the server"
    REFUSED = "refused for good; the text is still at hand"


class Presence(Enum):
    """As on the wire (docs/protocol.md §11, LIST_USERS)."""

    OFFLINE = 0
    ONLINE = 1
    AWAY = 2


@dataclass(frozen=True)
class Person:
    """One user of the server. ``fp``: the 32-byte fingerprint if known here, else None. ``ignored``: our own choice."""

    username: str
    presence: Presence
    fp: bytes | None = None
    ignored: bool = False


class ConversationKind(Enum):
    """As on the wire (docs/protocol.md §11, LIST_CONVERSATIONS)."""

    LOBBY = 0
    DIRECT = 1
    ROOM = 2


@dataclass(frozen=True)
class Conversation:
    """One conversation that is open here. ``name``: the other's username, a room's title, "" for the lobby."""

    conv: bytes
    kind: ConversationKind
    name: str = ""


@dataclass(frozen=True)
class OwnSession:
    """One connection of the own account. ``since_ms``: when it logged in; ``address`` as the server saw it;
    ``this``: it is the one asking."""

    session_id: int
    since_ms: int
    address: str
    this: bool


@dataclass(frozen=True, slots=True)  # there are thousands of them
class Message:
    """One line of a timeline, ready to be shown. Texts are as signed: clean them before drawing.

    ``seq`` is 0 while WAITING. ``local_id`` names a message of ours from `send` on (0 for others').
    ``time_ms`` is the author's signed time, ``server_time_ms`` the server's (0 while WAITING).
    ``kind`` is the post kind; a kind this program does not know has an empty text and ``newer`` set.
    ``problem`` is a sentence for a post that could not be verified (then author and text are empty).
    ``missing_before``: so many posts of the author's stream are not here; ``unseen_before``: the author had seen a
    message that is not here.
    ``late``: the signed time is long before its neighbours: show "sent <date>, arrived late".
    ``edited``, ``deleted``, ``deleted_by_operator``, ``reactions`` (emoji, usernames) hold what later posts changed;
    ``earlier`` the texts before the present one as (time_ms, text): the first one, then at most the newest 200.
    ``pending``: a change of ours to it (edit, deletion, reaction) is shown already but still waits in the outbox.
    """

    conv: bytes
    seq: int
    local_id: int
    post_id: bytes
    author: str
    author_fp: bytes
    mine: bool
    time_ms: int
    server_time_ms: int
    kind: int
    text: str
    state: MessageState
    problem: str = ""
    newer: bool = False
    late: bool = False
    missing_before: int = 0
    unseen_before: bool = False
    edited: bool = False
    deleted: bool = False
    deleted_by_operator: bool = False
    reply_to: bytes = b""
    reactions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    earlier: tuple[tuple[int, str], ...] = ()
    pending: bool = False


@dataclass(frozen=True)
class StateChanged:
    """The connection's state. WAITING: ``retry_in_s`` seconds until the next try. ENDED and WAITING: ``reason`` is a
    sentence with the next step; ``code`` the BYE or ERR code behind it, if any."""

    state: ConnectionState
    reason: str = ""
    code: int | None = None
    retry_in_s: float = 0.0


@dataclass(frozen=True)
class Progress:
    """Slow work is under way during connect; ``text`` is a short sentence ("Making your keys...")."""

    text: str


@dataclass(frozen=True)
class MessageShown:
    """A message is new in a timeline (own messages too, as WAITING, right after `send`)."""

    message: Message


@dataclass(frozen=True)
class MessageChanged:
    """A known message changed: own WAITING -> STORED (match by ``local_id``), else edits, deletes (by ``post_id``)."""

    message: Message


@dataclass(frozen=True)
class PostRefused:
    """The server refused a post for good. ``message.text`` is the text, so that nothing typed is lost; for an edit,
    deletion or reaction the message has that kind, and ``reply_to`` is its target."""

    message: Message
    reason: str


@dataclass(frozen=True)
class HistoryLoaded:
    """Older or missed messages were fetched, oldest first; ``begins`` is True if nothing older exists.

    ``older`` is True if they come above what was shown before, False if they were missed while away (they
    are then merged by seq).
    """

    conv: bytes
    messages: tuple[Message, ...]
    begins: bool
    older: bool


@dataclass(frozen=True)
class PeopleListed:
    """The whole list of users, after login and whenever it changed in ways PRESENCE does not tell."""

    people: tuple[Person, ...]


@dataclass(frozen=True)
class PresenceChanged:
    """Some users came or left, as one push told. Never contains the own name. Show as a quiet line."""

    changes: tuple[Person, ...]


@dataclass(frozen=True)
class TypingSeen:
    """Somebody writes in ``conv``: show for 6 s or until a post by them."""

    conv: bytes
    username: str


@dataclass(frozen=True)
class ReadChanged:
    """Own read mark moved on another device."""

    conv: bytes
    seq: int


@dataclass(frozen=True)
class Notice:
    """A sentence for the person that belongs to no message (for example an alarm about a key)."""

    text: str
    alarm: bool = False


Event = (
    StateChanged | Progress | MessageShown | MessageChanged | PostRefused | HistoryLoaded | PeopleListed
    | PresenceChanged | TypingSeen | ReadChanged | Notice
)
