"""Finding, copying, folding and marking in a timeline, and that its size does not matter; no display needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.messages.positions import Positions
from securechat.desktop.messages.rows import Look
from securechat.desktop.messages.timeline_model import Splice, Timeline
from securechat.desktop.messages.timeline_order import PIECE, piece_start
from tests.desktop.fake_client import START_MS, key_of, message

TODAY = datetime.fromtimestamp(START_MS / 1000).date()
DAY_MS = 24 * 3600 * 1000


def timeline(*messages: Message) -> Timeline:
    made = Timeline("# lobby", Look(TODAY, me="alice"))
    made.merge(messages)
    return made


def clock(shown: Message) -> str:
    return datetime.fromtimestamp(shown.time_ms / 1000).strftime("%H:%M")


def mine(seq: int, text: str, **other: object) -> Message:
    return message(seq, "alice", text, mine=True, local_id=seq or 99, **other)


# --- finding ------------------------------------------------------------------------------------------


def test_find_reads_texts_as_they_are_shown() -> None:
    """In any case of letters, across marks, in folded texts; not in names, times or what is deleted."""
    t = timeline(
        message(1, "bob", "Try the **installer** on Windows"), message(2, "bob", "long\n" * 40 + "the end"),
        message(3, "carol", "ẞTRASSE `a``b`"), message(4, "carol", "the", deleted=True),
        message(5, "", "", post_id=b"", problem="the sentence"), message(6, "dave", "x"),
    )
    assert t.find("the INSTALLER on") == [0]
    assert t.find("the") == [0, 1]
    assert t.find("ßtrasse") == [2] and t.find("**") == [] and t.find("a``b") == [2]
    assert t.find("bob") == [] and t.find(texts.DELETED) == [] and t.find("  ") == []
    t.ignoring(frozenset({"bob"}))
    assert t.find("the") == []
    t.fold(message(1, "bob", "").post_id)
    assert t.find("the") == [0]


def test_a_found_message_is_unfolded_to_be_shown() -> None:
    """Only if it is folded, and once."""
    t = timeline(message(1, "bob", "short"), message(2, "bob", "long\n" * 40))
    assert t.show_whole(0) == [] and t.show_whole(7) == []
    (splice,) = t.show_whole(1)
    assert splice.rows[0].lines > 40
    assert t.show_whole(1) == []
    (again,) = t.fold(message(2, "bob", "").post_id)
    assert again.rows[0].lines < 16


# --- copying ------------------------------------------------------------------------------------------


def test_copied_messages_say_who_and_when() -> None:
    """A further line is indented, so that it cannot pass for another person's."""
    one, two = message(1, "bob", "**Morning!**\ncarol, 09:00: I agree"), message(2, "carol", "no\u202e\x1b[2J")
    t = timeline(one, two)
    t.presence(["dave"], [], START_MS)
    assert t.copy_text(0, 2) == (
        f"bob, {clock(one)}: **Morning!**\n    carol, 09:00: I agree\ncarol, {clock(two)}: no\ufffd\ufffd[2J"
    )
    assert t.copy_text(1, 1) == f"carol, {clock(two)}: no\ufffd\ufffd[2J"
    assert t.copy_text(2, 2) == "" and t.copy_text(5, 9) == ""


def test_copies_of_several_days_tell_the_date() -> None:
    """And what cannot be read says so."""
    t = timeline(
        message(1, "bob", "old", time_ms=START_MS - DAY_MS), message(2, "bob", "", deleted=True),
        message(3, "bob", "", newer=True), message(4, "bob", "", deleted=True, deleted_by_operator=True),
        message(5, "", "", post_id=b"", problem="Not verified."),
    )
    lines = t.copy_text(0, 9).split("\n")
    assert lines[0].startswith(f"bob, {date.fromtimestamp(START_MS / 1000 - 86400):%Y-%m-%d} ")
    assert lines[0].endswith(": old") and lines[1].endswith(f": {texts.DELETED}")
    assert lines[2].endswith(f": {texts.NEWER}") and lines[3].endswith(f": {texts.DELETED_BY_OPERATOR}")
    assert lines[4] == "Not verified."
    t.ignoring(frozenset({"bob"}))
    assert t.copy_text(0, 0) == texts.ignored_message("bob")


# --- rows and places ----------------------------------------------------------------------------------


