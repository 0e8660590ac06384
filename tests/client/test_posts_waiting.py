"""Own edits, deletions and reactions on their way: refused, sealed again, over a lost connection and a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from securechat import atomic_file
from securechat.client.events import (
    ConnectionState,
    Message,
    MessageChanged,
    MessageShown,
    MessageState,
    PostRefused,
    StateChanged,
)
from securechat.errors import ErrorCode, LocalProtocolError, RequestRefused, StoreError
from securechat.sealing.streams import post_id_of
from securechat.wire.frames import FrameType
from securechat.wire.objects import PostKind
from tests.client.conftest import Meet, Person
from tests.client.scripted_server import WAIT_S, Drop, Refuse, ScriptedServer, Talk


@pytest.fixture
def gate(server: ScriptedServer) -> Iterator[threading.Event]:
    """POSTs are answered only while this is set; opened at the end."""
    opened = threading.Event()
    opened.set()
    honest = server.handlers[FrameType.POST]

    def when_open(talk: Talk, body: bytes) -> bytes:
        assert opened.wait(WAIT_S)
        return honest(talk, body)

    server.handlers[FrameType.POST] = when_open
    yield opened
    opened.set()


def say(person: Person, text: str) -> Message:
    person.client.wait_stored(person.client.send(text))
    return person.last()


def refuse_next(server: ScriptedServer, code: ErrorCode, gate: threading.Event | None = None) -> None:
    """The next POST is refused, once the gate is open."""
    honest = server.handlers[FrameType.POST]

    def refuse(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.POST] = honest
        assert gate is None or gate.wait(WAIT_S)
        raise Refuse(code, "be kind")

    server.handlers[FrameType.POST] = refuse


def shut(server: ScriptedServer) -> None:
    """Nobody gets in, and everybody is out."""

    def refuse(talk: Talk, body: bytes) -> bytes:
        raise Refuse(ErrorCode.INTERNAL)

    server.handlers[FrameType.LOGIN] = refuse
    server.drop_all()


def test_a_change_is_seen_while_its_answer_is_out(meet: Meet, gate: threading.Event) -> None:
    alice = meet()
    first = say(alice, "one")
    gate.clear()
    edit, react = alice.client.edit(first.post_id, "two"), alice.client.react(first.post_id, "👍")
    assert (alice.last().text, alice.last().reactions, alice.last().pending) == ("two", (("👍", ("alice",)),), True)
    gate.set()
    alice.client.wait_stored(edit)
    alice.client.wait_stored(react)
    assert not alice.last().pending


@pytest.mark.parametrize("kind", [PostKind.EDIT, PostKind.DELETE, PostKind.REACTION])
def test_a_refused_change_is_taken_back_and_told_with_what_was_written(
    server: ScriptedServer, meet: Meet, kind: PostKind
) -> None:
    alice = meet()
    first = say(alice, "one")
    refuse_next(server, ErrorCode.FORBIDDEN)
    if kind == PostKind.EDIT:
        local_id = alice.client.edit(first.post_id, "two")
    elif kind == PostKind.DELETE:
        local_id = alice.client.delete(first.post_id)
    else:
        local_id = alice.client.react(first.post_id, "👍")
    with pytest.raises(RequestRefused):
        alice.client.wait_stored(local_id)
    shown = alice.until(MessageChanged, lambda event: event.message.pending).message
    assert shown != first
    assert alice.until(MessageChanged).message == first
    refused = alice.until(PostRefused)
    written = {PostKind.EDIT: "two", PostKind.DELETE: "", PostKind.REACTION: "👍"}[kind]
    assert (refused.message.kind, refused.message.text, refused.message.local_id) == (kind, written, local_id)
    assert (refused.message.reply_to, refused.message.state) == (first.post_id, MessageState.REFUSED)
    assert "be kind" in refused.reason
    assert alice.client.messages() == (first,)


def test_of_two_edits_only_the_refused_one_goes(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    first = say(alice, "one")
    refuse_next(server, ErrorCode.FORBIDDEN)
    alice.client.edit(first.post_id, "refused")
    alice.client.wait_stored(alice.client.edit(first.post_id, "taken"))
    assert (alice.last().text, [text for _, text in alice.last().earlier]) == ("taken", ["one"])


def test_changes_of_a_post_that_is_sealed_again_follow_it(
    server: ScriptedServer, meet: Meet, gate: threading.Event
) -> None:
    """A new seal gives the post another id: edit, reaction and reply name that one, and no window loses the line."""
    alice = meet()
    gate.clear()
    refuse_next(server, ErrorCode.CONFLICT, gate)
    alice.client.send("one")
    old = alice.until(MessageShown).message
    alice.client.edit(old.post_id, "two")
    alice.client.react(old.post_id, "👍")
    last = alice.client.reply("and so on", old.post_id)
    gate.set()
    alice.client.wait_stored(last)
    first, second = alice.client.messages()
    assert first.post_id != old.post_id and first.local_id == old.local_id
    assert (first.text, first.reactions, first.pending) == ("two", (("👍", ("alice",)),), False)
    assert second.reply_to == first.post_id
    text = server.posts[0]
    assert [post.body[:32] for post in server.posts[1:]] == [post_id_of(text)] * 3
    renamed = [event.message for event in seen(alice) if event.message.local_id == old.local_id]
    assert {message.text for message in renamed[1:]} == {"two"}  # no flicker back to the first text


def seen(person: Person) -> list[MessageChanged]:
    person.client.close()
    return [event for event in [*person.seen, *person.events] if isinstance(event, MessageChanged)]


def test_the_id_of_before_still_names_a_post_that_was_sealed_again(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    refuse_next(server, ErrorCode.CONFLICT)
    local_id = alice.client.send("one")
    old = alice.until(MessageShown).message
    alice.client.wait_stored(local_id)
    assert alice.last().post_id != old.post_id
    alice.client.wait_stored(alice.client.edit(old.post_id, "two"))
    assert alice.last().text == "two"
    assert server.posts[-1].body[:32] == alice.last().post_id


def stranded(server: ScriptedServer, meet: Meet) -> Message:
    """A stored text, then a lost connection; an edit of the text and a new text with a reaction; the program ends."""
    alice = meet()
    first = say(alice, "one")
    shut(server)
    alice.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    alice.client.edit(first.post_id, "two")
    alice.client.send("new")
    alice.client.react(alice.last().post_id, "👍")
    assert [(m.text, m.pending) for m in alice.client.messages()] == [("two", True), ("new", True)]
    alice.client.close()
    server.handlers[FrameType.LOGIN] = server.on_login
    return first


def test_changes_of_before_a_restart_show_as_pending_and_go_out(
    server: ScriptedServer, meet: Meet, gate: threading.Event
) -> None:
    stranded(server, meet)
    gate.clear()
    again = meet(register=False)
    edited, new = again.client.messages()
    assert (edited.text, edited.pending, edited.seq) == ("two", True, 1)
    assert (new.reactions, new.pending, new.state) == ((("👍", ("alice",)),), True, MessageState.WAITING)
    gate.set()
    again.until(MessageChanged, lambda event: event.message.text == "new" and not event.message.pending)
    assert [(m.text, m.pending) for m in again.client.messages()] == [("two", False), ("new", False)]
    assert [post.kind for post in server.posts] == [1, 4, 1, 6]


def test_a_change_of_before_a_restart_may_still_be_refused(server: ScriptedServer, meet: Meet) -> None:
    stranded(server, meet)
    refuse_next(server, ErrorCode.FORBIDDEN)
    again = meet(register=False)
    refused = again.until(PostRefused)
    assert (refused.message.kind, refused.message.text) == (PostKind.EDIT, "two")
    assert (again.client.messages()[0].text, again.client.messages()[0].pending) == ("one", False)


def test_after_a_restart_another_stream_waits_for_the_post_that_it_is_about(
    server: ScriptedServer, meet: Meet
) -> None:
    """The new text's stream is refused as too old; the edit in the new process's stream names the new seal."""
    stranded(server, meet)

    held, go_on = threading.Event(), threading.Event()

    def too_old(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.STREAM] = server.on_stream
        held.set()
        assert go_on.wait(WAIT_S)
        raise Refuse(ErrorCode.FORBIDDEN)

    def no_such_stream(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.GRANT] = server.on_grant
        raise Refuse(ErrorCode.NOT_FOUND)

    server.handlers[FrameType.STREAM] = too_old
    server.handlers[FrameType.GRANT] = no_such_stream
    again = meet(register=False)
    assert held.wait(WAIT_S)
    new = again.last()
    last = again.client.edit(new.post_id, "newer")
    go_on.set()
    again.client.wait_stored(last)
    assert [(m.text, m.pending) for m in again.client.messages()] == [("two", False), ("newer", False)]
    assert again.last().post_id != new.post_id
    assert server.posts[-1].body[:32] == again.last().post_id


def test_an_edit_does_not_go_out_before_it_is_known_what_its_target_is_called(
    server: ScriptedServer, meet: Meet, gate: threading.Event
) -> None:
    """The text is in flight, in the stream of the process before, and will be refused: its new seal is edited."""
    stranded(server, meet)
    gate.clear()
    refuse_next(server, ErrorCode.CONFLICT, gate)
    again = meet(register=False)
    server.wait_for(lambda: FrameType.POST in server.requests[-3:])
    new = again.last()
    last = again.client.edit(new.post_id, "newer")
    gate.set()
    again.client.wait_stored(last)
    assert [(m.text, m.pending) for m in again.client.messages()] == [("two", False), ("newer", False)]
    assert server.posts[-1].body == again.last().post_id + b"newer"


def test_an_edit_whose_answer_was_lost_is_found_in_history(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    first = say(alice, "one")
    honest = server.on_post

    def stored_but_silent(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.POST] = honest
        honest(talk, body)
        raise Drop

    server.handlers[FrameType.POST] = stored_but_silent
    local_id = alice.client.edit(first.post_id, "two")
    alice.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    alice.client.retry_now()
    assert alice.client.wait_stored(local_id) == 2
    alice.until(MessageChanged, lambda event: not event.message.pending and event.message.text == "two")
    assert len(server.posts) == 2


def test_a_change_that_the_disk_refuses_is_not_made(
    server: ScriptedServer, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = meet()
    first = say(alice, "one")

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic_file.os, "fsync", full)
        with pytest.raises(StoreError):
            alice.client.edit(first.post_id, "lost")
    assert alice.last() == first
    alice.client.wait_stored(alice.client.edit(first.post_id, "kept"))
    assert [post.body[32:] for post in server.posts[1:]] == [b"kept"]


def test_nothing_is_changed_before_the_first_connect(meet: Meet) -> None:
    with pytest.raises(LocalProtocolError):
        meet(connect=False).client.edit(b"\1" * 32, "two")
