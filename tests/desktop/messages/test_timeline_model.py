"""Order, grouping, day lines and quiet lines of a timeline; no display needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.messages.rows import AvatarPiece, Look, MessageEntry, Row
from securechat.desktop.messages.timeline_model import JOIN_PRESENCE_S, Splice, Timeline
from tests.desktop.fake_client import START_MS, key_of, message

TODAY = datetime.fromtimestamp(START_MS / 1000).date()
DAY_MS = 24 * 3600 * 1000


def timeline(*messages: Message, today: date = TODAY) -> Timeline:
    made = Timeline("# lobby", Look(today))
    made.merge(messages)
    return made


def mine(local_id: int, text: str, seq: int = 0) -> Message:
    state = MessageState.STORED if seq else MessageState.WAITING
    return message(seq, "alice", text, local_id=local_id, mine=True, state=state, post_id=key_of(f"p{local_id}"))


def shown(t: Timeline) -> list[str]:
    return [row.text for row in t.rows()]


def heads(t: Timeline) -> list[bool]:
    return [any(isinstance(piece, AvatarPiece) for piece in row.pieces) for row in t.rows()]


def order(t: Timeline) -> list[str]:
    return [m.text for m in t.messages]


def test_messages_of_one_sender_share_a_head() -> None:
    t = timeline(message(1, "bob", "one"), message(2, "bob", "two"), message(3, "carol", "three"))
    assert heads(t) == [True, False, True]
    assert shown(t)[1] == "two\n"


def test_a_pause_a_new_key_or_a_gap_begins_a_new_head() -> None:
    later = START_MS + 10 * 60 * 1000
    t = timeline(
        message(1, "bob", "one"),
        message(2, "bob", "after a pause", time_ms=later),
        message(3, "bob", "other key", time_ms=later, author_fp=key_of("other")),
        message(9, "bob", "gap", time_ms=later, author_fp=key_of("other"), missing_before=3),
    )
    assert heads(t) == [True, True, True, True]
    assert texts.missing(3) in shown(t)[3]


def test_day_lines_stand_between_days_and_follow_midnight() -> None:
    t = timeline(message(1, "bob", "old", time_ms=START_MS - DAY_MS), message(2, "bob", "new"))
    assert texts.YESTERDAY in shown(t)[0]
    assert texts.TODAY in shown(t)[1]
    (splice,) = t.new_day(TODAY + timedelta(days=1))
    assert texts.YESTERDAY in splice.rows[1].text
    assert t.new_day(TODAY + timedelta(days=1)) == []


def test_own_messages_wait_at_the_end_and_take_their_number() -> None:
    t = timeline(message(5, "bob", "five"))
    t.merge([mine(1, "mine")])
    assert texts.WAITING in shown(t)[-1]
    t.merge([message(6, "bob", "six")])
    assert order(t) == ["five", "six", "mine"]
    t.change(mine(1, "mine", seq=7))
    assert order(t) == ["five", "six", "mine"]
    assert texts.STORED in shown(t)[-1]


def test_an_acknowledged_message_moves_above_those_that_still_wait() -> None:
    t = timeline(mine(1, "first"), mine(2, "second"))
    t.change(mine(2, "second", seq=3))
    assert order(t) == ["second", "first"]


def test_a_repeated_older_state_changes_nothing() -> None:
    t = timeline(mine(1, "mine", seq=7))
    assert t.merge([mine(1, "mine")]) == []
    assert texts.STORED in shown(t)[0]


def test_missed_messages_are_merged_by_number_once() -> None:
    t = timeline(message(1, "bob", "1"), message(5, "bob", "5"))
    t.merge([message(n, "bob", str(n)) for n in (4, 2, 3, 5)])
    assert order(t) == ["1", "2", "3", "4", "5"]


def test_older_messages_come_on_top_in_one_splice() -> None:
    t = timeline(*(message(n, "bob", str(n)) for n in (11, 12)))
    splices = t.merge([message(n, "bob", str(n)) for n in range(1, 11)], begins=True)
    assert [(s.start, s.removed, len(s.rows)) for s in splices] == [(0, 1, 12)]  # 10, the beginning, and 11 anew
    assert texts.beginning("# lobby") in shown(t)[0]
    assert order(t) == [str(n) for n in range(1, 13)]


def test_a_refused_message_keeps_its_text_and_says_why() -> None:
    t = timeline(mine(1, "mine"))
    t.change(replace(mine(1, "mine"), state=MessageState.REFUSED), "You may not write here.")
    assert shown(t)[0].endswith("mine\nNot sent. You may not write here.\n")
    assert t.rows()[0].lines == 4  # day line, head, text, reason


def test_special_messages_say_what_they_are() -> None:
    def last(**other: object) -> str:
        return timeline(message(1, "bob", "secret words", **other)).rows()[0].text

    assert texts.DELETED in last(deleted=True) and "secret" not in last(deleted=True)
    assert texts.DELETED_BY_OPERATOR in last(deleted=True, deleted_by_operator=True)
    assert texts.NEWER in last(newer=True, kind=99)
    assert texts.EDITED in last(edited=True)
    problem = last(author_fp=b"", problem="A message could not be verified.")
    assert problem.endswith("A message could not be verified.\n") and "secret" not in problem
    late = last(late=True, time_ms=START_MS - 3 * DAY_MS, server_time_ms=START_MS)
    assert "arrived late" in late and texts.TODAY in late


def test_a_time_that_no_calendar_holds_is_unknown() -> None:
    assert texts.UNKNOWN_TIME in timeline(message(1, "bob", "hi", time_ms=2**64 - 1)).rows()[0].text


def test_arrivals_at_once_share_a_line_and_the_newest_state_counts() -> None:
    t = timeline()
    t.presence(["bob"], [], START_MS)
    t.presence(["carol", "dave"], [], START_MS + 1000)
    assert shown(t)[0].endswith("bob, carol and dave are online\n")
    t.presence([], ["bob"], START_MS + 2000)
    assert len(t.entries) == 1
    assert shown(t)[0].endswith("carol and dave are online · bob is offline\n")
    t.presence(["erin", "bob", "frank"], [], START_MS + 3000)
    assert shown(t)[0].endswith("carol, dave and 3 others are online\n")


def test_a_message_or_some_minutes_begin_a_new_quiet_line() -> None:
    t = timeline()
    t.presence(["bob"], [], START_MS)
    t.merge([message(1, "bob", "hi")])
    t.presence(["carol"], [], START_MS + 1000)
    t.presence(["dave"], [], START_MS + 1001 + JOIN_PRESENCE_S * 1000)
    assert [text.splitlines()[-1] for text in shown(t)] == ["bob is online", "hi", "carol is online", "dave is online"]


def test_hostile_texts_are_cleaned() -> None:
    bad = "a\x1b[31m\u202egnp.exe\u2066\x00"
    t = timeline(message(1, f"bob{bad}\nalice", f"{bad}\nsecond line"), message(2, "", "", problem=bad))
    t.presence([f"carol{bad}"], [], START_MS)
    for row in t.rows():
        assert not set(row.text) & set("\x1b\u202e\u2066\x00")
    names = [piece for piece in t.rows()[0].pieces if getattr(piece, "tags", ()) == ("name",)]
    assert "\n" not in names[0].text  # type: ignore[union-attr]


def test_spaces_stay_spaces_in_a_text_of_several_lines() -> None:
    assert timeline(message(1, "bob", "two words\nnext line")).rows()[0].text.endswith("two words\nnext line\n")


steps = st.lists(
    st.one_of(
        st.tuples(st.just("message"), st.integers(1, 30)),
        st.tuples(st.just("send"), st.integers(1, 5)),
        st.tuples(st.just("store"), st.integers(1, 5)),
        st.tuples(st.just("refuse"), st.integers(1, 5)),
        st.tuples(st.just("came"), st.integers(0, 3)),
        st.tuples(st.just("history"), st.integers(1, 25)),
        st.tuples(st.just("day"), st.integers(0, 2)),
        st.tuples(st.just("reply"), st.integers(1, 30)),
        st.tuples(st.just("edit"), st.integers(1, 30)),
        st.tuples(st.just("new"), st.integers(1, 30)),
        st.tuples(st.just("fold"), st.integers(1, 30)),
        st.tuples(st.just("ignore"), st.integers(0, 3)),
    ),
    max_size=25,
)


def spoken(n: int) -> Message:
    return message(n, "bob" if n % 3 else "carol", f"text {n}\n" * n, time_ms=START_MS + n * 7_000_000)


def perform(t: Timeline, step: tuple[str, int], index: int) -> list[Splice]:
    kind, n = step
    if kind == "message":
        return t.merge([spoken(n)])
    if kind == "reply":
        return t.merge([message(n, "erin", f"reply {n}", reply_to=spoken(31 - n).post_id)])
    if kind == "edit":
        return t.change(replace(spoken(n), text="edited", edited=True)) if t.index_of(spoken(n).post_id) else []
    if kind == "new":
        return t.mark_new(spoken(n).post_id)
    if kind == "fold":
        return t.fold(spoken(n).post_id)
    if kind == "ignore":
        return t.ignoring(frozenset(["bob", "carol"][: n % 3]))
    if kind == "send":
        return t.merge([mine(n, f"mine {n}")])
    if kind == "store":
        return t.change(mine(n, f"mine {n}", seq=30 + n))
    if kind == "refuse":
        return t.change(replace(mine(n, f"mine {n}"), state=MessageState.REFUSED), "No.")
    if kind == "came":
        return t.presence([f"user{n}"], [], START_MS + index * 100_000)
    if kind == "day":
        return list(t.new_day(TODAY + timedelta(days=n)))
    block = [message(k, "dave", f"text {k}") for k in range(n, n + 5)]
    return t.merge(block, begins=n == 1)


@given(steps)
def test_splices_always_add_up_to_what_the_timeline_shows(todo: list[tuple[str, int]]) -> None:
    t = timeline()
    drawn: list[Row] = []
    for index, step in enumerate(todo):
        for splice in perform(t, step, index):
            assert splice.start + splice.removed <= len(drawn)
            drawn[splice.start : splice.start + splice.removed] = splice.rows
        while t.working:
            (splice,) = t.work()
            drawn[splice.start : splice.start + splice.removed] = splice.rows
        assert tuple(drawn) == t.rows()
        for at, entry in enumerate(t.entries):
            assert not isinstance(entry, MessageEntry) or t.index_of(entry.message.post_id) == at
    numbers = [m.seq for m in t.messages if m.seq]
    assert numbers == sorted(numbers)
    assert len(t.messages) == len({(m.local_id, m.post_id) for m in t.messages})
