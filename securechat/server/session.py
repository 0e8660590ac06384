"""One client's connection on the server: the handshake, the login, and the loop that answers requests.

A session owns its connection and its thread. It ends when the peer leaves, breaks a rule, is idle or too slow, or is
ended by another thread (`end`). No input from outside gets past `run` as an exception.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from enum import Enum

import crypto_utils as crypto
from securechat.errors import (
    ConnectionClosed,
    ErrorCode,
    ProtocolError,
    RemoteProtocolError,
    RequestRefused,
    StoreError,
)
from securechat.net.tls_connection import TlsConnection
from securechat.sealing import handshake
from securechat.server.accounts import User
from securechat.server.presence import ONLINE
from securechat.server.replies import Replies
from securechat.server.requests import CHANGED_ELSEWHERE, Requests, Services
from securechat.wire import limits
from securechat.wire.codec import Record
from securechat.wire.frames import Frame, FrameDecoder, FrameType, encode_frame
from securechat.wire.messages import Bye, Error, Hello, LoggedIn, Login, Register

__all__ = ["Ending", "Session"]

_log = logging.getLogger(__name__)

_FAREWELL_S = 5.0  # for the last bytes to a peer that still reads
_REPLIES_WAITING = 256 * 1024  # bytes; above this no request is taken from the client
_LONGEST_WAIT_S = 1e6  # for limits that are off; the system's calls take milliseconds in 31 bits


class Ending(Enum):
    """How a session ended, for the console."""

    LEFT = "disconnected"
    RESET = "forcibly disconnected"


class Session:
    """`run` is the session's thread; `push` and `end` may be called from any other, and never block."""

    def __init__(self, services: Services, connection: TlsConnection, number: int) -> None:
        self.number = number
        self.address = connection.address
        self.connection = connection
        self.username = ""
        self.presence = ONLINE
        # Random: a count of connections would tell how busy the others are.
        self.session_id = int.from_bytes(crypto.random_bytes(8), "big") or 1
        self.since_ms = 0
        self.user: User | None = None
        self.proof: handshake.Session | None = None
        self.ending = Ending.LEFT
        self.counted = True  # among the connections before login
        self._services = services
        self._replies = Replies(self._send, limits.IN_FLIGHT)
        self._decoder = FrameDecoder()
        self._deadline_s = 0.0
        self._ended = False  # BYE was said: nothing more is answered
        self._going_live = threading.Lock()  # guards the two below; never held while sending
        self._live = False
        self._held: list[bytes] = []  # pushes that wait for the OK of the login

    def __repr__(self) -> str:
        return f"<Session {self.number} {self.username or 'before login'}>"

    # --- from other threads -------------------------------------------------------------------------------------

    def push(self, data: bytes) -> bool:
        """Queue whole frames; False if the client is gone or does not read (then it is dropped with SLOW)."""
        if not self._live:
            with self._going_live:
                if not self._live:
                    self._held.append(data)
                    return True
        return self._send(data)

    def _send(self, data: bytes) -> bool:
        if self.connection.send(data):
            return True
        if self.connection.overflowed:
            self.end(ErrorCode.SLOW, "You were reading too slowly; connect again and go on where you were.")
        return False

    def end(self, code: ErrorCode, text: str) -> None:
        """Say BYE behind what is queued; the session's thread closes once that went out, or after a few seconds."""
        self._services.presence.leave(self)
        self._say_bye(code, text)
        self._ended = True  # not before: the session's thread would close at once, without the word
        self._replies.end()  # wakes the session's thread if it waits for the journal
        # Before HELLO nobody waits for our words: a port scan must not hold up the server's stop.
        self._services.delivery.close_soon(self.connection, _FAREWELL_S if self.proof else 0.0)

    def _say_bye(self, code: int, text: str) -> None:
        self.connection.send(encode_frame(FrameType.BYE, 0, Bye(code, text).encode()), farewell=True)

    # --- the session's thread -----------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve the client until it is gone. Never raises for anything that a peer does."""
        services = self._services
        try:
            self._deadline_s = services.monotonic() + (services.limits.login_seconds or _LONGEST_WAIT_S)
            self.connection.handshake(self._time_left())
            self._serve()
        except ConnectionClosed as error:
            self.ending = Ending.RESET if error.reset else Ending.LEFT
        except TimeoutError:
            _log.info("%s: silent for too long", self)
        except ProtocolError as error:
            _log.info("%s: closed, code %d: %s", self, error.code, error)
            self._say_bye(error.code, str(error))
            self.connection.flush(_FAREWELL_S)
        except Exception as error:  # a defect of ours ends this session, never the server; its text may hold data
            _log.error("%s: internal error: %s", self, type(error).__name__, exc_info=services.debug)
            self._say_bye(ErrorCode.INTERNAL, "The server made a mistake; it was noted.")
            self.connection.flush(_FAREWELL_S)
        finally:
            services.presence.leave(self)
            self._replies.end()
            if self._ended:
                self.connection.flush(_FAREWELL_S)
            self.connection.close()

    def _time_left(self) -> float:
        return min(max(0.0, self._deadline_s - self._services.monotonic()), _LONGEST_WAIT_S)

    def _frames(self) -> Iterator[Frame]:
        """Whole frames; before the login within one deadline, afterwards each within the idle time."""
        while True:
            # Before each frame: one read may bring hundreds of requests with large answers.
            if self.connection.queued_bytes > _REPLIES_WAITING and not self._slow_reader():
                return
            frame = self._decoder.next_frame()
            if frame is not None:
                yield frame
                if self.user:  # counted from whole frames, so that a dripped one does not hold the session
                    self._deadline_s = self._services.monotonic() + self._patience_s
                continue
            data = self.connection.receive(self._time_left())
            if not data:
                return
            self._decoder.feed(data)

    def _slow_reader(self) -> bool:
        """Wait until the client has taken its answers, for the idle time at most."""
        return self.connection.flush(self._patience_s)

    @property
    def _patience_s(self) -> float:
        return min(self._services.limits.idle_seconds or _LONGEST_WAIT_S, _LONGEST_WAIT_S)

    def _serve(self) -> None:
        frames = self._frames()
        hello = next(frames, None)
        if hello is None:
            return
        self._answer(hello, lambda: self._greet(hello))
        failures = 0
        while self.user is None:
            frame = next(frames, None)
            if frame is None:
                return
            try:
                self._answer(frame, lambda frame=frame: self._log_in(frame))  # type: ignore[misc]
            except RequestRefused as refusal:
                failures += 1
                if failures >= limits.LOGIN_TRIES:
                    raise RemoteProtocolError("Too many failed logins.", ErrorCode(refusal.code)) from refusal
        self._services.logged_in(self)
        requests = Requests(self._services, self, self.user, self._replies)
        for frame in frames:
            if self._ended:
                return
            self._replies.open(frame.request)
            requests.handle(frame)

    def _answer(self, frame: Frame, make: Callable[[], tuple[int, Record]]) -> None:
        """One request before the login: answered in place. RequestRefused after an ERR that lets the peer go on."""
        if frame.request == 0:
            raise RemoteProtocolError("A request has the number 0.")
        try:
            frame_type, body = make()
        except ProtocolError as error:
            self._send_error(frame.request, error)
            if error.code.closes:
                raise
            raise RequestRefused(error.code) from error
        except StoreError as error:
            self._send_error(frame.request, ProtocolError("The server cannot store this now.", ErrorCode.INTERNAL))
            raise RequestRefused(ErrorCode.INTERNAL) from error
        answer = encode_frame(frame_type, frame.request, body.encode())
        if self.user is None:
            self.connection.send(answer)
        else:
            self._go_live(answer)

    def _send_error(self, request: int, error: ProtocolError) -> None:
        self.connection.send(encode_frame(FrameType.ERR, request, Error(error.code, str(error)).encode()))

    def _greet(self, frame: Frame) -> tuple[int, Record]:
        if frame.type != FrameType.HELLO:
            raise RemoteProtocolError("A connection begins with HELLO.")
        services = self._services
        if frame.body[:2] != limits.VERSION.to_bytes(2, "big") and len(frame.body) >= 2:
            raise RemoteProtocolError("Please update your program to one that speaks chat1.", ErrorCode.VERSION)
        hello = Hello.decode(frame.body)
        lobby = services.lobby
        challenge = crypto.random_bytes(32)
        self.proof = handshake.Session(lobby.server_id, challenge, hello.nonce, services.cert_hash)
        return FrameType.SERVER_HELLO, handshake.make_server_hello(
            lobby.keys,
            lobby.prekey_record,
            services.name,
            services.accounts.registration.value,
            challenge,
            hello,
            services.cert_hash,
        )

    def _log_in(self, frame: Frame) -> tuple[int, Record]:
        services, accounts = self._services, self._services.accounts
        if self.proof is None:
            raise RemoteProtocolError("LOGIN comes after HELLO.")
        host = self.address[0] if self.address else ""
        if frame.type == FrameType.LOGIN:
            user = accounts.login(Login.decode(frame.body), self.proof, host)
            vault = accounts.vault_of(user.account)
            answer = LoggedIn(services.clock_ms(), vault.version, vault.vault)
        elif frame.type == FrameType.REGISTER:
            user = accounts.register(Register.decode(frame.body), self.proof, host)
            answer = LoggedIn(services.clock_ms(), 1, b"")
            services.registered(user.account.username)
        else:
            raise RemoteProtocolError("LOGIN or REGISTER comes after HELLO.")
        self.user = user
        self.username = user.account.username
        self.since_ms = services.clock_ms()
        self._decoder.limit = limits.FRAME_AFTER_LOGIN
        return FrameType.OK, answer

    def _go_live(self, answer: bytes) -> None:
        """Join the audience, then queue the OK, then what was pushed in between: nothing but BYE comes before the OK,
        and no post numbered after it is missed."""
        services = self._services
        for oldest in services.presence.join(self, services.limits.sessions_per_user):
            oldest.end(ErrorCode.KICKED, "You logged in on too many devices; the oldest was signed out.")
        batch = [answer]
        while batch:
            self.connection.send(b"".join(batch))
            with self._going_live:
                batch, self._held = self._held, []
                self._live = not batch
        # A password change that ended the others before we joined has not seen this session.
        if self.user is not None and not services.accounts.current(self.user):
            self.end(ErrorCode.KICKED, CHANGED_ELSEWHERE)
