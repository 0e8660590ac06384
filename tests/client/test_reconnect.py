"""Losing the connection and coming back: nothing missing, nothing twice, in order."""

from __future__ import annotations

import os
import threading

import pytest

from securechat.client.events import (
    ConnectionState,
    HistoryLoaded,
    MessageChanged,
    MessageShown,
    MessageState,
    PostRefused,
    StateChanged,
)
from securechat.errors import ConnectionClosed, ErrorCode, RequestRefused
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import Envelope
from tests.client.conftest import Meet, Person
from tests.client.scripted_server import NOW_MS, WAIT_S, Drop, Member, Refuse, ScriptedServer, Talk


def waiting(person: Person) -> StateChanged:
    event = person.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    assert isinstance(event, StateChanged)
    return event


def back(person: Person) -> None:
    person.client.retry_now()
    person.until(StateChanged, lambda event: event.state is ConnectionState.ONLINE)


def online(person: Person) -> None:
    person.until(StateChanged, lambda event: event.state is ConnectionState.ONLINE)


def bodies(server: ScriptedServer) -> list[str]:
    return [post.body.decode() for post in server.posts]


def test_a_lost_connection_says_when_it_tries_again(server: ScriptedServer, meet: Meet) -> None:
    alice = meet(random_bytes=lambda count: b"\0" * count if count == 2 else os.urandom(count))
    pauses = []

    def leave(talk: Talk, body: bytes) -> bytes:
        raise Drop

    server.handlers[FrameType.HELLO] = leave
    server.drop_all()
    for _ in range(4):
        event = waiting(alice)
        assert event.reason
        pauses.append(event.retry_in_s)
        alice.client.retry_now()
    assert pauses == [1.0, 2.0, 4.0, 8.0]


