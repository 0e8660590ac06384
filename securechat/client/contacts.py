"""Whose key is whose: identities that were verified, the pins of the vault, and the alarm when a key changes.

Owns the judgement of docs/protocol.md §4 and §6 over identities that a server names. Knows no connection: GET_KEYS is
asked by the reader of posts, which hands the answers in. Any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import Enum

from securechat.errors import SealError
from securechat.sealing.identity import PublicIdentity, accept_identity, accept_prekey
from securechat.sealing.vault import Contact, ContactState, VaultContents
from securechat.wire import limits
from securechat.wire.messages import KeyPair

__all__ = ["Contacts", "Standing"]


class Standing(Enum):
    """What an identity is to this reader."""

    GOOD = "pinned, or nothing is pinned under this name"
    FORMER = "an earlier key of this name that was accepted while it was the present one"
    CHANGED = "the server gives it as present, but another key is pinned under this name"
    EARLIER = "the server gives it as a former key, but this reader has never accepted it"


class Contacts:
    """All identities known to one running client. `own` and `server` are known without asking."""

    def __init__(self, own: PublicIdentity, server: PublicIdentity, contacts: tuple[Contact, ...]) -> None:
        self._lock = threading.Lock()  # guards all below
        self._known = {own.fp: own, server.fp: server}
        self._own, self._server = own, server
        self._present: set[bytes] = {own.fp, server.fp}  # came with a prekey
        self._prekeys: dict[bytes, tuple[int, bytes]] = {}
        self._contacts: dict[tuple[str, bytes], Contact] = {}
        self._pins: dict[str, bytes] = {}
        self._watchers: list[Callable[[], None]] = []
        for contact in contacts:
            self._put(contact)

    def _put(self, contact: Contact) -> None:
        self._contacts[contact.username, contact.fp] = contact
        if contact.state != ContactState.FORMER:
            self._pins[contact.username] = contact.fp

    def identity(self, fp: bytes) -> PublicIdentity | None:
        """The verified identity with this fingerprint, if it was learned."""
        with self._lock:
            return self._known.get(fp)

    def fp_of(self, username: str) -> bytes | None:
        """The pinned fingerprint of a name."""
        with self._lock:
            return self._own.fp if username == self._own.username else self._pins.get(username)

    def pinned(self, username: str) -> Contact | None:
        """The contact under which a name is pinned."""
        with self._lock:
            fp = self._pins.get(username)
            return None if fp is None else self._contacts[username, fp]

    def ignores(self, username: str) -> bool:
        """True if the person has chosen not to see what this one writes."""
        contact = self.pinned(username)
        return contact is not None and contact.state == ContactState.IGNORED

    def watch(self, changed: Callable[[], None]) -> None:
        """`changed` is called after who is ignored has changed, on the thread that changed it."""
        self._watchers.append(changed)

    def learn(self, fp: bytes, pair: KeyPair) -> str:
        """Take one answer of GET_KEYS for `fp`. Returns a sentence if the answer is an alarm, else "".

        SealError if the answer is not what was asked for; an empty answer teaches nothing.
        """
        if not pair.identity:
            return ""
        identity = accept_identity(pair.identity, fp=fp)
        if identity.username == limits.SERVER_USERNAME:
            raise SealError  # @server is known from its greeting and the pin only
        prekey = accept_prekey(pair.prekey, identity) if pair.prekey else None
        with self._lock:
            self._known[fp] = identity
            if prekey is None:
                return ""
            self._present.add(fp)
            highest, raw = self._prekeys.get(fp, (0, b""))
            if prekey.id == highest and prekey.raw != raw:
                return f"The server shows two different keys of {identity.username} for the same week."
            if prekey.id > highest:
                self._prekeys[fp] = (prekey.id, prekey.raw)
        return ""

    def standing(self, identity: PublicIdentity) -> Standing:
        """What a verified identity is to this reader; pins nothing."""
        with self._lock:
            if identity.fp in (self._own.fp, self._server.fp):
                return Standing.GOOD
            pinned = self._pins.get(identity.username)
            if identity.username == self._own.username:
                pinned = self._own.fp
            if pinned is None or pinned == identity.fp:
                return Standing.GOOD
            record = self._contacts.get((identity.username, identity.fp))
            if record is not None and record.state == ContactState.FORMER:
                return Standing.FORMER
            return Standing.CHANGED if identity.fp in self._present else Standing.EARLIER

    def pin(self, identity: PublicIdentity) -> None:
        """A post by them is being shown: from now on this name has this key. Call only where `standing` is GOOD.

        A former key (no prekey came with it) is shown but not pinned, else it would outlaw the present one.
        """
        with self._lock:
            name, fp = identity.username, identity.fp
            if fp in (self._own.fp, self._server.fp) or name in self._pins or fp not in self._present:
                return
            self._put(Contact(name, fp, ContactState.SEEN, self._prekeys.get(fp, (0, b""))[0]))

    def merged(self, contents: VaultContents) -> VaultContents:
        """`contents` with what was learned here. A name that the vault pins to another key keeps that key (§4)."""
        with self._lock:
            merged = {(contact.username, contact.fp): contact for contact in contents.contacts}
            pinned = {contact.username for contact in contents.contacts if contact.state != ContactState.FORMER}
            for key, own in self._contacts.items():
                stored = merged.get(key)
                if stored is None:
                    if own.state == ContactState.FORMER or own.username not in pinned:
                        merged[key] = own
                else:
                    merged[key] = _risen(own, stored)
        return replace(contents, contacts=_kept(merged.values()))

    def ignoring(self, contact: Contact, ignored: bool) -> Callable[[VaultContents], VaultContents]:
        """The change that ignores this contact, or stops it, in whatever the server has by then; changes nothing here.

        It is an explicit one: unlike `merged` it may lower a state. Who was ignored is *seen* afterwards, and must be
        compared again to be verified.
        """

        def change(contents: VaultContents) -> VaultContents:
            named = (one for one in contents.contacts if one.username == contact.username)
            stored = next((one for one in named if one.state != ContactState.FORMER), None)
            if ignored == (stored is not None and stored.state == ContactState.IGNORED):
                return contents
            present = stored or contact
            wanted = replace(present, state=ContactState.IGNORED if ignored else ContactState.SEEN)
            place = (wanted.username, wanted.fp)
            others = [one for one in contents.contacts if (one.username, one.fp) != place]
            return replace(contents, contacts=_kept([*others, wanted]))

        return change

    def adopt(self, contents: VaultContents) -> list[str]:
        """Take the contacts of a vault that was fetched or written. Returns names that it pins to another key."""
        changed = []
        with self._lock:
            before = self._ignored()
            for contact in contents.contacts:
                pinned = self._pins.get(contact.username)
                if contact.state != ContactState.FORMER and pinned not in (None, contact.fp):
                    changed.append(contact.username)
                else:
                    own = self._contacts.get((contact.username, contact.fp))
                    self._put(contact if own is None else _risen(own, contact))
            told = self._watchers if self._ignored() != before else []
        for tell in told:
            tell()
        return changed

    def _ignored(self) -> set[str]:
        return {contact.username for contact in self._contacts.values() if contact.state == ContactState.IGNORED}

    def written(self, contents: VaultContents) -> None:
        """`contents` is durable at the server, and is taken."""
        self.adopt(contents)


def _risen(own: Contact, stored: Contact) -> Contact:
    """What is known here, joined with what the server has. States rise, but whether somebody is ignored is as stored:
    a device that has not heard yet that it ended would bring it back for ever."""
    state = max(own.state, stored.state)
    if ContactState.IGNORED in (own.state, stored.state):
        state = stored.state
    return Contact(stored.username, stored.fp, state, max(own.prekey_id, stored.prekey_id))


def _kept(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    """As many as a vault holds: those whom the person has chosen something about, then the latest seen (the last)."""
    chosen = (ContactState.VERIFIED, ContactState.IGNORED)
    return tuple(sorted(contacts, key=lambda contact: contact.state in chosen)[-limits.CONTACTS :])
