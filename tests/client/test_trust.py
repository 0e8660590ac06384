"""Who the server is, who may enter, and what is said when not."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest

import crypto_utils as crypto
from securechat.client import Settings, explain
from securechat.client.address import ServerAddress
from securechat.client.contacts import Contacts
from securechat.client.events import ConnectionState, HistoryLoaded, Notice, StateChanged
from securechat.errors import (
    AuthError,
    ConnectionClosed,
    DamagedStore,
    ErrorCode,
    FirstContact,
    FolderInUse,
    LocalProtocolError,
    PasswordProblem,
    RequestRefused,
    ServerChanged,
)
from securechat.sealing.handshake import LoginKeys, login_salt
from securechat.sealing.identity import OwnPrekey
from securechat.sealing.vault import open_vault
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from tests.client.conftest import PASSWORD, Meet
from tests.client.scripted_server import NOW_MS, Drop, Member, Refuse, ScriptedServer, Talk
from tests.keys import quick_stretch

WEEK_S = limits.PREKEY_DAYS * 24 * 3600


def place(server: ScriptedServer) -> str:
    return f"127.0.0.1:{server.port}"


def test_a_first_contact_shows_the_fingerprint_and_sends_nothing(server: ScriptedServer, meet: Meet) -> None:
    alice = meet(connect=False)
    with pytest.raises(FirstContact) as caught:
        alice.client.connect(place(server), "alice", PASSWORD, register=True)
    assert caught.value.fingerprint == server.fingerprint
    assert server.requests == [FrameType.HELLO]
    assert alice.client.state is ConnectionState.OFFLINE


def test_an_accepted_fingerprint_is_pinned(server: ScriptedServer, meet: Meet) -> None:
    alice = meet(connect=False)
    alice.client.connect(place(server), "alice", PASSWORD, register=True, accept_fingerprint=server.fingerprint)
    settings = Settings.load(alice.folder)
    assert settings.pins == {place(server): server.fingerprint}
    assert (settings.last_server, settings.last_username) == (place(server), "alice")


def test_another_fingerprint_than_the_accepted_one_is_refused(server: ScriptedServer, meet: Meet) -> None:
    alice = meet(connect=False)
    with pytest.raises(ServerChanged):
        alice.client.connect(place(server), "alice", PASSWORD, register=True, accept_fingerprint="00" * 32)
    assert Settings.load(alice.folder).pins == {}


def test_a_changed_server_is_refused_until_the_pin_is_removed(server: ScriptedServer, meet: Meet) -> None:
    alice = meet(connect=False)
    Settings(alice.folder).pin(ServerAddress.parse(place(server)), "ab" * 32)
    with pytest.raises(ServerChanged) as caught:
        alice.client.connect(place(server), "alice", PASSWORD, register=True, accept_fingerprint=server.fingerprint)
    assert (caught.value.expected, caught.value.shown) == ("ab" * 32, server.fingerprint)
    assert server.requests == [FrameType.HELLO]
    Settings.load(alice.folder).forget_pin(place(server))
    with pytest.raises(FirstContact):
        alice.client.connect(place(server), "alice", PASSWORD, register=True)


def test_a_join_link_never_replaces_a_pin(server: ScriptedServer, meet: Meet) -> None:
    meet().client.close()
    alice = meet(connect=False)
    before = server.connections
    with pytest.raises(ServerChanged):
        alice.client.connect(f"chat://{place(server)}/#{'cd' * 32}", "alice", PASSWORD)
    assert server.connections == before
    assert Settings.load(alice.folder).pins == {place(server): server.fingerprint}


def test_a_join_link_of_another_server_is_refused(server: ScriptedServer, meet: Meet) -> None:
    alice = meet(connect=False)
    with pytest.raises(ServerChanged):
        alice.client.connect(f"chat://{place(server)}/#{'cd' * 32}", "alice", PASSWORD, register=True)
    assert server.requests == [FrameType.HELLO]


@pytest.mark.parametrize("field", ["signature", "challenge", "server_name", "prekey"])
def test_a_greeting_that_is_not_signed_like_this_gets_nothing_more(
    server: ScriptedServer, meet: Meet, field: str
) -> None:
    def lie(talk: Talk, body: bytes) -> bytes:
        honest = server.hello(body)
        value = getattr(honest, field)
        other = "Other" if isinstance(value, str) else value[:-1] + bytes([value[-1] ^ 1])
        return dataclasses.replace(honest, **{field: other}).encode()

    server.handlers[FrameType.HELLO] = lie
    with pytest.raises(AuthError, match="could not prove"):
        meet()
    assert server.requests == [FrameType.HELLO]


@pytest.mark.parametrize(("registration", "invite"), [(0, ""), (0, "code"), (1, ""), (3, "code")])
def test_a_closed_server_is_not_asked_to_register(
    server: ScriptedServer, meet: Meet, registration: int, invite: str
) -> None:
    server.registration = registration
    alice = meet(connect=False)
    with pytest.raises(RequestRefused) as caught:
        alice.client.connect(server.join_link, "alice", PASSWORD, register=True, invite=invite)
    assert caught.value.code == ErrorCode.REGISTRATION_REFUSED
    assert server.requests == [FrameType.HELLO]


def test_a_short_password_is_refused_before_anything_is_sent(server: ScriptedServer, meet: Meet) -> None:
    with pytest.raises(PasswordProblem):
        meet(connect=False).client.connect(server.join_link, "alice", "too short", register=True)
    assert server.connections == 0


@pytest.mark.parametrize("name", ["", "Alice", "@server", "a b", "x" * 33])
def test_a_name_that_nobody_may_have_is_refused_here(server: ScriptedServer, meet: Meet, name: str) -> None:
    with pytest.raises(LocalProtocolError):
        meet(connect=False).client.connect(server.join_link, name, PASSWORD, register=True)


def test_a_wrong_password_can_be_tried_again(server: ScriptedServer, meet: Meet) -> None:
    meet().client.close()
    again = meet(connect=False).client
    with pytest.raises(RequestRefused) as caught:
        again.connect(server.join_link, "alice", "another long password")
    assert caught.value.code == ErrorCode.BAD_LOGIN
    assert "password is wrong" in explain(caught.value)
    again.connect(server.join_link, "alice", PASSWORD)
    assert again.state is ConnectionState.ONLINE


def test_a_taken_name_is_told(server: ScriptedServer, meet: Meet, tmp_path: Path) -> None:
    meet("alice", 1)
    other = meet("bob", 2, connect=False)
    with pytest.raises(RequestRefused) as caught:
        other.client.connect(server.join_link, "alice", PASSWORD, register=True)
    assert caught.value.code == ErrorCode.NAME_TAKEN


def test_an_account_is_open_in_one_program_only(server: ScriptedServer, meet: Meet) -> None:
    meet()
    with pytest.raises(FolderInUse):
        meet(register=False)


def test_nobody_answers_is_a_sentence_about_the_address(server: ScriptedServer, meet: Meet) -> None:
    server.close()
    with pytest.raises(ConnectionClosed, match="Is the server running"):
        meet()


def test_cancel_ends_a_connect_that_waits(server: ScriptedServer, meet: Meet) -> None:
    """cancel() from another thread wakes connect() while it waits for an answer."""
    asked = threading.Event()
    answer = threading.Event()

    def wait(talk: Talk, body: bytes) -> bytes:
        asked.set()
        answer.wait(10)
        raise Drop

    server.handlers[FrameType.HELLO] = wait
    alice = meet(connect=False).client
    errors: list[BaseException] = []

    def connect() -> None:
        try:
            alice.connect(server.join_link, "alice", PASSWORD, register=True)
        except ConnectionClosed as error:
            errors.append(error)

    thread = threading.Thread(target=connect)
    thread.start()
    assert asked.wait(10)
    alice.cancel()
    thread.join(10)
    answer.set()
    assert len(errors) == 1 and alice.state is ConnectionState.OFFLINE


def test_close_during_connect_ends_it(server: ScriptedServer, meet: Meet) -> None:
    """close() from another thread ends connect() and leaves nothing running."""

    def close(talk: Talk, body: bytes) -> bytes:
        thread.start()
        thread.join(0.2)
        raise Drop

    server.handlers[FrameType.LIST_USERS] = close
    alice = meet(connect=False).client
    thread = threading.Thread(target=alice.close)
    with pytest.raises(ConnectionClosed):
        alice.connect(server.join_link, "alice", PASSWORD, register=True)
    thread.join(10)
    assert alice.state is ConnectionState.ENDED


def test_a_silent_server_is_given_up_in_time(server: ScriptedServer, meet: Meet) -> None:
    release = threading.Event()

    def silent(talk: Talk, body: bytes) -> bytes:
        release.wait(10)
        raise Drop

    server.handlers[FrameType.HELLO] = silent
    try:
        with pytest.raises(ConnectionClosed, match="in time"):
            meet(connect=False).client.connect(server.join_link, "alice", PASSWORD, timeout_s=0.1)
    finally:
        release.set()


# --- the vault


def test_a_vault_that_does_not_open_is_told_and_not_overwritten(server: ScriptedServer, meet: Meet) -> None:
    meet().client.close()
    vault = server.accounts["alice"].vault
    server.accounts["alice"].vault = vault[:-1] + bytes([vault[-1] ^ 1])
    with pytest.raises(AuthError, match="do not open"):
        meet(register=False)
    assert FrameType.PUT_VAULT not in server.requests


def test_a_rolled_back_vault_is_an_alarm(server: ScriptedServer, meet: Meet) -> None:
    meet().client.close()
    old = dataclasses.replace(server.accounts["alice"])
    later = meet(register=False, clock=lambda: NOW_MS / 1000 + WEEK_S + 60)
    later.client.close()
    assert server.accounts["alice"].version == 2
    server.accounts["alice"] = old
    again = meet(register=False)
    assert "older copy" in again.until(Notice, lambda event: event.alarm).text


def test_a_new_prekey_is_made_after_a_week(server: ScriptedServer, meet: Meet) -> None:
    alice = meet().client
    alice.close()
    before = server.accounts["alice"].prekey
    meet(register=False, clock=lambda: NOW_MS / 1000 + WEEK_S - 60).client.close()
    assert server.accounts["alice"].prekey == before
    meet(register=False, clock=lambda: NOW_MS / 1000 + WEEK_S + 60).client.close()
    account = server.accounts["alice"]
    assert account.prekey != before
    keys = LoginKeys.from_master(quick_stretch(PASSWORD, login_salt(server.keys.fp[:16], "alice")))
    contents = open_vault(account.vault, keys.vault_key, server.keys.fp[:16], "alice", account.version)
    assert [prekey.id for prekey in contents.prekeys] == [1, 2]


def test_a_conflict_over_the_vault_is_resolved(server: ScriptedServer, meet: Meet) -> None:
    """The answer was lost: the server has our bytes already, and says CONFLICT to the repetition."""
    meet().client.close()
    honest = server.on_put_vault

    def stored_but_conflict(talk: Talk, body: bytes) -> bytes:
        honest(talk, body)
        server.handlers[FrameType.PUT_VAULT] = honest
        raise Refuse(ErrorCode.CONFLICT)

    server.handlers[FrameType.PUT_VAULT] = stored_but_conflict
    alice = meet(register=False, clock=lambda: NOW_MS / 1000 + WEEK_S + 60)
    assert server.accounts["alice"].version == 2
    assert server.requests.count(FrameType.PUT_VAULT) == 1
    assert alice.client.state is ConnectionState.ONLINE


# --- being sent away


@pytest.mark.parametrize("code", [ErrorCode.KICKED, ErrorCode.VERSION, ErrorCode.BAD_LOGIN])
def test_after_some_farewells_nobody_comes_back(server: ScriptedServer, meet: Meet, code: ErrorCode) -> None:
    alice = meet()
    server.talks[0].bye(code, "enough")
    ended = alice.until(StateChanged, lambda event: event.state is not ConnectionState.ONLINE and bool(event.reason))
    assert (ended.state, ended.code) == (ConnectionState.ENDED, code)
    assert server.connections == 1


@pytest.mark.parametrize("code", [ErrorCode.BAD_LOGIN, ErrorCode.VERSION, ErrorCode.FORBIDDEN])
def test_a_refused_return_is_the_end(server: ScriptedServer, meet: Meet, code: ErrorCode) -> None:
    alice = meet()

    def refuse(talk: Talk, body: bytes) -> bytes:
        raise Refuse(code, "go away")

    server.handlers[FrameType.LOGIN] = refuse
    server.drop_all()
    alice.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    alice.client.retry_now()
    ended = alice.until(StateChanged, lambda event: event.state is ConnectionState.ENDED)
    assert ended.code == code and ended.reason


def test_another_server_at_the_same_place_is_not_returned_to(server: ScriptedServer, meet: Meet) -> None:
    """While the client was away another identity took the port: nothing but HELLO is sent to it."""
    alice = meet()
    server.close()
    server.keys = Member("@server", 7).keys
    server.requests.clear()
    server.open()
    alice.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    alice.client.retry_now()
    ended = alice.until(StateChanged, lambda event: event.state is ConnectionState.ENDED)
    assert "fingerprint" in ended.reason
    assert server.requests == [FrameType.HELLO]


# --- two devices of one account


def test_a_grant_for_a_prekey_of_another_device_fetches_the_vault(
    server: ScriptedServer, meet: Meet, tmp_path: Path
) -> None:
    """The other device made this week's prekey; the server's next stream is granted to it."""
    bob = server.add(Member("bob", 2))
    first = meet()
    second = meet("laptop", 1, connect=False, clock=lambda: NOW_MS / 1000 + WEEK_S + 60)
    second.client.connect(server.join_link, "alice", PASSWORD)
    server.close()
    server.open()
    server.publish(bob.post(server.lobby, "for the new key"))
    first.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    before = server.requests.count(FrameType.GET_VAULT)
    login = server.on_login

    def older_vault(talk: Talk, body: bytes) -> bytes:
        login(talk, body)
        return messages.LoggedIn(NOW_MS, 1, b"").raw

    server.handlers[FrameType.LOGIN] = older_vault
    first.client.retry_now()
    loaded = first.until(HistoryLoaded, lambda event: bool(event.messages))
    assert loaded.messages[0].text == "for the new key"
    assert server.requests.count(FrameType.GET_VAULT) == before + 1


def test_two_prekeys_under_one_id_are_an_alarm() -> None:
    bob, carol, twin = Member("bob", 2), Member("carol", 3), Member("carol", 3)
    contacts = Contacts(bob.keys.public, bob.keys.public, ())
    twin.prekey = OwnPrekey(1, NOW_MS, crypto.KemKey(b"\x55" * 64))
    raw = carol.keys.public.record.raw
    assert contacts.learn(carol.keys.fp, messages.KeyPair(raw, carol.prekey.record(carol.keys).raw)) == ""
    assert "carol" in contacts.learn(carol.keys.fp, messages.KeyPair(raw, twin.prekey.record(twin.keys).raw))


# --- the settings file


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', '{"version": 1, "pins": 3}'])
def test_a_damaged_settings_file_is_reported_and_left(
    server: ScriptedServer, meet: Meet, content: str
) -> None:
    alice = meet(connect=False)
    alice.folder.mkdir()
    file = alice.folder / "settings.json"
    file.write_text(content)
    with pytest.raises(DamagedStore):
        alice.client.connect(server.join_link, "alice", PASSWORD, register=True)
    assert file.read_text() == content
