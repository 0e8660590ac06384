"""What protected a post: asked for anew, verified anew, and the bytes as they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from securechat.client.events import ConnectionState, ConversationKind, MessageChanged, MessageShown, StateChanged
from securechat.client.protection import Signature
from securechat.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from securechat.wire import messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import Envelope, PostKind
from tests.client.conftest import Meet, Person
from tests.client.scripted_server import Member, Refuse, ScriptedServer, Talk


@pytest.fixture
def bob(server: ScriptedServer) -> Member:
    return server.add(Member("bob", 2))


def lose_connection(server: ScriptedServer, person: Person) -> None:
    def refuse(talk: Talk, body: bytes) -> bytes:
        raise Refuse(ErrorCode.INTERNAL)

    server.handlers[FrameType.LOGIN] = refuse
    server.drop_all()
    person.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)


def test_a_post_of_somebody_else_with_its_bytes(server: ScriptedServer, meet: Meet, bob: Member) -> None:
    alice = meet()
    post = bob.post(server.lobby, "hello")
    server.publish(post)
    shown = alice.until(MessageShown).message
    found = alice.client.protection(shown.post_id)
    assert (found.author, found.author_fp, found.text) == ("bob", bob.keys.fp, "hello")
    assert (found.kind, found.server_reads, found.readers) == (ConversationKind.LOBBY, True, ())
    assert (found.signature, found.verified) == (Signature.VALID, False)
    assert found.stored == post.raw
    assert found.sealed == server.envelope(post.raw, 1)
    assert found.stream_id == Envelope.decode(found.sealed).stream_id == server.stream.stream_id
    assert (found.stream_author, found.prekey_id) == ("@server", 1)


def test_an_edited_post_is_shown_as_its_own_bytes_say(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    alice.client.wait_stored(alice.client.send("one"))
    alice.client.wait_stored(alice.client.edit(alice.last().post_id, "two"))
    found = alice.client.protection(alice.last().post_id)
    assert found.text == "one" and b"one" in found.stored and found.edited
    assert found.verified  # our own key needs no comparing


def test_an_own_post_that_waits(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    lose_connection(server, alice)
    alice.client.send("later")
    found = alice.client.protection(alice.last().post_id)
    assert (found.signature, found.prekey_id, found.stream_author) == (Signature.NOT_SENT, None, "alice")
    assert Envelope.decode(found.sealed).stream_id == found.stream_id
    server.handlers[FrameType.LOGIN] = server.on_login
    alice.client.retry_now()
    alice.until(MessageChanged)
    assert server.posted == [found.sealed] and server.posts[0].raw == found.stored


def test_offline_there_is_no_envelope(server: ScriptedServer, meet: Meet, bob: Member) -> None:
    alice = meet()
    server.publish(bob.post(server.lobby, "hello"))
    shown = alice.until(MessageShown).message
    lose_connection(server, alice)
    found = alice.client.protection(shown.post_id)
    assert (found.signature, found.sealed, found.stream_id) == (Signature.VALID, b"", b"")
    assert found.stored == server.posts[0].raw


def test_what_is_not_loaded_or_was_deleted_is_not_explained(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    alice.client.wait_stored(alice.client.send("one"))
    first = alice.last().post_id
    alice.client.delete(first)
    for post_id in (first, b"\1" * 32):
        with pytest.raises(LocalProtocolError):
            alice.client.protection(post_id)


Lie = Callable[[ScriptedServer, Member], tuple[messages.HistoryItem, ...]]


def nothing(server: ScriptedServer, bob: Member) -> tuple[messages.HistoryItem, ...]:
    return ()


def another(server: ScriptedServer, bob: Member) -> tuple[messages.HistoryItem, ...]:
    post = bob.post(server.lobby, "never said")
    return (messages.HistoryItem(1, 1, server.envelope(post.raw, 1)),)


def broken(server: ScriptedServer, bob: Member) -> tuple[messages.HistoryItem, ...]:
    envelope = server.envelope(server.posts[0].raw, 1)
    return (messages.HistoryItem(1, 1, envelope[:-1] + bytes([envelope[-1] ^ 1])),)


@pytest.mark.parametrize("lie", [nothing, another, broken])
def test_a_server_that_does_not_give_it_again_is_found_out(
    server: ScriptedServer, meet: Meet, bob: Member, lie: Lie
) -> None:
    alice = meet()
    server.publish(bob.post(server.lobby, "hello", PostKind.TEXT))
    shown = alice.until(MessageShown).message
    items = lie(server, bob)
    server.handlers[FrameType.HISTORY] = lambda talk, body: messages.History(items).raw
    with pytest.raises(RemoteProtocolError):
        alice.client.protection(shown.post_id)
    assert alice.last() == shown and alice.client.state is ConnectionState.ONLINE
