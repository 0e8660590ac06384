"""What a person does with their account while it is open: a new password, the own sessions, whom they ignore.

Owns the order of the steps and the sentences when one fails; what is written where is `account`'s and `contacts`'.
Every method blocks its caller and may be called from any thread but the client's worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import crypto_utils as crypto
from securechat.client.events import OwnSession
from securechat.client.login import Link
from securechat.client.session import Session
from securechat.errors import (
    AuthError,
    ConnectionClosed,
    LocalProtocolError,
    PasswordProblem,
    RemoteProtocolError,
)
from securechat.rules.clean_text import one_line
from securechat.sealing.handshake import LoginKeys, check_password, login_salt
from securechat.sealing.identity import accept_identity
from securechat.sealing.vault import Contact, ContactState
from securechat.wire import limits
from securechat.wire.frames import FrameType
from securechat.wire.messages import GetSessions, GetUser, KeyPair, SessionInfo, Sessions, SessionsEnded

__all__ = ["AccountActions"]

_WRONG_OLD: Final = "The old password is not right, so nothing was changed. Type it again."
_SAME: Final = "The new password is the same as the old one. Choose another one."
_UNWRITABLE: Final = "This password has characters that cannot be used. Choose another one."
_ANOTHER: Final = "The password is being changed already. See which one holds, then try again if you still want to."
_NOT_CHANGED: Final = (
    "The connection was lost before the server had changed the password. The old one still holds: try again."
)
_UNKNOWN: Final = (
    "The server has not answered, so it is not known yet whether the password was changed. "
    "When you log in next, try the new one first, then the old one."
)


class AccountActions:
    """One account's. `opened` gives the session or raises; `stretch(password, salt)` 32 bytes; `monotonic` seconds."""

    def __init__(
        self,
        opened: Callable[[], Session],
        stretch: Callable[[str, bytes], bytes] = crypto.stretch,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opened = opened
        self._stretch = stretch
        self._monotonic = monotonic

    def change_password(self, old: str, new: str, timeout_s: float = 30.0) -> None:
        """Replace the password. On return the new one holds, here and at the server, and every other session of the
        account was ended; this one goes on.

        PasswordProblem if the new one cannot be used; AuthError if the old one is not right; ConnectionClosed while
        offline, or if the connection was lost meanwhile: its text says which password holds, as far as is known.
        RequestRefused otherwise; then the old one holds.
        """
        check_password(new)
        session, end_s = self._opened(), self._monotonic() + timeout_s
        self._link(session, "the password can be changed")
        account = session.account
        present = account.login_keys
        if not crypto.equal(self._keys(session, old).signing.public, present.signing.public):
            raise AuthError(_WRONG_OLD)
        wanted = self._keys(session, new)
        if crypto.equal(wanted.signing.public, present.signing.public):
            raise PasswordProblem(_SAME)
        link = self._link(session, "the password can be changed")

        def job() -> bool:
            left_s = end_s - self._monotonic()
            # Once nobody waits for it any longer: a password is not changed behind a person's back. Half of the time
            # is kept for finding out what an answer that does not come would have said.
            if left_s <= 0:
                return False
            if not account.settled or account.login_keys is not present:
                raise AuthError(_ANOTHER)
            return account.change_login(link, wanted, left_s / 2)

        try:
            if session.worker.call(job).result(max(0.0, end_s - self._monotonic())):
                return
        except TimeoutError as error:
            raise ConnectionClosed(_UNKNOWN) from error
        except ConnectionClosed as error:
            raise ConnectionClosed(_NOT_CHANGED) from error
        self._find_out(session, wanted, end_s)

    def _find_out(self, session: Session, wanted: LoginKeys, end_s: float) -> None:
        """The answer was lost; the next login shows which of the two keys the server has (§4)."""
        if not session.account.wait_settled(max(0.0, end_s - self._monotonic())):
            raise ConnectionClosed(_UNKNOWN)
        if session.account.login_keys is not wanted:
            raise ConnectionClosed(_NOT_CHANGED)

    def _keys(self, session: Session, password: str) -> LoginKeys:
        account = session.account
        try:
            master = self._stretch(password, login_salt(account.server_id, account.keys.username))
        except UnicodeEncodeError as error:
            raise PasswordProblem(_UNWRITABLE) from error
        return LoginKeys.from_master(master)

    # --- own sessions

    def sessions(self, timeout_s: float = 10.0) -> tuple[OwnSession, ...]:
        """Every session of the own account that is logged in now, the oldest first, this one included.

        ConnectionClosed while offline; RequestRefused UNSUPPORTED from an older server; TimeoutError.
        """
        link = self._link(self._opened(), "the list of your sessions can be asked for")
        end_s = self._monotonic() + timeout_s
        found: list[SessionInfo] = []
        while True:
            after = found[-1].session_id if found else 0
            left_s = max(0.0, end_s - self._monotonic())
            body = link.connection.request(FrameType.LIST_SESSIONS, GetSessions(after).raw, left_s)
            page = Sessions.decode(body).sessions
            if not page:
                break
            if page[0].session_id <= after:
                raise RemoteProtocolError("A list does not go on where it was asked to.")
            found += page
        own = [OwnSession(one.session_id, one.since, one_line(one.address), one.this == 1) for one in found]
        return tuple(sorted(own, key=lambda one: (one.since_ms, one.session_id)))

    def end_other_sessions(self, timeout_s: float = 10.0) -> int:
        """Sign out everywhere else; how many sessions were ended. Errors as `sessions`."""
        link = self._link(self._opened(), "your other sessions can be ended")
        return SessionsEnded.decode(link.connection.request(FrameType.END_SESSIONS, b"", timeout_s)).count

    # --- ignoring

    def ignore(self, username: str, ignored: bool = True, timeout_s: float = 10.0) -> None:
        """Ignore somebody, or stop it; durable at the server on return, and told to one's other devices.

        Tells `PeopleListed` with the new `Person.ignored`. LocalProtocolError for oneself and the server;
        RequestRefused NOT_FOUND for a name that nobody has; ConnectionClosed while offline; TimeoutError.
        """
        session = self._opened()
        if username in (session.account.keys.username, limits.SERVER_USERNAME):
            raise LocalProtocolError("You can ignore other people only.")
        link = self._link(session, "this can be changed")

        def job() -> None:
            contacts = session.people.contacts
            pinned = contacts.pinned(username)
            if pinned is None and not ignored:
                return
            contact = self._meet(link, username) if pinned is None else pinned
            session.account.save(link, contacts.ignoring(contact, ignored))
            contacts.written(session.account.contents)

        session.worker.call(job).result(timeout_s)

    def _meet(self, link: Link, username: str) -> Contact:
        """Somebody of whom nothing was shown here yet: pinned by being ignored, else a name alone would be meant."""
        pair = KeyPair.decode(link.connection.ask(FrameType.GET_USER, GetUser(username).raw))
        identity = accept_identity(pair.identity, username=username)
        return Contact(identity.username, identity.fp, ContactState.SEEN, 0)

    # --- inside

    def _link(self, session: Session, what: str) -> Link:
        link = session.keeper.link
        if link is None:
            raise ConnectionClosed(f"You are offline; {what} when the connection is back.")
        return link
