"""The bodies of the frames about one's own sessions (docs/protocol.md §11): who is logged in as me, and ending them.

`securechat.wire.messages` has them among all others; callers take them from there.
"""

from __future__ import annotations

from securechat.wire.codec import STR, U8, U32, U64, Record, many, nested, wire

__all__ = ["GetSessions", "SessionInfo", "Sessions", "SessionsEnded"]

_MANY = 1 << 16  # a list is bounded by the frame limit


class GetSessions(Record):
    """C→S: LIST_SESSIONS of the own account after the one with id `after` (0: from the start)."""

    after: int = wire(U64)


class SessionInfo(Record):
    """One session of the asker's account. `since` in ms: its login. `this`: 1 for the one that asks."""

    session_id: int = wire(U64)
    since: int = wire(U64)
    address: str = wire(STR)
    this: int = wire(U8)


class Sessions(Record):
    """OK of LIST_SESSIONS, by id; empty means the end."""

    sessions: tuple[SessionInfo, ...] = wire(many(nested(SessionInfo), U32, _MANY))


class SessionsEnded(Record):
    """OK of END_SESSIONS: how many there were besides the one that asked."""

    count: int = wire(U32)
