"""When things go wrong: a sentence with the next step each, seen as a program that uses `ChatClient` sees it."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

import pytest

from securechat.client.events import ConnectionState, MessageState, Notice, PostRefused, StateChanged
from securechat.client.sentences import explain
from securechat.errors import ChatError, DamagedStore, ErrorCode, RequestRefused, StoreError
from securechat.wire import messages
from securechat.wire.frames import FrameType
from tests.client.conftest import PASSWORD, Meet, Person
from tests.client.scripted_server import Handler, Refuse, ScriptedServer, Talk


def state(person: Person, wanted: ConnectionState) -> StateChanged:
    event = person.until(StateChanged, lambda event: event.state is wanted)
    assert isinstance(event, StateChanged)
    return event


def refusing(code: int, text: str = "") -> Handler:
    def refuse(talk: Talk, body: bytes) -> bytes:
        raise Refuse(code, text)

    return refuse


def sentence_of_connect(person: Person, server: ScriptedServer) -> str:
    """What a person reads when logging in fails."""
    with pytest.raises(ChatError) as caught:
        person.client.connect(server.join_link, "alice", PASSWORD)
    return explain(caught.value)


# --- what the server says


def test_a_server_that_was_restarted(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    server.talks[0].bye(ErrorCode.SHUTDOWN, "Back at noon.")
    event = state(alice, ConnectionState.WAITING)
    assert "was stopped" in event.reason and "by itself" in event.reason and "Back at noon." in event.reason
    local_id = alice.client.send("written meanwhile")
    alice.client.retry_now()
    assert alice.client.wait_stored(local_id) == 1


def test_who_is_kicked_hears_why_and_what_to_do(server: ScriptedServer, meet: Meet) -> None:
    """And is not brought back by the program: that would be the same again."""
    alice = meet()
    server.talks[0].bye(ErrorCode.KICKED, "Too loud.")
    event = state(alice, ConnectionState.ENDED)
    assert event.code == ErrorCode.KICKED
    assert "Log in again" in event.reason and "Too loud." in event.reason
    assert server.connections == 1


def test_who_is_muted_keeps_the_text_and_hears_why(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    server.handlers[FrameType.POST] = refusing(ErrorCode.FORBIDDEN, "You are muted until 12:00.")
    alice.client.send("not so loud")
    refused = alice.until(PostRefused)
    assert refused.message.text == "not so loud" and refused.message.state is MessageState.REFUSED
    assert "You are muted until 12:00." in refused.reason and "operator" in refused.reason
    assert alice.client.state is ConnectionState.ONLINE


def test_who_is_too_fast_hears_that_it_goes_on_by_itself(server: ScriptedServer, meet: Meet) -> None:
    """One notice for a row of messages, however often the server says it; then all of them go out, in order."""
    now = [1000.0]
    alice = meet(monotonic=lambda: now[0])
    refusals: list[Refuse] = []

    def slow(talk: Talk, body: bytes) -> bytes:
        if refusals:
            raise refusals.pop()
        return server.on_post(talk, body)

    server.handlers[FrameType.POST] = slow
    for row in (("one", "two", "three"), ("four", "five")):
        refusals += [Refuse(ErrorCode.RATE_LIMITED, "20") for _ in range(3)]
        ids = [alice.client.send(text) for text in row]
        notice = alice.until(Notice)
        assert "20 seconds" in notice.text and "do nothing" in notice.text and not notice.alarm
        while alice.last().state is not MessageState.STORED:
            now[0] += 20
            alice.client.retry_now()
            with suppress(TimeoutError):
                alice.client.wait_stored(ids[-1], 0.05)
    assert [post.body for post in server.posts] == [b"one", b"two", b"three", b"four", b"five"]
    alice.client.close()
    assert not [event for event in alice.events if isinstance(event, Notice)]


def test_a_short_wait_is_not_told(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    refusals = [Refuse(ErrorCode.RATE_LIMITED, "0.05")]

    def slow(talk: Talk, body: bytes) -> bytes:
        if refusals:
            raise refusals.pop()
        return server.on_post(talk, body)

    server.handlers[FrameType.POST] = slow
    alice.client.wait_stored(alice.client.send("soon"))
    alice.client.close()
    assert not [event for event in alice.events if isinstance(event, Notice)]


def test_an_old_program_is_told_to_update(server: ScriptedServer, meet: Meet) -> None:
    server.handlers[FrameType.HELLO] = refusing(ErrorCode.VERSION, "Version 2 is needed.")
    sentence = sentence_of_connect(meet(connect=False), server)
    assert "Update it" in sentence and "Version 2 is needed." in sentence


def test_a_server_that_became_newer_is_not_tried_for_ever(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    server.handlers[FrameType.HELLO] = refusing(ErrorCode.VERSION)
    server.drop_all()
    state(alice, ConnectionState.WAITING)
    alice.client.retry_now()
    event = state(alice, ConnectionState.ENDED)
    assert event.code == ErrorCode.VERSION and "Update it" in event.reason


def test_who_was_banned_meanwhile_hears_why(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    server.handlers[FrameType.LOGIN] = refusing(ErrorCode.FORBIDDEN, "Banned.")
    server.drop_all()
    state(alice, ConnectionState.WAITING)
    alice.client.retry_now()
    event = state(alice, ConnectionState.ENDED)
    assert "Banned." in event.reason and "operator" in event.reason


def test_a_server_that_is_not_there(server: ScriptedServer, meet: Meet) -> None:
    link = server.join_link
    server.close()
    with pytest.raises(ChatError) as caught:
        meet(connect=False).client.connect(link, "alice", PASSWORD)
    assert len(explain(caught.value)) > 30 and "Traceback" not in explain(caught.value)


# --- this computer


def full_disk(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """No file whose path has `name` in it can be replaced any more."""
    replace = os.replace

    def refuse(source: str, target: Path) -> None:
        if name in str(target):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)


def test_a_full_disk_refuses_a_message_before_it_is_sent(
    server: ScriptedServer, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = meet()
    with monkeypatch.context() as patch:
        full_disk(patch, ".outbox")
        with pytest.raises(StoreError) as caught:
            alice.client.send("too much")
        sentence = explain(caught.value)
        assert "No space left" in sentence and "Check the free space" in sentence
        with pytest.raises(StoreError):
            alice.client.set_draft("too much")
    alice.client.wait_stored(alice.client.send("again"))
    assert [post.body for post in server.posts] == [b"again"]


def test_a_full_disk_at_the_login_is_said(
    server: ScriptedServer, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = meet(connect=False)
    with monkeypatch.context() as patch:
        full_disk(patch, "settings.json")
        assert "free space" in sentence_of_connect(alice, server)
    alice.client.connect(server.join_link, "alice", PASSWORD, register=True)


def test_a_full_disk_when_messages_are_sealed_anew_is_the_reason_of_the_pause(
    server: ScriptedServer, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text stays in the outbox, and goes out once there is space again."""
    alice = meet()

    def conflict(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.POST] = server.on_post
        full_disk(monkeypatch, ".outbox")
        raise Refuse(ErrorCode.CONFLICT)

    server.handlers[FrameType.POST] = conflict
    local_id = alice.client.send("kept")
    assert "Check the free space" in state(alice, ConnectionState.WAITING).reason
    monkeypatch.undo()
    alice.client.retry_now()
    alice.client.wait_stored(local_id)
    assert [post.body for post in server.posts] == [b"kept"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 9}', b'{"version": 1, "pins": 5}'])
