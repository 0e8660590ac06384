"""Replies, edits, deletions and reactions: shown at once, judged here before they are made, and kept in order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from securechat.client import ChatClient
from securechat.client.events import (
    Conversation,
    ConversationKind,
    Message,
    MessageChanged,
    MessageShown,
    MessageState,
    ReadChanged,
)
from securechat.errors import ErrorCode, LocalProtocolError, RequestRefused
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import Post, PostKind
from tests.client.conftest import Meet, Person
from tests.client.scripted_server import NOW_MS, Member, Refuse, ScriptedServer


def stored(person: Person, text: str) -> Message:
    """An own text that the server has."""
    person.client.wait_stored(person.client.send(text))
    changed = person.until(MessageChanged, lambda event: event.message.text == text and event.message.seq > 0)
    message = changed.message
    assert isinstance(message, Message)
    return message


def changes(person: Person, count: int) -> list[Message]:
    return [person.until(MessageChanged).message for _ in range(count)]


# --- what is shown


def test_an_edit_shows_at_once_and_waits_until_it_is_stored(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    first = stored(alice, "helo")
    alice.client.wait_stored(alice.client.edit(first.post_id, "hello"))
    waiting, done = changes(alice, 2)
    assert (waiting.text, waiting.edited, waiting.pending) == ("hello", True, True)
    assert waiting.earlier == ((NOW_MS, "helo"),)
    assert (done.text, done.pending, done.earlier) == ("hello", False, waiting.earlier)
    assert alice.client.messages() == (done,)
    assert [post.kind for post in server.posts] == [PostKind.TEXT, PostKind.EDIT]


def test_all_earlier_texts_are_kept_the_first_one_first(meet: Meet) -> None:
    alice = meet()
    first = stored(alice, "one")
    for text in ("two", "three"):
        alice.client.wait_stored(alice.client.edit(first.post_id, text))
    assert [text for _, text in alice.last().earlier] == ["one", "two"]
    assert alice.last().text == "three"


def test_a_deletion_shows_at_once_and_leaves_no_text(meet: Meet) -> None:
    alice = meet()
    first = stored(alice, "a mistake")
    alice.client.wait_stored(alice.client.edit(first.post_id, "another mistake"))
    alice.client.wait_stored(alice.client.delete(first.post_id))
    waiting, done = changes(alice, 4)[2:]
    assert (waiting.deleted, waiting.pending, waiting.text, waiting.earlier) == (True, True, "", ())
    assert (done.deleted, done.pending, done.deleted_by_operator) == (True, False, False)


def test_a_reaction_replaces_the_last_one_and_nothing_withdraws_it(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    alice = meet()
    server.publish(bob.post(server.lobby, "news"))
    news = alice.until(MessageShown).message
    shown = []
    for emoji in ("👍", "🎉", ""):
        alice.client.wait_stored(alice.client.react(news.post_id, emoji))
        shown.append(alice.last().reactions)
    assert shown == [(("👍", ("alice",)),), (("🎉", ("alice",)),), ()]
    assert not alice.last().pending


def test_a_reply_names_its_message(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    alice = meet()
    server.publish(bob.post(server.lobby, "a question"))
    question = alice.until(MessageShown).message
    alice.client.wait_stored(alice.client.reply("an answer", question.post_id))
    assert (alice.last().text, alice.last().reply_to) == ("an answer", question.post_id)
    assert server.posts[-1].kind == PostKind.REPLY


def test_others_see_what_was_changed(meet: Meet) -> None:
    alice, bob = meet("alice", 1), meet("bob", 2)
    first = stored(alice, "one")
    bob.until(MessageShown)
    alice.client.wait_stored(alice.client.edit(first.post_id, "two"))
    bob.client.wait_stored(bob.client.react(first.post_id, "👍"))
    alice.until(MessageChanged, lambda event: bool(event.message.reactions))
    bob.until(MessageChanged, lambda event: event.message.edited)
    for person in (alice, bob):
        assert (person.last().text, person.last().reactions) == ("two", (("👍", ("bob",)),))


def test_a_post_that_still_waits_can_be_changed(server: ScriptedServer, meet: Meet) -> None:
    """Its id is known, and posts go out in their order."""
    alice = meet()
    alice.client.send("one")
    waiting = alice.until(MessageShown).message
    last = [
        alice.client.edit(waiting.post_id, "two"), alice.client.react(waiting.post_id, "👍"),
        alice.client.reply("and so on", waiting.post_id),
    ][-1]
    alice.client.wait_stored(last)
    first, second = alice.client.messages()
    assert (first.text, first.reactions, first.pending) == ("two", (("👍", ("alice",)),), False)
    assert second.reply_to == first.post_id
    assert [post.kind for post in server.posts] == [1, 4, 6, 7]


@pytest.mark.parametrize("kind", [PostKind.EDIT, PostKind.REACTION])
def test_each_is_later_than_the_own_one_that_it_replaces(server: ScriptedServer, meet: Meet, kind: PostKind) -> None:
    """Also while the clock goes back: else readers would keep the older one."""
    now = [NOW_MS / 1000]
    alice = meet(clock=lambda: now[0])
    first = stored(alice, "one")
    for text in ("2", "3", "4"):
        change = alice.client.edit if kind == PostKind.EDIT else alice.client.react
        last = change(first.post_id, text)
        now[0] -= 60
    alice.client.wait_stored(last)
    times = [post.time for post in server.posts if post.kind == kind]
    assert times == sorted(set(times)) and len(times) == 3
    shown = alice.last()
    assert (shown.text if kind == PostKind.EDIT else shown.reactions[0][0]) == "4"


def test_an_edit_on_another_device_is_replaced_by_a_later_one(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    first = stored(alice, "one")
    other = Member("alice", 1)
    other.keys = alice.client._session.account.keys  # type: ignore[union-attr]
    server.publish(other.post(server.lobby, first.post_id + b"from the future", PostKind.EDIT, NOW_MS + 5000))
    alice.until(MessageChanged, lambda event: event.message.text == "from the future")
    alice.client.wait_stored(alice.client.edit(first.post_id, "now"))
    assert server.posts[-1].time == NOW_MS + 5001
    assert [text for _, text in alice.last().earlier] == ["one", "from the future"]


# --- what cannot be


def published(server: ScriptedServer, alice: Person, post: Post) -> Message:
    server.publish(post)
    message = alice.until(MessageShown).message
    assert isinstance(message, Message)
    return message


CHANGES: dict[str, Callable[[ChatClient, bytes], int]] = {
    "edit": lambda client, post_id: client.edit(post_id, "text"),
    "delete": lambda client, post_id: client.delete(post_id),
    "react": lambda client, post_id: client.react(post_id, "👍"),
    "reply": lambda client, post_id: client.reply("text", post_id),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_not_loaded_cannot_be_changed(server: ScriptedServer, meet: Meet, change: str) -> None:
    with pytest.raises(LocalProtocolError):
        CHANGES[change](meet().client, b"\7" * 32)
    assert server.posted == []


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_only_own_posts_can_be_edited_or_deleted(server: ScriptedServer, meet: Meet, change: str) -> None:
    bob = server.add(Member("bob", 2))
    alice = meet()
    theirs = published(server, alice, bob.post(server.lobby, "hello"))
    with pytest.raises(LocalProtocolError):
        CHANGES[change](alice.client, theirs.post_id)


@pytest.mark.parametrize("change", ["edit", "delete", "react"])
def test_what_was_deleted_is_left_alone(meet: Meet, change: str) -> None:
    alice = meet()
    first = stored(alice, "one")
    alice.client.delete(first.post_id)
    with pytest.raises(LocalProtocolError):
        CHANGES[change](alice.client, first.post_id)


def test_an_answer_to_what_was_deleted_meanwhile_still_goes_out(meet: Meet) -> None:
    alice = meet()
    first = stored(alice, "one")
    alice.client.delete(first.post_id)
    alice.client.wait_stored(alice.client.reply("a long answer", first.post_id))
    assert alice.last().reply_to == first.post_id


@pytest.mark.parametrize("change", ["react", "reply"])
def test_a_post_of_a_newer_program_is_not_answered(server: ScriptedServer, meet: Meet, change: str) -> None:
    """Targets of replies and reactions are texts, files and replies."""
    bob = server.add(Member("bob", 2))
    alice = meet()
    newer = published(server, alice, bob.post(server.lobby, b"?", 99))
    with pytest.raises(LocalProtocolError):
        CHANGES[change](alice.client, newer.post_id)


@pytest.mark.parametrize("emoji", ["x" * 33, "👍" * 9, "\n", "\x7f", "\x85", "\ud83d"])
def test_a_reaction_is_short_and_without_controls(meet: Meet, emoji: str) -> None:
    alice = meet()
    first = stored(alice, "one")
    with pytest.raises(LocalProtocolError):
        alice.client.react(first.post_id, emoji)


@pytest.mark.parametrize("text", ["", "x" * (limits.TEXT + 1), "\ud800"])
def test_an_edit_or_reply_has_a_text_that_fits(meet: Meet, text: str) -> None:
    alice = meet()
    first = stored(alice, "one")
    with pytest.raises(LocalProtocolError):
        alice.client.edit(first.post_id, text)
    with pytest.raises(LocalProtocolError):
        alice.client.reply(text, first.post_id)
    assert alice.last() == first


def test_the_longest_edit_and_the_longest_reaction_arrive(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    first = stored(alice, "one")
    alice.client.edit(first.post_id, "x" * limits.TEXT)
    alice.client.wait_stored(alice.client.react(first.post_id, "👍" * 8))
    assert len(server.posts) == 3


# --- lists and marks


def test_the_lobby_is_the_only_conversation(server: ScriptedServer, meet: Meet) -> None:
    alice = meet(connect=False).client
    assert alice.conversations() == ()
    alice.connect(server.join_link, "alice", "a long enough password", register=True)
    assert alice.conversations() == (Conversation(alice.lobby, ConversationKind.LOBBY),)


def test_a_mark_of_another_device_is_told_once_and_never_falls(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    talk = server.talks[0]
    for name, seq in (("alice", 4), ("bob", 9), ("alice", 4), ("alice", 3), ("alice", 6)):
        talk.push(FrameType.PUSH_READ, messages.ReadPush(server.lobby, name, seq).raw)
    alice.until(ReadChanged, lambda event: event.seq == 6)
    assert [event.seq for event in alice.seen if isinstance(event, ReadChanged)] == [4, 6]


def test_the_mark_of_before_is_told_after_login(server: ScriptedServer, meet: Meet) -> None:
    meet().client.close()
    honest = server.on_list_conversations

    def with_mark(talk: object, body: bytes) -> bytes:
        page = messages.Conversations.decode(honest(talk, body)).items  # type: ignore[arg-type]
        marked = (messages.Conversation(one.conv, one.kind, one.other, one.last_seq, 7) for one in page)
        return messages.Conversations(tuple(marked)).raw

    server.handlers[FrameType.LIST_CONVERSATIONS] = with_mark
    again = meet(register=False)
    assert again.until(ReadChanged).seq == 7
    assert again.client.read_mark() == 7


def test_a_message_that_was_refused_has_no_number_to_name(meet: Meet, server: ScriptedServer) -> None:
    """Nothing can be said about what the server never took."""
    def refuse(talk: object, body: bytes) -> bytes:
        server.handlers[FrameType.POST] = server.on_post
        raise Refuse(ErrorCode.FORBIDDEN, "be kind")

    alice = meet()
    server.handlers[FrameType.POST] = refuse
    with pytest.raises(RequestRefused):
        alice.client.wait_stored(alice.client.send("rude"))
    (refused,) = alice.client.messages()
    assert refused.state is MessageState.REFUSED
    for change in CHANGES.values():
        with pytest.raises(LocalProtocolError):
            change(alice.client, refused.post_id)
