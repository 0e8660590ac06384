"""`ChatClient`: the door to everything that a person's program needs of a chat.

Owns the public surface and the first connect; the parts behind it are wired in `session`. Every public method raises
only `ChatError` and `TimeoutError`, and may be called from any thread, from an event callback too.

    with ChatClient() as client:
        client.connect("chat.example.org", "alice", password)
        client.send("hello")
        for event in client.events():
            ...
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import crypto_utils as crypto
from securechat.client.address import ServerAddress
from securechat.client.dispatch import Dispatcher
from securechat.client.entrance import Entrance
from securechat.client.events import ConnectionState, Conversation, ConversationKind, Event, Message, Person
from securechat.client.first_login import FirstLogin, Wish
from securechat.client.lifecycle import Lifecycle
from securechat.client.login import Link
from securechat.client.protection import Protection
from securechat.client.session import Session
from securechat.client.settings import default_folder
from securechat.client.timeline import Timeline
from securechat.errors import ConnectionClosed, LocalProtocolError

if TYPE_CHECKING:
    from securechat.client.account_actions import AccountActions

__all__ = ["ChatClient"]

logger = logging.getLogger(__name__)


class ChatClient:
    """One account at one server. Thread-safe; a context manager that calls `close`.

    `folder`: where pins, settings and outbox are kept (None: the system's place). `stretch(password, salt)`: 32 bytes;
    `generate_rsa`: a fresh key. `clock`, `monotonic`: seconds. `on_event` is called on the thread "chat-events"; it may
    call every method here, and later events wait for it.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        stretch: Callable[[str, bytes], bytes] = crypto.stretch,
        generate_rsa: Callable[[], crypto.RsaKey] = crypto.generate_rsa_key,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        random_bytes: Callable[[int], bytes] = crypto.random_bytes,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._folder = default_folder() if folder is None else Path(folder)
        self._stretch = stretch
        self._generate_rsa = generate_rsa
        self._clock = clock
        self._monotonic = monotonic
        self._random_bytes = random_bytes
        self._dispatcher = Dispatcher(on_event)
        self._lifecycle = Lifecycle(self._dispatcher.emit)
        self._lock = threading.Lock()  # guards the four below
        self._closed = False
        self._connecting = False
        self._entrance: Entrance | None = None
        self._session: Session | None = None
        self._connected = threading.Event()  # set while no connect is under way, for close()
        self._connected.set()
        self.lobby = b""
        self.username = ""
        self.server_name = ""
        self.fingerprint = ""
        self.join_link = ""
        self.own_fp = b""

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- starting and ending

    @property
    def state(self) -> ConnectionState:
        """Where the connection is in its life."""
        return self._lifecycle.state

    def connect(
        self, server: str, username: str, password: str, *, register: bool = False, invite: str = "",
        accept_fingerprint: str = "", timeout_s: float = 30.0,
    ) -> None:
        """Log in (or register), open the vault, load people and the newest history; then stay connected until `close`.

        `server`: "host", "host:port", "[v6]:port" or a join link. Blocks; tells `Progress`. May be called again after
        it failed. Raises FirstContact (compare, then call again with `accept_fingerprint=error.fingerprint`),
        ServerChanged, PasswordProblem, AuthError, RequestRefused (BAD_LOGIN, NAME_TAKEN, REGISTRATION_REFUSED,
        RATE_LIMITED ...), ConnectionClosed (no server, lost, cancelled), DamagedStore, FolderInUse, FolderProblem, and
        LocalProtocolError for an address or name that cannot be one.
        """
        with self._lock:
            if self._closed:
                raise ConnectionClosed("This client was closed.")
            if self._connecting or self._session is not None:
                raise LocalProtocolError("This client is connected already, or about to be.")
            self._connecting = True
            self._entrance = None
            self._connected.clear()
        self._dispatcher.start()
        succeeded = False
        try:
            self._lifecycle.move(ConnectionState.CONNECTING)
            self._connect(Wish(server, username, password, register, invite, accept_fingerprint), timeout_s)
            succeeded = True
        except TimeoutError as error:
            raise ConnectionClosed("The server did not answer in time. Check the address, then try again.") from error
        finally:
            with self._lock:
                self._connecting = False
                closed = self._closed
            if not succeeded and not closed:
                self._lifecycle.move(ConnectionState.OFFLINE)
                self._dispatcher.pause()
            self._connected.set()

    def _connect(self, wish: Wish, timeout_s: float) -> None:
        address = ServerAddress.parse(wish.server)
        entrance = Entrance(address, self._wake, self._monotonic)
        with self._lock:
            self._entrance = entrance
            if self._closed:
                raise ConnectionClosed("This client was closed.")
        first = FirstLogin(
            folder=self._folder, entrance=entrance, lifecycle=self._lifecycle, emit=self._dispatcher.emit,
            stretch=self._stretch, generate_rsa=self._generate_rsa, clock=self._clock, monotonic=self._monotonic,
            random_bytes=self._random_bytes,
        )
        first.run(wish, timeout_s, self._adopt)

    def _adopt(self, session: Session, link: Link, address: ServerAddress, check: Callable[[], object]) -> None:
        """The point of no return: from here on the client keeps itself connected."""
        greeting = link.greeting
        with self._lock:
            check()  # raises if `close` or `cancel` came meanwhile; after this `close` finds the session
            self.lobby, self.username = session.lobby, session.account.keys.username
            self.server_name, self.fingerprint = greeting.name, greeting.fingerprint
            self.join_link, self.own_fp = address.join_link(greeting.fingerprint), session.account.keys.fp
            self._lifecycle.move(ConnectionState.ONLINE)
            self._session = session
            session.keeper.start(link)

    def cancel(self) -> None:
        """End a `connect` under way in another thread: it raises ConnectionClosed. Does not wait; else does nothing."""
        with self._lock:
            entrance = self._entrance if self._connecting else None
        if entrance is not None:
            entrance.give_up()

    def close(self, timeout_s: float = 5.0) -> None:
        """Sign out and end all threads; idempotent, any thread. What is unsent stays in the outbox on disk."""
        end_s = self._monotonic() + timeout_s

        def left_s() -> float:
            return max(0.0, end_s - self._monotonic())

        with self._lock:
            self._closed = True
            connecting, entrance = self._connecting, self._entrance
        if connecting:
            if entrance is not None:
                entrance.give_up()
            self._connected.wait(left_s())
        self._lifecycle.end("You signed out.")
        with self._lock:
            session = self._session
        if session is not None:
            session.stop(left_s)
        self._dispatcher.finish(left_s())

    def retry_now(self) -> None:
        """End the pause before the next try to reconnect."""
        with self._lock:
            session = self._session
        if session is not None:
            session.keeper.retry_now()

    # --- conversations

    def send(self, text: str, conv: bytes | None = None) -> int:
        """Post a text; returns its local id once it is safe in the outbox on disk, also while offline.

        LocalProtocolError if it is empty, not writable as UTF-8 or over 16,384 bytes; StoreError if the disk refuses:
        then it was not sent and will not be. ConnectionClosed after `close`. The same holds for the four below.
        """
        session, timeline = self._open(conv)
        return session.posting.text(timeline, text)

    def reply(self, text: str, to: bytes, conv: bytes | None = None) -> int:
        """As `send`, as an answer to the message with this post id, which must be loaded here."""
        session, timeline = self._open(conv)
        return session.posting.reply(timeline, text, to)

    def edit(self, post_id: bytes, text: str, conv: bytes | None = None) -> int:
        """Give an own loaded message another text. It shows at once (`MessageChanged`, `pending`), also while offline;
        if the server refuses, `PostRefused` has a message of this kind with the text."""
        session, timeline = self._open(conv)
        return session.posting.edit(timeline, post_id, text)

    def delete(self, post_id: bytes, conv: bytes | None = None) -> int:
        """Take back an own loaded message; shown as `edit` is."""
        session, timeline = self._open(conv)
        return session.posting.delete(timeline, post_id)

    def react(self, post_id: bytes, emoji: str, conv: bytes | None = None) -> int:
        """Put one emoji (at most 32 bytes, no controls) at a loaded message in place of one's last; "" withdraws it.
        Shown as `edit` is."""
        session, timeline = self._open(conv)
        return session.posting.react(timeline, post_id, emoji)

    def wait_stored(self, local_id: int, timeout_s: float = 10.0) -> int:
        """Wait until an own post is durable at the server; returns its seq. TimeoutError, RequestRefused,
        ConnectionClosed if the client is closed first."""
        return self._opened().outcomes.wait(local_id, timeout_s)

    def messages(self, conv: bytes | None = None) -> tuple[Message, ...]:
        """Everything loaded, in display order; empty before `connect`."""
        with self._lock:
            session = self._session
        timeline = session.timelines.get(conv or session.lobby) if session else None
        return timeline.messages() if timeline else ()

    def conversations(self) -> tuple[Conversation, ...]:
        """What is open here: the lobby; empty before `connect`."""
        with self._lock:
            session = self._session
        return (Conversation(session.lobby, ConversationKind.LOBBY),) if session else ()

    def protection(self, post_id: bytes, conv: bytes | None = None, timeout_s: float = 10.0) -> Protection:
        """What protected a loaded message; asks the server for it and verifies it once more. Blocks.

        LocalProtocolError if it is not loaded or was deleted; RemoteProtocolError if the server does not give it again
        as it was; SealError if its signature does not hold; RequestRefused, TimeoutError.
        """
        session, timeline = self._open(conv)
        return session.worker.call(
            lambda: session.inspector.look(session.keeper.link, timeline, post_id)
        ).result(timeout_s)

    def load_older(self, conv: bytes | None = None, timeout_s: float = 10.0) -> bool:
        """Fetch the page above what is loaded; tells `HistoryLoaded`. True if something older may exist.

        ConnectionClosed while offline; TimeoutError.
        """
        session, timeline = self._open(conv)
        link = session.keeper.link
        if link is None:
            raise ConnectionClosed("You are offline; older messages can be loaded when the connection is back.")
        return session.worker.call(lambda: session.catch_up.older(link, timeline)).result(timeout_s)

    def people(self) -> tuple[Person, ...]:
        """All users by name, oneself included; empty before `connect`."""
        with self._lock:
            session = self._session
        return session.people.everybody() if session else ()

    def typing(self, conv: bytes | None = None) -> None:
        """Tell the others that one is writing; at most once in 4 s goes out, and nothing while offline."""
        session, timeline = self._open(conv)
        session.telling.typing(timeline.conv)

    def mark_read(self, seq: int, conv: bytes | None = None) -> None:
        """One has read up to `seq`; never lowers. Kept while offline and told later."""
        session, timeline = self._open(conv)
        session.telling.read(timeline.conv, seq)

    def read_mark(self, conv: bytes | None = None) -> int:
        """The highest seq read on any of one's devices, as far as is known here."""
        session, timeline = self._open(conv)
        return session.marks.get(timeline.conv)

    def draft(self, conv: bytes | None = None) -> str:
        """What was typed and not sent, kept over restarts."""
        session, timeline = self._open(conv)
        return session.outbox.draft(timeline.conv)

    def set_draft(self, text: str, conv: bytes | None = None) -> None:
        """Keep what was typed, sealed on disk; durable on return. StoreError."""
        session, timeline = self._open(conv)
        session.outbox.set_draft(timeline.conv, text)

    @cached_property
    def account(self) -> AccountActions:
        """Password, sessions and whom one ignores. Its methods block and raise as the ones here do."""
        from securechat.client.account_actions import AccountActions

        return AccountActions(self._opened, self._stretch, self._monotonic)

    # --- events

    def events(self, timeout_s: float | None = None) -> Iterator[Event]:
        """What happens from this call on. Ends after `close`, or when nothing happened for `timeout_s` seconds."""
        return self._dispatcher.subscribe(timeout_s)

    # --- inside

    def _opened(self) -> Session:
        with self._lock:
            session, closed = self._session, self._closed
        if closed:
            raise ConnectionClosed("This client was closed.")
        if session is None:
            raise LocalProtocolError("This client is not connected yet.")
        return session

    def _open(self, conv: bytes | None) -> tuple[Session, Timeline]:
        session = self._opened()
        timeline = session.timelines.get(session.lobby if conv is None else conv)
        if timeline is None:
            raise LocalProtocolError("This conversation is not open here.")
        return session, timeline

    def _wake(self) -> None:
        with self._lock:
            session = self._session
        if session is not None:
            session.wake()
