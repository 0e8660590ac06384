"""What guards memory and threads: caps, deadlines, rates, queues, sessions."""

from __future__ import annotations

import socket

import pytest

from securechat.errors import ErrorCode
from securechat.sealing import streams
from securechat.wire import messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32
from tests.server.conftest import Running, Serve
from tests.server.raw_client import RawClient

NO_RATES = {"posts_per_second": 0, "requests_per_second": 0}
# A rate so low that nothing comes back during a test.
NEVER = 1e-6


def refused_at_once(port: int) -> bool:
    """True if the server closes a new connection without a byte."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        try:
            return sock.recv(1) == b""
        except ConnectionResetError:
            return True


# --- connections ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cap", ["connections_before_login", "connections_before_login_per_address"])
def test_connections_over_a_cap_are_closed_without_a_byte(serve: Serve, cap: str) -> None:
    """Counted from accept, not from TLS: connections that say nothing take their place too."""
    running = serve(limits={cap: 2, **NO_RATES})
    alice = running.register("alice")
    wait_for_count(running, 0, alice)  # logged in: not counted, a moment after the answer
    silent = [socket.create_connection(("127.0.0.1", running.port), timeout=10) for _ in range(2)]
    wait_for_count(running, 2, alice)
    assert refused_at_once(running.port)
    silent.pop().close()
    wait_for_count(running, 1, alice)
    running.login("alice")
    silent.pop().close()


def wait_for_count(running: Running, count: int, client: RawClient) -> None:
    for _ in range(20_000):
        if running.server.caps.count == count:
            return
        client.ok(FrameType.PING)
    raise AssertionError("the connections before login were not counted")


def test_login_and_failure_both_free_the_place(serve: Serve) -> None:
    running = serve(limits={"connections_before_login": 1, **NO_RATES})
    alice = running.register("alice")
    wait_for_count(running, 0, alice)
    for _ in range(3):
        failed = running.connect()
        failed.error(FrameType.PING)
        failed.wait_end()
        wait_for_count(running, 0, alice)
        running.login("alice")
        wait_for_count(running, 0, alice)


@pytest.mark.parametrize("hello", [False, True])
def test_login_must_finish_in_time(serve: Serve, hello: bool) -> None:
    running = serve(limits={"login_seconds": 0.2})
    client = running.connect(hello=hello)
    assert client.wait_end() is None


def test_time_to_log_in_is_one_budget(serve: Serve) -> None:
    """A peer that always sends one more byte is not kept longer."""
    running = serve(limits={"login_seconds": 30})
    client = running.connect()
    client.connection.send(b"\0")
    running.monotonic.shift_s += 31
    client.connection.send(b"\0")
    assert client.wait_end() is None


def test_frame_that_drips_in_does_not_hold_the_session(running: Running) -> None:
    alice = running.register("alice")
    alice.ok(FrameType.PING)
    alice.connection.send(b"\0\0\x10\0")
    # Again and again: the session may be about to note when the ping came, and each byte wakes it to look.
    for _ in range(1000):
        running.monotonic.shift_s += 91
        alice.connection.send(b"\0")
        try:
            assert alice.connection.receive(0.02) == b""
            break
        except TimeoutError:
            continue
    assert not running.server.presence.sessions_of("alice")


def test_silent_session_ends_and_one_that_pings_does_not(serve: Serve) -> None:
    running = serve(limits={"idle_seconds": 0.3})
    alice, bob = running.register("alice"), running.register("bob", key=1)
    for _ in range(400):
        if not running.server.presence.sessions_of("bob"):
            break
        alice.ok(FrameType.PING)
        try:
            alice.connection.receive(0.01)
        except TimeoutError:
            continue
    assert not running.server.presence.sessions_of("bob")
    assert bob.wait_end() is None
    alice.ok(FrameType.PING)


def test_limits_that_are_off_do_not_stop_anybody(serve: Serve) -> None:
    from securechat.server.options import Limits

    running = serve(limits={name: 0 for name in Limits.__dataclass_fields__})
    alice = running.register("alice")
    alice.open_lobby()
    assert alice.post("hello").seq == 1
    assert alice.history() == [(1, "hello")]
    client = running.connect()
    for _ in range(4):
        assert client.error(FrameType.LOGIN, client.make_login("alice", "not the password").encode()) == 3
    client.login("alice")


def test_very_long_limits_do_not_stop_anybody(serve: Serve) -> None:
    running = serve(limits={"login_seconds": 1e11, "idle_seconds": 1e11})
    assert running.register("alice").ok(FrameType.PING) == b""


# --- rates ------------------------------------------------------------------------------------------------------


def error_of(client: RawClient, frame_type: int, body: bytes) -> messages.Error:
    frame = client.request(frame_type, body)
    assert frame.type == FrameType.ERR
    return messages.Error.decode(frame.body)


def test_posts_over_their_rate_are_refused_and_go_through_later(serve: Serve) -> None:
    running = serve(limits={"posts_per_second": 0.1, "posts_burst": 2})
    alice = running.register("alice")
    alice.post("one")
    alice.post("two")
    envelope = alice.stream.seal(ZERO32, 1, 1, b"three").envelope
    refusal = error_of(alice, FrameType.POST, envelope)
    assert refusal.code == ErrorCode.RATE_LIMITED
    assert 0 < float(refusal.text) <= 10
    alice.open_lobby()
    assert alice.history() == [(2, "two"), (1, "one")]
    running.monotonic.shift_s += float(refusal.text) + 0.1
    assert messages.Posted.decode(alice.ok(FrameType.POST, envelope)).seq == 3


def test_requests_over_their_rate_are_refused(serve: Serve) -> None:
    running = serve(limits={"requests_per_second": NEVER, "requests_burst": 3})
    alice = running.register("alice")
    for _ in range(3):
        alice.ok(FrameType.PING)
    assert error_of(alice, FrameType.PING, b"").code == ErrorCode.RATE_LIMITED
    # Each session has its own.
    running.login("alice").ok(FrameType.PING)


def test_new_streams_over_their_rate_are_refused_known_ones_not(serve: Serve) -> None:
    running = serve(limits={"streams_per_minute": 2})
    alice = running.register("alice")
    made = [streams.SendingStream(alice.contents.keys, alice.lobby, ZERO32, int(running.clock() * 1000)) for _ in "123"]
    alice.ok(FrameType.STREAM, made[0].header.raw)
    alice.ok(FrameType.STREAM, made[1].header.raw)
    assert error_of(alice, FrameType.STREAM, made[2].header.raw).code == ErrorCode.RATE_LIMITED
    alice.ok(FrameType.STREAM, made[0].header.raw)
    running.monotonic.shift_s += 31
    alice.ok(FrameType.STREAM, made[2].header.raw)


def test_grants_over_their_rate_are_refused(serve: Serve) -> None:
    running = serve(limits={"grants_per_minute": 1})
    alice = running.register("alice")
    alice.open_stream()
    other = streams.SendingStream(alice.contents.keys, alice.lobby, ZERO32, int(running.clock() * 1000))
    alice.ok(FrameType.STREAM, other.header.raw)
    grant = streams.make_grant(other.stream_id, other.secret, alice.server, alice.server_prekey)
    refusal = error_of(alice, FrameType.GRANT, messages.Grants((grant,)).encode())
    assert refusal.code == ErrorCode.RATE_LIMITED


def test_typing_over_its_rate_is_ok_and_not_passed_on(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    for _ in range(5):
        alice.ok(FrameType.TYPING, messages.Typing(alice.lobby).encode())
    alice.post("marks the end")
    bob.wait_push(FrameType.DELIVER)
    typing = [frame for frame in bob.pushes if frame.type == FrameType.PUSH_TYPING]
    assert 1 <= len(typing) <= 2
    running.monotonic.shift_s += 4
    alice.ok(FrameType.TYPING, messages.Typing(alice.lobby).encode())
    bob.pushes.clear()
    assert messages.TypingPush.decode(bob.wait_push(FrameType.PUSH_TYPING)).username == "alice"


def test_registrations_per_address(serve: Serve) -> None:
    running = serve(limits={"registrations_per_hour": 60, "registrations_burst": 1})
    running.register("alice")
    client = running.connect()
    request = client.make_register("bob", key=1).encode()
    refusal = error_of(client, FrameType.REGISTER, request)
    assert refusal.code == ErrorCode.RATE_LIMITED
    running.monotonic.shift_s += float(refusal.text) + 0.2
    client.ok(FrameType.REGISTER, request)


def test_failed_logins_wait_known_and_unknown_names_alike(serve: Serve) -> None:
    """After the free ones even the right password waits; then it is let in, and the slate is clean."""
    running = serve(limits={"failed_logins_free": 2, "idle_seconds": 0, "login_seconds": 0})
    running.register("alice")
    for name in ("alice", "nobody"):
        client = running.connect()
        for _ in range(3):
            body = client.make_login(name, "not the password").encode()
            assert error_of(client, FrameType.LOGIN, body).code == ErrorCode.BAD_LOGIN
        refusal = error_of(client, FrameType.LOGIN, client.make_login(name).encode())
        assert refusal.code == ErrorCode.RATE_LIMITED
        assert 0 < float(refusal.text) <= 1
    running.monotonic.shift_s += 1.1
    running.login("alice")


def test_wrong_invites_count_as_failed_logins_of_the_address(serve: Serve) -> None:
    from securechat.server.options import Registration

    running = serve(limits={"failed_logins_free": 2}, registration=Registration.INVITE)
    client = running.connect()
    body = client.make_register("alice", invite="WRONG").encode()
    codes = [error_of(client, FrameType.REGISTER, body).code for _ in range(4)]
    assert codes == [6, 6, 6, ErrorCode.RATE_LIMITED]


# --- sessions and slow readers ----------------------------------------------------------------------------------


def test_session_over_the_limit_ends_the_oldest(serve: Serve) -> None:
    running = serve(limits={"sessions_per_user": 2})
    first = running.register("alice")
    second, bob = running.login("alice"), running.register("bob", key=1)
    third = running.login("alice")
    assert first.wait_end() == ErrorCode.KICKED
    for client in (second, third, bob):
        client.ok(FrameType.PING)
    assert len(running.server.presence.sessions_of("alice")) == 2


def test_client_that_does_not_read_is_dropped_and_catches_up(serve: Serve) -> None:
    """Others are served meanwhile; the slow one gets BYE SLOW behind what was queued, and misses nothing later."""
    running = serve(limits={"queue_bytes": 64 * 1024, **NO_RATES})
    slow, writer, reader = (running.register(name, key=i) for i, name in enumerate(("slow", "writer", "reader")))
    (member,) = running.server.presence.sessions_of("slow")
    connection = member.connection  # type: ignore[attr-defined]
    connection.held.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    reader.open_lobby()
    body, count = "x" * 16_384, 0
    largest = 0
    while running.server.presence.sessions_of("slow"):
        count += 1
        writer.post(body)
        assert reader.delivered() == (count, body)
        largest = max(largest, connection.queued_bytes)
        assert count < 2000
    # One post is 17 KB; a farewell is taken into a full queue.
    assert largest <= 64 * 1024 + 1024
    assert slow.wait_end() == ErrorCode.SLOW
    again = running.login("slow")
    again.open_lobby()
    seen: list[int] = []
    while page := again.history(before=seen[-1] if seen else 0):
        seen += [seq for seq, _ in page]
    assert seen == list(range(count, 0, -1))
    assert writer.ok(FrameType.PING) == b""


def test_client_that_asks_and_does_not_read_is_not_read_from(serve: Serve) -> None:
    """Its requests wait in TCP: the server's memory for it stays bounded, and others are served."""
    running = serve(limits=NO_RATES)
    writer = running.register("writer")
    writer.post_many(["x" * 16_384] * 16)
    asker = running.register("asker", key=1)
    (member,) = running.server.presence.sessions_of("asker")
    connection = member.connection  # type: ignore[attr-defined]
    body = messages.GetHistory(asker.lobby, 0, 100).encode()
    numbers = [asker.send(FrameType.HISTORY, body) for _ in range(200)]
    largest = 0
    for _ in range(300):
        writer.ok(FrameType.PING)
        largest = max(largest, connection.queued_bytes)
    assert largest <= 256 * 1024 * 2 + 1024
    for number in numbers:
        assert asker.reply(number).type == FrameType.OK
