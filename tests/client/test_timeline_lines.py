"""What depends on neighbours is the same in whatever order posts come, and costs what changed, not what is loaded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.client import timeline_lines
from securechat.client.effects import Effects
from securechat.client.events import Event, HistoryLoaded, Message, MessageState
from securechat.client.reading import UNVERIFIED, Arrival, Problem, Verified
from securechat.client.timeline import Timeline
from securechat.rules.acceptance import LATE_MS
from securechat.sealing.streams import post_id_of
from securechat.wire.objects import ZERO32, Post, PostKind
from tests.client.scripted_server import NOW_MS, Member

CONV = b"\1" * 32
PEOPLE = (Member("bob", 2), Member("carol", 3))
MINUTE = 60_000


def arrival(seq: int, who: Member, post: Post, server_time_ms: int = NOW_MS) -> Arrival:
    return Arrival(seq, server_time_ms, Verified(post, post_id_of(post), who.keys.public))


@st.composite
def worlds(draw: st.DrawFn) -> list[Arrival]:
    """Posts by two people with clocks of their own; some lost on their way, some not to be opened."""
    found = []
    for seq in range(1, draw(st.integers(1, 12)) + 1):
        who = draw(st.sampled_from(PEOPLE))
        minutes = draw(st.integers(-30, 30))
        kind = draw(st.sampled_from([PostKind.TEXT, PostKind.TEXT, PostKind.REACTION]))
        body: str | bytes = "text" if kind == PostKind.TEXT else ZERO32
        post = who.post(CONV, body, kind, NOW_MS + minutes * MINUTE)
        fate = draw(st.sampled_from(["here", "here", "here", "lost before", "unreadable"]))
        if fate == "lost before":
            post = who.post(CONV, body, kind, NOW_MS + minutes * MINUTE)  # the number before it never comes
        one = arrival(seq, who, post, NOW_MS + 30 * MINUTE)
        found.append(Arrival(seq, one.server_time_ms, Problem(UNVERIFIED)) if fate == "unreadable" else one)
    return found


def expected(world: list[Arrival], held: set[int]) -> list[tuple[int, bool, int]]:
    """(seq, late, missing) of each line, worked out from the rules of §8 alone."""
    lines = []
    newest = 0
    last: dict[tuple[bytes, bytes], tuple[int, int]] = {}
    for one in sorted(world, key=lambda one: one.seq):
        if isinstance(one.content, Problem):
            lines.append((one.seq, False, 0))
            continue
        post = one.content.post
        stream = (post.author, post.stream_id)
        before = last.get(stream)
        last[stream] = (post.n, one.seq)
        if post.kind != PostKind.TEXT:
            continue
        missing = post.n - before[0] - 1 if before else 0
        if before and not held.issuperset(range(before[1] + 1, one.seq)):
            missing = 0
        lines.append((one.seq, post.time < newest - LATE_MS, missing))
        newest = max(newest, min(post.time, one.server_time_ms))
    return lines


def drawn(messages: list[Message]) -> list[tuple[int, bool, int]]:
    return [(message.seq, message.late, message.missing_before) for message in messages]


@given(worlds(), st.randoms(use_true_random=False), st.integers(1, 4))
@settings(max_examples=150)
def test_late_and_missing_are_as_the_rules_say_after_each_page(
    world: list[Arrival], random: object, size: int
) -> None:
    order = list(world)
    random.shuffle(order)  # type: ignore[attr-defined]
    told: dict[int, Message] = {}

    def follow(event: Event) -> None:
        messages = event.messages if isinstance(event, HistoryLoaded) else [event.message]  # type: ignore[union-attr]
        told.update({message.seq: message for message in messages})

    timeline = Timeline(CONV, b"", b"", follow)
    for start in range(0, len(order), size):
        timeline.loaded(order[start : start + size], older=True, begins=False)
        here = order[: start + size]
        wanted = expected(here, {one.seq for one in here})
        assert drawn(list(timeline.messages())) == wanted
        assert drawn([told[seq] for seq in sorted(told)]) == wanted


@given(worlds())
def test_live_posts_look_as_those_of_history(world: list[Arrival]) -> None:
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    for one in world:
        timeline.pushed(one, 0)
    assert drawn(list(timeline.messages())) == expected(world, {one.seq for one in world})


# --- cost


def history(count: int, apart_ms: int = 1000) -> list[Arrival]:
    """Texts by two people with a reaction and an edit of the first one among ten; `apart_ms`: time between two."""
    who = (Member("bob", 2), Member("carol", 3))
    found = []
    first = who[0].post(CONV, "first", PostKind.TEXT, NOW_MS)
    found.append(arrival(1, who[0], first))
    for seq in range(2, count + 1):
        one = who[seq % 2]
        kind = {3: PostKind.REACTION, 4: PostKind.EDIT}.get(seq % 10, PostKind.TEXT)
        body = "text" if kind == PostKind.TEXT else post_id_of(first) + b"x"
        found.append(arrival(seq, one, one.post(CONV, body, kind, NOW_MS + seq * apart_ms), NOW_MS + seq * apart_ms))
    return found


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that a line is judged."""
    calls: list[int] = []
    honest = timeline_lines.StoredLines._derive_late

    def counted(lines: timeline_lines.StoredLines, line: timeline_lines.Line) -> bool:
        calls.append(1)
        return honest(lines, line)

    monkeypatch.setattr(timeline_lines.StoredLines, "_derive_late", counted)
    return calls


