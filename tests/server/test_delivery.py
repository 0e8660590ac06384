"""Who gets a post, in which order, and when: never before it is durable."""

from __future__ import annotations

import threading

from securechat.errors import ErrorCode
from securechat.server.presence import Member
from securechat.wire import messages
from securechat.wire.frames import FrameType, encode_frame
from securechat.wire.objects import ZERO32, Envelope
from tests.server.conftest import Running, Serve
from tests.server.gates import failing_commits, held_commits
from tests.server.raw_client import RawClient

NO_RATES = {"posts_per_second": 0, "requests_per_second": 0}


def sealed(client: RawClient, text: str) -> bytes:
    return client.stream.seal(ZERO32, 1, 1, text.encode()).envelope


def test_every_session_but_the_posters_gets_a_post(running: Running) -> None:
    alice = running.register("alice")
    phone, bob = running.login("alice"), running.register("bob", key=1)
    for client in (alice, phone, bob):
        client.open_lobby()
    alice.post("one")
    bob.post("two")
    phone.post("three")
    assert [alice.delivered() for _ in range(2)] == [(2, "two"), (3, "three")]
    assert [phone.delivered() for _ in range(2)] == [(1, "one"), (2, "two")]
    assert [bob.delivered() for _ in range(2)] == [(1, "one"), (3, "three")]


def test_push_and_history_have_the_same_bytes(running: Running) -> None:
    alice, bob = running.register("alice"), running.register("bob", key=1)
    alice.post("hello")
    pushed = messages.Deliver.decode(bob.wait_push(FrameType.DELIVER))
    page = messages.History.decode(bob.ok(FrameType.HISTORY, messages.GetHistory(bob.lobby, 0, 1).encode()))
    assert (page.items[0].seq, page.items[0].server_time, page.items[0].envelope) == (
        pushed.seq,
        pushed.server_time,
        pushed.envelope,
    )
    assert Envelope.decode(pushed.envelope).n == pushed.seq


