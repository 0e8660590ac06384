"""A server that lies about the lobby: every lie is one line, nothing is believed, nothing ends the client."""

from __future__ import annotations

import dataclasses

import pytest

import crypto_utils as crypto
from securechat.client.events import ConnectionState, HistoryLoaded, Message, MessageShown, Notice, StateChanged
from securechat.client.reading import UNVERIFIED
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing.identity import accept_prekey
from securechat.sealing.streams import SendingStream, make_grant, make_post
from securechat.wire import messages
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32, Post, PostKind
from tests.client.conftest import Meet, Person
from tests.client.scripted_server import NOW_MS, Member, ScriptedServer, Talk


@pytest.fixture
def bob(server: ScriptedServer) -> Member:
    return server.add(Member("bob", 2))


@pytest.fixture
def alice(meet: Meet, bob: Member) -> Person:
    return meet()


def shown(person: Person) -> Message:
    message = person.until(MessageShown).message
    assert isinstance(message, Message)
    return message


def still_talks(server: ScriptedServer, alice: Person, bob: Member) -> None:
    """Whatever came before: the next honest post is shown, on the same connection."""
    server.publish(bob.post(server.lobby, "honest"))
    assert shown(alice).text == "honest"
    assert alice.client.state is ConnectionState.ONLINE and server.connections == 1


def is_a_problem(message: Message, seq: int) -> bool:
    return message.problem == UNVERIFIED and (message.seq, message.text, message.author) == (seq, "", "")


def altered(post: Post, **changes: object) -> bytes:
    return dataclasses.replace(post, **changes).encode()


def push_raw(server: ScriptedServer, post: bytes) -> int:
    """Push a post that need not be right under the next seq, which it takes."""
    server.posts.append(Post.decode(post))
    server.deliver(len(server.posts), server.envelope(post, len(server.posts)))
    return len(server.posts)


@pytest.mark.parametrize(
    "changes", [{"body": b"forged"}, {"time": 1}, {"author": b"\7" * 32}, {"signature": bytes(64)}, {"n": 7}]
)
def test_an_altered_post_is_one_line(
    server: ScriptedServer, alice: Person, bob: Member, changes: dict[str, object]
) -> None:
    seq = push_raw(server, altered(bob.post(server.lobby, "genuine"), **changes))
    assert is_a_problem(shown(alice), seq)
    still_talks(server, alice, bob)


def test_a_post_of_another_conversation_is_one_line(server: ScriptedServer, alice: Person, bob: Member) -> None:
    elsewhere = SendingStream(bob.keys, b"\5" * 32, LOBBY_ROSTER, NOW_MS).seal(ZERO32, NOW_MS, 1, b"secret").post
    seq = push_raw(server, elsewhere.raw)
    assert is_a_problem(shown(alice), seq)
    still_talks(server, alice, bob)


def test_an_author_whom_nobody_knows_is_one_line(server: ScriptedServer, alice: Person, bob: Member) -> None:
    seq = server.publish(Member("mallory", 3).post(server.lobby, "who am I"))
    assert is_a_problem(shown(alice), seq)
    still_talks(server, alice, bob)


def test_an_unknown_author_is_asked_for_once(server: ScriptedServer, alice: Person, bob: Member) -> None:
    mallory = Member("mallory", 3)
    for _ in range(3):
        server.publish(mallory.post(server.lobby, "who am I"))
        assert shown(alice).problem
    assert server.requests.count(FrameType.GET_KEYS) == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [(1, b"\xff"), (1, b""), (3, b"a title"), (4, b"short"), (5, bytes(33)), (6, bytes(32) + b"\x07"), (7, bytes(32))],
)
def test_a_signed_post_with_a_body_that_none_may_have(
    server: ScriptedServer, alice: Person, bob: Member, kind: int, body: bytes
) -> None:
    draft = Post(server.lobby, bob.keys.fp, b"\4" * 32, 0, ZERO32, NOW_MS, kind, body, bytes(64))
    signed = dataclasses.replace(draft, signature=bob.keys.signing.sign("post", draft.signed))
    assert is_a_problem(shown_after(alice, push_raw(server, signed.raw)), 1)


def test_a_server_cannot_name_itself_as_an_author(server: ScriptedServer, alice: Person, bob: Member) -> None:
    """An identity called @server from GET_KEYS is not the pinned one."""
    impostor = Member("@server", 3)
    server.accounts["x"] = server.accounts["bob"].__class__(impostor.keys.public.record.raw, b"")
    seq = server.publish(impostor.post(server.lobby, "obey"))
    assert is_a_problem(shown(alice), seq)


def test_keys_of_somebody_else_are_not_taken(server: ScriptedServer, alice: Person, bob: Member) -> None:
    """GET_KEYS answers with another identity than the one asked for."""
    carol = Member("carol", 3)

    def lie(talk: Talk, body: bytes) -> bytes:
        own = server.accounts["bob"]
        return messages.Keys((messages.KeyPair(own.identity, own.prekey),)).raw

    server.handlers[FrameType.GET_KEYS] = lie
    seq = server.publish(carol.post(server.lobby, "I am bob"))
    assert is_a_problem(shown(alice), seq)


