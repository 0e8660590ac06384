"""The server: its parts wired together, the accept thread, and an orderly start and stop.

`ChatServer` owns every part and every thread but the console's input. It may be embedded (tests, benchmarks): nothing
here reads options from the command line or prints; lines for the operator go to the `say` that it was given.
"""

from __future__ import annotations

import logging
import threading
import time
import unicodedata
from collections.abc import Callable
from itertools import count

import crypto_utils as crypto
from securechat.errors import ChatError, ErrorCode
from securechat.net.certificate import server_context
from securechat.net.listener import Listener, lan_addresses, refuse
from securechat.net.tls_connection import TlsConnection
from securechat.rules.clean_text import one_line
from securechat.rules.conversations import LOBBY
from securechat.server.accounts import Accounts
from securechat.server.data_folder import DataFolder
from securechat.server.delivery import Delivery
from securechat.server.directory import Directory
from securechat.server.invites import Invites
from securechat.server.journal import Committed, Journal
from securechat.server.lobby import Lobby
from securechat.server.options import ServerOptions
from securechat.server.posts import NoticeWork, PostWork, deliveries
from securechat.server.requests import Services
from securechat.server.server_keys import load_or_make_keys, make_prekey
from securechat.server.session import Session
from securechat.server.storage.messages_sql import MessagesSql
from securechat.server.storage.users_json import UsersJson
from securechat.server.throttle import ConnectionCaps, LoginGuard
from securechat.wire import limits
from securechat.wire.objects import Post, PostKind, split_target

__all__ = ["ChatServer", "describe_post"]

_log = logging.getLogger(__name__)

_JOIN_S = 10.0


def describe_post(post: Post) -> str:
    """A lobby post as one line for the operator's console, control characters taken out."""
    if post.kind == PostKind.TEXT:
        return one_line(post.body.decode("utf-8", "replace"))
    if post.kind in (PostKind.REPLY, PostKind.EDIT, PostKind.REACTION):
        rest = one_line(split_target(post.body)[1].decode("utf-8", "replace"))
        return {PostKind.REPLY: rest, PostKind.EDIT: f"(edited) {rest}"}.get(
            PostKind(post.kind), f"(reacted) {rest}" if rest else "(took back a reaction)"
        )
    names: dict[int, str] = {PostKind.FILE: "(a file)", PostKind.DELETE: "(deleted a message)"}
    return names.get(post.kind, "(something that this version does not know)")


