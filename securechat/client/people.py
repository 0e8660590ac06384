"""Who is at the server, and who of them is here now: LIST_USERS and PRESENCE of docs/protocol.md §11.

Owns names and presence; fingerprints, and who is ignored, come from the contacts. Any thread; `emit` must only queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from securechat.client.contacts import Contacts
from securechat.client.events import Event, PeopleListed, Person, Presence, PresenceChanged
from securechat.wire.messages import UserPresence

__all__ = ["People"]


def _presence(value: int) -> Presence:
    # A value that a newer server may use counts as here: somebody is connected in some way.
    return Presence(value) if value in (0, 1, 2) else Presence.ONLINE


class People:
    """All users of one server, oneself included. `contacts`: what is known of their keys."""

    def __init__(self, own_name: str, contacts: Contacts, emit: Callable[[Event], None]) -> None:
        self._own_name = own_name
        self.contacts = contacts
        contacts.watch(self._tell)
        self._emit = emit
        self._lock = threading.Lock()  # guards _presence, and the order of events about it
        self._presence: dict[str, Presence] = {}

    def everybody(self) -> tuple[Person, ...]:
        """By name."""
        with self._lock:
            known = sorted(self._presence.items())
        return tuple(self._person(name, presence) for name, presence in known)

    def _person(self, name: str, presence: Presence) -> Person:
        return Person(name, presence, self.contacts.fp_of(name), self.contacts.ignores(name))

    def listed(self, users: Iterable[UserPresence]) -> None:
        """The whole list, after a login."""
        with self._lock:
            self._presence = {user.username: _presence(user.presence) for user in users}
        self._tell()

    def _tell(self) -> None:
        people = self.everybody()
        if people:  # else the list was not fetched yet; it says all of it
            self._emit(PeopleListed(people))

    def pushed(self, users: Iterable[UserPresence]) -> None:
        """Some came or left."""
        changes = []
        with self._lock:
            for user in users:
                presence = _presence(user.presence)
                if user.username != self._own_name and self._presence.get(user.username) is not presence:
                    changes.append((user.username, presence))
                self._presence[user.username] = presence
        if changes:
            self._emit(PresenceChanged(tuple(self._person(name, presence) for name, presence in changes)))
