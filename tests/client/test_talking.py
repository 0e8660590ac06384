"""Login, sending and receiving against an honest server."""

from __future__ import annotations

import threading

import pytest

from securechat.client.events import (
    ConnectionState,
    HistoryLoaded,
    MessageChanged,
    MessageShown,
    MessageState,
    PeopleListed,
    PresenceChanged,
    Progress,
    StateChanged,
    TypingSeen,
)
from securechat.errors import ConnectionClosed, LocalProtocolError
from securechat.wire import limits, messages
from securechat.wire.frames import FrameType
from tests.client.conftest import PASSWORD, Meet
from tests.client.scripted_server import NOW_MS, Member, ScriptedServer


def test_a_new_account_is_online_and_knows_where_it_is(server: ScriptedServer, meet: Meet) -> None:
    alice = meet().client
    assert alice.state is ConnectionState.ONLINE
    assert (alice.username, alice.server_name, alice.fingerprint) == ("alice", "Test chat", server.fingerprint)
    assert (alice.lobby, alice.join_link) == (server.lobby, server.join_link)


def test_connect_tells_its_progress_in_order(meet: Meet) -> None:
    alice = meet()
    alice.client.close()
    kinds = [type(event) for event in alice.events]
    assert kinds[:2] == [StateChanged, Progress]
    assert kinds.index(PeopleListed) < kinds.index(HistoryLoaded)


