"""Paging through history, the lists, and what is asked of streams and users."""

from __future__ import annotations

import pytest

from securechat.errors import ErrorCode
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType, encode_frame
from securechat.wire.objects import ZERO32
from tests.server.conftest import Running, Serve

NO_RATES = {"posts_per_second": 0, "requests_per_second": 0}


def test_pages_meet_without_gap_or_overlap(serve: Serve) -> None:
    running = serve(limits=NO_RATES)
    alice = running.register("alice")
    for number in range(1, 8):
        alice.post(str(number))
    alice.open_lobby()
    assert alice.history(limit=3) == [(7, "7"), (6, "6"), (5, "5")]
    assert alice.history(before=5, limit=3) == [(4, "4"), (3, "3"), (2, "2")]
    assert alice.history(before=2, limit=3) == [(1, "1")]
    assert alice.history(before=1) == []
    assert alice.history(before=2**64 - 1, limit=1) == [(7, "7")]
    assert len(alice.history(limit=100)) == 7


@pytest.mark.parametrize("limit", [0, 101, 65_535])
def test_limit_outside_1_to_100_is_malformed(running: Running, limit: int) -> None:
    alice = running.register("alice")
    body = messages.GetHistory(alice.lobby, 0, limit).encode()
    assert alice.error(FrameType.HISTORY, body) == ErrorCode.MALFORMED
    assert alice.wait_end() == ErrorCode.MALFORMED


def test_large_pages_are_cut_at_a_whole_item(serve: Serve) -> None:
    """100 posts of 16 KB: several answers, none over the frame limit, until one is empty."""
    running = serve(limits=NO_RATES)
    alice = running.register("alice")
    alice.post_many(["x" * 16_384] * 100)
    alice.open_lobby()
    seqs: list[int] = []
    before, pages = 0, 0
    while True:
        frame = alice.request(FrameType.HISTORY, messages.GetHistory(alice.lobby, before, 100).encode())
        assert len(frame.body) + 5 <= limits.FRAME_AFTER_LOGIN
        items = messages.History.decode(frame.body).items
        if not items:
            break
        pages += 1
        seqs += [item.seq for item in items]
        before = items[-1].seq
    assert seqs == list(range(100, 0, -1))
    assert pages == 7


def test_many_large_answers_asked_at_once_all_come(serve: Serve) -> None:
    """Forty requests for 256 KB in one write: more than the queue holds, so the server reads on as they leave."""
    running = serve(limits=NO_RATES)
    alice = running.register("alice")
    alice.post_many(["x" * 16_384] * 16)
    asked = list(range(5000, 5040))
    body = messages.GetHistory(alice.lobby, 0, 100).encode()
    alice.connection.send(b"".join(encode_frame(FrameType.HISTORY, number, body) for number in asked))
    for number in asked:
        assert len(messages.History.decode(alice.reply(number).body).items) == 15
    assert alice.ok(FrameType.PING) == b""


def test_history_opens_with_the_new_stream_after_a_restart(serve: Serve) -> None:
    first = serve()
    alice = first.register("alice")
    alice.post("before")
    alice.open_lobby()
    old_stream = alice.server_stream.stream_id
    first.stop()
    second = serve()
    again = second.login("alice")
    assert again.server.fp == alice.server.fp
    again.post("after")
    again.open_lobby()
    assert again.server_stream.stream_id != old_stream
    assert again.history() == [(2, "after"), (1, "before")]
    assert again.error(FrameType.GET_STREAM, old_stream) == ErrorCode.NOT_FOUND


def test_streams_of_others_are_not_found(running: Running) -> None:
    """Authors' own lobby streams are read by the server alone."""
    alice, bob = running.register("alice"), running.register("bob", key=1)
    stream = alice.open_stream()
    for client in (alice, bob):
        assert client.error(FrameType.GET_STREAM, stream.stream_id) == ErrorCode.NOT_FOUND
    assert bob.error(FrameType.GET_STREAM, b"\1" * 32) == ErrorCode.NOT_FOUND
    by_zeros = alice.ok(FrameType.GET_STREAM, ZERO32)
    assert alice.ok(FrameType.GET_STREAM, running.server.lobby.stream_id) == by_zeros


def test_history_of_another_conversation_is_not_found(running: Running) -> None:
    alice = running.register("alice")
    for conv in (ZERO32, b"\1" * 32):
        assert alice.error(FrameType.HISTORY, messages.GetHistory(conv, 0, 1).encode()) == ErrorCode.NOT_FOUND


def test_conversations_list_the_lobby_with_its_last_seq_and_mark(running: Running) -> None:
    alice = running.register("alice")

    def listed(after: bytes = ZERO32) -> tuple[messages.Conversation, ...]:
        body = alice.ok(FrameType.LIST_CONVERSATIONS, messages.GetConversations(after).encode())
        return messages.Conversations.decode(body).items

    assert [(c.conv, c.kind, c.other, c.last_seq, c.read_seq) for c in listed()] == [(alice.lobby, 0, "", 0, 0)]
    alice.post("one")
    alice.ok(FrameType.READ, messages.SetRead(alice.lobby, 1, 0).encode())
    assert [(c.last_seq, c.read_seq) for c in listed()] == [(1, 1)]
    assert listed(after=alice.lobby) == ()


def test_users_and_keys(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    bob.close()
    pair = messages.KeyPair.decode(alice.ok(FrameType.GET_USER, messages.GetUser("bob").encode()))
    assert pair.identity == bob.contents.keys.public.record.raw
    for unknown in ("carol", "@server", "", "BOB"):
        assert alice.error(FrameType.GET_USER, messages.GetUser(unknown).encode()) == ErrorCode.NOT_FOUND
    fps = (bob.contents.keys.fp, bytes(32), alice.contents.keys.fp, alice.server.fp)
    keys = messages.Keys.decode(alice.ok(FrameType.GET_KEYS, messages.GetKeys(fps).encode())).keys
    assert keys[0] == pair
    assert (keys[1].identity, keys[1].prekey, keys[3].identity) == (b"", b"", b"")
    assert keys[2].identity == alice.contents.keys.public.record.raw


def test_hundred_keys_are_cut_to_what_fits_and_go_on(running: Running) -> None:
    alice = running.register("alice")
    fps = (alice.contents.keys.fp,) * 100
    answered = 0
    while answered < 100:
        frame = alice.request(FrameType.GET_KEYS, messages.GetKeys(fps[answered:]).encode())
        assert len(frame.body) + 5 <= limits.FRAME_AFTER_LOGIN
        keys = messages.Keys.decode(frame.body).keys
        assert keys
        answered += len(keys)
    assert alice.error(FrameType.GET_KEYS, (101).to_bytes(2, "big") + bytes(32 * 101)) == ErrorCode.MALFORMED


def test_users_are_listed_by_name_from_the_one_given(running: Running) -> None:
    names = ["alice", "bob", "carol"]
    clients = [running.register(name, key=index) for index, name in enumerate(names)]
    clients[2].ok(FrameType.SET_PRESENCE, messages.SetPresence(2).encode())

    def listed(after: str) -> list[tuple[str, int]]:
        body = clients[0].ok(FrameType.LIST_USERS, messages.GetUsers(after).encode())
        return [(user.username, user.presence) for user in messages.Users.decode(body).users]

    assert listed("") == [("alice", 1), ("bob", 1), ("carol", 2)]
    assert listed("alice") == [("bob", 1), ("carol", 2)]
    assert listed("bz") == [("carol", 2)]
    assert listed("carol") == []
