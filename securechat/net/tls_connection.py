"""One TLS connection that many threads write to, one reads from, and any may close.

Owns the order of bytes on one socket: the queue, the role of the writer, the way to close. Must not know frames or what
the bytes mean.

One thread at a time is *the writer*: whoever finds none when it has something to send. Under the lock it encrypts what
is queued; outside the lock it sends; so records leave in the order in which they were sealed, and no system call is
made under the lock. If the socket is full the writer *parks* its rest: it keeps the role without a thread, until
`continue_writing` (called by the owner of the `Poller`) or `flush` takes it up. Where there is no poller, in the
client, the writer waits itself. The thread in `handshake` is the writer until it is done.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable

from securechat.errors import ConnectionClosed
from securechat.net.held_socket import HeldSocket
from securechat.net.send_queue import SendQueue
from securechat.net.tls_engine import TlsEngine
from securechat.net.waiting import Deadline, wait_ready

__all__ = ["TlsConnection"]

_RECEIVE_SIZE = 65_536  # one recv, and so about the most that one receive() returns
_TURN_SIZE = 65_536  # plaintext sealed per turn under the lock, about 30 µs: the longest that a sender waits for it

logger = logging.getLogger(__name__)


class TlsConnection:
    """A non-blocking socket with TLS 1.3 on it; takes ``sock`` over and closes it.

    ``address``: the peer's, for the log. ``max_queue``: bytes that may wait to be sent. ``on_blocked``: called without
    the lock by the thread that met a full socket (`Poller.watch`); None: that thread waits itself.
    ``server_hostname``: checked if the context verifies certificates.
    """

    def __init__(
        self,
        sock: socket.socket,
        context: ssl.SSLContext,
        *,
        server_side: bool,
        address: tuple[str, int] | tuple[()] = (),
        max_queue: int = 1 << 20,
        on_blocked: Callable[[TlsConnection], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        server_hostname: str | None = None,
    ) -> None:
        self.address = address
        self.peer_certificate_hash = b""  # bytes, 32, after the handshake, on the client's side
        self.overflowed = False  # a send() was refused because the queue was full
        self.held = HeldSocket(sock)  # for the Poller, which keeps the descriptor open while it watches
        self.held.set_options()
        self._max_queue = max_queue
        self._on_blocked = on_blocked
        self._patience = None if on_blocked else Deadline(None)  # how long a writer waits for a full socket
        self._monotonic = monotonic
        self._early = b""  # plaintext that came with the end of the handshake; only the receiving thread

        # The lock guards all below. It is never held over a system call or a callback.
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)  # for flush(): parked, idle or dead
        self._engine = TlsEngine(context, server_side=server_side, server_hostname=server_hostname)
        self._queue = SendQueue()
        self._in_flight = 0  # bytes sealed and with the writer
        self._writing = True  # somebody has the writer's role: at first the handshake
        self._parked: memoryview | None = None  # the writer's rest while no thread has the role
        self._last_taken = False  # a farewell is queued: nothing may follow it
        self._closed = False
        self._broken = False  # sending failed; what has arrived can still be read

    def __repr__(self) -> str:
        return f"<TlsConnection {self.address}>"

    @property
    def closed(self) -> bool:
        """True once nothing more can be sent: closed here, or the peer is gone or makes no sense."""
        return self._closed or self._broken or self._engine.failure is not None

    @property
    def queued_bytes(self) -> int:
        """Bytes taken by `send` that the system has not taken yet."""
        return self._queue.size + self._in_flight

    def fileno(self) -> int:
        """The descriptor, -1 when closed."""
        return self.held.sock.fileno()

    def handshake(self, timeout_s: float) -> None:
        """Shake hands within ``timeout_s`` in all, blocking; the first thing to do with a connection, once.

        Raises ConnectionClosed, and has closed, if the peer is silent, leaves, or does not speak TLS 1.3 with chat/1.
        """
        deadline = Deadline(timeout_s, self._monotonic)
        try:
            if not self.held.hold():
                raise ConnectionClosed()
            try:
                self._shake_hands(deadline)
            except TimeoutError as error:
                raise ConnectionClosed("The other side did not answer in time.") from error
            except OSError as error:
                raise ConnectionClosed("The connection broke off.", reset=True) from error
            finally:
                self.held.release()
        except ConnectionClosed as error:
            logger.debug("%s: no handshake: %s", self.address, error)
            self.close()
            raise
        self._write(memoryview(b""), self._patience)  # what was queued meanwhile

    def _shake_hands(self, deadline: Deadline) -> None:
        done = False
        while not done:
            failure = None
            with self._lock:
                try:
                    done = self._engine.step_handshake()
                except ConnectionClosed as error:
                    failure = error
                output = self._engine.take_output()  # after a failure: the alert
            if self._push(memoryview(output), deadline):
                raise TimeoutError
            if failure:
                raise failure
            if not done:
                if deadline.remaining() == 0:  # also for a peer that always has one more byte ready
                    raise TimeoutError
                received = self._read_socket(deadline)
                with self._lock:
                    self._engine.feed(received)
        with self._lock:
            self.peer_certificate_hash = self._engine.peer_certificate_hash()
            self._early = self._engine.decrypt()

    def receive(self, timeout_s: float | None) -> bytes:
        """Plaintext, at least 1 byte and about 64 KiB at most; b"" at the peer's orderly end or after `close`.

        Waits up to ``timeout_s`` seconds (None: forever), then raises TimeoutError. Raises ConnectionClosed if the
        connection broke off (``reset``) or the peer sent nonsense. Nothing is read ahead, so a peer whose bytes are not
        fetched is slowed down by TCP. Always the same thread calls this, after the handshake.
        """
        if self._early:
            plaintext, self._early = self._early, b""
            return plaintext
        deadline = Deadline(timeout_s, self._monotonic)
        while not (self._closed or self._engine.ended):
            if self._engine.failure:
                raise self._engine.failure
            try:
                received = self._read_socket(deadline)
            except ConnectionClosed:
                if self._closed:  # it was we who ended it
                    return b""
                raise
            if plaintext := self._decrypt(received):
                return plaintext
        return b""

    def _read_socket(self, deadline: Deadline) -> bytes:
        """What one recv gives, b"" at the end. Raises TimeoutError at the deadline, ConnectionClosed if it broke."""
        if not self.held.hold():
            return b""
        try:
            while wait_ready(readable=[self.fileno()], timeout_s=deadline.remaining()):
                try:
                    return self.held.sock.recv(_RECEIVE_SIZE)
                except BlockingIOError:
                    continue  # woken for nothing
                except OSError as error:
                    raise ConnectionClosed("The connection broke off.", reset=True) from error
            raise TimeoutError
        finally:
            self.held.release()

    def _decrypt(self, received: bytes) -> bytes:
        with self._lock:
            if self._closed:
                return b""
            self._engine.feed(received)
            plaintext = self._engine.decrypt()
            if self._engine.output_size > self._max_queue:
                # A peer can ask for an answer (KeyUpdate) with every record, and never read one.
                self._engine.failure = ConnectionClosed("The other side asks for more than it reads.")
            if self._engine.failure:
                self._queue.clear()
                self._changed.notify_all()
            if not self._engine.output_size or self._writing or self._broken:
                return plaintext  # whoever is writing sends the output too
            self._writing = True
            output = self._seal_turn()
        self._write(memoryview(output), self._patience)
        return plaintext

    def send(self, data: bytes, *, farewell: bool = False) -> bool:
        """Send ``data`` after all that was taken before. Any thread; never blocks if ``on_blocked`` was given.

        False, and nothing is sent, if the connection is closed, or if bytes are waiting and ``data`` would make them
        more than ``max_queue`` (then ``overflowed`` is True). A ``farewell`` is taken into a full queue too, nothing
        after it. True is no receipt: the connection may still break.
        """
        with self._lock:
            if self.closed or self._last_taken:
                return False
            size = len(data)
            queued = self._queue.size + self._in_flight
            if queued and queued + size > self._max_queue and not farewell:
                self.overflowed = True
                return False
            self._last_taken = farewell
            if not size:
                return True
            if self._writing or size > _TURN_SIZE:
                self._queue.append(data)
            if self._writing:
                return True
            self._writing = True
            if size > _TURN_SIZE:
                sealed = self._seal_turn()
            else:  # the usual case: nothing is waiting, so the queue is not touched
                self._engine.encrypt(data)
                sealed = self._engine.take_output()
                self._in_flight = len(sealed)
        self._write(memoryview(sealed), self._patience)
        return True

    def continue_writing(self) -> bool:
        """Take up writing where the socket was full; True if it is full again (``on_blocked`` was called again).

        The owner of the `Poller` calls this for what `Poller.wait` returned. Never blocks.
        """
        with self._lock:
            rest, self._parked = self._parked, None
        return rest is not None and self._write(rest, None)

    def flush(self, timeout_s: float) -> bool:
        """Wait up to ``timeout_s`` seconds until the system has taken all; False if it has not, or cannot any more.

        Any thread, also the poller's: a parked rest is sent from here.
        """
        deadline = Deadline(timeout_s, self._monotonic)
        while True:
            with self._lock:
                self._changed.wait_for(
                    lambda: not self._writing or self._parked is not None or self.closed, deadline.remaining()
                )
                if self.closed or not self._writing:
                    return not self.closed
                rest, self._parked = self._parked, None
            if rest is None or self._write(rest, deadline):
                return False  # another thread is still writing, or the socket is still full

    def _write(self, rest: memoryview, patience: Deadline | None) -> bool:
        """Send ``rest`` and all that is queued; only with the writer's role, which is given up or parked at the end.

        True if parked: the socket stayed full for as long as ``patience`` allows (None: does not wait at all).
        """
        if not self.held.hold():
            self._stop_writing(broken=False)
            return False
        try:
            while True:
                if rest := self._push(rest, patience):
                    return self._park(rest)
                with self._lock:
                    rest = memoryview(self._seal_turn())
                    if not rest:
                        self._writing = False
                        self._changed.notify_all()
                        return False
        except OSError as error:
            logger.debug("%s: cannot send: %s", self.address, error.strerror)
            self._stop_writing(broken=True)
            return False
        finally:
            self.held.release()

    def _push(self, rest: memoryview, patience: Deadline | None) -> memoryview:
        """Send; returns what the system did not take while ``patience`` lasted. Only the writer. Raises OSError."""
        while rest:
            try:
                rest = rest[self.held.sock.send(rest) :]
            except BlockingIOError:
                if patience is None or not wait_ready(writable=[self.fileno()], timeout_s=patience.remaining()):
                    break
        return rest

    def _park(self, rest: memoryview) -> bool:
        with self._lock:
            if self._closed:
                self._writing = False
                return False
            self._parked = rest
            self._in_flight = len(rest)
            self._changed.notify_all()
        if self._on_blocked:
            self._on_blocked(self)
        return True

    def _seal_turn(self) -> bytes:
        """Records of up to `_TURN_SIZE` queued bytes, behind what the engine had to say. The lock is held."""
        turn = self._queue.take(_TURN_SIZE)
        if turn:
            self._engine.encrypt(turn)
        sealed = self._engine.take_output()
        self._in_flight = len(sealed)
        return sealed

    def _stop_writing(self, *, broken: bool) -> None:
        """Give up the writer's role with all that waits. ``broken``: the peer is gone, the reader shall see it."""
        with self._lock:
            self._broken = self._broken or broken
            self._queue.clear()
            self._in_flight = 0
            self._writing = False
            self._changed.notify_all()
        if broken:
            self.held.shut_down()  # what arrived before can still be read

    def close(self) -> None:
        """Idempotent, any thread, does not wait. Says close_notify if nothing stands in the way; queued bytes are lost
        (`flush` first). A thread in `receive` or `send` wakes; the last thread that uses the descriptor closes it.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.clear()
            notice = b""
            if not self._writing and not self._broken:
                self._engine.end()
                notice = self._engine.take_output()
            self._changed.notify_all()
        if self.held.hold():
            try:
                self._push(memoryview(notice), None)
            except OSError:
                pass  # the peer is gone: nobody is there to be told
            self.held.shut_down()
            self.held.drain()
            self.held.release()
        self.held.close()
