"""From host and port to a connection, and every way in which that can fail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from securechat.errors import ConnectionClosed
from securechat.net import connecting
from securechat.net.connecting import Cancel, connect
from securechat.net.listener import Listener
from securechat.net.tls_connection import TlsConnection
from tests.net.pairs import DEADLINE_S, Background, Contexts


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener("127.0.0.1", 0)
    yield made
    made.close()


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    listener = Listener("127.0.0.1", 0)
    listener.close()
    return listener.port


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port whose system answers nothing at all: the queue of a listener that accepts nobody is full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(listening.getsockname())
            waiting.append(sock)
        yield listening.getsockname()[1]
        for sock in waiting:
            sock.close()


def serve_one(listener: Listener, contexts: Contexts) -> Background[bytes]:
    """Take one connection and send back the first thing it says."""

    def serve() -> bytes:
        taken = listener.accept()
        assert taken
        connection = TlsConnection(taken[0], contexts.server, server_side=True, address=taken[1])
        connection.handshake(DEADLINE_S)
        said = connection.receive(DEADLINE_S)
        connection.send(said)
        connection.flush(DEADLINE_S)
        connection.close()
        return said

    return Background(serve)


def test_connect_gives_a_connection_that_works(listener: Listener, contexts: Contexts) -> None:
    serving = serve_one(listener, contexts)
    connection = connect("127.0.0.1", listener.port, contexts.client, DEADLINE_S)
    assert connection.address == ("127.0.0.1", listener.port)
    assert connection.peer_certificate_hash == contexts.cert_hash
    connection.send(b"hello")
    assert connection.receive(DEADLINE_S) == b"hello"
    assert connection.receive(DEADLINE_S) == b""
    connection.close()
    assert serving.result() == b"hello"


def test_nobody_there_gives_a_sentence(closed_port: int, contexts: Contexts) -> None:
    with pytest.raises(ConnectionClosed, match=f"Nothing answers at 127.0.0.1:{closed_port}. Is the server running"):
        connect("127.0.0.1", closed_port, contexts.client, DEADLINE_S)


@pytest.mark.parametrize(("host", "port"), [("x" * 64 + ".example", 5050), ("not a name", 5050), ("127.0.0.1", 70_000)])
def test_a_name_that_is_none_gives_a_sentence(host: str, port: int, contexts: Contexts) -> None:
    with pytest.raises(ConnectionClosed, match=r"is not known|Nothing answers"):
        connect(host, port, contexts.client, DEADLINE_S)


def test_no_answer_gives_a_sentence(dead_port: int, contexts: Contexts) -> None:
    with pytest.raises(ConnectionClosed, match=f"127.0.0.1:{dead_port} did not answer in time"):
        connect("127.0.0.1", dead_port, contexts.client, 0.05)


def test_every_address_is_tried_with_its_share_of_the_time(
    listener: Listener, closed_port: int, dead_port: int, contexts: Contexts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One address refuses and one is dead; the third answers, and there is time left for it."""
    ports = [closed_port, dead_port, listener.port]
    monkeypatch.setattr(
        connecting.socket,
        "getaddrinfo",
        lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports],
    )
    serving = serve_one(listener, contexts)
    connection = connect("chat.example", 5050, contexts.client, 1.0)
    connection.send(b"hello")
    assert serving.result() == b"hello"
    connection.close()


def test_a_silent_server_gives_a_sentence(listener: Listener, contexts: Contexts) -> None:
    with pytest.raises(ConnectionClosed, match=f"No secure connection to 127.0.0.1:{listener.port}: .* in time"):
        connect("127.0.0.1", listener.port, contexts.client, 0.05)


def test_an_address_in_ipv6_is_shown_in_brackets(contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting.socket, "getaddrinfo", lambda *_, **__: [])
    with pytest.raises(ConnectionClosed, match=r"Nothing answers at \[2001:db8::1\]:5050"):
        connect("2001:db8::1", 5050, contexts.client, DEADLINE_S)


def cancelled(port: int, contexts: Contexts, cancel: Cancel) -> None:
    with pytest.raises(ConnectionClosed, match="was cancelled"):
        connect("127.0.0.1", port, contexts.client, DEADLINE_S * 2, cancel=cancel)


def test_cancel_before_connecting(listener: Listener, contexts: Contexts) -> None:
    cancel = Cancel()
    cancel.set()
    cancelled(listener.port, contexts, cancel)


def test_cancel_while_no_answer_comes(dead_port: int, contexts: Contexts, monkeypatch: pytest.MonkeyPatch) -> None:
    """connect() waits for the TCP connection on another thread; cancel wakes it."""
    waits = threading.Event()
    real_wait = connecting.wait_ready

    def wait(*arguments: object) -> list[int]:
        waits.set()
        return real_wait(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(connecting, "wait_ready", wait)
    cancel = Cancel()
    connecting_thread = Background(lambda: cancelled(dead_port, contexts, cancel))
    assert waits.wait(DEADLINE_S)
    cancel.set()
    connecting_thread.result()


def test_cancel_while_the_server_is_silent(listener: Listener, contexts: Contexts) -> None:
    """connect() waits in the handshake on another thread; cancel wakes it, and the server sees the end."""
    cancel = Cancel()
    connecting_thread = Background(lambda: cancelled(listener.port, contexts, cancel))
    taken = listener.accept()
    assert taken
    with taken[0] as sock:
        sock.settimeout(DEADLINE_S)
        assert sock.recv(5)  # the ClientHello: the handshake is under way
        cancel.set()
        connecting_thread.result()
        while sock.recv(65_536):
            pass


def test_cancel_after_connecting_does_nothing(listener: Listener, contexts: Contexts) -> None:
    cancel = Cancel()
    serving = serve_one(listener, contexts)
    connection = connect("127.0.0.1", listener.port, contexts.client, DEADLINE_S, cancel=cancel)
    cancel.set()
    connection.send(b"still here")
    assert serving.result() == b"still here"
    connection.close()
