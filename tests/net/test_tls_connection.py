"""Bytes through one connection: whole, in order, from many threads, to slow readers, and to the end."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from securechat.errors import ConnectionClosed
from securechat.net import tls_connection
from securechat.net.poller import Poller
from securechat.net.tls_connection import TlsConnection
from securechat.net.tls_engine import TlsEngine
from tests.net.pairs import (
    DEADLINE_S,
    SMALL_BUFFER,
    Background,
    Contexts,
    fill,
    pair,
    pattern,
    receive_exactly,
)


def carry_on(poller: Poller, connection: TlsConnection) -> None:
    """The delivery thread's part, until nothing waits any more or the connection is closed."""
    while connection.queued_bytes and not connection.closed:
        for ready in poller.wait(DEADLINE_S):
            ready.continue_writing()


@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 16_385, 65_536, 65_537, 1 << 20, 3 << 20])
def test_bytes_arrive_both_ways(contexts: Contexts, size: int) -> None:
    data = pattern(size)
    with pair(contexts) as (server, client):
        for sender, receiver in ((client, server), (server, client)):
            reading = Background(lambda receiver=receiver: receive_exactly(receiver, size + 3))
            assert sender.send(data)
            assert sender.send(b"end")
            assert reading.result() == data + b"end"
            assert sender.queued_bytes == 0


def test_a_mebibyte_arrives_through_the_poller(contexts: Contexts) -> None:
    data = pattern(1 << 20)
    poller = Poller()
    with pair(contexts, on_blocked=poller.watch, buffer_bytes=SMALL_BUFFER) as (server, client):
        assert server.send(data)
        assert server.queued_bytes > 0
        reading = Background(lambda: receive_exactly(client, len(data)))
        carry_on(poller, server)
        assert reading.result() == data
    poller.close()


@pytest.mark.parametrize("handed_over", [True, False])
def test_frames_of_four_threads_are_whole_and_in_order(contexts: Contexts, handed_over: bool) -> None:
    """Four threads write through a narrow socket; one thread carries on when it is full, if that is not their own."""
    count = 300
    poller = Poller()
    with pair(
        contexts,
        on_blocked=poller.watch if handed_over else None,
        buffer_bytes=SMALL_BUFFER,
        max_queue=1 << 30,
    ) as (server, client):

        def write(writer: int) -> None:
            for number in range(count):
                body = struct.pack(">BI", writer, number) + bytes([writer]) * (number * 7 % 900)
                assert server.send(struct.pack(">I", len(body)) + body)

        def read() -> list[tuple[int, int]]:
            data, seen = bytearray(), []
            while len(seen) < 4 * count:
                data += client.receive(DEADLINE_S)
                while len(data) >= 4 and len(data) >= 4 + (size := struct.unpack_from(">I", data)[0]):
                    writer, number = struct.unpack_from(">BI", data, 4)
                    assert data[9 : 4 + size] == bytes([writer]) * (number * 7 % 900)
                    seen.append((writer, number))
                    del data[: 4 + size]
            return seen

        reading = Background(read)
        writers = [Background(lambda writer=writer: write(writer)) for writer in range(4)]
        if handed_over:
            while any(writer.running for writer in writers) or server.queued_bytes:
                for ready in poller.wait(0.01):
                    ready.continue_writing()
        for writer in writers:
            writer.result()
        seen = reading.result()
    for writer_number in range(4):
        assert [number for writer, number in seen if writer == writer_number] == list(range(count))
    poller.close()


