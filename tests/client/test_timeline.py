"""A timeline by itself: whatever the order in which its pieces come, it looks the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.client.events import Event, HistoryLoaded, MessageState
from securechat.client.reading import Arrival, Verified
from securechat.client.timeline import Timeline
from securechat.sealing.streams import post_id_of
from securechat.wire.objects import Post, PostKind
from tests.client.scripted_server import NOW_MS, Member

CONV = b"\1" * 32
BOB, CAROL = Member("bob", 2), Member("carol", 3)
MINUTE = 60_000


def arrivals() -> list[Arrival]:
    """Texts, edits, a reaction, a deletion and an old text, by two people."""
    posts: list[tuple[Member, Post]] = []

    def say(who: Member, body: str | bytes, kind: int = PostKind.TEXT, minute: int = 0) -> bytes:
        post = who.post(CONV, body, kind, NOW_MS + minute * MINUTE)
        posts.append((who, post))
        return post_id_of(post)

    first = say(BOB, "one")
    second = say(CAROL, "two", minute=20)
    say(BOB, first + b"edited late", PostKind.EDIT, 5)
    edit = say(BOB, first + b"edited last", PostKind.EDIT, 6)
    say(CAROL, first + "👍".encode(), PostKind.REACTION, 21)
    say(BOB, "from long ago", minute=1)
    say(CAROL, second, PostKind.DELETE, 22)
    say(CAROL, first + b"reply", PostKind.REPLY, 23)
    say(BOB, edit, PostKind.DELETE, 24)
    return [
        Arrival(seq, NOW_MS + 30 * MINUTE, Verified(post, post_id_of(post), who.keys.public))
        for seq, (who, post) in enumerate(posts, 1)
    ]


ALL = arrivals()


def shown(timeline: Timeline) -> list[tuple[Any, ...]]:
    return [(m.seq, m.text, m.deleted, m.late, m.missing_before, m.reactions) for m in timeline.messages()]


def in_order() -> list[tuple[Any, ...]]:
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    timeline.loaded(ALL, older=False, begins=True)
    return shown(timeline)


def test_the_whole_looks_as_it_should() -> None:
    assert in_order() == [
        (1, "edited late", False, False, 0, (("👍", ("carol",)),)),
        (2, "", True, False, 0, ()),
        (6, "from long ago", False, True, 0, ()),
        (8, "reply", False, False, 0, ()),
    ]


@given(st.permutations(ALL), st.lists(st.integers(0, 8), max_size=4))
@settings(max_examples=60)
def test_pages_in_any_order_and_twice_give_the_same(order: list[Arrival], again: list[int]) -> None:
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    for start in range(0, len(order), 2):
        timeline.loaded(order[start : start + 2], older=True, begins=False)
    timeline.loaded([ALL[index] for index in again], older=False, begins=False)
    assert shown(timeline) == in_order()


def test_what_the_events_say_adds_up_to_the_same() -> None:
    """A window that only follows events ends with what `messages` says."""
    seen: dict[bytes, Any] = {}

    def follow(event: Event) -> None:
        for message in event.messages if isinstance(event, HistoryLoaded) else [event.message]:  # type: ignore[union-attr]
            seen[message.post_id] = message

    timeline = Timeline(CONV, b"", b"", follow)
    for start in (6, 3, 0):
        timeline.loaded(ALL[start : start + 3], older=True, begins=start == 0)
    assert sorted(seen.values(), key=lambda message: message.seq) == list(timeline.messages())


def test_a_gap_is_judged_only_where_everything_between_is_held() -> None:
    alone = Member("dave", 4)
    posts = [alone.post(CONV, str(number)) for number in range(3)]
    verified = [Verified(post, post_id_of(post), alone.keys.public) for post in posts]
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    timeline.loaded([Arrival(1, NOW_MS, verified[0]), Arrival(9, NOW_MS, verified[2])], older=False, begins=True)
    assert timeline.messages()[-1].missing_before == 0
    other = [BOB.post(CONV, str(number)) for number in range(7)]
    between = [Verified(post, post_id_of(post), BOB.keys.public) for post in other]
    timeline.loaded(
        [Arrival(seq, NOW_MS, each) for seq, each in enumerate(between, 2)], older=False, begins=True
    )
    assert timeline.messages()[-1].missing_before == 1


def test_an_own_post_that_comes_by_history_is_the_waiting_one() -> None:
    own = Member("alice", 1)
    post = own.post(CONV, "mine")
    timeline = Timeline(CONV, own.keys.fp, b"", lambda event: None)
    timeline.wait_for(7, post, post_id_of(post), "alice")
    timeline.loaded([Arrival(4, NOW_MS, Verified(post, post_id_of(post), own.keys.public))], older=False, begins=False)
    timeline.stored(7, 4, NOW_MS)
    (message,) = timeline.messages()
    assert (message.local_id, message.seq, message.state) == (7, 4, MessageState.STORED)


def arrival(seq: int, who: Member, post: Post, server_minute: int = 0) -> Arrival:
    return Arrival(seq, NOW_MS + server_minute * MINUTE, Verified(post, post_id_of(post), who.keys.public))


def test_an_author_whose_clock_is_ahead_makes_nobody_else_late() -> None:
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    ahead = BOB.post(CONV, "from tomorrow", PostKind.TEXT, NOW_MS + 1440 * MINUTE)
    normal = CAROL.post(CONV, "now", PostKind.TEXT, NOW_MS + MINUTE)
    timeline.loaded([arrival(1, BOB, ahead), arrival(2, CAROL, normal, 1)], older=False, begins=True)
    assert [message.late for message in timeline.messages()] == [False, False]


def hidden_post(begins: bool) -> tuple[Timeline, Arrival]:
    """Bob posts, the server hides a post of carol, bob posts again after having seen it."""
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    bob = Member("bob", 2)
    first = bob.post(CONV, "one", PostKind.TEXT, NOW_MS)
    hidden = post_id_of(CAROL.post(CONV, "hidden", PostKind.TEXT, NOW_MS))
    timeline.loaded([arrival(1, bob, first)], older=False, begins=begins)
    return timeline, arrival(2, bob, bob.post(CONV, "two", PostKind.TEXT, NOW_MS, after=hidden))


def test_a_hidden_post_shows_in_what_its_reader_answers() -> None:
    """The author's post names a message that is not here: first history is asked for, then it is said."""
    timeline, second = hidden_post(begins=True)
    assert timeline.pushed(second, NOW_MS)
    assert [message.unseen_before for message in timeline.messages()] == [False, False]
    timeline.judge(2)
    assert [message.unseen_before for message in timeline.messages()] == [False, True]


def test_nothing_is_said_where_it_cannot_be_judged() -> None:
    timeline, second = hidden_post(begins=False)
    assert not timeline.pushed(second, NOW_MS)
    timeline.judge(2)
    assert not any(message.unseen_before for message in timeline.messages())