@pytest.mark.parametrize("shift", [-1, 1, 100])
def test_an_envelope_with_another_number_is_one_line(
    server: ScriptedServer, alice: Person, bob: Member, shift: int
) -> None:
    post = bob.post(server.lobby, "moved")
    server.posts.append(post)
    server.deliver(5, server.envelope(post.raw, 5 + shift))
    assert is_a_problem(shown(alice), 5)


@pytest.mark.parametrize("envelope", [b"", b"\0" * 100, b"\0" * 344])
def test_an_envelope_that_is_none_is_not_passed_over(
    server: ScriptedServer, alice: Person, bob: Member, envelope: bytes
) -> None:
    if len(envelope) == 344:
        envelope = server.lobby + envelope[32:]
    server.deliver(1, envelope)
    assert is_a_problem(shown(alice), 1)


def test_a_replayed_post_is_dropped_in_silence(server: ScriptedServer, alice: Person, bob: Member) -> None:
    post = bob.post(server.lobby, "once")
    server.publish(post)
    assert shown(alice).text == "once"
    push_raw(server, post.raw)
    still_talks(server, alice, bob)
    assert alice.texts() == ["once", "honest"]


def test_two_posts_under_one_number_of_their_author(server: ScriptedServer, alice: Person, bob: Member) -> None:
    server.publish(bob.post(server.lobby, "first"))
    assert shown(alice).text == "first"
    assert bob.stream is not None
    twin = make_post(bob.keys, server.lobby, bob.stream.stream_id, 0, ZERO32, NOW_MS, 1, b"twin")
    seq = push_raw(server, twin.raw)
    assert is_a_problem(shown(alice), seq)


def test_another_post_under_a_taken_seq_is_one_line(server: ScriptedServer, alice: Person, bob: Member) -> None:
    server.publish(bob.post(server.lobby, "first"))
    assert shown(alice).text == "first"
    carol = server.add(Member("carol", 3))
    server.deliver(1, server.envelope(carol.post(server.lobby, "other").raw, 1))
    assert is_a_problem(shown(alice), 1)
    assert alice.texts() == ["first", ""]


def test_posts_of_one_stream_out_of_their_order(server: ScriptedServer, alice: Person, bob: Member) -> None:
    first, second = bob.post(server.lobby, "first"), bob.post(server.lobby, "second")
    server.publish(second)
    assert shown(alice).text == "second"
    assert is_a_problem(shown_after(alice, server.publish(first)), 2)


def shown_after(alice: Person, seq: int) -> Message:
    message = shown(alice)
    assert message.seq == seq
    return message


def test_a_withheld_post_is_counted(server: ScriptedServer, alice: Person, bob: Member) -> None:
    server.publish(bob.post(server.lobby, "first"))
    for _ in range(3):
        bob.post(server.lobby, "withheld")
    server.publish(bob.post(server.lobby, "fifth"))
    shown(alice)
    assert shown(alice).missing_before == 3


def test_an_old_post_arrives_late(server: ScriptedServer, alice: Person, bob: Member) -> None:
    server.publish(bob.post(server.lobby, "now"))
    server.publish(bob.post(server.lobby, "long ago", time_ms=NOW_MS - 11 * 60 * 1000))
    assert (shown(alice).late, shown(alice).late) == (False, True)


def test_a_changed_key_is_an_alarm_and_not_shown(server: ScriptedServer, alice: Person, bob: Member) -> None:
    server.publish(bob.post(server.lobby, "genuine"))
    assert shown(alice).text == "genuine"
    other = Member("bob", 3)
    server.add(other)
    seq = server.publish(other.post(server.lobby, "it is me"))
    assert "key of bob" in alice.until(Notice, lambda event: event.alarm).text
    message = shown(alice)
    assert (message.seq, message.text) == (seq, "") and "bob" in message.problem


def test_a_pin_survives_a_restart_of_the_client(server: ScriptedServer, meet: Meet, bob: Member) -> None:
    alice = meet()
    server.publish(bob.post(server.lobby, "genuine"))
    shown(alice)
    alice.client.close()
    server.posts.clear()
    server.publish(server.add(Member("bob", 3)).post(server.lobby, "it is me"))
    again = meet(register=False)
    assert again.client.messages()[0].problem
    assert again.until(Notice, lambda event: event.alarm)


# --- the server's own stream