def test_rows_and_messages_are_found_by_place_and_id() -> None:
    """Quiet lines are rows without a message."""
    one = message(1, "bob", "one")
    t = timeline(one)
    t.presence(["dave"], [], START_MS)
    assert t.message_at(0) == one and t.message_at(1) is None and t.message_at(-1) is None and t.message_at(2) is None
    assert t.index_of(one.post_id) == 0 and t.index_of(b"x") is None
    assert (t.row(0), t.row(1)) == t.rows()
    t.merge([], begins=True)
    assert t.index_of(one.post_id) == 1


def test_the_last_own_text_skips_what_cannot_be_edited() -> None:
    """Deleted, refused and others' messages, and kinds that have no text."""
    t = timeline(mine(1, "one"), mine(2, "two", kind=7))
    assert t.last_own() == mine(2, "two", kind=7)
    t.merge([
        mine(3, "gone", deleted=True), mine(4, "no", state=MessageState.REFUSED), mine(5, "", newer=True, kind=9),
        message(6, "bob", "x"),
    ])
    assert t.last_own() == mine(2, "two", kind=7)
    t.merge([mine(0, "waits", state=MessageState.WAITING, post_id=key_of("w"))])
    last = t.last_own()
    assert last is not None and last.text == "waits"
    assert timeline().last_own() is None


def test_a_search_goes_step_by_step_while_messages_come() -> None:
    """From the newest up; the version tells when its answer may be another, and reactions are no reason."""
    one, two = message(1, "bob", "a word"), message(2, "bob", "another *word*")
    t = timeline(one, two, message(3, "bob", "x"))
    steps = t.scan("word")
    assert next(steps) == b"" and next(steps) == two.post_id
    before = t.version
    t.change(replace(one, reactions=(("👍", ("carol",)),)))
    assert t.version == before
    t.merge([message(0, "dave", "word", post_id=key_of("d"), local_id=4, mine=True)])
    assert list(steps) == [one.post_id] and t.version != before
    for change in (
        lambda: t.change(replace(one, text="none")), lambda: t.ignoring(frozenset({"bob"})),
        lambda: t.fold(two.post_id),
    ):
        before = t.version
        change()
        assert t.version != before
    assert t.find("word") == [1, 3]


def test_quotes_follow_what_they_quote() -> None:
    """When the quoted message is edited, and when it is loaded at last."""
    old = message(1, "bob", "first words")
    t = timeline(message(4, "carol", "between"), message(5, "carol", "yes", reply_to=old.post_id))
    assert texts.QUOTE_UNKNOWN in t.rows()[1].text
    splices = t.merge([old, message(2, "bob", "x")])
    assert "bob: first words" in t.rows()[3].text
    assert (splices[-1].start, splices[-1].rows) == (3, (t.rows()[3],))
    (_, quote) = t.change(replace(old, text="other words"))
    assert (quote.start, quote.removed) == (3, 1) and "bob: other words" in quote.rows[0].text


def test_what_no_quote_shows_redraws_none() -> None:
    """A reaction to a popular post, and marks of its state."""
    old = message(1, "bob", "first words")
    t = timeline(old, *(message(n, "carol", "yes", reply_to=old.post_id) for n in range(2, 8)))
    for same in (replace(old, reactions=(("👍", ("carol",)),)), replace(old, edited=True, earlier=((1, "x"),))):
        (splice,) = t.change(same)
        assert (splice.start, splice.removed) == (0, 2)
    for other in ({"deleted": True}, {"text": "x"}, {"newer": True}, {"deleted_by_operator": True}, {"problem": "x"}):
        assert len(t.change(replace(old, **other))) == 2 and t.rows()[6] == t.row(6)  # type: ignore[arg-type]
        t.change(old)


def test_many_quotes_are_drawn_anew_in_pieces_the_newest_first() -> None:
    """Of a post with a thousand replies, and where rows move meanwhile; a long text counts for more."""
    old = message(1, "bob", "first words")
    t = timeline(old, *(message(n, "carol", "yes" * (n % 2), reply_to=old.post_id * (n % 2)) for n in range(2, 1002)))
    drawn = list(t.rows())

    def apply(splices: Sequence[Splice]) -> None:
        for splice in splices:
            assert len(splice.rows) <= PIECE + 1
            drawn[splice.start : splice.start + splice.removed] = splice.rows

    apply(t.change(replace(old, text="other words")))
    assert "first words" in drawn[-1].text and t.working
    apply(t.work())
    assert "other words" in drawn[-1].text and "first words" in drawn[2].text
    apply(t.merge([message(2000, "dave", "x"), message(0, "alice", "w", mine=True, local_id=3, post_id=key_of("w"))]))
    turns = 0
    while t.working:
        apply(t.work())
        turns += 1
    assert 5 <= turns <= 8 and tuple(drawn) == t.rows() and t.work() == []