@pytest.mark.parametrize("apart_ms", [1000, 0])
@pytest.mark.parametrize("size", [1, 20])
def test_older_pages_cost_what_they_hold(judged: list[int], size: int, apart_ms: int) -> None:
    arrivals = history(300, apart_ms)
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    for end in range(300, 0, -size):
        timeline.loaded(arrivals[end - size : end], older=True, begins=end == size)
    assert len(timeline.messages()) == 240
    assert len(judged) < 3 * 300


def test_posts_that_come_out_of_order_cost_no_more(judged: list[int]) -> None:
    arrivals = history(300)
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    for index in range(0, 300, 2):
        timeline.pushed(arrivals[index + 1], NOW_MS)
        timeline.pushed(arrivals[index], NOW_MS)
    assert len(judged) < 3 * 300


def test_asking_for_the_messages_draws_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = Timeline(CONV, b"", b"", lambda event: None)
    timeline.loaded(history(50), older=False, begins=True)
    drawings: list[Message] = []
    honest = Effects.render

    def counted(effects: Effects, message: Message) -> Message:
        drawings.append(message)
        return honest(effects, message)

    monkeypatch.setattr(Effects, "render", counted)
    before = timeline.messages()
    assert timeline.messages() == before and drawings == []


# --- own posts on their way


def test_an_own_edit_of_what_is_loaded_later_shows_as_pending_then() -> None:
    me = Member("alice", 1)
    text = me.post(CONV, "one", PostKind.TEXT, NOW_MS)
    edit = me.post(CONV, post_id_of(text) + b"two", PostKind.EDIT, NOW_MS + 1)
    told: list[Event] = []
    timeline = Timeline(CONV, me.keys.fp, b"", told.append)
    timeline.wait_for(7, edit, post_id_of(edit), "alice")
    assert told == [] and timeline.messages() == ()
    timeline.loaded([arrival(1, me, text)], older=False, begins=True)
    (message,) = timeline.messages()
    assert (message.text, message.pending) == ("two", True)
    timeline.loaded([arrival(2, me, edit)], older=False, begins=True)  # its answer was lost
    (message,) = timeline.messages()
    assert (message.pending, message.earlier) == (False, ((NOW_MS, "one"),))
    timeline.stored(7, 2, NOW_MS)
    (message,) = timeline.messages()
    assert (message.text, message.pending, message.state) == ("two", False, MessageState.STORED)


def test_two_changes_are_pending_until_both_are_stored() -> None:
    me = Member("alice", 1)
    text = me.post(CONV, "one", PostKind.TEXT, NOW_MS)
    changes = [
        me.post(CONV, post_id_of(text) + body.encode(), kind, NOW_MS + 1)
        for kind, body in ((PostKind.EDIT, "two"), (PostKind.REACTION, "👍"))
    ]
    timeline = Timeline(CONV, me.keys.fp, b"", lambda event: None)
    timeline.loaded([arrival(1, me, text)], older=False, begins=True)
    for local_id, post in enumerate(changes, 1):
        timeline.wait_for(local_id, post, post_id_of(post), "alice")
    pending = []
    for local_id in (1, 2):
        timeline.stored(local_id, 1 + local_id, NOW_MS)
        pending.append(timeline.messages()[0].pending)
    assert pending == [True, False]


def test_somebody_else_s_edit_of_our_text_is_no_edit() -> None:
    me, bob = Member("alice", 1), Member("bob", 2)
    text = me.post(CONV, "one", PostKind.TEXT, NOW_MS)
    forged = bob.post(CONV, post_id_of(text) + b"forged", PostKind.EDIT, NOW_MS + 1)
    timeline = Timeline(CONV, me.keys.fp, b"", lambda event: None)
    timeline.loaded([arrival(1, me, text), arrival(2, bob, forged)], older=False, begins=True)
    (message,) = timeline.messages()
    assert (message.text, message.edited, message.earlier) == ("one", False, ())