def test_ten_posters_at_once_leave_no_hole_and_one_order(serve: Serve) -> None:
    """Ten threads post; every reader sees the seqs rise, and each author's posts in the order written."""
    running = serve(limits=NO_RATES)
    posters = [running.register(f"user{i}", key=i) for i in range(10)]
    reader = running.register("reader", key=10)
    reader.open_lobby()
    each, start = 8, threading.Barrier(10)
    answers: list[list[int]] = [[] for _ in posters]

    def post_all(index: int) -> None:
        client = posters[index]
        client.open_stream()
        start.wait(10)
        answers[index] = [client.post(f"{index} {number}").seq for number in range(each)]

    threads = [threading.Thread(target=post_all, args=(index,)) for index in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(seq for seqs in answers for seq in seqs) == list(range(1, 10 * each + 1))
    seen = [reader.delivered() for _ in range(10 * each)]
    assert [seq for seq, _ in seen] == list(range(1, 10 * each + 1))
    for index in range(10):
        mine = [(seq, text) for seq, text in seen if text.startswith(f"{index} ")]
        assert mine == [(seq, f"{index} {number}") for number, seq in enumerate(answers[index])]
    # Every poster saw exactly the others'.
    for index, client in enumerate(posters):
        pushed = [messages.Deliver.decode(client.wait_push(FrameType.DELIVER)).seq for _ in range(9 * each)]
        assert pushed == sorted(set(range(1, 10 * each + 1)) - set(answers[index]))


def test_nothing_is_answered_or_pushed_before_it_is_durable(running: Running) -> None:
    """While the disk is held up, others are served, and nobody hears of the post."""
    alice, bob = running.register("alice"), running.register("bob", key=1)
    alice.open_stream()
    with held_commits(running.server.store) as waiting:
        number = alice.send(FrameType.POST, sealed(alice, "hello"))
        assert waiting.wait(10)
        bob.ok(FrameType.PING)
        page = bob.ok(FrameType.HISTORY, messages.GetHistory(bob.lobby, 0, 100).encode())
        assert messages.History.decode(page).items == ()
        assert not [frame for frame in bob.pushes if frame.type == FrameType.DELIVER]
        assert not [line for line in running.lines if "hello" in line]
    assert alice.reply(number).type == FrameType.OK
    assert messages.Deliver.decode(bob.wait_push(FrameType.DELIVER)).seq == 1


def test_failed_commit_is_an_error_and_nothing_is_pushed(running: Running) -> None:
    """The sender is told, may send the same bytes again, and the numbers have no hole."""
    alice, bob = running.register("alice"), running.register("bob", key=1)
    bob.open_lobby()
    alice.open_stream()
    envelope = sealed(alice, "hello")
    with failing_commits(running.server.store):
        assert alice.error(FrameType.POST, envelope) == ErrorCode.INTERNAL
        bob.ok(FrameType.PING)
    assert messages.Posted.decode(alice.ok(FrameType.POST, envelope)).seq == 1
    alice.post("next")
    assert [bob.delivered(), bob.delivered()] == [(1, "hello"), (2, "next")]
    assert bob.history() == [(2, "next"), (1, "hello")]


def test_number_in_flight_may_not_be_used_again(running: Running) -> None:
    alice = running.register("alice")
    alice.open_stream()
    with held_commits(running.server.store) as waiting:
        alice.connection.send(encode_frame(FrameType.POST, 900, sealed(alice, "x")))
        assert waiting.wait(10)
        alice.connection.send(encode_frame(FrameType.POST, 900, sealed(alice, "y")))
        assert alice.wait_end() == ErrorCode.MALFORMED


def test_more_than_64_in_flight_wait_and_are_all_answered(serve: Serve) -> None:
    """With the journal held up the server takes 64 requests, the rest after answering."""
    running = serve(limits=NO_RATES)
    alice = running.register("alice")
    alice.open_stream()
    (member,) = running.server.presence.sessions_of("alice")
    replies = member._replies  # type: ignore[attr-defined]
    real, opened, full = replies.open, [], threading.Event()

    def counted(request: int) -> None:
        if len(opened) == 64:
            full.set()
        real(request)
        opened.append(request)

    replies.open = counted
    with held_commits(running.server.store) as waiting:
        numbers = [alice.send(FrameType.POST, sealed(alice, str(index))) for index in range(100)]
        assert waiting.wait(10) and full.wait(10)
        assert len(opened) == 64
    seqs = [messages.Posted.decode(alice.reply(number).body).seq for number in numbers]
    assert seqs == list(range(1, 101))


def test_no_push_but_bye_before_the_login_is_answered(running: Running) -> None:
    """A connection that has not logged in hears nothing of posts, arrivals and typing."""
    alice = running.register("alice")
    waiting = running.connect()
    alice.post("hello")
    alice.ok(FrameType.TYPING, messages.Typing(alice.lobby).encode())
    alice.wait_push(FrameType.PUSH_PRESENCE)
    waiting.login("alice")
    assert waiting.pushes == []


def test_nothing_is_lost_between_joining_and_the_answer(running: Running) -> None:
    """A post that becomes durable while the OK of a login is on its way is pushed behind it."""
    alice = running.register("alice")
    alice.open_stream()
    presence = running.server.presence
    real = presence.join

    def join_then_post(member: Member, most: int) -> list[Member]:
        excess = real(member, most)
        presence.join = real  # type: ignore[method-assign]
        pushed, push = threading.Event(), member.push

        def noticed(data: bytes) -> bool:
            taken = push(data)
            pushed.set()
            return taken

        member.push = noticed  # type: ignore[method-assign]
        alice.post("in between")
        assert pushed.wait(10)
        return excess

    bob = running.register("bob", key=1)
    bob.close()
    presence.join = join_then_post  # type: ignore[method-assign]
    again = running.login("bob")
    again.open_lobby()
    assert again.delivered() == (1, "in between")


def test_broadcast_is_a_durable_post_by_the_server(running: Running) -> None:
    alice = running.register("alice")
    alice.open_lobby()
    running.server.broadcast("Maintenance at noon")
    running.server.broadcast("Done")
    assert [alice.delivered(), alice.delivered()] == [(1, "Maintenance at noon"), (2, "Done")]
    item = messages.History.decode(alice.ok(FrameType.HISTORY, messages.GetHistory(alice.lobby, 0, 1).encode())).items[
        0
    ]
    post = alice.read(item)
    # Notices are posts of the server's own stream, numbered among themselves.
    assert (post.author, post.stream_id, post.n) == (alice.server.fp, running.server.lobby.stream_id, 1)


def test_post_from_a_connection_that_broke_off_reaches_everyone_once(running: Running) -> None:
    """The sender leaves without waiting; after coming back the same bytes get the answer it never had."""
    alice, bob = running.register("alice"), running.register("bob", key=1)
    bob.open_lobby()
    alice.open_stream()
    envelope = sealed(alice, "hello")
    with held_commits(running.server.store) as waiting:
        alice.send(FrameType.POST, envelope)
        assert waiting.wait(10)
        alice.close()
    assert bob.delivered() == (1, "hello")
    again = running.login("alice")
    again.announce(alice.stream)
    assert messages.Posted.decode(again.ok(FrameType.POST, envelope)).seq == 1
    again.stream = alice.stream
    again.post("next")
    assert bob.delivered() == (2, "next")