def test_a_page_of_posts_with_many_quotes_draws_them_in_one_turn_or_later() -> None:
    """Not each post's by themselves."""
    page = [message(n, "bob", "old") for n in range(1, 51)]
    t = timeline(*(message(n, "carol", "re", reply_to=page[n % 50].post_id) for n in range(100, 400)))
    splices = t.merge(page)
    assert len(splices) == 1 and t.working
    while t.working:
        t.work()


def test_a_piece_is_as_long_as_can_be_drawn_at_once() -> None:
    """Long texts count for more; there is always one."""
    short, long = message(1, "bob", "x"), message(1, "bob", "x" * 16_000)
    assert piece_start([short] * PIECE, PIECE) == 0 and piece_start([short] * 500, 400) == 400 - PIECE
    assert piece_start([long] * 50, 50) == 48 and piece_start([message(1, "bob", "x" * 99_999)], 1) == 0
    assert piece_start([], 0) == 0


def test_the_new_line_moves() -> None:
    """The row that had it is drawn anew, and so is the one that has it now."""
    one, two, three = (message(n, "bob", str(n)) for n in (1, 2, 3))
    t = timeline(one, two, three)
    (splice,) = t.mark_new(two.post_id)
    assert texts.NEW_LINE in splice.rows[0].text and t.mark_new(two.post_id) == []
    t.mark_new(three.post_id)
    assert [texts.NEW_LINE in row.text for row in t.rows()] == [False, False, True]
    t.mark_new(b"")
    assert not any(texts.NEW_LINE in row.text for row in t.rows())


def test_ignoring_changes_the_rows_concerned_alone() -> None:
    """Theirs, the heads below, quotes and reactions; a later message of theirs is hidden too."""
    old = message(1, "bob", "secret")
    t = timeline(
        old, message(2, "carol", "x"), message(3, "carol", "y"), message(4, "carol", "z", reply_to=old.post_id),
        message(5, "carol", "y"), message(6, "carol", "z"), message(7, "carol", "z", reactions=(("👍", ("bob",)),)),
    )
    before = t.rows()
    splices = t.ignoring(frozenset({"bob"}))
    assert [(s.start, s.removed) for s in splices] == [(0, 2), (3, 1), (6, 1)]
    assert not any("secret" in row.text or "👍" in row.text for row in t.rows())
    assert t.ignoring(frozenset({"bob"})) == []
    t.ignoring(frozenset())
    assert t.rows() == before


# --- size ---------------------------------------------------------------------------------------------


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of this process, the best of three where it may be repeated."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def test_a_page_and_a_message_cost_the_same_in_a_long_timeline() -> None:
    """Five thousand messages in pages from the newest on; the last page is as quick as the first."""
    people = ("bob", "carol", "dave")
    pages = [[message(n, people[n // 4 % 3], f"message {n}") for n in range(k, k + 100)] for k in range(4901, 0, -100)]
    t = timeline()
    costs = [spent(lambda page=page: t.merge(page)) for page in pages]  # type: ignore[misc]
    assert sorted(costs)[25] < 15 and sorted(costs[-10:])[5] < 4 * sorted(costs[:10])[5] + 2
    appended = [spent(lambda n=n: t.merge([message(n, "bob", "x")])) for n in range(5001, 5051)]  # type: ignore[misc]
    assert sorted(appended)[25] < 2
    assert [m.seq for m in t.messages] == list(range(1, 5051))
    assert all(t.index_of(m.post_id) == index for index, m in enumerate(t.messages))
    assert spent(lambda: t.find("message 49")) < 150


def test_missed_messages_redraw_only_where_they_are() -> None:
    """Not the thousand above them."""
    t = timeline(*(message(n, "bob", "x") for n in range(1, 1001)), message(1010, "carol", "last"))
    (splice,) = t.merge([message(n, "dave", "missed") for n in range(1001, 1006)])
    assert (splice.start, splice.removed, len(splice.rows)) == (1000, 1, 6)


def test_positions_follow_every_insertion_and_move() -> None:
    """As a plain list would tell."""
    positions, plain = Positions(), list[int]()
    for step, (index, count) in enumerate([(0, 3), (3, 2), (0, 4), (2, 1), (8, 2), (1, 1), (12, 1)]):
        plain[index:index] = positions.insert(index, count)
        away, to = step % len(plain), (step * 5) % len(plain)
        positions.move(away, to)
        plain.insert(to, plain.pop(away))
        assert [positions.index(handle) for handle in plain] == list(range(len(plain)))