def test_damaged_settings_are_said_and_left_as_they_are(server: ScriptedServer, meet: Meet, content: bytes) -> None:
    """A lost pin is a lost protection, so nobody goes on without."""
    alice = meet(connect=False)
    alice.folder.mkdir()
    path = alice.folder / "settings.json"
    path.write_bytes(content)
    sentence = sentence_of_connect(alice, server)
    assert str(path) in sentence and "backup" in sentence and "compare" in sentence
    assert path.read_bytes() == content


def test_a_damaged_outbox_is_set_aside_and_said(server: ScriptedServer, meet: Meet) -> None:
    first = meet()
    first.client.set_draft("half a sentence")
    first.client.close()
    [path] = first.folder.glob("*.outbox")
    path.write_bytes(path.read_bytes()[:-1])
    again = meet(register=False)
    notice = again.until(Notice)
    [aside] = first.folder.glob("*.damaged-*")
    assert notice.alarm and str(aside) in notice.text
    again.client.wait_stored(again.client.send("goes on"))


def test_a_damaged_vault_is_no_traceback(server: ScriptedServer, meet: Meet) -> None:
    """What the server kept cannot be opened: the person is told whom to ask."""
    meet().client.close()
    server.handlers[FrameType.LOGIN] = lambda talk, body: messages.LoggedIn(
        messages.LoggedIn.decode(server.on_login(talk, body)).server_time, 9, b"\1" * 500
    ).raw
    with pytest.raises(ChatError) as caught:
        meet(register=False)
    assert not isinstance(caught.value, (DamagedStore, RequestRefused))
    sentence = explain(caught.value)
    assert sentence.endswith(".") and "operator" in sentence
