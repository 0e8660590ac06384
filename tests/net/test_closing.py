"""How a connection ends: by close() from any thread, by the peer, by accident, by noise."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from securechat.errors import ConnectionClosed
from securechat.net.poller import Poller
from securechat.net.tls_connection import TlsConnection
from tests.net.pairs import (
    DEADLINE_S,
    SMALL_BUFFER,
    Background,
    Contexts,
    connected_sockets,
    fill,
    pair,
    pattern,
)


def test_close_from_another_thread_wakes_receive(contexts: Contexts) -> None:
    """receive() waits without a timeout; close() ends it with b"", and nothing can be sent any more."""
    with pair(contexts) as (server, client):
        reading = Background(lambda: server.receive(None))
        server.close()
        assert reading.result() == b""
        assert server.closed and server.fileno() == -1
        assert not server.send(b"x") and not server.flush(DEADLINE_S) and not server.overflowed
        assert server.receive(None) == b""
        server.close()
        assert client.receive(DEADLINE_S) == b""  # an orderly end, said by close_notify


def test_close_from_another_thread_wakes_a_waiting_writer(contexts: Contexts) -> None:
    """Without a poller send() waits for a peer that does not read; close() ends that."""
    with pair(contexts, buffer_bytes=SMALL_BUFFER) as (server, client):
        writing = Background(lambda: server.send(pattern(1 << 20)))
        client.receive(DEADLINE_S)
        server.close()
        writing.result()
        assert server.fileno() == -1 and server.queued_bytes == 0


def test_close_while_parked_forgets_the_rest(contexts: Contexts) -> None:
    blocked: list[TlsConnection] = []
    with pair(contexts, on_blocked=blocked.append, buffer_bytes=SMALL_BUFFER) as (server, client):
        sent = fill(server)
        server.close()
        assert not server.continue_writing()
        assert server.fileno() == -1 and server.queued_bytes == 0

        def read_all() -> int:
            size = 0
            while True:
                size += len(client.receive(DEADLINE_S))
                assert size <= sent

        # The last record was cut in the middle: that must not look like an orderly end.
        with pytest.raises(ConnectionClosed):
            Background(read_all).result()


def test_two_threads_may_close_at_once(contexts: Contexts) -> None:
    for _ in range(20):
        with pair(contexts) as (server, client):
            threads = [Background(end.close) for end in (server, client, server, client)]
            reading = Background(lambda server=server: server.receive(DEADLINE_S))
            for thread in threads:
                thread.result()
            try:
                assert reading.result() == b""
            except ConnectionClosed as error:
                assert error.reset  # the other end was faster


def test_a_cut_connection_is_no_orderly_end(contexts: Contexts) -> None:
    """The peer's process dies: TCP ends without close_notify, or by a reset."""
    for linger in (None, struct.pack("ii", 1, 0)):
        server_socket, client_socket = connected_sockets()
        server = TlsConnection(server_socket, contexts.server, server_side=True)
        client = TlsConnection(client_socket, contexts.client, server_side=False)
        shaking = Background(lambda server=server: server.handshake(DEADLINE_S))
        client.handshake(DEADLINE_S)
        shaking.result()
        client.send(b"the last")
        if linger:
            assert server.receive(DEADLINE_S) == b"the last"
            client_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client_socket.close()
        if not linger:
            assert server.receive(DEADLINE_S) == b"the last"
        for _ in range(2):
            with pytest.raises(ConnectionClosed) as caught:
                server.receive(DEADLINE_S)
            assert caught.value.reset
        server.close()
        client.close()


def test_what_came_before_a_failed_send_can_be_read(contexts: Contexts) -> None:
    """The peer said farewell and left; that our next send fails must not take its words from us."""
    with pair(contexts) as (server, client):
        client.send(b"bye")
        client.flush(DEADLINE_S)
        client.close()
        while server.send(b"x"):
            pass
        assert server.closed and not server.overflowed
        assert server.receive(DEADLINE_S) == b"bye"


@pytest.mark.parametrize("noise", [b"\x00" * 50, b"\x17\x03\x03\x00\x20" + b"\x5a" * 32, b"GET / HTTP/1.1\r\n\r\n"])
def test_noise_after_the_handshake_closes(contexts: Contexts, noise: bytes) -> None:
    with pair(contexts) as (server, client):
        client.send(b"good")
        assert server.receive(DEADLINE_S) == b"good"
        client.held.sock.send(noise)
        with pytest.raises(ConnectionClosed, match="not TLS") as caught:
            server.receive(DEADLINE_S)
        assert not caught.value.reset


def test_good_bytes_before_noise_are_delivered(contexts: Contexts) -> None:
    with pair(contexts) as (server, client):
        with client._lock:
            client._engine.encrypt(b"good")
            record = client._engine.take_output()
        client.held.sock.send(record + b"\x00" * 50)
        assert server.receive(DEADLINE_S) == b"good"
        with pytest.raises(ConnectionClosed):
            server.receive(DEADLINE_S)


def test_after_nonsense_nothing_is_sent(contexts: Contexts) -> None:
    """OpenSSL takes no more once it has failed: send() says so, and flush() does not wait."""
    blocked: list[TlsConnection] = []
    with pair(contexts, on_blocked=blocked.append, buffer_bytes=SMALL_BUFFER) as (server, client):
        fill(server)
        server.send(b"more")
        client.held.sock.send(b"\x00" * 50)
        with pytest.raises(ConnectionClosed):
            server.receive(DEADLINE_S)
        assert server.closed and not server.overflowed
        assert not server.send(b"x") and not server.flush(DEADLINE_S)
        server.continue_writing()


def test_writers_and_closers_in_any_order(contexts: Contexts) -> None:
    """Two threads write to each end and one reads, while both ends are closed: no other error ever comes out."""

    def write(connection: TlsConnection) -> None:
        while connection.send(pattern(3000)):
            pass

    def read(connection: TlsConnection) -> None:
        try:
            while connection.receive(DEADLINE_S):
                pass
        except ConnectionClosed as error:
            assert error.reset

    poller = Poller()
    stopping = threading.Event()

    def deliver() -> None:
        while not stopping.is_set():
            for ready in poller.wait(None):
                ready.continue_writing()

    delivering = Background(deliver)
    for _ in range(12):
        with pair(contexts, on_blocked=poller.watch, buffer_bytes=SMALL_BUFFER) as (server, client):
            threads = [Background(lambda end=end: write(end)) for end in (server, client, server, client)]
            threads += [Background(lambda end=end: read(end)) for end in (server, client)]
            threads += [Background(end.close) for end in (client, server)]
            for thread in threads:
                thread.result()
            assert client.fileno() == -1
    stopping.set()
    poller.wake()
    delivering.result()
    poller.close()
    assert server.fileno() == -1
