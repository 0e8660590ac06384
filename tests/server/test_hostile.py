"""Peers that mean no good, or do not know how: the server serves on, and keeps nothing of them."""

from __future__ import annotations

import os
import random
import socket
import ssl
import struct
import threading

import pytest

from securechat.errors import ConnectionClosed
from securechat.net.certificate import client_context
from securechat.wire.frames import FrameType, encode_frame
from tests.server.conftest import Running
from tests.server.raw_client import RawClient


def dial(running: Running) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), timeout=10)


def read_to_the_end(sock: socket.socket) -> None:
    try:
        while sock.recv(65_536):
            pass
    except (ConnectionError, ssl.SSLError):
        pass  # a reset is an end too
    finally:
        sock.close()


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def tls(running: Running) -> ssl.SSLSocket:
    return client_context().wrap_socket(dial(running))


def random_bytes(running: Running) -> None:
    sock = dial(running)
    sock.sendall(random.Random(7).randbytes(20_000))  # noqa: S311 - noise
    read_to_the_end(sock)


def plain_http(running: Running) -> None:
    sock = dial(running)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: chat\r\n\r\n")
    read_to_the_end(sock)


def connect_and_leave(running: Running) -> None:
    dial(running).close()


def connect_and_reset(running: Running) -> None:
    reset(dial(running))


def half_a_handshake(running: Running) -> None:
    """The first half of a real ClientHello, then away."""
    context, incoming, outgoing = client_context(), ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        engine.do_handshake()
    hello = outgoing.read()
    sock = dial(running)
    sock.sendall(hello[: len(hello) // 2])
    sock.close()


def hello_and_reset(running: Running) -> None:
    """A whole ClientHello, and a reset before the answer is read."""
    context, incoming, outgoing = client_context(), ssl.MemoryBIO(), ssl.MemoryBIO()
    engine = context.wrap_bio(incoming, outgoing)
    with pytest.raises(ssl.SSLWantReadError):
        engine.do_handshake()
    sock = dial(running)
    sock.sendall(outgoing.read())
    reset(sock)


def other_alpn(running: Running) -> None:
    context = client_context()
    context.set_alpn_protocols(["h2"])
    try:
        read_to_the_end(context.wrap_socket(dial(running)))
    except (ssl.SSLError, ConnectionError):
        pass  # refused


def garbage_in_tls(running: Running) -> None:
    sock = tls(running)
    sock.sendall(b"\x00\x00\x00\x20" + random.Random(8).randbytes(5000))  # noqa: S311 - noise
    read_to_the_end(sock)


def giant_length(running: Running) -> None:
    sock = tls(running)
    sock.sendall(b"\xff\xff\xff\xff")
    read_to_the_end(sock)


def garbage_after_tls(running: Running) -> None:
    """Bytes that are not TLS on a connection that was."""
    sock = tls(running)
    raw = socket.socket(fileno=sock.detach())
    raw.settimeout(10)
    raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
    read_to_the_end(raw)


def cut_off_in_the_middle_of_a_frame(running: Running) -> None:
    client = RawClient(running.port)
    client.connection.send(encode_frame(FrameType.LOGIN, 9, bytes(1000))[:500])
    reset(client.connection.held.sock)
    client.close()


def requests_then_reset(running: Running) -> None:
    """Asks for much and is gone before the answers."""
    client = RawClient(running.port)
    client.login("victim")
    for _ in range(20):
        client.send(FrameType.LIST_USERS, bytes(4))
    reset(client.connection.held.sock)
    client.close()


ATTACKS = [
    random_bytes,
    plain_http,
    connect_and_leave,
    connect_and_reset,
    half_a_handshake,
    hello_and_reset,
    other_alpn,
    garbage_in_tls,
    giant_length,
    garbage_after_tls,
    cut_off_in_the_middle_of_a_frame,
    requests_then_reset,
]


def settle(running: Running) -> None:
    """Wait until all who came were let in or turned away, and all sessions but alice's have ended by themselves."""
    while True:
        try:
            RawClient(running.port).close()  # taken after all who came before
            break
        except ConnectionClosed:
            continue  # turned away: those before are not done yet
    for thread in threading.enumerate():
        if thread.name.startswith("session-") and thread.name != "session-1":
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.parametrize("attack", ATTACKS)
def test_server_serves_on_and_keeps_nothing(running: Running, attack: object, caplog: pytest.LogCaptureFixture) -> None:
    alice = running.register("alice")
    running.register("victim", key=1).close()
    alice.post("before")  # so that the database has opened what it needs
    settle(running)
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        attack(running)  # type: ignore[operator]
    assert alice.post("still here").seq == 2
    settle(running)
    assert running.server.connections == 1
    assert running.server.caps.count == 0
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert "internal error" not in caplog.text


def test_noise_in_every_request_gives_documented_errors_only(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    """Each request with random bodies of several lengths: an ERR or the end, never an internal error."""
    running.register("alice").close()
    running.server._services.limits = type(running.server.options.limits)(
        requests_per_second=0, logins_per_minute=0, streams_per_minute=0, posts_per_second=0
    )
    running.server.accounts._guard._logins._rate = 0
    noise = random.Random(9)  # noqa: S311 - noise
    client: RawClient | None = None
    for frame_type in [
        *range(0x03, 0x07),
        *range(0x10, 0x14),
        *range(0x20, 0x29),
        *range(0x30, 0x32),
        0x40,
        0x50,
        0x7F,
    ]:
        for size in (0, 1, 33, 216, 1590):
            if client is None or client.connection.closed:
                client = running.login("alice")
            number = client.send(frame_type, noise.randbytes(size))
            frame = client.reply(number)
            assert frame.type in (FrameType.OK, FrameType.ERR)
            if frame.type == FrameType.ERR and frame.body[1] in (1, 2, 12):
                assert client.wait_end() == frame.body[1]
                client.close()
                client = None
    assert "internal error" not in caplog.text
    assert running.login("alice").ok(FrameType.PING) == b""


def test_flood_of_connections_is_survived(running: Running) -> None:
    """A hundred at once from one address: most are turned away, and it is over when they are gone."""
    alice = running.register("alice")
    socks = [dial(running) for _ in range(100)]
    for sock in socks:
        sock.close()
    alice.ok(FrameType.PING)
    settle(running)
    assert running.login("alice").ok(FrameType.PING) == b""


def test_peer_that_never_reads_before_login_is_closed_in_time(running: Running) -> None:
    client = running.connect(hello=False)
    client.connection.send(b"".join(encode_frame(FrameType.HELLO, 1, bytes(34)) for _ in range(3)))
    try:
        client.wait_end()
    except ConnectionClosed:
        pass  # our second frame met a closed door
    assert running.register("alice").ok(FrameType.PING) == b""
