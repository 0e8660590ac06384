"""Two connected ends, threads with a result, and reading with a deadline: what the tests of the net need."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from securechat.net.tls_connection import TlsConnection

SMALL_BUFFER = 8192  # of a socket that is full soon
DEADLINE_S = 10.0  # nothing here takes a tenth of it unless it hangs

Result = TypeVar("Result")


@dataclass(frozen=True)
class Contexts:
    server: ssl.SSLContext
    client: ssl.SSLContext
    cert_hash: bytes


class Background(Generic[Result]):
    """A function on a thread of its own; `result` joins it and gives what it returned or raised."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._value: list[Result] = []
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="background")
        self.thread.start()

    def _run(self) -> None:
        try:
            self._value.append(self._function())
        except BaseException as error:
            self._error = error

    @property
    def running(self) -> bool:
        return self.thread.is_alive()

    def result(self) -> Result:
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive(), "the thread does not end"
        if self._error:
            raise self._error
        return self._value[0]


def connected_sockets(buffer_bytes: int | None = None) -> tuple[socket.socket, socket.socket]:
    """(server's end, client's end) of a TCP connection on the loopback; small buffers fill up soon."""
    with socket.socket() as listener:
        if buffer_bytes:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        client = socket.socket()
        if buffer_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
    if buffer_bytes:
        for sock in (server, client):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
    return server, client


@contextmanager
def pair(
    contexts: Contexts,
    *,
    on_blocked: Callable[[TlsConnection], None] | None = None,
    max_queue: int = 1 << 20,
    buffer_bytes: int | None = None,
) -> Iterator[tuple[TlsConnection, TlsConnection]]:
    """(server's end, client's end) after the handshake; both are closed at the end."""
    server_socket, client_socket = connected_sockets(buffer_bytes)
    server = TlsConnection(server_socket, contexts.server, server_side=True, on_blocked=on_blocked, max_queue=max_queue)
    client = TlsConnection(client_socket, contexts.client, server_side=False)
    try:
        shaking = Background(lambda: server.handshake(DEADLINE_S))
        client.handshake(DEADLINE_S)
        shaking.result()
        yield server, client
    finally:
        client.close()
        server.close()


def receive_exactly(connection: TlsConnection, size: int) -> bytes:
    """``size`` bytes, or fewer if the end comes first."""
    parts = bytearray()
    while len(parts) < size:
        part = connection.receive(DEADLINE_S)
        if not part:
            break
        parts += part
    return bytes(parts)


def pattern(size: int) -> bytes:
    """Bytes in which a piece lost or moved shows."""
    return b"".join(struct.pack(">I", number) for number in range(size // 4 + 1))[:size]


def fill(connection: TlsConnection, piece: bytes = b"x" * 1000) -> int:
    """Send until the system takes no more; returns the bytes taken so far."""
    sent = 0
    while not connection.queued_bytes:
        assert connection.send(piece)
        sent += len(piece)
    return sent
