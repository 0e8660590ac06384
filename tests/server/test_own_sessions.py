"""The sessions of one's own account: listed for their owner alone, and ended from one of them."""

from __future__ import annotations

import pytest

from securechat.errors import ErrorCode, StoreError
from securechat.server.presence import Member
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from tests.server.conftest import Running, Serve
from tests.server.raw_client import RawClient


def listed(client: RawClient, after: int = 0) -> tuple[messages.SessionInfo, ...]:
    body = client.ok(FrameType.LIST_SESSIONS, messages.GetSessions(after).encode())
    return messages.Sessions.decode(body).sessions


def kicked(client: RawClient) -> str:
    """The text of the BYE with which this session was ended."""
    bye = messages.Bye.decode(client.wait_push(FrameType.BYE))
    assert bye.code == ErrorCode.KICKED
    return bye.text


def test_own_sessions_are_listed_and_nobody_elses(running: Running) -> None:
    running.register("bob", key=1)
    running.clock.shift_s = 60
    before_ms = int(running.clock() * 1000)
    alice = running.register("alice")
    phone = running.login("alice")
    mine, same = listed(alice), listed(phone)
    assert len(mine) == 2 and [one.session_id for one in mine] == [one.session_id for one in same]
    assert [one.this for one in mine] == [1 - one.this for one in same]
    assert {one.address for one in mine} == {"127.0.0.1"}
    assert all(before_ms <= one.since <= int(running.clock() * 1000) for one in mine)


def test_the_list_goes_on_behind_an_id_and_ends_empty(running: Running) -> None:
    alice = running.register("alice")
    for _ in range(3):
        running.login("alice")
    ids = [one.session_id for one in listed(alice)]
    assert ids == sorted(ids) and len(set(ids)) == 4 and 0 not in ids
    assert [one.session_id for one in listed(alice, ids[1])] == ids[2:]
    assert listed(alice, ids[-1]) == () == listed(alice, 2**64 - 1)


def test_ids_are_no_count_of_the_servers_connections(running: Running) -> None:
    """One connection after the other: their numbers must not follow each other."""
    ids = []
    for _ in range(3):
        with running.connect() as client:
            client.register("alice") if not ids else client.login("alice")
            ids += [one.session_id for one in listed(client) if one.this]
    assert abs(ids[1] - ids[0]) > 1000 and abs(ids[2] - ids[1]) > 1000


def test_a_long_list_is_cut_to_a_frame(serve: Serve) -> None:
    """Where the operator has lifted the limit of sessions, an answer still fits, and the rest can be asked for."""
    running = serve(limits={"sessions_per_user": 0})
    alice = running.register("alice")
    (member,) = running.server.presence.sessions_of("alice")

    class Other:
        username, presence, since_ms = "alice", 1, 0
        address = ("f" * limits.STRING, 1)

        def __init__(self, session_id: int) -> None:
            self.session_id = session_id

        def push(self, data: bytes) -> bool:
            return True

        def end(self, code: ErrorCode, text: str) -> None:
            running.server.presence.leave(self)

    for number in range(1, 2001):
        running.server.presence.join(Other(number), 0)
    found: list[messages.SessionInfo] = []
    while page := listed(alice, found[-1].session_id if found else 0):
        assert len(page) < 2000
        found += page
    assert [one.session_id for one in found] == [*range(1, 2001), member.session_id]
    ended = messages.SessionsEnded.decode(alice.ok(FrameType.END_SESSIONS))
    assert ended.count == 2000


def test_all_other_sessions_end_and_are_told_why(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    others = [running.login("alice") for _ in range(2)]
    assert messages.SessionsEnded.decode(alice.ok(FrameType.END_SESSIONS)).count == 2
    for other in others:
        assert "Log in again" in kicked(other)
        assert other.wait_end() is None
    assert [one.this for one in listed(alice)] == [1]
    assert messages.SessionsEnded.decode(alice.ok(FrameType.END_SESSIONS)).count == 0
    assert alice.ok(FrameType.PING) == bob.ok(FrameType.PING) == b""
    running.login("alice")  # the password still holds


@pytest.mark.parametrize(
    ("frame_type", "body"),
    [
        (FrameType.LIST_SESSIONS, b""),
        (FrameType.LIST_SESSIONS, bytes(7)),
        (FrameType.LIST_SESSIONS, bytes(9)),
        (FrameType.END_SESSIONS, b"\0"),
    ],
)
def test_bodies_of_the_wrong_form_are_malformed(running: Running, frame_type: int, body: bytes) -> None:
    alice = running.register("alice")
    phone = running.login("alice")
    assert alice.error(frame_type, body) == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED
    assert phone.ok(FrameType.PING) == b""


@pytest.mark.parametrize("frame_type", [FrameType.LIST_SESSIONS, FrameType.END_SESSIONS])
def test_nothing_of_this_before_the_login(running: Running, frame_type: int) -> None:
    running.register("alice")
    stranger = running.connect()
    assert stranger.error(frame_type, bytes(8)) == ErrorCode.MALFORMED
    assert len(running.server.presence.sessions_of("alice")) == 1


# --- a new password


NEW_PASSWORD = "quite another password"


def test_a_changed_password_sends_the_others_to_the_new_one(running: Running) -> None:
    alice = running.register("alice")
    phone = running.login("alice")
    alice.put_vault(new=alice.login_keys("alice", NEW_PASSWORD))
    assert "Log in with the new password" in kicked(phone)


def test_the_others_end_even_if_the_old_rows_cannot_be_dropped(running: Running) -> None:
    """The new password holds from its record on. What fails behind that may be answered INTERNAL, but leaves nobody
    logged in by the old one."""
    alice = running.register("alice")
    phone = running.login("alice")
    store = running.server.store

    def fail(*_: object) -> None:
        raise StoreError("The disk is gone.")

    store.delete_other_vaults = fail  # type: ignore[method-assign]
    request = alice.make_put_vault(new=alice.login_keys("alice", NEW_PASSWORD))
    assert alice.error(FrameType.PUT_VAULT, request.encode()) == ErrorCode.INTERNAL
    assert phone.wait_end() == ErrorCode.KICKED
    members: list[Member] = running.server.presence.sessions_of("alice")
    assert len(members) == 1
    del store.__dict__["delete_other_vaults"]
    assert running.login("alice", password=NEW_PASSWORD).version == 2
