"""A room's membership as its signed log says (docs/protocol.md §6), replayed entry by entry.

Signatures are the caller's: `after` decides about chain and rule only. A `RoomLog` is immutable.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum

from securechat.errors import ErrorCode, RemoteProtocolError
from securechat.wire import limits
from securechat.wire.objects import ZERO32, RoomEntry

__all__ = ["Action", "RoomLog", "head_of"]

_NEARLY_FULL = 9_000  # beyond this many entries only remove and leave are allowed


class Action(IntEnum):
    """Actions of an entry."""

    CREATE = 0
    ADD = 1
    REMOVE = 2
    MAKE_ADMIN = 3
    UNMAKE_ADMIN = 4
    LEAVE = 5


def head_of(entry: RoomEntry) -> bytes:
    """H("room", entry without signature); for entry 0 this is the room's id."""
    return hashlib.sha256(b"chat1 room\0" + entry.signed).digest()


def _refuse() -> RemoteProtocolError:
    return RemoteProtocolError("This change of the room's members is not allowed.", ErrorCode.FORBIDDEN)


@dataclass(frozen=True)
class RoomLog:
    """The state after the entry with number `seq`: who is in (`members`), who may change that (`admins`)."""

    room: bytes
    seq: int
    head: bytes
    members: frozenset[bytes]
    admins: frozenset[bytes]

    @classmethod
    def begin(cls, entry: RoomEntry) -> RoomLog:
        """The log of entry 0; RemoteProtocolError if it is none."""
        first = entry.seq == 0 and entry.room == ZERO32 and entry.prev == ZERO32
        if not first or entry.action != Action.CREATE or entry.subject != entry.actor:
            raise _refuse()
        only = frozenset((entry.actor,))
        head = head_of(entry)
        return cls(head, 0, head, only, only)

    def after(self, entry: RoomEntry) -> RoomLog:
        """The log with one more entry. CONFLICT if it does not follow this head, FORBIDDEN if a rule forbids it."""
        if entry.room != self.room or entry.seq != self.seq + 1 or entry.prev != self.head:
            raise RemoteProtocolError("The room's log has gone on.", ErrorCode.CONFLICT)
        if entry.seq >= limits.ROOM_ENTRIES:
            raise _refuse()
        if entry.seq >= _NEARLY_FULL and entry.action not in (Action.REMOVE, Action.LEAVE):
            raise _refuse()
        members, admins = self._changed(entry)
        if len(members) > limits.ROOM_MEMBERS or (members and not admins):
            raise _refuse()
        return RoomLog(self.room, entry.seq, head_of(entry), members, admins)

    def _changed(self, entry: RoomEntry) -> tuple[frozenset[bytes], frozenset[bytes]]:
        subject, who = entry.subject, frozenset((entry.subject,))
        if entry.action == Action.LEAVE:
            if subject != entry.actor or subject not in self.members:
                raise _refuse()
            return self.members - who, self.admins - who
        if entry.actor not in self.admins:
            raise _refuse()
        if entry.action == Action.ADD and subject not in self.members:
            return self.members | who, self.admins
        if entry.action == Action.REMOVE and subject in self.members:
            if len(self.members - who) > 0 and not self.admins - who:
                raise _refuse()
            return self.members - who, self.admins - who
        if entry.action == Action.MAKE_ADMIN and subject in self.members - self.admins:
            return self.members, self.admins | who
        if entry.action == Action.UNMAKE_ADMIN and subject in self.admins and len(self.admins) > 1:
            return self.members, self.admins - who
        raise _refuse()