def test_a_post_is_shown_waiting_and_then_stored(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    local_id = alice.client.send("hello")
    shown = alice.until(MessageShown).message
    assert (shown.text, shown.state, shown.local_id, shown.seq) == ("hello", MessageState.WAITING, local_id, 0)
    assert alice.client.wait_stored(local_id) == 1
    changed = alice.until(MessageChanged).message
    assert (changed.state, changed.seq, changed.server_time_ms) == (MessageState.STORED, 1, NOW_MS)
    assert server.posts[0].body == b"hello"


def test_two_people_read_each_other(meet: Meet) -> None:
    alice, bob = meet("alice", 1), meet("bob", 2)
    alice.client.wait_stored(alice.client.send("hi bob"))
    assert bob.until(MessageShown).message.author == "alice"
    bob.client.wait_stored(bob.client.send("hi alice"))
    alice.until(MessageShown, lambda event: event.message.text == "hi alice")
    assert alice.texts() == bob.texts() == ["hi bob", "hi alice"]
    assert [message.mine for message in bob.client.messages()] == [False, True]


def test_a_post_names_the_newest_post_of_somebody_else(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    alice = meet()
    server.publish(bob.post(server.lobby, "first"))
    seen = alice.until(MessageShown).message
    alice.client.wait_stored(alice.client.send("second"))
    assert server.posts[1].after == seen.post_id


def test_many_posts_keep_their_order(server: ScriptedServer, meet: Meet) -> None:
    """Posts are pipelined, and more than fit in flight still arrive as they were typed."""
    alice = meet().client
    texts = [f"number {number}" for number in range(70)]
    ids = [alice.send(text) for text in texts]
    alice.wait_stored(ids[-1])
    assert [post.body.decode() for post in server.posts] == texts


def test_history_of_before_is_there_after_login(server: ScriptedServer, meet: Meet) -> None:
    bob = server.add(Member("bob", 2))
    for number in range(130):
        server.publish(bob.post(server.lobby, f"old {number}"))
    alice = meet()
    assert alice.texts() == [f"old {number}" for number in range(30, 130)]
    assert alice.client.load_older() is False
    assert alice.texts() == [f"old {number}" for number in range(130)]
    loaded = alice.until(HistoryLoaded, lambda event: event.older)
    assert (len(loaded.messages), loaded.begins) == (30, True)


def test_logging_in_again_opens_the_vault(server: ScriptedServer, meet: Meet) -> None:
    first = meet()
    own = first.client.own_fp
    first.client.close()
    again = meet(register=False)
    assert again.client.own_fp == own


def test_people_are_listed_over_several_pages(server: ScriptedServer, meet: Meet) -> None:
    for number, name in enumerate(["bob", "carol", "dave", "erin"], 2):
        server.add(Member(name, number))
    people = meet().client.people()
    assert [person.username for person in people] == ["alice", "bob", "carol", "dave", "erin"]


def test_presence_and_typing_are_told_but_not_one_s_own(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    talk = server.talks[0]
    both = messages.UserPresence("alice", 1), messages.UserPresence("bob", 1)
    talk.push(FrameType.PUSH_PRESENCE, messages.PresencePush(both).raw)
    talk.push(FrameType.PUSH_TYPING, messages.TypingPush(server.lobby, "bob").raw)
    assert [person.username for person in alice.until(PresenceChanged).changes] == ["bob"]
    assert alice.until(TypingSeen).username == "bob"


def test_typing_is_told_once_in_four_seconds(server: ScriptedServer, meet: Meet) -> None:
    now = [1000.0]
    alice = meet(monotonic=lambda: now[0])
    for _ in range(3):
        alice.client.typing()
    now[0] += limits.TYPING_EVERY_S
    alice.client.typing()
    alice.client.wait_stored(alice.client.send("done"))
    assert server.requests.count(FrameType.TYPING) == 2


def test_the_read_mark_only_rises(server: ScriptedServer, meet: Meet) -> None:
    alice = meet().client
    for seq in (5, 3, 5, 9):
        alice.mark_read(seq)
    alice.wait_stored(alice.send("done"))
    assert alice.read_mark() == 9
    assert server.requests.count(FrameType.READ) == 2


@pytest.mark.parametrize("text", ["", "x" * (limits.TEXT + 1), "ä" * (limits.TEXT // 2 + 1), "\ud800"])
def test_a_text_that_no_post_can_hold_is_refused_here(meet: Meet, text: str) -> None:
    with pytest.raises(LocalProtocolError):
        meet().client.send(text)


def test_the_longest_text_arrives(server: ScriptedServer, meet: Meet) -> None:
    alice = meet().client
    alice.wait_stored(alice.send("x" * limits.TEXT))
    assert len(server.posts[0].body) == limits.TEXT


def test_a_callback_may_send_and_wait(server: ScriptedServer, meet: Meet) -> None:
    """The callback's thread is nobody else's: a bot may answer in it and wait for its answer to be stored."""
    done = threading.Event()

    def answer(event: object) -> None:
        if isinstance(event, MessageShown) and event.message.text == "!echo x":
            bot.client.wait_stored(bot.client.send("echo: x"))
            done.set()

    bot = meet("echo", 3, on_event=answer)
    alice = meet("alice", 1)
    alice.client.send("!echo x")
    assert done.wait(10)
    assert server.posts[-1].body == b"echo: x"


def test_a_callback_may_close_the_client(meet: Meet) -> None:
    """close() inside the callback does not wait for the callback itself."""
    closed = threading.Event()

    def end(event: object) -> None:
        if isinstance(event, MessageShown):
            alice.client.close()
            closed.set()

    alice = meet(on_event=end)
    alice.client.send("enough")
    assert closed.wait(10)
    with pytest.raises(ConnectionClosed):
        alice.client.send("too late")


def test_a_callback_that_fails_is_called_again(meet: Meet, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the program is logged without the message, and ends nothing."""
    seen = threading.Event()

    def fail(event: object) -> None:
        if isinstance(event, MessageChanged):
            seen.set()
        raise RuntimeError("a fault")

    alice = meet(on_event=fail)
    alice.client.send("a private text")
    assert seen.wait(10)
    assert "a private text" not in caplog.text


def test_closing_twice_and_from_two_threads_is_fine(meet: Meet) -> None:
    """close() is idempotent from any thread, and ends the iterators."""
    alice = meet()
    threads = [threading.Thread(target=alice.client.close) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alice.until(StateChanged, lambda event: event.state is ConnectionState.ENDED)
    assert list(alice.events) == []
    with pytest.raises(ConnectionClosed):
        alice.client.connect("127.0.0.1", "alice", PASSWORD)


def test_before_connect_there_is_nothing_and_no_crash(meet: Meet) -> None:
    alice = meet(connect=False).client
    assert (alice.messages(), alice.people(), alice.state) == ((), (), ConnectionState.OFFLINE)
    with pytest.raises(LocalProtocolError):
        alice.send("hello")
