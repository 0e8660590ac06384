"""One's own sessions: seen from one of them, and ended from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client import explain
from securechat.client.events import ConnectionState
from securechat.errors import ConnectionClosed, ErrorCode, RemoteProtocolError, RequestRefused
from securechat.wire.frames import FrameType
from securechat.wire.messages import SessionInfo, Sessions
from tests.client.account_devices import Devices, back, ended, waiting
from tests.client.conftest import Meet
from tests.client.scripted_server import NOW_MS, Drop, Refuse, ScriptedServer, Talk


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    with Devices(tmp_path) as started:
        yield started


def test_sessions_are_listed_and_the_others_ended(devices: Devices) -> None:
    devices.register("bob")
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    first, second = alice.client.account.sessions()
    assert {first.this, second.this} == {True, False}
    assert (first.address, first.since_ms) == ("127.0.0.1", NOW_MS)
    assert alice.client.account.end_other_sessions() == 1
    end = ended(phone)
    assert end.code == ErrorCode.KICKED and "signed out this device" in end.reason
    assert [one.this for one in alice.client.account.sessions()] == [True]
    assert alice.client.account.end_other_sessions() == 0


def test_the_one_that_asks_is_marked_on_each_device(devices: Devices) -> None:
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    here = {one.session_id for one in alice.client.account.sessions() if one.this}
    there = {one.session_id for one in phone.client.account.sessions() if one.this}
    assert len(here) == len(there) == 1 and here != there


def test_a_device_that_was_signed_out_may_come_in_again(devices: Devices) -> None:
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    alice.client.account.end_other_sessions()
    ended(phone)
    phone.client.close()
    again = devices.login("alice", "phone")
    assert again.client.state is ConnectionState.ONLINE and len(alice.client.account.sessions()) == 2


def test_the_asker_of_a_lost_connection_is_a_new_session(devices: Devices) -> None:
    alice = devices.register("alice")
    (before,) = alice.client.account.sessions()
    devices.drop("alice")
    waiting(alice)
    back(alice)
    (after,) = alice.client.account.sessions()
    assert after.this and after.session_id != before.session_id


def test_an_older_server_says_that_it_cannot(server: ScriptedServer, meet: Meet) -> None:
    def unknown(talk: Talk, body: bytes) -> bytes:
        raise Refuse(ErrorCode.UNSUPPORTED)

    alice = meet()
    server.handlers[FrameType.LIST_SESSIONS] = server.handlers[FrameType.END_SESSIONS] = unknown
    for ask in (alice.client.account.sessions, alice.client.account.end_other_sessions):
        with pytest.raises(RequestRefused) as caught:
            ask()
        assert "too old" in explain(caught.value)
    alice.client.wait_stored(alice.client.send("the connection stays"))


def test_nothing_is_asked_offline(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()

    def leave(talk: Talk, body: bytes) -> bytes:
        raise Drop

    server.handlers[FrameType.HELLO] = leave
    server.drop_all()
    waiting(alice)
    for ask in (alice.client.account.sessions, alice.client.account.end_other_sessions):
        with pytest.raises(ConnectionClosed, match="offline"):
            ask()


def test_a_list_comes_in_pages_oldest_first_and_its_addresses_are_cleaned(
    server: ScriptedServer, meet: Meet
) -> None:
    alice = meet()
    pages = [
        Sessions((SessionInfo(3, NOW_MS + 5, "192.0.2.1\n\x1b[31m", 0),)),
        Sessions((SessionInfo(9, NOW_MS, "192.0.2.2", 1),)),
        Sessions(()),
    ]
    asked = []

    def page(talk: Talk, body: bytes) -> bytes:
        asked.append(int.from_bytes(body, "big"))
        return pages.pop(0).raw

    server.handlers[FrameType.LIST_SESSIONS] = page
    found = alice.client.account.sessions()
    assert asked == [0, 3, 9]
    assert [(one.session_id, one.this) for one in found] == [(9, True), (3, False)]
    assert found[1].address.startswith("192.0.2.1") and found[1].address.isprintable()


def test_a_list_that_goes_in_circles_is_not_followed(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    server.handlers[FrameType.LIST_SESSIONS] = lambda talk, body: Sessions((SessionInfo(3, NOW_MS, "", 0),)).raw
    with pytest.raises(RemoteProtocolError):
        alice.client.account.sessions()
