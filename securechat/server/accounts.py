"""Accounts: registering, logging in, and storing vaults (docs/protocol.md §3.1, §4, §12).

Credentials and vaults are in different stores. The credential record is the commit point: a vault row is keyed by
(username, SHA-256 of login_pub), written first; then the credential record; then rows under other login keys go. A
prekey that comes with a vault is kept in the vault's row too, so that a start can bring the credential record up to
date after a crash between the two. All methods run on a session's thread and may wait for the disk.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import crypto_utils as crypto
from securechat.errors import ErrorCode, RemoteProtocolError, SealError
from securechat.sealing import handshake
from securechat.sealing.identity import PublicIdentity, accept_identity, accept_prekey
from securechat.server.invites import Invites
from securechat.server.journal import Journal
from securechat.server.options import Registration
from securechat.server.storage.credentials import Account, Credentials
from securechat.server.storage.messages_sql import MessagesSql, Tx
from securechat.server.throttle import LoginGuard, seconds_text
from securechat.wire.limits import is_username
from securechat.wire.messages import Login, PutVault, Register, StoredVault
from securechat.wire.objects import Prekey

__all__ = ["Accounts", "User", "login_hash"]


def login_hash(login_pub: bytes) -> bytes:
    """What a vault row is keyed by: SHA-256 of the login key's public half."""
    return hashlib.sha256(login_pub).digest()


@dataclass(frozen=True)
class User:
    """A logged-in user: the record and the identity, accepted once."""

    account: Account
    identity: PublicIdentity


def _refused(text: str, code: ErrorCode) -> RemoteProtocolError:
    return RemoteProtocolError(text, code)


def _check_vault(vault: bytes) -> None:
    # nonce, padded plaintext, tag (§4): all that the server can see of it. An empty one would lock its owner out.
    plain = len(vault) - 24 - 16
    if plain <= 0 or plain % 4096:
        raise _refused("A vault has a size that is not allowed.", ErrorCode.MALFORMED)


