"""One connection to a server as requests, replies and pushes. Owns the thread "chat-receive".

Knows frames, not what they mean: who is logged in and what is asked is decided by its callers. A reply finds its
request by number; pushes are handed on in the order of arrival. `request` blocks the caller, `submit` does not.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from securechat.client.sentences import seconds_of
from securechat.errors import ConnectionClosed, ErrorCode, RemoteProtocolError, RequestRefused
from securechat.net import TlsConnection
from securechat.rules.clean_text import one_line
from securechat.wire import limits
from securechat.wire.frames import Frame, FrameDecoder, FrameType, encode_frame
from securechat.wire.messages import Bye, Error

__all__ = ["Connection"]

logger = logging.getLogger(__name__)

_LOGINS = (FrameType.LOGIN, FrameType.REGISTER)
_MAX_REQUEST = (1 << 32) - 1


class Connection:
    """Frames over one TLS connection, which it takes over.

    `on_lost` is called on the receive thread, once, last. Pushes wait until `deliver_to` names who takes them.
    """

    def __init__(
        self,
        tls: TlsConnection,
        *,
        on_lost: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tls = tls
        self._on_lost = on_lost
        self._monotonic = monotonic
        self._decoder = FrameDecoder()
        self._logged_in = False  # receive thread only
        self.last_sent_s = self.last_received_s = monotonic()
        # The server's clock less our monotonic one, in seconds, as its answer to the login told; None before.
        self.server_apart_s: float | None = None
        self._push_lock = threading.Lock()  # guards the two below, and the order of pushes
        self._taker: Callable[[Frame], None] | None = None
        self._backlog: list[Frame] = []
        self._lock = threading.Lock()  # guards the three below
        self._pending: dict[int, tuple[int, Future[bytes]]] = {}
        self._next = 1
        self._lost: ConnectionClosed | None = None
        self._gone = threading.Event()  # set with _lost
        self._thread = threading.Thread(target=self._run, name="chat-receive", daemon=True)

    @property
    def certificate_hash(self) -> bytes:
        """SHA-256 of the server's certificate; 32 bytes."""
        return self._tls.peer_certificate_hash

    @property
    def lost(self) -> ConnectionClosed | None:
        """Why the connection ended, or None while it lives."""
        return self._lost

    def start(self) -> None:
        """Begin to receive; once."""
        self._thread.start()

    def deliver_to(self, taker: Callable[[Frame], None]) -> None:
        """Give `taker` all pushes so far and from now on, in their order. It must only queue."""
        with self._push_lock:
            backlog, self._backlog = self._backlog, []
            for frame in backlog:
                taker(frame)
            self._taker = taker

    def submit(self, frame_type: int, body: bytes = b"") -> Future[bytes]:
        """Send a request; the future gets the body of its OK, RequestRefused or ConnectionClosed. Any thread.

        Its callbacks run on the receive thread and must not block. Never raises for a lost connection.
        """
        future: Future[bytes] = Future()
        with self._lock:
            lost = self._lost
            if lost is None:
                number = self._free_number()
                self._pending[number] = (frame_type, future)
        if lost is not None:
            future.set_exception(_copy(lost))
            return future
        if frame_type in _LOGINS:
            # Its OK brings the vault, which is already under the larger limit (§3.1).
            self._decoder.limit = limits.FRAME_AFTER_LOGIN
        self.last_sent_s = self._monotonic()
        if not self._tls.send(encode_frame(frame_type, number, body)):
            self._tls.close()  # the receive thread sees the end and fails every waiting request
        return future

    def request(self, frame_type: int, body: bytes = b"", timeout_s: float = 30.0) -> bytes:
        """The body of the OK. RequestRefused, ConnectionClosed, TimeoutError. Not on the receive thread."""
        return self.submit(frame_type, body).result(timeout_s)

    def ask(self, frame_type: int, body: bytes = b"") -> bytes:
        """As `request`, but waits where the server says RATE_LIMITED. For the worker, which nobody waits for long."""
        while True:
            try:
                return self.request(frame_type, body)
            except RequestRefused as error:
                if error.code != ErrorCode.RATE_LIMITED:
                    raise
                if self._gone.wait(seconds_of(error)):
                    raise _copy(self._lost or ConnectionClosed()) from error

    def note_time(self, server_time_ms: int) -> None:
        """The server has just said what time it is there."""
        self.server_apart_s = server_time_ms / 1000 - self._monotonic()

    def close(self) -> None:
        """End it; idempotent, any thread, does not wait."""
        self._tls.close()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for the receive thread, unless called on it or before `start`."""
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _free_number(self) -> int:
        assert self._lock.locked()  # noqa: S101
        while self._next in self._pending:
            self._next = self._next % _MAX_REQUEST + 1
        number = self._next
        self._next = number % _MAX_REQUEST + 1
        return number

    def _run(self) -> None:
        """The receive thread. It blocks in `receive` alone; `close` wakes it there."""
        lost = ConnectionClosed("The connection to the server was lost.")
        try:
            while data := self._tls.receive(None):
                self.last_received_s = self._monotonic()
                self._decoder.feed(data)
                while (frame := self._decoder.next_frame()) is not None:
                    self._take(frame)
        except ConnectionClosed as error:
            lost = error
        except RemoteProtocolError as error:
            logger.warning("the server broke the protocol: %s", error)
            lost = ConnectionClosed("The server sent something that this program does not accept.")
        self._tls.close()
        with self._lock:
            self._lost = lost
            pending, self._pending = self._pending, {}
        self._gone.set()
        for _, future in pending.values():
            future.set_exception(_copy(lost))
        self._on_lost()

    def _take(self, frame: Frame) -> None:
        if frame.request:
            self._reply(frame)
        elif frame.type == FrameType.BYE:
            bye = Bye.decode(frame.body)
            raise ConnectionClosed(one_line(bye.text), bye.code)
        elif not self._logged_in:
            raise RemoteProtocolError("A push before the login.")
        else:
            with self._push_lock:
                if self._taker is None:
                    self._backlog.append(frame)
                else:
                    self._taker(frame)

    def _reply(self, frame: Frame) -> None:
        with self._lock:
            asked, future = self._pending.pop(frame.request, (0, None))
        if future is None:
            raise RemoteProtocolError("A reply to nothing.")
        if frame.type == FrameType.ERR:
            error = Error.decode(frame.body)
            future.set_exception(RequestRefused(error.code, error.text))
        elif frame.type == (FrameType.SERVER_HELLO if asked == FrameType.HELLO else FrameType.OK):
            self._logged_in = self._logged_in or asked in _LOGINS
            future.set_result(frame.body)
        else:
            future.set_exception(ConnectionClosed("The server gave an answer of the wrong type."))
            raise RemoteProtocolError("A reply of the wrong type.")


def _copy(error: ConnectionClosed) -> ConnectionClosed:
    # One exception object raised in several threads would collect all their tracebacks.
    return ConnectionClosed(str(error), error.code, reset=error.reset)
