"""A new password, with the real server and two devices of one account: one password holds, and everybody knows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from securechat.client import explain
from securechat.client.events import ConnectionState
from securechat.errors import (
    AuthError,
    ConnectionClosed,
    ErrorCode,
    PasswordProblem,
    RemoteProtocolError,
    RequestRefused,
    StoreError,
)
from securechat.wire.frames import FrameType
from securechat.wire.messages import KeyPair, PutVault
from tests.client.account_devices import Devices, back, ended, waiting
from tests.client.conftest import PASSWORD, Meet, Person
from tests.client.scripted_server import WAIT_S, Drop, Member, Refuse, ScriptedServer, Talk

NEW = "quite another password"


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    with Devices(tmp_path) as started:
        yield started


# --- a new password


def test_the_new_password_logs_in_and_opens_the_vault(devices: Devices) -> None:
    alice = devices.register("alice")
    devices.register("bob")
    asked = watch(devices)
    alice.client.account.change_password(PASSWORD, NEW)
    alice.client.account.ignore("bob")
    assert [bool(request.login_pub) for request in asked] == [True, False]
    fp = alice.client.own_fp
    assert alice.client.wait_stored(alice.client.send("this session goes on")) == 1
    alice.client.close()
    assert not devices.takes("alice", PASSWORD, "with-the-old")
    again = devices.login("alice", "with-the-new", NEW)
    assert again.client.own_fp == fp and again.texts() == ["this session goes on"]


def test_a_reconnect_and_a_second_change_use_the_new_keys(devices: Devices) -> None:
    alice = devices.register("alice")
    alice.client.account.change_password(PASSWORD, NEW)
    devices.drop("alice")
    waiting(alice)
    back(alice)
    alice.client.wait_stored(alice.client.send("back"))
    with pytest.raises(AuthError, match="old password is not right"):
        alice.client.account.change_password(PASSWORD, "yet another password")
    alice.client.account.change_password(NEW, "yet another password")
    alice.client.close()
    assert devices.takes("alice", "yet another password", "laptop")


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        ("not the password", NEW, AuthError, "old password is not right"),
        (PASSWORD, "too short", PasswordProblem, "at least 10"),
        (PASSWORD, PASSWORD, PasswordProblem, "same as the old"),
        (PASSWORD, "half of a pair \ud800", PasswordProblem, "characters"),
    ],
)
def test_what_cannot_be_is_refused_here(
    devices: Devices, old: str, new: str, kind: type[Exception], words: str
) -> None:
    alice = devices.register("alice")
    asked = watch(devices)
    with pytest.raises(kind, match=words):
        alice.client.account.change_password(old, new)
    assert asked == []


def test_a_password_is_not_changed_offline(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    server.close()
    waiting(alice)
    with pytest.raises(ConnectionClosed, match="offline"):
        alice.client.account.change_password(PASSWORD, NEW)


def test_other_devices_are_sent_away_with_the_next_step(devices: Devices) -> None:
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    alice.client.account.change_password(PASSWORD, NEW)
    end = ended(phone)
    assert end.code == ErrorCode.KICKED
    assert "changed on another device" in end.reason and "Log in with the new password" in end.reason
    assert alice.client.state is ConnectionState.ONLINE


def test_a_device_that_was_away_is_told_when_it_comes_back(devices: Devices) -> None:
    """The server only says that the login is wrong; the sentence says what that means here."""
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")
    real, changed = devices.server.accounts.login, threading.Event()

    def late(*arguments: Any) -> Any:
        changed.wait(WAIT_S)
        return real(*arguments)

    devices.server.accounts.login = late  # type: ignore[method-assign]
    other = devices.server.presence.sessions_of("alice")[1]
    other.connection.close()  # type: ignore[attr-defined]
    waiting(phone)
    alice.client.account.change_password(PASSWORD, NEW)
    changed.set()
    phone.client.retry_now()
    assert "changed on another device. Log in with the new one" in ended(phone).reason


# --- a lost answer


PutVaultCall = Callable[..., Any]


def watch(devices: Devices, *steps: Callable[[PutVaultCall], Any]) -> list[PutVault]:
    """Let the next PUT_VAULTs be carried out by `steps`, each given the real thing; all of them are listed."""
    real, rest, asked = devices.server.accounts.put_vault, list(steps), []

    def put_vault(username: str, request: PutVault, *others: Any) -> Any:
        asked.append(request)

        def go_on() -> Any:
            return real(username, request, *others)

        return rest.pop(0)(go_on) if rest else go_on()

    devices.server.accounts.put_vault = put_vault  # type: ignore[method-assign]
    return asked


def change(person: Person) -> None:
    """Change the password while the connection goes and comes back; raises what the change raises."""
    with ThreadPoolExecutor(1) as pool:
        changed = pool.submit(person.client.account.change_password, PASSWORD, NEW, WAIT_S)
        waiting(person)
        back(person)
        changed.result(WAIT_S)


def test_an_answer_that_was_lost_is_found_out_with_the_new_key(devices: Devices) -> None:
    alice = devices.register("alice")

    def stored_but_lost(go_on: PutVaultCall) -> None:
        go_on()
        devices.drop("alice")

    asked = watch(devices, stored_but_lost)
    change(alice)
    assert len(asked) == 1
    alice.client.wait_stored(alice.client.send("goes on"))
    alice.client.close()
    assert not devices.takes("alice", PASSWORD, "with-the-old") and devices.takes("alice", NEW, "with-the-new")


def test_a_change_that_never_arrived_leaves_the_old_key(devices: Devices) -> None:
    alice = devices.register("alice")

    def lost(go_on: PutVaultCall) -> None:
        devices.drop("alice")
        raise ConnectionClosed

    watch(devices, lost)
    with pytest.raises(ConnectionClosed, match="old one still holds") as caught:
        change(alice)
    assert explain(caught.value) == str(caught.value)
    alice.client.wait_stored(alice.client.send("goes on"))
    alice.client.account.change_password(PASSWORD, NEW)
    alice.client.close()
    assert not devices.takes("alice", PASSWORD, "with-the-old") and devices.takes("alice", NEW, "with-the-new")


def test_a_refusal_and_then_no_connection_leaves_the_old_key(server: ScriptedServer, meet: Meet) -> None:
    """CONFLICT, and then the vault cannot be fetched for a second try."""
    alice = meet()

    def conflict(talk: Talk, body: bytes) -> bytes:
        raise Refuse(ErrorCode.CONFLICT)

    def leave(talk: Talk, body: bytes) -> bytes:
        raise Drop

    server.handlers[FrameType.PUT_VAULT] = conflict
    server.handlers[FrameType.GET_VAULT] = leave
    with pytest.raises(ConnectionClosed, match="old one still holds"):
        alice.client.account.change_password(PASSWORD, NEW)
    assert server.requests.count(FrameType.PUT_VAULT) == 1


def test_an_error_behind_the_point_of_no_return_is_found_out_too(devices: Devices) -> None:
    alice = devices.register("alice")

    def stored_but_failed(go_on: PutVaultCall) -> None:
        go_on()
        raise StoreError("The disk is full.")

    watch(devices, stored_but_failed)
    change(alice)
    alice.client.close()
    assert devices.takes("alice", NEW, "laptop")


def test_a_server_that_stays_silent_is_not_believed_either_way(server: ScriptedServer, meet: Meet) -> None:
    """No answer, and no way back in: the person is told that both passwords may be the right one."""
    alice = meet()

    def leave(talk: Talk, body: bytes) -> bytes:
        raise Drop

    server.handlers[FrameType.PUT_VAULT] = leave
    server.handlers[FrameType.HELLO] = leave
    with pytest.raises(ConnectionClosed, match="not known yet"):
        alice.client.account.change_password(PASSWORD, NEW, 0.1)


def test_closing_ends_the_wait_for_the_outcome(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()

    def leave(talk: Talk, body: bytes) -> bytes:
        raise Drop

    server.handlers[FrameType.PUT_VAULT] = leave
    server.handlers[FrameType.HELLO] = leave
    with ThreadPoolExecutor(1) as pool:
        changed = pool.submit(alice.client.account.change_password, PASSWORD, NEW, 10 * WAIT_S)
        waiting(alice)
        alice.client.close()
        with pytest.raises(ConnectionClosed, match="not known yet"):
            changed.result(WAIT_S)


def test_a_way_back_that_is_shut_ends_the_wait_too(server: ScriptedServer, meet: Meet) -> None:
    """Neither key is taken: somebody else has changed the password."""
    alice = meet()

    def leave(talk: Talk, body: bytes) -> bytes:
        raise Drop

    def refuse(talk: Talk, body: bytes) -> bytes:
        raise Refuse(ErrorCode.BAD_LOGIN)

    server.handlers[FrameType.PUT_VAULT] = leave
    server.handlers[FrameType.LOGIN] = refuse
    with ThreadPoolExecutor(1) as pool:
        changed = pool.submit(alice.client.account.change_password, PASSWORD, NEW, 10 * WAIT_S)
        waiting(alice)
        alice.client.retry_now()
        assert "changed on another device" in ended(alice).reason
        with pytest.raises(ConnectionClosed, match="not known yet"):
            changed.result(WAIT_S)
    assert server.requests.count(FrameType.LOGIN) == 2


def test_a_password_is_not_changed_behind_a_persons_back(server: ScriptedServer, meet: Meet) -> None:
    """The time is over before it is this change's turn: then it is not made later either."""
    alice, bob = meet(), server.add(Member("bob", 2))
    asked, free = threading.Event(), threading.Event()

    def slow(talk: Talk, body: bytes) -> bytes:
        asked.set()
        free.wait(WAIT_S)
        return KeyPair(bob.keys.public.record.raw, b"").raw

    server.handlers[FrameType.GET_USER] = slow
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(alice.client.account.ignore, "bob")
        assert asked.wait(WAIT_S)
        with pytest.raises(ConnectionClosed):
            alice.client.account.change_password(PASSWORD, NEW, 0.01)
        free.set()
        before.result(WAIT_S)
    alice.client.account.ignore("bob", False)
    assert server.requests.count(FrameType.PUT_VAULT) == 2