def test_a_peer_that_does_not_read_delays_nobody(contexts: Contexts) -> None:
    """send() comes back at once, the connection is handed over once, and the bytes come in order later."""
    blocked: list[TlsConnection] = []
    with pair(contexts, on_blocked=blocked.append, buffer_bytes=SMALL_BUFFER) as (server, client):
        sent = fill(server, pattern(1000))
        assert blocked == [server]
        assert server.send(b"last words")
        assert blocked == [server]
        assert server.continue_writing()  # woken for nothing: still full, and handed over again
        assert blocked == [server, server]
        reading = Background(lambda: receive_exactly(client, sent + 10))
        assert server.flush(DEADLINE_S)
        assert reading.result() == pattern(1000) * (sent // 1000) + b"last words"
        assert not server.continue_writing()  # what the poller reports late does no harm
        assert server.send(b"more") and client.receive(DEADLINE_S) == b"more"


def test_a_full_queue_refuses_and_others_do_not_notice(contexts: Contexts) -> None:
    blocked: list[TlsConnection] = []
    with (
        pair(contexts, on_blocked=blocked.append, buffer_bytes=SMALL_BUFFER, max_queue=50_000) as (slow, slow_client),
        pair(contexts, on_blocked=blocked.append, max_queue=50_000) as (quick, quick_client),
    ):
        sent = fill(slow)
        waiting = slow.queued_bytes
        while slow.send(b"x" * 1000):
            sent += 1000
        assert slow.overflowed and not slow.closed
        assert waiting < slow.queued_bytes <= 50_000
        assert quick.send(b"hello") and quick_client.receive(DEADLINE_S) == b"hello"
        assert not quick.overflowed
        assert slow.send(b"bye", farewell=True)
        assert not slow.send(b"after the farewell", farewell=True)
        reading = Background(lambda: receive_exactly(slow_client, sent + 100))
        assert slow.flush(DEADLINE_S)
        slow.close()
        assert reading.result() == b"x" * sent + b"bye"


def test_one_write_over_the_limit_is_taken_when_nothing_waits(contexts: Contexts) -> None:
    blocked: list[TlsConnection] = []
    with pair(contexts, on_blocked=blocked.append, max_queue=1000) as (server, client):
        reading = Background(lambda: receive_exactly(client, 5000))
        assert server.send(pattern(5000))
        assert server.flush(DEADLINE_S)
        assert reading.result() == pattern(5000)


def test_flush_gives_up_at_its_deadline_and_hands_over_again(contexts: Contexts) -> None:
    blocked: list[TlsConnection] = []
    with pair(contexts, on_blocked=blocked.append, buffer_bytes=SMALL_BUFFER) as (server, client):
        sent = fill(server)
        assert not server.flush(0.02)
        assert blocked == [server, server]
        assert not server.closed
        reading = Background(lambda: receive_exactly(client, sent))
        assert server.flush(DEADLINE_S)
        assert len(reading.result()) == sent


def test_flush_waits_for_another_thread_that_writes(contexts: Contexts) -> None:
    """Without a poller the writer waits for the socket itself; flush waits for the writer, up to its deadline."""
    data = pattern(1 << 20)
    with pair(contexts, buffer_bytes=SMALL_BUFFER) as (server, client):
        writing = Background(lambda: server.send(data))
        first = client.receive(DEADLINE_S)
        assert not server.flush(0.02)
        reading = Background(lambda: receive_exactly(client, len(data) - len(first)))
        assert server.flush(DEADLINE_S)
        assert writing.result()
        assert first + reading.result() == data
        assert server.flush(0.0)


def test_receive_takes_no_more_than_one_piece_from_the_socket(contexts: Contexts) -> None:
    with pair(contexts) as (server, client):
        writing = Background(lambda: client.send(pattern(1 << 20)))
        sizes = []
        while sum(sizes) < 1 << 20:
            sizes.append(len(server.receive(DEADLINE_S)))
        assert max(sizes) <= 65_536
        assert writing.result()


def test_receive_times_out_and_goes_on(contexts: Contexts) -> None:
    with pair(contexts) as (server, client):
        for timeout_s in (0.0, 0.01):
            with pytest.raises(TimeoutError):
                server.receive(timeout_s)
        client.send(b"late")
        assert server.receive(None) == b"late"


def test_a_peer_that_asks_and_never_reads_is_given_up(contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that TLS itself makes (KeyUpdate) are bounded like everything else that waits."""

    class Answering(TlsEngine):
        """Has something to say after each record, as OpenSSL has after a KeyUpdate."""

        def decrypt(self) -> bytes:
            plaintext = super().decrypt()
            if plaintext:
                self._outgoing.write(b"x" * 300)
            return plaintext

    monkeypatch.setattr(tls_connection, "TlsEngine", Answering)
    blocked: list[TlsConnection] = []
    with pair(contexts, on_blocked=blocked.append, buffer_bytes=SMALL_BUFFER, max_queue=1000) as (server, client):
        fill(server)
        for _ in range(4):
            client.send(b"ask")
            assert server.receive(DEADLINE_S) == b"ask"
        with pytest.raises(ConnectionClosed, match="more than it reads"):
            server.receive(DEADLINE_S)


def test_what_reading_makes_goes_out(contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that TLS makes while reading is sent by the reading thread if nobody else is writing."""

    class Answering(TlsEngine):
        def decrypt(self) -> bytes:
            plaintext = super().decrypt()
            if plaintext == b"ask":
                self.encrypt(b"answer")
            return plaintext

    monkeypatch.setattr(tls_connection, "TlsEngine", Answering)
    with pair(contexts) as (server, client):
        client.send(b"ask")
        assert server.receive(DEADLINE_S) == b"ask"
        assert client.receive(DEADLINE_S) == b"answer"
        assert server.queued_bytes == 0


def test_no_system_call_is_made_under_the_lock(contexts: Contexts) -> None:
    """The socket is replaced by one that looks at the lock in each call."""
    calls: list[str] = []
    with pair(contexts) as (server, client):

        class Watching:
            def __init__(self, real: socket.socket) -> None:
                self._real = real

            def __getattr__(self, name: str) -> object:
                assert not server._lock.locked(), name
                calls.append(name)
                return getattr(self._real, name)

        server.held.sock = Watching(server.held.sock)  # type: ignore[assignment]
        server.send(b"hello")
        server.send(pattern(100_000))
        client.send(b"hello")
        assert server.receive(DEADLINE_S) == b"hello"
        receive_exactly(client, 100_005)
        server.close()
    assert {"send", "recv", "shutdown", "close"} <= set(calls)


def test_the_lock_of_a_blocked_connection_is_free(contexts: Contexts) -> None:
    """on_blocked is called without the lock, so that it may ask the connection anything."""
    seen: list[tuple[int, bool]] = []
    done = threading.Event()

    def on_blocked(connection: TlsConnection) -> None:
        seen.append((connection.queued_bytes, connection.send(b"from the callback")))
        done.set()

    with pair(contexts, on_blocked=on_blocked, buffer_bytes=SMALL_BUFFER) as (server, _):
        filling = Background(lambda: fill(server))
        assert done.wait(DEADLINE_S)
        filling.result()
    assert seen[0][0] > 0 and seen[0][1]
