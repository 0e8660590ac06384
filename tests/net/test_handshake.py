"""Who is let in by the TLS handshake, and how long it may take."""

from __future__ import annotations

import socket
import ssl

import pytest

from securechat.errors import ConnectionClosed
from securechat.net.certificate import make_self_signed
from securechat.net.tls_connection import TlsConnection
from tests.net.pairs import DEADLINE_S, Background, Contexts, connected_sockets, pair


def stranger(protocol: ssl._SSLMethod = ssl.PROTOCOL_TLS_CLIENT) -> ssl.SSLContext:
    """A context of somebody else's, without ALPN."""
    context = ssl.SSLContext(protocol)
    if protocol == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def stranger_server(folder: object) -> ssl.SSLContext:
    context = stranger(ssl.PROTOCOL_TLS_SERVER)
    path = f"{folder}/certificate.pem"
    with open(path, "wb") as file:
        file.write(b"".join(make_self_signed()))
    context.load_cert_chain(path)
    return context


def speak_as_stranger(sock: socket.socket, context: ssl.SSLContext, *, server_side: bool) -> bytes:
    """Python's own TLS socket, up to the end; what it read, or b"" after any failure."""
    with sock:
        sock.settimeout(DEADLINE_S)
        try:
            with context.wrap_socket(sock, server_side=server_side) as wrapped:
                return wrapped.recv(100)
        except OSError:
            return b""


def test_the_client_learns_the_hash_of_the_certificate(contexts: Contexts) -> None:
    with pair(contexts) as (server, client):
        assert client.peer_certificate_hash == contexts.cert_hash
        assert server.peer_certificate_hash == b""
        assert not server.closed and not client.closed


def strange_client(context: ssl.SSLContext, contexts: Contexts) -> ConnectionClosed:
    """How our server's handshake with that client fails."""
    server_socket, client_socket = connected_sockets()
    server = TlsConnection(server_socket, contexts.server, server_side=True)
    other = Background(lambda: speak_as_stranger(client_socket, context, server_side=False))
    with pytest.raises(ConnectionClosed) as caught:
        server.handshake(DEADLINE_S)
    assert other.result() == b""
    assert server.closed and server.fileno() == -1
    return caught.value


def strange_server(context: ssl.SSLContext, contexts: Contexts) -> ConnectionClosed:
    """How our client's handshake with that server fails."""
    server_socket, client_socket = connected_sockets()
    client = TlsConnection(client_socket, contexts.client, server_side=False)
    other = Background(lambda: speak_as_stranger(server_socket, context, server_side=True))
    with pytest.raises(ConnectionClosed) as caught:
        client.handshake(DEADLINE_S)
    assert other.result() == b""
    assert client.closed and client.fileno() == -1
    return caught.value


def test_a_client_without_our_protocol_is_refused(contexts: Contexts) -> None:
    assert "chat/1" in str(strange_client(stranger(), contexts))
    other = stranger()
    other.set_alpn_protocols(["h2"])
    strange_client(other, contexts)


def test_a_server_without_our_protocol_is_refused(contexts: Contexts, tmp_path: object) -> None:
    assert "chat/1" in str(strange_server(stranger_server(tmp_path), contexts))


def test_a_client_with_tls_12_alone_is_refused(contexts: Contexts) -> None:
    old = stranger()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_alpn_protocols(["chat/1"])
    strange_client(old, contexts)


def test_a_server_with_tls_12_alone_is_refused(contexts: Contexts, tmp_path: object) -> None:
    old = stranger_server(tmp_path)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_alpn_protocols(["chat/1"])
    strange_server(old, contexts)