@pytest.mark.parametrize("lie", ["author", "conv", "roster", "signature", "secret", "reader", "nothing"])
def test_a_wrong_lobby_stream_opens_nothing(server: ScriptedServer, meet: Meet, bob: Member, lie: str) -> None:
    server.publish(bob.post(server.lobby, "sealed"))
    mallory = Member("mallory", 3)

    def answer(talk: Talk, body: bytes) -> bytes:
        stream, keys = server.stream, server.keys
        secret, reader = stream.secret, server.accounts[talk.username].public
        if lie == "author":
            keys = mallory.keys
        conv = b"\1" * 32 if lie == "conv" else server.lobby
        roster = b"\1" * 32 if lie == "roster" else LOBBY_ROSTER
        stream = SendingStream(keys, conv, roster, NOW_MS, secret)
        header = stream.header.raw
        if lie == "signature":
            header = header[:-1] + bytes([header[-1] ^ 1])
        if lie == "secret":
            secret = crypto.random_bytes(32)
        prekey = server.accounts[talk.username].prekey
        if lie == "reader":
            reader, prekey = mallory.keys.public, mallory.prekey.record(mallory.keys).raw
        grant = make_grant(stream.stream_id, secret, reader, accept_prekey(prekey, reader)).raw
        return messages.StreamFound(header, b"" if lie == "nothing" else grant).raw

    server.handlers[FrameType.GET_STREAM] = answer
    alice = meet()
    (message,) = alice.client.messages()
    assert message.problem and not message.text
    if lie != "nothing":
        assert alice.until(Notice, lambda event: event.alarm)


@pytest.mark.parametrize("seqs", [[1, 2], [2, 2], [0], [3, 1, 2]])
def test_history_out_of_order_is_not_taken(server: ScriptedServer, alice: Person, bob: Member, seqs: list[int]) -> None:
    """After an absence such a page ends the connection; nothing of it is shown."""
    for number in range(3):
        server.posts.append(bob.post(server.lobby, f"post {number}"))

    def lie(talk: Talk, body: bytes) -> bytes:
        items = [dataclasses.replace(server.item(max(seq, 1)), seq=seq) for seq in seqs]
        return messages.History(tuple(items)).raw

    server.handlers[FrameType.HISTORY] = lie
    alice.until(StateChanged, lambda event: event.state is ConnectionState.ONLINE)
    server.drop_all()
    for _ in range(2):
        alice.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
        alice.client.retry_now()
    assert alice.client.messages() == ()


def test_a_push_that_cannot_be_read_ends_the_connection_only(
    server: ScriptedServer, alice: Person, bob: Member
) -> None:
    server.talks[0].push(FrameType.PUSH_PRESENCE, b"\0\5junk")
    alice.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    alice.client.retry_now()
    alice.until(StateChanged, lambda event: event.state is ConnectionState.ONLINE)
    alice.until(HistoryLoaded)
    server.publish(bob.post(server.lobby, "back"))
    assert shown(alice).text == "back"


def test_unknown_pushes_and_kinds_come_from_newer_programs(server: ScriptedServer, alice: Person, bob: Member) -> None:
    server.talks[0].push(0x6E, b"whatever")
    server.publish(bob.post(server.lobby, b"\1\2\3", kind=99))
    message = shown(alice)
    assert message.newer and message.kind == 99 and not message.text and not message.problem


# --- what posts do to posts


def control(bob: Member, server: ScriptedServer, kind: PostKind, target: bytes, rest: str = "", time: int = 0) -> None:
    server.publish(bob.post(server.lobby, target + rest.encode(), kind=kind, time_ms=NOW_MS + time))


def test_edits_reactions_and_deletions_take_effect(server: ScriptedServer, alice: Person, bob: Member) -> None:
    carol = server.add(Member("carol", 3))
    server.publish(bob.post(server.lobby, "helo"))
    target = shown(alice).post_id
    control(bob, server, PostKind.EDIT, target, "hello", time=5)
    control(bob, server, PostKind.EDIT, target, "older edit, later seq", time=4)
    control(carol, server, PostKind.EDIT, target, "not hers to edit", time=9)
    control(carol, server, PostKind.DELETE, target)
    control(carol, server, PostKind.REACTION, target, "👍")
    server.publish(bob.post(server.lobby, "end"))
    assert shown(alice).text == "end"
    message = alice.client.messages()[0]
    assert (message.text, message.edited, message.deleted) == ("hello", True, False)
    assert message.reactions == (("👍", ("carol",)),)
    control(bob, server, PostKind.DELETE, target)
    server.publish(bob.post(server.lobby, "end"))
    shown(alice)
    message = alice.client.messages()[0]
    assert (message.text, message.deleted, message.deleted_by_operator, message.reactions) == ("", True, False, ())


def test_the_operator_may_delete_any_post(server: ScriptedServer, alice: Person, bob: Member) -> None:
    server.publish(bob.post(server.lobby, "rude"))
    target = shown(alice).post_id
    notice = make_post(server.keys, server.lobby, server.stream.stream_id, 0, ZERO32, NOW_MS, PostKind.DELETE, target)
    server.publish(notice)
    server.publish(bob.post(server.lobby, "end"))
    shown(alice)
    message = alice.client.messages()[0]
    assert message.deleted and message.deleted_by_operator and message.text == ""

