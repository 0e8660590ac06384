"""Who is here: what others are told of arrivals, absence, typing and reading."""

from __future__ import annotations

from securechat.errors import ErrorCode
from securechat.server.presence import AWAY, OFFLINE, ONLINE, Presence
from securechat.wire import messages
from securechat.wire.frames import FrameType
from tests.server.conftest import Running, Serve
from tests.server.raw_client import RawClient


class Someone:
    """A session as presence sees it."""

    def __init__(self, username: str) -> None:
        self.username = username
        self.address = ()
        self.presence = ONLINE
        self.session_id, self.since_ms = 1, 0

    def push(self, data: bytes) -> bool:
        return True

    def end(self, code: ErrorCode, text: str) -> None:
        raise AssertionError("presence ends nobody")


def told(presence: Presence) -> list[tuple[str, int]]:
    return [(user.username, user.presence) for user in presence.take_changes()]


def test_many_arrivals_are_one_push() -> None:
    presence = Presence(lambda: None)
    for name in ("carol", "alice", "bob"):
        assert presence.join(Someone(name), 8) == []
    assert told(presence) == [("alice", ONLINE), ("bob", ONLINE), ("carol", ONLINE)]
    assert told(presence) == []


def test_two_sessions_arrive_once_and_leave_once() -> None:
    presence = Presence(lambda: None)
    first, second = Someone("alice"), Someone("alice")
    presence.join(first, 8)
    assert told(presence) == [("alice", ONLINE)]
    presence.join(second, 8)
    presence.leave(first)
    presence.leave(first)
    assert told(presence) == []
    presence.leave(second)
    assert told(presence) == [("alice", OFFLINE)]
    assert presence.online() == [] and presence.audience == ()


def test_new_user_is_told_of_even_if_gone_at_once() -> None:
    presence = Presence(lambda: None)
    presence.introduce("mallory")
    mallory = Someone("mallory")
    presence.join(mallory, 8)
    presence.leave(mallory)
    assert told(presence) == [("mallory", OFFLINE)]
    assert told(presence) == []


def test_blink_is_not_told() -> None:
    presence = Presence(lambda: None)
    first, second = Someone("alice"), Someone("alice")
    presence.join(first, 8)
    told(presence)
    presence.leave(first)
    presence.join(second, 8)
    assert told(presence) == []
    # Nor is somebody who came and went in between.
    bob = Someone("bob")
    presence.join(bob, 8)
    presence.leave(bob)
    assert told(presence) == []


def test_user_is_away_when_all_sessions_are() -> None:
    presence = Presence(lambda: None)
    first, second = Someone("alice"), Someone("alice")
    presence.join(first, 8)
    presence.join(second, 8)
    presence.update(first, AWAY)
    assert presence.of("alice") == ONLINE
    presence.update(second, AWAY)
    assert presence.of("alice") == AWAY
    assert told(presence) == [("alice", AWAY)]
    assert presence.of("nobody") == OFFLINE


def test_oldest_sessions_over_the_limit_are_named() -> None:
    presence = Presence(lambda: None)
    sessions = [Someone("alice") for _ in range(3)]
    assert presence.join(sessions[0], 2) == []
    assert presence.join(sessions[1], 2) == []
    assert presence.join(sessions[2], 2) == [sessions[0]]
    assert presence.join(Someone("bob"), 0) == []


# --- with a server ----------------------------------------------------------------------------------------------


def wait_told(client: RawClient, name: str, state: int) -> None:
    """Until the client has been told; what it was told of this user before must not be this already."""
    while True:
        push = messages.PresencePush.decode(client.wait_push(FrameType.PUSH_PRESENCE))
        for user in push.users:
            if user.username == name:
                assert user.presence == state
                return


def test_arrival_and_leaving_are_told_to_the_others(running: Running) -> None:
    alice = running.register("alice")
    wait_told(alice, "alice", ONLINE)
    bob = running.register("bob", key=1)
    wait_told(alice, "bob", ONLINE)
    bob.ok(FrameType.SET_PRESENCE, messages.SetPresence(AWAY).encode())
    wait_told(alice, "bob", AWAY)
    bob.ok(FrameType.SET_PRESENCE, messages.SetPresence(ONLINE).encode())
    wait_told(alice, "bob", ONLINE)
    bob.close()
    wait_told(alice, "bob", OFFLINE)