class ChatServer:
    """`start`, then `stop` once; both from one thread. `stop` is idempotent. Everything else from any thread."""

    def __init__(
        self,
        options: ServerOptions,
        *,
        say: Callable[[str], None] = lambda line: None,
        generate_rsa: Callable[[], crypto.RsaKey] = crypto.generate_rsa_key,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.options = options
        self._say = say
        self._generate_rsa = generate_rsa
        self._clock, self._monotonic = clock, monotonic
        self._sessions: dict[int, tuple[Session, threading.Thread]] = {}
        self._sessions_lock = threading.Lock()  # guards _sessions and _stopping
        self._stopping = False
        self._numbers = count(1)
        self._accepting: threading.Thread | None = None
        self.started_s = monotonic()

    # --- start --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the folder, bind, and accept. ChatError with one sentence if that cannot be; then nothing is left."""
        undo: list[Callable[[], object]] = []
        try:
            self._build(undo)
        except BaseException:
            for step in reversed(undo):
                step()
            raise
        self._accepting = threading.Thread(target=self._accept, name="accept")
        self._accepting.start()

    def _build(self, undo: list[Callable[[], object]]) -> None:
        options = self.options
        self.folder = DataFolder.open(options.data, options.users)
        undo.append(self.folder.close)
        self.credentials = UsersJson(self.folder.users_file)
        undo.append(self.credentials.close)
        # The port before keys and database: the commonest mistake is a second server, and it should cost nothing.
        self._listener = Listener(options.host, options.port)
        undo.append(self._listener.close)
        self.store = MessagesSql(self.folder.database)
        undo.append(self.store.close)
        keys = load_or_make_keys(self.folder, self._clock_ms(), self._say, self._generate_rsa)
        self.lobby = Lobby(keys, make_prekey(self._clock_ms()), self._clock_ms())
        self.invites = Invites(self.folder.folder / "invites.json", self._clock)
        self._context, cert_hash = server_context()
        self.caps = ConnectionCaps(
            options.limits.connections_before_login, options.limits.connections_before_login_per_address
        )
        self.delivery = Delivery(self.lobby, monotonic=self._monotonic)
        undo.append(self.delivery.close)
        self.presence = self.delivery.presence
        self.journal = Journal(self.store, on_committed=self._committed)
        undo.append(self.journal.close)
        self.accounts = Accounts(
            self.credentials,
            self.store,
            self.journal,
            self.invites,
            LoginGuard(options.limits),
            registration=options.registration,
            monotonic=self._monotonic,
        )
        self.journal.call(lambda tx: self.store.put_conversation(tx, self.lobby.conv, LOBBY))
        self.accounts.recover()
        self._services = self._make_services(cert_hash)

    def _make_services(self, cert_hash: bytes) -> Services:
        return Services(
            name=self.options.name,
            cert_hash=cert_hash,
            limits=self.options.limits,
            lobby=self.lobby,
            store=self.store,
            journal=self.journal,
            delivery=self.delivery,
            presence=self.presence,
            accounts=self.accounts,
            directory=Directory(self.credentials, self.store, self.lobby, self.presence),
            clock_ms=self._clock_ms,
            monotonic=self._monotonic,
            logged_in=self._logged_in,
            registered=self._registered,
            stopping=lambda: self._stopping,
        )

    def _clock_ms(self) -> int:
        return int(self._clock() * 1000)

    # --- facts for the operator ---------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port listened on; the real one if 0 was asked for."""
        return self._listener.port

    @property
    def fingerprint(self) -> str:
        """64 hex digits that name this server."""
        return self.lobby.keys.fp.hex()

    def addresses(self) -> list[str]:
        """Addresses under which others may reach this server, the best first; localhost last."""
        host = self.options.host
        if host not in ("", "::", "0.0.0.0"):  # noqa: S104 - compared, not listened on
            return [host]  # it listens on this one alone
        found = [address for address in lan_addresses() if host != "0.0.0.0" or ":" not in address]  # noqa: S104
        return [*found, "localhost"]

    def join_link(self, host: str | None = None) -> str:
        """What a person pastes into the connect form: address and fingerprint in one."""
        host = self.addresses()[0] if host is None else host
        return f"chat://{f'[{host}]' if ':' in host else host}:{self.port}/#{self.fingerprint}"

    @property
    def uptime_s(self) -> float:
        """Seconds since this object was made."""
        return self._monotonic() - self.started_s

    @property
    def connections(self) -> int:
        """Connections of every kind, logged in or not."""
        with self._sessions_lock:
            return len(self._sessions)

    # --- what the operator does ---------------------------------------------------------------------------------

    def broadcast(self, text: str) -> None:
        """Post `text` in the lobby as `@server`; durable like any post. ChatError if it is empty or too long."""
        if not text.strip():
            raise ChatError("There is nothing to send.")
        if len(text.encode("utf-8")) > limits.TEXT:
            raise ChatError(f"This is too long: at most {limits.TEXT} bytes fit in a message.")
        self.journal.submit(NoticeWork(self.store, self.lobby, self._clock_ms, text))

    def kick(self, username: str, why: str = "") -> int:
        """End every session of a user; how many there were."""
        members = self.presence.sessions_of(username)
        text = f"The operator has disconnected you: {why}" if why else "The operator has disconnected you."
        # Composed first, as the writer does: a few characters grow by that.
        whole = unicodedata.normalize("NFC", text).encode("utf-8", "replace")
        for member in members:
            member.end(ErrorCode.KICKED, whole[: limits.STRING].decode("utf-8", "ignore"))
        return len(members)

    # --- threads call these -------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while True:
            accepted = self._listener.accept()
            if accepted is None:
                return
            sock, address = accepted
            if not self.caps.admit(address[0]):
                refuse(sock)
                continue
            connection = TlsConnection(
                sock,
                self._context,
                server_side=True,
                address=address,
                max_queue=self.options.limits.queue_bytes or 1 << 40,
                on_blocked=self.delivery.poller.watch,
                monotonic=self._monotonic,
            )
            self._begin(Session(self._services, connection, next(self._numbers)))

    def _begin(self, session: Session) -> None:
        thread = threading.Thread(target=self._run_session, args=(session,), name=f"session-{session.number}")
        with self._sessions_lock:
            stopping = self._stopping
            if not stopping:
                self._sessions[session.number] = (session, thread)
        if not stopping:
            try:
                thread.start()
            except RuntimeError:  # the system has no thread left
                _log.error("no thread for a new connection")
                with self._sessions_lock:
                    del self._sessions[session.number]
                stopping = True
        if stopping:
            session.connection.close()
            self.caps.release(session.address[0] if session.address else "")

    def _run_session(self, session: Session) -> None:
        address = session.address[0] if session.address else ""
        self._say(f"Connected by {session.address}")
        _log.info("%s connected", session)
        try:
            session.run()
        finally:
            if session.counted:
                self.caps.release(address)
            if session.user is None:
                self._say(f"{session.address} disconnected during login/registration.")
            elif session.ending is session.ending.RESET:
                self._say(f"[{session.username} {session.address}]: forcibly disconnected.")
            else:
                self._say(f"{session.username} disconnected")
            _log.info("%s ended", session)
            with self._sessions_lock:
                del self._sessions[session.number]

    def _logged_in(self, session: Session) -> None:
        session.counted = False
        self.caps.release(session.address[0] if session.address else "")
        self._say(f"{session.username} logged in from {session.address}")

    def _registered(self, username: str) -> None:
        self._say(f"{username} registered")
        self.presence.introduce(username)
        text = self.options.welcome_text(username)
        try:
            if text:
                self.broadcast(text)
        except ChatError as error:  # blank, too long, or stopping: the registration stands all the same
            _log.warning("no greeting was posted: %s", error)

    def _committed(self, batch: list[Committed]) -> None:
        """On the journal thread: hand what is durable to delivery, then to the console."""
        self.delivery.put(deliveries(batch))
        for item in batch:
            if isinstance(item.work, PostWork) and item.result.fresh:
                sender = item.work.sender
                self._say(f"[{sender.username} {sender.address}]: {describe_post(item.result.post)}")
            elif isinstance(item.work, NoticeWork):
                self._say(f"[@server]: {describe_post(item.result.post)}")

    # --- stop ---------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Refuse newcomers, make everything durable, say farewell to all, end every thread. Idempotent."""
        with self._sessions_lock:
            if self._stopping or self._accepting is None:
                return
            self._stopping = True
        self._listener.close()
        self._accepting.join(_JOIN_S)
        self.journal.close(_JOIN_S)
        with self._sessions_lock:
            sessions = list(self._sessions.values())
        for session, _ in sessions:
            session.end(ErrorCode.SHUTDOWN, "The server is stopping.")
        until = self._monotonic() + _JOIN_S
        for session, thread in sessions:
            thread.join(max(0.0, until - self._monotonic()))
            session.connection.close()
            thread.join(1.0)
        self.delivery.close()
        self.store.close()
        self.credentials.close()
        self.folder.close()
