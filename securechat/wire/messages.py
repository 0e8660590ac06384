"""The bodies of all frames of docs/protocol.md §11, requests, replies and pushes, as records.

A reply's record is named after what it holds. `EMPTY` bodies have no record: they are `b""`. Where a body is one
header, envelope or room entry, the record of `securechat.wire.objects` is the body. Those about sessions are in
`session_messages`, and are taken from here like the others.
"""

from __future__ import annotations

from securechat.wire import limits
from securechat.wire.codec import (
    STR,
    U8,
    U16,
    U32,
    U64,
    Record,
    choice,
    fixed,
    many,
    nested,
    sized,
    text,
    wire,
)
from securechat.wire.objects import Grant
from securechat.wire.session_messages import GetSessions, SessionInfo, Sessions, SessionsEnded

__all__ = [
    "Bye",
    "Conversation",
    "Conversations",
    "Deliver",
    "Error",
    "GetConversations",
    "GetHistory",
    "GetKeys",
    "GetSessions",
    "GetStream",
    "GetUser",
    "GetUsers",
    "Grants",
    "Hello",
    "History",
    "HistoryItem",
    "KeyPair",
    "Keys",
    "LoggedIn",
    "Login",
    "OpenDirect",
    "Opened",
    "Posted",
    "PresencePush",
    "PutVault",
    "ReadPush",
    "Register",
    "ServerHello",
    "SessionInfo",
    "Sessions",
    "SessionsEnded",
    "SetPresence",
    "SetRead",
    "StoredVault",
    "StreamFound",
    "Typing",
    "TypingPush",
    "UserPresence",
    "Users",
    "VaultChanged",
]

_IDENTITY = sized(4 + limits.STRING + 32 + 384 + 8 + 64)
_PREKEY = sized(32 + 4 + 8 + 1184 + 64)
_VAULT = sized(limits.VAULT)
_MANY = 1 << 16  # lists of a reply are bounded by the frame limit


class Hello(Record):
    """C→S: HELLO."""

    version: int = wire(U16)
    nonce: bytes = wire(fixed(32))


class ServerHello(Record):
    """S→C: SERVER_HELLO, the reply to HELLO. `registration`: 0 closed, 1 with invite, 2 open; others count as 0."""

    version: int = wire(U16)
    server_name: str = wire(text(limits.SERVER_NAME))
    challenge: bytes = wire(fixed(32))
    identity: bytes = wire(_IDENTITY)
    prekey: bytes = wire(_PREKEY)
    registration: int = wire(U8)
    signature: bytes = wire(fixed(64))

    @property
    def signed(self) -> bytes:
        """The body without the signature."""
        return self.raw[:-64]


class Login(Record):
    """C→S: LOGIN; answered by `LoggedIn`."""

    username: str = wire(STR)
    proof: bytes = wire(fixed(64))


class Register(Record):
    """C→S: REGISTER; answered by `LoggedIn` with an empty vault."""

    username: str = wire(STR)
    invite: str = wire(STR)
    login_pub: bytes = wire(fixed(32))
    identity: bytes = wire(_IDENTITY)
    prekey: bytes = wire(_PREKEY)
    vault: bytes = wire(_VAULT)
    proof: bytes = wire(fixed(64))


class LoggedIn(Record):
    """OK of LOGIN and REGISTER. `server_time` in ms."""

    server_time: int = wire(U64)
    version: int = wire(U64)
    vault: bytes = wire(_VAULT)


class PutVault(Record):
    """C→S: PUT_VAULT; `proof` is by the current login key over all before it (§4)."""

    version: int = wire(U64)
    vault: bytes = wire(_VAULT)
    prekey: bytes = wire(_PREKEY)
    login_pub: bytes = wire(sized(32, 0, 32))
    oldest_prekey: int = wire(U32)
    proof: bytes = wire(fixed(64))

    @property
    def signed(self) -> bytes:
        """The body without the proof."""
        return self.raw[:-64]


class StoredVault(Record):
    """OK of GET_VAULT."""

    version: int = wire(U64)
    vault: bytes = wire(_VAULT)


class GetUser(Record):
    """C→S: GET_USER; answered by `KeyPair`."""

    username: str = wire(STR)


class KeyPair(Record):
    """An identity and its newest prekey, encoded; a former identity has no prekey; both empty: unknown."""

    identity: bytes = wire(_IDENTITY)
    prekey: bytes = wire(_PREKEY)