def test_the_server_gives_no_session_ticket(contexts: Contexts) -> None:
    """A client that has read data has seen everything that could come after the handshake."""
    server_socket, client_socket = connected_sockets()
    server = TlsConnection(server_socket, contexts.server, server_side=True)
    asking = stranger()
    asking.set_alpn_protocols(["chat/1"])

    def look() -> tuple[bytes, bool]:
        with client_socket, asking.wrap_socket(client_socket) as wrapped:
            data = wrapped.recv(100)
            return data, wrapped.session is not None and wrapped.session.has_ticket

    looking = Background(look)
    server.handshake(DEADLINE_S)
    server.send(b"hello")
    assert looking.result() == (b"hello", False)
    server.close()


@pytest.mark.parametrize("server_side", [True, False])
def test_a_silent_peer_is_given_up_at_the_deadline(contexts: Contexts, server_side: bool) -> None:
    near, far = connected_sockets()
    context = contexts.server if server_side else contexts.client
    connection = TlsConnection(near, context, server_side=server_side)
    with far, pytest.raises(ConnectionClosed, match="in time"):
        connection.handshake(0.05)
    assert connection.closed and connection.fileno() == -1


def test_a_peer_that_dribbles_has_one_budget_for_all_of_it(contexts: Contexts) -> None:
    """Each byte comes well within the time, all of them do not: the time is counted from the start."""
    now = [0.0]
    near, far = connected_sockets()
    connection = TlsConnection(near, contexts.server, server_side=True, monotonic=lambda: now[0])
    real_feed = connection._engine.feed

    def feed_and_dribble(received: bytes) -> None:
        real_feed(received)
        now[0] += 1.0
        far.send(b"\x00")

    connection._engine.feed = feed_and_dribble  # type: ignore[method-assign]
    with far:
        far.send(bytes.fromhex("16 0301 0200 01 0001fc 0303"))  # how a ClientHello of 512 bytes begins
        with pytest.raises(ConnectionClosed, match="in time"):
            connection.handshake(5.0)
    assert now[0] == 5.0


@pytest.mark.parametrize("server_side", [True, False])
@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100, b"\xff" * 70_000, b"\x16\x03\x01\x00\x05hello"]
)
def test_noise_instead_of_tls_closes(contexts: Contexts, noise: bytes, server_side: bool) -> None:
    near, far = connected_sockets()
    context = contexts.server if server_side else contexts.client
    connection = TlsConnection(near, context, server_side=server_side)
    with far:
        far.sendall(noise)
        with pytest.raises(ConnectionClosed, match="does not speak"):
            connection.handshake(DEADLINE_S)
    assert connection.fileno() == -1


@pytest.mark.parametrize("server_side", [True, False])
def test_a_peer_that_leaves_closes(contexts: Contexts, server_side: bool) -> None:
    near, far = connected_sockets()
    connection = TlsConnection(near, contexts.server if server_side else contexts.client, server_side=server_side)
    far.close()
    with pytest.raises(ConnectionClosed):
        connection.handshake(DEADLINE_S)
    assert connection.fileno() == -1


def test_close_from_another_thread_ends_a_handshake(contexts: Contexts) -> None:
    """The handshake waits for a silent peer; close() wakes it, and the descriptor is closed."""
    near, far = connected_sockets()
    connection = TlsConnection(near, contexts.server, server_side=True)
    with far:
        shaking = Background(lambda: connection.handshake(DEADLINE_S))
        connection.close()
        with pytest.raises(ConnectionClosed):
            shaking.result()
    assert connection.fileno() == -1


def test_what_is_sent_during_the_handshake_goes_out_after_it(contexts: Contexts) -> None:
    server_socket, client_socket = connected_sockets()
    server = TlsConnection(server_socket, contexts.server, server_side=True)
    client = TlsConnection(client_socket, contexts.client, server_side=False)
    assert server.send(b"to the client") and client.send(b"to the server")
    assert server.queued_bytes == client.queued_bytes == 13
    shaking = Background(lambda: server.handshake(DEADLINE_S))
    client.handshake(DEADLINE_S)
    shaking.result()
    assert client.receive(DEADLINE_S) == b"to the client"
    assert server.receive(DEADLINE_S) == b"to the server"
    client.close()
    server.close()