def test_unknown_presence_is_malformed(running: Running) -> None:
    for value in (b"\0", b"\3", b"\xff"):
        client = running.register("alice") if not running.clients else running.login("alice")
        assert client.error(FrameType.SET_PRESENCE, value) == ErrorCode.MALFORMED
        assert client.wait_end() == ErrorCode.MALFORMED


def test_typing_reaches_others_and_none_of_ones_own(running: Running) -> None:
    alice = running.register("alice")
    phone, bob = running.login("alice"), running.register("bob", key=1)
    alice.ok(FrameType.TYPING, messages.Typing(alice.lobby).encode())
    push = messages.TypingPush.decode(bob.wait_push(FrameType.PUSH_TYPING))
    assert (push.conv, push.username) == (bob.lobby, "alice")
    # A post comes behind the typing in every queue, so nothing is on its way any more.
    bob.post("marks the end")
    for client in (alice, phone):
        client.wait_push(FrameType.DELIVER)
        assert not [frame for frame in client.pushes if frame.type == FrameType.PUSH_TYPING]
    assert alice.error(FrameType.TYPING, messages.Typing(bytes(32)).encode()) == ErrorCode.NOT_FOUND


def test_typing_is_not_relayed_to_more_than_32_sessions(serve: Serve) -> None:
    running = serve(limits={"sessions_per_user": 0, "logins_burst": 100, "connections_before_login_per_address": 0})
    alice = running.register("alice")
    bobs = [running.register("bob", key=1), *(running.login("bob") for _ in range(31))]
    alice.ok(FrameType.TYPING, messages.Typing(alice.lobby).encode())
    bobs[31].wait_push(FrameType.PUSH_TYPING)
    bobs.append(running.login("bob"))
    running.monotonic.shift_s += 60
    alice.ok(FrameType.TYPING, messages.Typing(alice.lobby).encode())
    alice.post("marks the end")
    bobs[32].wait_push(FrameType.DELIVER)
    assert not [frame for frame in bobs[32].pushes if frame.type == FrameType.PUSH_TYPING]


def marks(client: RawClient) -> int:
    body = client.ok(FrameType.LIST_CONVERSATIONS, messages.GetConversations(bytes(32)).encode())
    return messages.Conversations.decode(body).items[0].read_seq


def test_read_mark_rises_to_the_last_post_and_never_falls(running: Running) -> None:
    alice = running.register("alice")
    phone, bob = running.login("alice"), running.register("bob", key=1)
    bob.post_many(["1", "2", "3"])

    def read(seq: int, share: int = 1) -> None:
        assert alice.ok(FrameType.READ, messages.SetRead(alice.lobby, seq, share).encode()) == b""

    for seq, mark in ((2, 2), (1, 2), (0, 2), (2**64 - 1, 3), (3, 3)):
        read(seq)
        assert marks(alice) == marks(phone) == mark
    push = messages.ReadPush.decode(phone.wait_push(FrameType.PUSH_READ))
    assert (push.conv, push.username, push.seq) == (alice.lobby, "alice", 2)
    assert marks(bob) == 0
    bob.ok(FrameType.PING)
    # In the lobby nobody else is told, and not the session that read.
    for client in (alice, bob):
        assert not [frame for frame in client.pushes if frame.type == FrameType.PUSH_READ]
    assert alice.error(FrameType.READ, messages.SetRead(bytes(32), 1, 0).encode()) == ErrorCode.NOT_FOUND
    assert alice.error(FrameType.READ, alice.lobby + bytes(8) + b"\2") == ErrorCode.MALFORMED


def test_read_mark_survives_a_restart(serve: Serve) -> None:
    first = serve()
    alice = first.register("alice")
    alice.post("one")
    alice.ok(FrameType.READ, messages.SetRead(alice.lobby, 1, 0).encode())
    first.stop()
    assert marks(serve().login("alice")) == 1
