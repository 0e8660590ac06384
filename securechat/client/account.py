"""The opened vault of one account, and writing it back when somebody else may have written too.

Owns PUT_VAULT with its CONFLICT (docs/protocol.md §4), the weekly prekey, the highest version, and the change of the
login key with its lost answer. Blocking methods run on the worker thread only, but for `log_in`, which the sender
thread calls between two connections; what is read may be read by any thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import crypto_utils as crypto
from securechat.client.connection import Connection
from securechat.client.login import Greeting, Link, log_in
from securechat.client.settings import Settings
from securechat.errors import AuthError, ConnectionClosed, ErrorCode, RequestRefused, SealError
from securechat.sealing.handshake import LoginKeys, sign_put_vault
from securechat.sealing.identity import OwnKeys, OwnPrekey
from securechat.sealing.vault import VaultContents, open_vault, seal_vault
from securechat.wire import limits
from securechat.wire.frames import FrameType
from securechat.wire.messages import LoggedIn, PutVault, StoredVault

__all__ = ["Account", "Change", "first_contents"]

logger = logging.getLogger(__name__)

Change = Callable[[VaultContents], VaultContents]
_TRIES: Final = 5
_WINDOW_DAYS: Final = 90
_ROLLED_BACK: Final = (
    "The server gave an older copy of your keys and contacts than this computer has seen before. "
    "Somebody may have restored an old backup: ask the operator."
)
_CHANGED_ELSEWHERE: Final = (
    "The server no longer takes the password that you logged in with: it was changed on another device. "
    "Log in with the new one. If it was not you who changed it, tell the operator at once."
)


def first_contents(keys: OwnKeys, now_ms: int) -> VaultContents:
    """The vault of a new account: prekey id 1, nothing else."""
    return VaultContents(keys, _WINDOW_DAYS, (OwnPrekey(1, now_ms, crypto.generate_kem_key()),))


class Account:
    """Keys and vault of who is logged in. `alarm` is told a sentence when the server rolls the vault back."""

    def __init__(
        self,
        contents: VaultContents,
        version: int,
        login_keys: LoginKeys,
        server_id: bytes,
        settings: Settings,
        alarm: Callable[[str], None],
    ) -> None:
        self._contents = contents
        self._version = version
        # One tuple, so that another thread never sees half a change: what may log in, tried in this order. Two while
        # the answer to a change of the password is out, the new one first; the last is the one that held before.
        self._may_log_in: tuple[LoginKeys, ...] = (login_keys,)
        self._settled = threading.Event()  # set while there is one, or nobody will find out any more
        self._settled.set()
        self.server_id = server_id
        self._settings = settings
        self._alarm = alarm
        self._alarmed = False  # one rollback is told once
        self._note_version(version)

    @classmethod
    def opened(
        cls, answer: LoggedIn, username: str, login_keys: LoginKeys, server_id: bytes, settings: Settings,
        alarm: Callable[[str], None],
    ) -> Account:
        """From the OK of LOGIN. AuthError if the vault does not open: the server does not hold this user's record.

        NewerVault if a newer program wrote it.
        """
        try:
            contents = open_vault(answer.vault, login_keys.vault_key, server_id, username, answer.version)
        except SealError as error:
            raise AuthError(
                "The server accepted your password, but the keys that it keeps for you do not open with it. "
                "Do not register again; ask the operator to restore your account from a backup."
            ) from error
        return cls(contents, answer.version, login_keys, server_id, settings, alarm)

    @property
    def keys(self) -> OwnKeys:
        """The own identity with its private keys."""
        return self._contents.keys

    @property
    def contents(self) -> VaultContents:
        """The vault as it is at the server, as far as is known here."""
        return self._contents

    @property
    def version(self) -> int:
        """The vault's version at the server, as far as is known here."""
        return self._version

    @property
    def login_keys(self) -> LoginKeys:
        """What logs in again without the password."""
        return self._may_log_in[-1]

    @property
    def settled(self) -> bool:
        """Whether it is known which password the server has."""
        return len(self._may_log_in) == 1

    def wait_settled(self, timeout_s: float) -> bool:
        """Wait until it is known which password the server has; False if it is still not. Any thread but the worker."""
        self._settled.wait(timeout_s)
        return self.settled

    def give_up(self) -> None:
        """Nobody will log in again: ends a `wait_settled`. Any thread."""
        self._settled.set()

    def log_in(self, connection: Connection, greeting: Greeting, timeout_s: float) -> None:
        """LOGIN again with the key in memory and `take` the vault. After a change of the password whose answer was
        lost: with the new key, then with the old (§4).

        AuthError if the password was changed elsewhere; RequestRefused, ConnectionClosed, TimeoutError.
        """
        refused: RequestRefused | None = None
        for keys in self._may_log_in:
            try:
                answer = log_in(connection, greeting, self._contents.keys.username, keys, timeout_s)
            except RequestRefused as error:
                if error.code != ErrorCode.BAD_LOGIN:
                    raise
                refused = error
                continue
            self._settle(keys)
            self.take(answer.version, answer.vault)
            return
        self.give_up()
        raise AuthError(_CHANGED_ELSEWHERE) from refused

    def prekey(self, link: Link, prekey_id: int) -> OwnPrekey | None:
        """The own prekey with this id; a higher one than known here makes it fetch the vault, once (§4)."""
        if prekey_id > self._contents.newest_prekey.id:
            self.fetch(link)
        return self._contents.prekey(prekey_id)

    def take(self, version: int, vault: bytes) -> None:
        """A vault that the server gave: adopt it if newer, alarm if older. AuthError if it does not open."""
        if not self._note_version(version) or version <= self._version:
            return
        username = self._contents.keys.username
        try:
            contents = open_vault(vault, self.login_keys.vault_key, self.server_id, username, version)
        except SealError as error:
            raise AuthError("Your password was changed on another computer. Log in with the new one.") from error
        if contents.keys.fp != self._contents.keys.fp:
            raise AuthError("Your account was reset on another computer. Log in again.")
        self._contents, self._version = contents, version

    def fetch(self, link: Link) -> None:
        """GET_VAULT and `take` it."""
        answer = StoredVault.decode(link.connection.ask(FrameType.GET_VAULT))
        self.take(answer.version, answer.vault)

    def renew_prekey(self, now_ms: int) -> Change:
        """The change that adds this week's prekey where it is due, and drops expired ones."""
        fresh: list[crypto.KemKey] = []  # made once, however often the change is applied

        def change(contents: VaultContents) -> VaultContents:
            newest = contents.newest_prekey
            if now_ms - newest.created > limits.PREKEY_DAYS * limits.DAY_MS:
                if not fresh:
                    fresh.append(crypto.generate_kem_key())
                contents = contents.with_prekey(OwnPrekey(newest.id + 1, now_ms, fresh[0]))
            return contents.without_expired_prekeys(now_ms)

        return change

    def save(self, link: Link, change: Change) -> None:
        """Apply `change` and make it durable at the server; does nothing if it changes nothing.

        After CONFLICT it is applied anew to what the server has (§4). RequestRefused, ConnectionClosed, AuthError.
        """
        for _ in range(_TRIES):
            wanted = change(self._contents)
            if _same(wanted, self._contents):
                return
            version = self._version + 1
            sealed = seal_vault(wanted, self.login_keys.vault_key, self.server_id, version)
            try:
                link.connection.ask(FrameType.PUT_VAULT, self._request(link, wanted, version, sealed).raw)
            except RequestRefused as error:
                if error.code != ErrorCode.CONFLICT:
                    raise
                # If the server has what was just sent, the change is in what is fetched, and applied anew it
                # changes nothing: so the lost answer to a write that succeeded needs no case of its own.
                logger.info("the vault was written before; the change is applied to what is there")
                self.fetch(link)
                continue
            self._contents, self._version = wanted, version
            self._note_version(version)
            return
        raise RequestRefused(ErrorCode.CONFLICT)

    def change_login(self, link: Link, keys: LoginKeys, timeout_s: float) -> bool:
        """Make `keys` what logs in and opens the vault. True if they hold, here and at the server.

        False if no answer came that says so: the connection is closed then, and `log_in` on the next one finds out
        which keys hold. RequestRefused, AuthError: the present ones hold. ConnectionClosed too: the server had refused
        for certain, and the connection ended before a second try.
        """
        for _ in range(_TRIES):
            version = self._version + 1
            sealed = seal_vault(self._contents, keys.vault_key, self.server_id, version)
            request = self._request(link, self._contents, version, sealed, keys.signing.public)
            present = self.login_keys
            self._settled.clear()
            self._may_log_in = keys, present
            try:
                link.connection.request(FrameType.PUT_VAULT, request.raw, timeout_s)
            except RequestRefused as error:
                if error.code == ErrorCode.INTERNAL:  # it may have failed behind the point where the new key holds
                    return self._lost_answer(link)
                self._settle(present)
                if error.code != ErrorCode.CONFLICT:
                    raise
                try:
                    self.fetch(link)
                except TimeoutError as late:
                    raise ConnectionClosed from late
                continue
            except (ConnectionClosed, TimeoutError):
                return self._lost_answer(link)
            self._settle(keys)
            self._version = version
            self._note_version(version)
            return True
        raise RequestRefused(ErrorCode.CONFLICT)

    def _lost_answer(self, link: Link) -> bool:
        logger.info("no answer to the change of the password; the next login finds out")
        link.connection.close()
        return False

    def _settle(self, keys: LoginKeys) -> None:
        self._may_log_in = (keys,)
        self._settled.set()

    def _request(
        self, link: Link, wanted: VaultContents, version: int, sealed: bytes, login_pub: bytes = b""
    ) -> PutVault:
        newest = wanted.newest_prekey
        is_new = newest.id > self._contents.newest_prekey.id
        prekey = newest.record(wanted.keys).raw if is_new else b""
        oldest = min(prekey.id for prekey in wanted.prekeys)
        draft = PutVault(version, sealed, prekey, login_pub, oldest, bytes(64))
        return sign_put_vault(self.login_keys.signing, link.greeting.session, draft)

    def _note_version(self, version: int) -> bool:
        if self._settings.saw_vault_version(self.server_id, self._contents.keys.username, version):
            return True
        if not self._alarmed:
            self._alarmed = True
            self._alarm(_ROLLED_BACK)
        return False


def _same(left: VaultContents, right: VaultContents) -> bool:
    same_prekeys = [prekey.id for prekey in left.prekeys] == [prekey.id for prekey in right.prekeys]
    return same_prekeys and left.contacts == right.contacts and left.rooms == right.rooms
