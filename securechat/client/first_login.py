"""The first way into an account, step by step: address, pin, lock, password, vault, messages.

Owns the order of the steps, what is told while they take their time, and undoing all of them when one fails. Later
logins of the same session are `Session`'s; they need no password.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import crypto_utils as crypto
from securechat.client.account import Account, first_contents
from securechat.client.address import ServerAddress
from securechat.client.clock_watch import clock_sentence
from securechat.client.entrance import Entrance
from securechat.client.events import Event, Notice, Progress
from securechat.client.file_lock import FileLock, private_folder
from securechat.client.lifecycle import Lifecycle
from securechat.client.login import (
    Link,
    check_pin,
    check_registration,
    expected_fingerprint,
    greet,
    log_in,
    register,
)
from securechat.client.session import Session
from securechat.client.settings import Settings
from securechat.errors import ConnectionClosed, LocalProtocolError
from securechat.sealing.handshake import LoginKeys, check_password, login_salt
from securechat.sealing.identity import OwnKeys
from securechat.wire import limits

__all__ = ["FirstLogin", "Wish"]

_NAME_RULE = "A name has 1 to 32 small letters, digits, dots, dashes or underscores, and begins with a letter or digit."

Adopt = Callable[[Session, Link, ServerAddress, Callable[[], object]], None]


@dataclass(frozen=True, repr=False)
class Wish:
    """What `ChatClient.connect` was asked for. No repr: it holds a password."""

    server: str
    username: str
    password: str
    register: bool
    invite: str
    accept_fingerprint: str


class FirstLogin:
    """One try. `run` blocks its caller; `entrance.give_up` from another thread ends it."""

    def __init__(
        self, *, folder: Path, entrance: Entrance, lifecycle: Lifecycle, emit: Callable[[Event], None],
        stretch: Callable[[str, bytes], bytes], generate_rsa: Callable[[], crypto.RsaKey],
        clock: Callable[[], float], monotonic: Callable[[], float], random_bytes: Callable[[int], bytes],
    ) -> None:
        self._folder = folder
        self._entrance = entrance
        self._lifecycle = lifecycle
        self._emit = emit
        self._stretch = stretch
        self._generate_rsa = generate_rsa
        self._clock = clock
        self._monotonic = monotonic
        self._random_bytes = random_bytes
        self._end_s = 0.0

    def run(self, wish: Wish, timeout_s: float, adopt: Adopt) -> None:
        """All steps; then `adopt(session, link, address, check)`, which calls `check` before it takes over.

        Raises what `ChatClient.connect` lists; then no thread, lock or connection is left.
        """
        if not limits.is_username(wish.username):
            raise LocalProtocolError(_NAME_RULE)
        if wish.register:
            check_password(wish.password)
        self._end_s = self._monotonic() + timeout_s
        address = self._entrance.address
        settings = Settings.load(self._folder)
        expected_fingerprint(address, settings)  # a link against the pin is refused before anybody is asked
        private_folder(self._folder)
        undo: list[Callable[[], None]] = [lambda: self._entrance.join(5.0), self._entrance.give_up]
        try:
            link = self._greet(wish, address, settings)
            lock = FileLock(self._folder / f"{link.greeting.session.server_id.hex()}-{wish.username}.lock")
            undo.append(lock.close)
            account = self._enter(wish, link, settings)
            settings.remember(address.place, wish.username)
            session = Session(
                folder=self._folder, account=account, greeting=link.greeting, entrance=self._entrance,
                settings=settings, lock=lock, lifecycle=self._lifecycle, emit=self._emit, clock=self._clock,
                monotonic=self._monotonic, random_fraction=self._random_fraction,
            )
            undo.append(lambda: session.stop(lambda: 5.0))
            undo.append(self._entrance.give_up)
            self._tell("Fetching messages ...")
            session.start(link, self._left_s())
            adopt(session, link, address, self._left_s)
        except BaseException:
            for step in reversed(undo):
                step()
            raise

    def _greet(self, wish: Wish, address: ServerAddress, settings: Settings) -> Link:
        """A connection to the right server, which takes what is wished."""
        self._tell(f"Connecting to {address.place} ...")
        connection = self._entrance.dial(self._left_s())
        greeting = greet(connection, self._left_s())
        check_pin(greeting, address, settings, wish.accept_fingerprint)
        if wish.register:
            check_registration(greeting, wish.invite)
        return Link(connection, greeting)

    def _enter(self, wish: Wish, link: Link, settings: Settings) -> Account:
        """REGISTER or LOGIN with what the password gives."""
        server_id = link.greeting.session.server_id
        self._tell("Working out your keys from the password ...")
        keys = LoginKeys.from_master(self._stretch(wish.password, login_salt(server_id, wish.username)))
        if not wish.register:
            self._tell("Logging in ...")
            answer = log_in(link.connection, link.greeting, wish.username, keys, self._left_s())
            self._check_clock(answer.server_time)
            return Account.opened(answer, wish.username, keys, server_id, settings, self._alarm)
        self._tell("Making your keys ...")
        now_ms = int(self._clock() * 1000)
        signing = crypto.SigningKey(self._random_bytes(32))
        contents = first_contents(OwnKeys.make(wish.username, signing, self._generate_rsa(), now_ms), now_ms)
        self._tell("Registering ...")
        answer = register(link.connection, link.greeting, wish.invite, keys, contents, self._left_s())
        self._check_clock(answer.server_time)
        return Account(contents, 1, keys, server_id, settings, self._alarm)

    def _left_s(self) -> float:
        """Seconds left of the time for everything; ConnectionClosed if it was given up meanwhile."""
        if self._entrance.given_up:
            raise ConnectionClosed("Connecting was cancelled.")
        return max(0.001, self._end_s - self._monotonic())

    def _check_clock(self, server_time_ms: int) -> None:
        sentence = clock_sentence(self._clock() - server_time_ms / 1000)
        if sentence:
            self._emit(Notice(sentence))

    def _tell(self, text: str) -> None:
        self._emit(Progress(text))

    def _alarm(self, sentence: str) -> None:
        self._emit(Notice(sentence, alarm=True))

    def _random_fraction(self) -> float:
        return int.from_bytes(self._random_bytes(2), "big") / 65536