class Accounts:
    """The rules of accounts over the two stores. Thread-safe."""

    def __init__(
        self,
        credentials: Credentials,
        store: MessagesSql,
        journal: Journal,
        invites: Invites,
        guard: LoginGuard,
        *,
        registration: Registration,
        monotonic: Callable[[], float],
    ) -> None:
        self.credentials = credentials
        self.registration = registration
        self._store, self._journal = store, journal
        self._invites, self._guard = invites, guard
        self._monotonic = monotonic
        # For unknown names: a valid key that nobody has, so that both cases verify one signature.
        self._dummy_pub = crypto.SigningKey(crypto.random_bytes(32)).public
        self._changing = threading.Lock()  # guards _busy: users whose record is being written
        self._busy: set[str] = set()

    def recover(self) -> None:
        """At the start: finish what a crash interrupted. Publish prekeys that only a vault's row has, sweep rows that
        no record names."""
        known = []
        for name in self.credentials.names():
            account = self.credentials.get(name)
            if account is None:
                continue
            self._published(account)
            known.append((name, login_hash(account.login_pub)))
        self._journal.call(lambda tx: self._store.sweep_vaults(tx, known))

    def _published(self, account: Account) -> Account:
        """The record, after a prekey that only the vault's row has was put into it."""
        row = self._store.get_vault(account.username, login_hash(account.login_pub))
        if row is None or not row.prekey:
            return account
        prekey = Prekey.decode(row.prekey)
        if prekey.id != account.prekey_id + 1:
            return account
        changed = replace(account, prekey=row.prekey, prekey_id=prekey.id)
        self.credentials.replace(changed)
        return changed

    # --- logging in -------------------------------------------------------------------------------------------

    def login(self, request: Login, session: handshake.Session, address: str) -> User:
        """The user, if the proof is right; RemoteProtocolError with BAD_LOGIN, RATE_LIMITED or FORBIDDEN.

        Unknown names and wrong proofs cost the same and get the same answer.
        """
        wait = self._guard.before_login(request.username, address, self._monotonic())
        self._slow_down(wait)
        account = self.credentials.get(request.username)
        login_pub = self._dummy_pub if account is None else account.login_pub
        try:
            handshake.check_login(login_pub, session, request.username, request.proof)
            right = account is not None
        except SealError:
            right = False
        if account is None or not right:
            self._guard.failed(request.username, address, self._monotonic())
            raise _refused("Name or password is wrong.", ErrorCode.BAD_LOGIN)
        self._guard.succeeded(request.username, address)
        if account.disabled:
            raise _refused(account.disabled, ErrorCode.FORBIDDEN)
        return User(account, accept_identity(account.identity))

    def current(self, user: User) -> bool:
        """False if the account's login key is no longer the one that this user proved to have."""
        account = self.credentials.get(user.account.username)
        return account is not None and account.login_pub == user.account.login_pub

    def _slow_down(self, wait_s: float) -> None:
        if wait_s > 0:
            raise _refused(seconds_text(wait_s), ErrorCode.RATE_LIMITED)

    def vault_of(self, account: Account) -> StoredVault:
        """The stored vault of this record, with its version."""
        row = self._store.get_vault(account.username, login_hash(account.login_pub))
        if row is None:
            raise _refused("The server has lost this vault.", ErrorCode.INTERNAL)
        return StoredVault(row.version, row.data)

    # --- registering ------------------------------------------------------------------------------------------

    def register(self, request: Register, session: handshake.Session, address: str) -> User:
        """A new account, durable. REGISTRATION_REFUSED, NAME_TAKEN, RATE_LIMITED, BAD_LOGIN or MALFORMED if not."""
        now = self._monotonic()
        self._slow_down(self._guard.before_registration(address, now))
        self._check_admission(request.invite, address)
        if not is_username(request.username):
            raise _refused("This name is not allowed.", ErrorCode.REGISTRATION_REFUSED)
        user = self._accept(request, session)
        with self._claim(request.username):
            if self.credentials.get(request.username) is not None:
                raise _refused("This name is taken.", ErrorCode.NAME_TAKEN)
            if self.registration is Registration.INVITE and not self._invites.use(request.invite):
                raise _refused("This invite is not valid.", ErrorCode.REGISTRATION_REFUSED)
            self._write_vault(user.account, 1, 1, request.vault, b"")
            self.credentials.add(user.account)
        return user

    def _check_admission(self, invite: str, address: str) -> None:
        # Before the name is looked at: else NAME_TAKEN would tell outsiders who exists.
        if self.registration is Registration.CLOSED:
            raise _refused("Registration is closed on this server.", ErrorCode.REGISTRATION_REFUSED)
        if self.registration is Registration.INVITE and not self._invites.valid(invite):
            self._guard.failed("", address, self._monotonic())
            raise _refused("This invite is not valid.", ErrorCode.REGISTRATION_REFUSED)

    def _accept(self, request: Register, session: handshake.Session) -> User:
        try:
            identity = accept_identity(request.identity, username=request.username)
            crypto.VerifyKey(request.login_pub)
            if Prekey.decode(request.prekey).id != 1:
                raise _refused("The first prekey has the number 1.", ErrorCode.CONFLICT)
            accept_prekey(request.prekey, identity)
        except SealError as error:
            raise _refused("A key or a signature is not right.", ErrorCode.MALFORMED) from error
        _check_vault(request.vault)
        try:
            handshake.check_login(request.login_pub, session, request.username, request.proof)
        except SealError as error:
            raise _refused("Name or password is wrong.", ErrorCode.BAD_LOGIN) from error
        account = Account(
            request.username, request.login_pub, request.identity, (), request.prekey, identity.fp, (), 1
        )
        return User(account, identity)

    # --- vaults -----------------------------------------------------------------------------------------------

    def put_vault(
        self, username: str, request: PutVault, session: handshake.Session, end_others: Callable[[], object]
    ) -> Account:
        """Store a vault, with it perhaps a new prekey and a new login key; all or nothing.

        MALFORMED for a wrong signature or numbers that make no sense, CONFLICT for a stale version or prekey id.
        `end_others` is called before the answer when the password changed.
        """
        with self._claim(username):
            account = self.credentials.get(username)
            if account is None:
                raise _refused("There is no such user.", ErrorCode.NOT_FOUND)
            account = self._published(account)  # else the row that holds the only copy would be overwritten
            try:
                handshake.check_put_vault(account.login_pub, session, request)
                if request.login_pub:
                    crypto.VerifyKey(request.login_pub)
            except SealError as error:
                raise _refused("A key or a signature is not right.", ErrorCode.MALFORMED) from error
            _check_vault(request.vault)
            stored = self._store.get_vault(username, login_hash(account.login_pub))
            if stored is None or request.version != stored.version + 1:
                raise _refused("The vault has changed meanwhile.", ErrorCode.CONFLICT)
            changed = self._with_prekey(account, request.prekey)
            if not 1 <= request.oldest_prekey <= changed.prekey_id:
                raise _refused("The oldest prekey is not one of these.", ErrorCode.MALFORMED)
            changed = replace(changed, login_pub=request.login_pub or account.login_pub)
            self._write_vault(changed, request.version, request.oldest_prekey, request.vault, request.prekey)
            if changed != account:
                self.credentials.replace(changed)
            if request.login_pub:
                end_others()  # the new password holds from here on, even if the rows below cannot be dropped now
            self._journal.call(lambda tx: self._drop_old(tx, changed, request.oldest_prekey))
            return changed

    def _with_prekey(self, account: Account, data: bytes) -> Account:
        if not data:
            return account
        try:
            prekey = Prekey.decode(data)
            if prekey.fp == account.fp and prekey.id != account.prekey_id + 1:
                raise _refused("The prekey's number is not the next.", ErrorCode.CONFLICT)
            accept_prekey(data, accept_identity(account.identity))
        except SealError as error:
            raise _refused("A key or a signature is not right.", ErrorCode.MALFORMED) from error
        return replace(account, prekey=data, prekey_id=prekey.id)

    def _write_vault(self, account: Account, version: int, oldest: int, vault: bytes, prekey: bytes) -> None:
        key = login_hash(account.login_pub)
        self._journal.call(
            lambda tx: self._store.put_vault(tx, account.username, key, version, oldest, vault, prekey)
        )

    def _drop_old(self, tx: Tx, account: Account, oldest_prekey: int) -> None:
        self._store.delete_other_vaults(tx, account.username, login_hash(account.login_pub))
        self._store.delete_grants_below(tx, account.fp, oldest_prekey)

    # --- one change per user at a time ------------------------------------------------------------------------

    def _claim(self, username: str) -> _Claim:
        return _Claim(username, self._changing, self._busy)


class _Claim:
    """While held, nobody else changes this user's record; a second one gets CONFLICT at once instead of waiting."""

    def __init__(self, username: str, lock: threading.Lock, busy: set[str]) -> None:
        self._username, self._lock, self._busy = username, lock, busy

    def __enter__(self) -> None:
        with self._lock:
            if self._username in self._busy:
                raise _refused("This account is being changed right now.", ErrorCode.CONFLICT)
            self._busy.add(self._username)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._busy.discard(self._username)