def test_nothing_is_missing_after_an_absence_of_250_posts(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    server.publish(bob.post(server.lobby, "before"))
    alice = meet()
    online(alice)
    server.drop_all()
    waiting(alice)
    for number in range(250):
        server.publish(bob.post(server.lobby, f"missed {number}"))
    back(alice)
    for _ in range(3):
        assert not alice.until(HistoryLoaded).older
    server.publish(bob.post(server.lobby, "live"))
    alice.until(MessageShown)
    assert alice.texts() == ["before", *(f"missed {number}" for number in range(250)), "live"]
    assert not any(message.problem or message.missing_before for message in alice.client.messages())


def test_an_absence_that_breaks_off_in_the_middle_leaves_no_gap(server: ScriptedServer, meet: Meet) -> None:
    """The second page of history is lost with the connection; the third try fetches all of it."""
    bob = server.add(Member("bob", 2))
    server.publish(bob.post(server.lobby, "before"))
    alice = meet()
    online(alice)
    server.drop_all()
    waiting(alice)
    for number in range(250):
        server.posts.append(bob.post(server.lobby, f"missed {number}"))
    honest = server.on_history

    def second_page_lost(talk: Talk, body: bytes) -> bytes:
        if messages.GetHistory.decode(body).before:
            server.handlers[FrameType.HISTORY] = honest
            raise Drop
        return honest(talk, body)

    server.handlers[FrameType.HISTORY] = second_page_lost
    back(alice)
    waiting(alice)
    server.publish(bob.post(server.lobby, "last"))
    back(alice)
    alice.until(HistoryLoaded, lambda event: any(message.seq == 2 for message in event.messages))
    assert alice.texts() == ["before", *(f"missed {number}" for number in range(250)), "last"]


def test_an_empty_lobby_that_filled_meanwhile(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    alice = meet()
    online(alice)
    server.drop_all()
    waiting(alice)
    for number in range(150):
        server.posts.append(bob.post(server.lobby, f"missed {number}"))
    back(alice)
    alice.until(HistoryLoaded, lambda event: any(message.seq == 1 for message in event.messages))
    assert len(alice.texts()) == 150


def test_a_restarted_server_seals_anew_and_is_understood(server: ScriptedServer, meet: Meet) -> None:
    """New certificate, @server prekey and stream: history of the old process opens, and posts go on."""
    bob = server.add(Member("bob", 2))
    server.publish(bob.post(server.lobby, "before"))
    alice = meet()
    alice.client.wait_stored(alice.client.send("mine"))
    server.close()
    waiting(alice)
    server.open()
    server.publish(bob.post(server.lobby, "meanwhile"))
    back(alice)
    alice.until(HistoryLoaded)
    alice.client.wait_stored(alice.client.send("after"))
    assert alice.texts() == ["before", "mine", "meanwhile", "after"]
    assert len({post.stream_id for post in server.posts if post.author == alice.client.own_fp}) == 1
    assert server.requests.count(FrameType.GET_STREAM) == 2


def test_a_stream_that_is_not_known_is_asked_for_once(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    alice = meet()
    old = server.requests.count(FrameType.GET_STREAM)
    foreign = Envelope(server.lobby, b"\3" * 32, 1, bytes(272)).raw
    for seq in (1, 2, 3):
        server.deliver(seq, foreign)
    for _ in range(3):
        assert alice.until(MessageShown).message.problem
    assert server.requests.count(FrameType.GET_STREAM) == old + 1
    assert bob.keys


def test_posts_made_offline_go_out_in_order(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    online(alice)
    server.drop_all()
    waiting(alice)
    ids = [alice.client.send(f"offline {number}") for number in range(40)]
    assert all(message.state is MessageState.WAITING for message in alice.client.messages())
    with pytest.raises(TimeoutError):
        alice.client.wait_stored(ids[0], 0.01)
    back(alice)
    alice.client.wait_stored(ids[-1])
    assert bodies(server) == [f"offline {number}" for number in range(40)]


def test_a_post_whose_answer_was_lost_is_there_once(server: ScriptedServer, meet: Meet) -> None:
    """The server stored it and the connection ended before its OK: the same bytes go out again and get the same seq."""
    alice = meet()
    online(alice)
    honest = server.on_post

    def lose(talk: Talk, body: bytes) -> bytes:
        honest(talk, body)
        server.handlers[FrameType.POST] = honest
        raise Drop

    server.handlers[FrameType.POST] = lose
    ids = [alice.client.send(text) for text in ("one", "two", "three")]
    waiting(alice)
    back(alice)
    assert [alice.client.wait_stored(local_id) for local_id in ids] == [1, 2, 3]
    assert bodies(server) == ["one", "two", "three"]
    assert server.posted[0] == server.posted[1]
    assert [message.seq for message in alice.client.messages()] == [1, 2, 3]


def test_read_marks_set_offline_are_told_later(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    online(alice)
    server.drop_all()
    waiting(alice)
    alice.client.mark_read(7)
    back(alice)
    server.wait_for(lambda: FrameType.READ in server.requests)


def test_older_messages_cannot_be_loaded_offline(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    online(alice)
    server.drop_all()
    waiting(alice)
    with pytest.raises(ConnectionClosed, match="offline"):
        alice.client.load_older()


def test_a_silent_server_counts_as_lost(server: ScriptedServer, meet: Meet) -> None:
    """After 30 s without a word a PING goes; after 75 s without a byte the connection is given up."""
    now = [1000.0]
    alice = meet(monotonic=lambda: now[0])
    online(alice)
    silent = threading.Event()

    def never(talk: Talk, body: bytes) -> bytes:
        silent.wait(WAIT_S)
        raise Drop

    server.handlers[FrameType.PING] = never
    now[0] += 31
    alice.client.wait_stored(alice.client.send("wakes the sender"))
    now[0] += 31
    alice.client.retry_now()
    server.wait_for(lambda: FrameType.PING in server.requests)
    now[0] += 76
    alice.client.retry_now()
    assert "silent" in waiting(alice).reason
    silent.set()


# --- what the server may answer to a post


def answering(server: ScriptedServer, *refusals: Refuse | None) -> None:
    """Let the next POSTs be answered so; None is an honest answer."""
    honest = server.on_post
    rest = list(refusals)

    def answer(talk: Talk, body: bytes) -> bytes:
        refusal = rest.pop(0) if rest else None
        if refusal is None:
            return honest(talk, body)
        server.posted.append(body)
        raise refusal

    server.handlers[FrameType.POST] = answer


def test_rate_limited_posts_go_out_again_as_the_same_bytes(server: ScriptedServer, meet: Meet) -> None:
    alice = meet().client
    answering(server, None, Refuse(ErrorCode.RATE_LIMITED, "0.1"))
    ids = [alice.send(text) for text in ("one", "two", "three", "four")]
    alice.wait_stored(ids[-1])
    assert bodies(server) == ["one", "two", "three", "four"]
    assert len(set(server.posted)) == 4
    assert len({post.stream_id for post in server.posts}) == 1


def test_a_conflict_posts_the_text_anew_in_a_new_stream(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    answering(server, Refuse(ErrorCode.CONFLICT))
    ids = [alice.client.send(text) for text in ("one", "two")]
    alice.client.wait_stored(ids[-1])
    assert bodies(server) == ["one", "two"]
    assert len({Envelope.decode(body).stream_id for body in server.posted}) >= 2
    assert [(message.text, message.seq) for message in alice.client.messages()] == [("one", 1), ("two", 2)]


def test_a_stream_that_is_too_old_is_replaced(server: ScriptedServer, meet: Meet) -> None:
    alice = meet().client

    def too_old(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.STREAM] = server.on_stream
        raise Refuse(ErrorCode.FORBIDDEN)

    def no_such_stream(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.GRANT] = server.on_grant
        raise Refuse(ErrorCode.NOT_FOUND)

    server.handlers[FrameType.STREAM] = too_old
    server.handlers[FrameType.GRANT] = no_such_stream
    alice.wait_stored(alice.send("still there"))
    assert bodies(server) == ["still there"]


def test_a_refused_post_keeps_its_text_and_lets_the_others_go(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    answering(server, None, Refuse(ErrorCode.TOO_LARGE))
    ids = [alice.client.send(text) for text in ("one", "refused", "three")]
    with pytest.raises(RequestRefused) as caught:
        alice.client.wait_stored(ids[1])
    assert caught.value.code == ErrorCode.TOO_LARGE
    refused = alice.until(PostRefused)
    assert refused.message.text == "refused" and refused.reason
    alice.client.wait_stored(ids[2])
    assert bodies(server) == ["one", "three"]
    states = {message.text: message.state for message in alice.client.messages()}
    assert states == {"one": MessageState.STORED, "refused": MessageState.REFUSED, "three": MessageState.STORED}


def test_a_post_that_always_conflicts_is_refused_in_the_end(server: ScriptedServer, meet: Meet) -> None:
    alice = meet().client
    answering(server, *[Refuse(ErrorCode.CONFLICT)] * 3)
    with pytest.raises(RequestRefused):
        alice.wait_stored(alice.send("never"))
    alice.wait_stored(alice.send("but this"))
    assert bodies(server) == ["but this"]


def test_a_bad_key_gets_a_new_grant_on_the_next_connection(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()

    def bad_key(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.POST] = server.on_post
        talk.bye(ErrorCode.BAD_KEY)
        raise Refuse(ErrorCode.BAD_KEY)

    server.handlers[FrameType.POST] = bad_key
    local_id = alice.client.send("again")
    waiting(alice)
    back(alice)
    alice.client.wait_stored(local_id)
    assert server.requests.count(FrameType.GRANT) == 2
    assert alice.until(MessageChanged).message.text == "again"


def test_a_new_stream_begins_after_a_day(server: ScriptedServer, meet: Meet) -> None:
    now = [NOW_MS / 1000]
    alice = meet(clock=lambda: now[0]).client
    alice.wait_stored(alice.send("today"))
    now[0] += limits.STREAM_ROTATE_MS / 1000 + 1
    alice.wait_stored(alice.send("tomorrow"))
    assert len({post.stream_id for post in server.posts}) == 2