def test_of_two_changes_at_once_one_is_made(devices: Devices) -> None:
    """Both were asked for with the right old password; the second must not replace what the first has made of it."""
    alice = devices.register("alice")
    asked = watch(devices)
    with ThreadPoolExecutor(2) as pool:
        changes = {
            password: pool.submit(alice.client.account.change_password, PASSWORD, password)
            for password in (NEW, "yet another password")
        }
    (made,) = [password for password, change in changes.items() if change.exception() is None]
    assert [type(change.exception()) for change in changes.values()].count(AuthError) == 1
    assert len(asked) == 1
    alice.client.close()
    assert devices.takes("alice", made, "laptop")


def test_a_refusal_leaves_the_old_key(devices: Devices) -> None:
    alice = devices.register("alice")

    def refuse(go_on: PutVaultCall) -> None:
        raise RemoteProtocolError("7", ErrorCode.RATE_LIMITED)

    watch(devices, refuse)
    with pytest.raises(RequestRefused) as caught:
        alice.client.account.change_password(PASSWORD, NEW)
    assert explain(caught.value) == "The server asks to wait: try again in 7 seconds."
    real, tries = devices.server.accounts.login, []

    def login(*arguments: Any) -> Any:
        tries.append(arguments)
        return real(*arguments)

    devices.server.accounts.login = login  # type: ignore[method-assign]
    devices.drop("alice")
    waiting(alice)
    back(alice)
    assert len(tries) == 1
    alice.client.close()
    assert devices.takes("alice", PASSWORD, "laptop")


def test_what_another_device_wrote_meanwhile_is_kept(devices: Devices) -> None:
    """The change comes second: CONFLICT, so it is made anew over what the other device has written."""
    devices.register("bob")
    alice = devices.register("alice")
    phone = devices.login("alice", "phone")

    def second(go_on: PutVaultCall) -> Any:
        phone.client.account.ignore("bob")
        return go_on()

    asked = watch(devices, second)
    alice.client.account.change_password(PASSWORD, NEW)
    assert [bool(request.login_pub) for request in asked] == [True, False, True]
    alice.client.close()
    laptop = devices.login("alice", "laptop", NEW)
    assert [person.username for person in laptop.client.people() if person.ignored] == ["bob"]