class GetKeys(Record):
    """C→S: GET_KEYS; answered by `Keys` for the first k of the fingerprints."""

    fps: tuple[bytes, ...] = wire(many(fixed(32), U16, limits.KEYS_PER_FRAME))


class Keys(Record):
    """OK of GET_KEYS."""

    keys: tuple[KeyPair, ...] = wire(many(nested(KeyPair), U16, limits.KEYS_PER_FRAME))


class GetUsers(Record):
    """C→S: LIST_USERS from the name after `after`."""

    after: str = wire(STR)


class UserPresence(Record):
    """One user in a list or a PRESENCE push: 0 offline, 1 online, 2 away."""

    username: str = wire(STR)
    presence: int = wire(U8)


class Users(Record):
    """OK of LIST_USERS, by username; empty means the end."""

    users: tuple[UserPresence, ...] = wire(many(nested(UserPresence), U32, _MANY))


class SetPresence(Record):
    """C→S: SET_PRESENCE, 1 online or 2 away."""

    presence: int = wire(choice(1, 2))


class OpenDirect(Record):
    """C→S: OPEN_DIRECT; answered by `Opened`."""

    username: str = wire(STR)


class Opened(Record):
    """OK of OPEN_DIRECT."""

    conv: bytes = wire(fixed(32))


class Grants(Record):
    """C→S: GRANT, up to 100 grants one after the other."""

    grants: tuple[Grant, ...] = wire(many(nested(Grant), U16, limits.GRANTS_PER_FRAME))


class Posted(Record):
    """OK of POST. `server_time` in ms."""

    seq: int = wire(U64)
    server_time: int = wire(U64)


class GetStream(Record):
    """C→S: GET_STREAM; zeros ask for this process's lobby stream."""

    stream_id: bytes = wire(fixed(32))


class StreamFound(Record):
    """OK of GET_STREAM: header and the asker's own grant, encoded; the grant may be empty."""

    header: bytes = wire(sized(limits.HEADER))
    grant: bytes = wire(sized(limits.GRANT))


class GetConversations(Record):
    """C→S: LIST_CONVERSATIONS after `after` (zeros: from the start)."""

    after: bytes = wire(fixed(32))


class Conversation(Record):
    """One conversation of the asker. `kind`: 0 lobby, 1 direct (`other` is the other's name), 2 room."""

    conv: bytes = wire(fixed(32))
    kind: int = wire(U8)
    other: str = wire(STR)
    last_seq: int = wire(U64)
    read_seq: int = wire(U64)


class Conversations(Record):
    """OK of LIST_CONVERSATIONS, by conv; empty means the end."""

    items: tuple[Conversation, ...] = wire(many(nested(Conversation), U32, _MANY))


class GetHistory(Record):
    """C→S: HISTORY of posts before seq `before` (0: the newest)."""

    conv: bytes = wire(fixed(32))
    before: int = wire(U64)
    limit: int = wire(U16)


class HistoryItem(Record):
    """One stored post, sealed."""

    seq: int = wire(U64)
    server_time: int = wire(U64)
    envelope: bytes = wire(sized(limits.ENVELOPE))


class History(Record):
    """OK of HISTORY, newest first; empty means the end."""

    items: tuple[HistoryItem, ...] = wire(many(nested(HistoryItem), U16, limits.HISTORY_PAGE))


class Typing(Record):
    """C→S: TYPING."""

    conv: bytes = wire(fixed(32))


class SetRead(Record):
    """C→S: READ; `share` 1 tells the others."""

    conv: bytes = wire(fixed(32))
    seq: int = wire(U64)
    share: int = wire(choice(0, 1))


class Deliver(HistoryItem):
    """Push: DELIVER, with the same fields as an item of history."""


class PresencePush(Record):
    """Push: PRESENCE."""

    users: tuple[UserPresence, ...] = wire(many(nested(UserPresence), U16, _MANY))


class VaultChanged(Record):
    """Push: VAULT_CHANGED."""

    version: int = wire(U64)


class TypingPush(Record):
    """Push: TYPING."""

    conv: bytes = wire(fixed(32))
    username: str = wire(STR)


class ReadPush(Record):
    """Push: READ."""

    conv: bytes = wire(fixed(32))
    username: str = wire(STR)
    seq: int = wire(U64)


class Error(Record):
    """ERR: `code` as in `ErrorCode`, unless the peer is newer."""

    code: int = wire(U16)
    text: str = wire(STR)


class Bye(Error):
    """Push: BYE, with the same fields as ERR; then the connection closes."""
