"""Who is here: the live sessions by user, and what the others have been told of them.

Changes are collected and told together by the delivery thread, so that many arrivals are one push, and a person
whose connection blinks has never left (docs/protocol.md §11, PRESENCE).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from securechat.errors import ErrorCode
from securechat.wire.messages import UserPresence

__all__ = ["AWAY", "OFFLINE", "ONLINE", "Member", "Presence"]

OFFLINE, ONLINE, AWAY = 0, 1, 2


class Member(Protocol):
    """What presence and delivery need of a session. `session_id` is random and not 0; `since_ms`: its login."""

    username: str
    address: tuple[str, int] | tuple[()]
    presence: int
    session_id: int
    since_ms: int

    def push(self, data: bytes) -> bool:
        """Queue whole frames for this client; False if it is gone or too slow (then it is being dropped)."""

    def end(self, code: ErrorCode, text: str) -> None:
        """Say BYE and close, without waiting."""


class Presence:
    """Thread-safe. `audience` is an immutable snapshot: readers iterate over it without any lock."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._members: dict[str, list[Member]] = {}
        self._told: dict[str, int] = {}
        self._dirty: set[str] = set()
        self._new: set[str] = set()  # names that nobody has heard of yet
        self.audience: tuple[Member, ...] = ()

    def join(self, member: Member, most: int) -> list[Member]:
        """A session has logged in. Returns the user's oldest sessions over `most`, which the caller ends."""
        with self._lock:
            mine = self._members.setdefault(member.username, [])
            mine.append(member)
            excess = mine[: max(0, len(mine) - most)] if most else []
            self._note(member.username)
        self._changed()
        return excess

    def introduce(self, username: str) -> None:
        """A new user: told to all even if they leave before it was told that they came, so that lists are complete."""
        with self._lock:
            self._new.add(username)
            self._dirty.add(username)

    def leave(self, member: Member) -> None:
        """A session has ended; idempotent."""
        with self._lock:
            mine = self._members.get(member.username, [])
            if member not in mine:
                return
            mine.remove(member)
            if not mine:
                del self._members[member.username]
            self._note(member.username)
        self._changed()

    def update(self, member: Member, presence: int) -> None:
        """SET_PRESENCE of one session."""
        with self._lock:
            member.presence = presence
            self._note(member.username)
        self._changed()

    def _note(self, username: str) -> None:
        self._dirty.add(username)
        self.audience = tuple(member for mine in self._members.values() for member in mine)

    def of(self, username: str) -> int:
        """Online if any session is, away if all are, else offline."""
        with self._lock:
            return self._of(username)

    def _of(self, username: str) -> int:
        return min((member.presence for member in self._members.get(username, ())), default=OFFLINE)

    def sessions_of(self, username: str) -> list[Member]:
        """The live sessions of one user, oldest first."""
        with self._lock:
            return list(self._members.get(username, ()))

    def online(self) -> list[tuple[str, int]]:
        """(username, number of sessions) of everyone who is here, by name."""
        with self._lock:
            return sorted((name, len(mine)) for name, mine in self._members.items())

    def take_changes(self) -> tuple[UserPresence, ...]:
        """What the others have not been told yet, once."""
        with self._lock:
            changes = []
            for name in sorted(self._dirty):
                now = self._of(name)
                if self._told.get(name, OFFLINE) != now or name in self._new:
                    changes.append(UserPresence(name, now))
                if now == OFFLINE:
                    self._told.pop(name, None)
                else:
                    self._told[name] = now
            self._dirty.clear()
            self._new.clear()
            return tuple(changes)
