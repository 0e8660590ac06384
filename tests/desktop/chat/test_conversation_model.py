"""One conversation without a display: unread posts, the "new" line, long batches, drafts, older posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from securechat.client.events import Conversation, ConversationKind, Message, MessageState
from securechat.desktop import texts
from securechat.desktop.chat.conversation_model import (
    OLDER_PAUSE_S,
    PIECE,
    ConversationModel,
    OpenedConversation,
    Unread,
)
from securechat.desktop.messages.rows import Look
from securechat.desktop.notify.notices import mentions
from tests.desktop.fake_client import LOBBY, key_of, message

NOBODY: frozenset[str] = frozenset()


class People:
    """Who is ignored right now."""

    def __init__(self) -> None:
        self.ignored = NOBODY

    def __call__(self) -> frozenset[str]:
        return self.ignored


@pytest.fixture
def people() -> People:
    return People()


def model_of(
    messages: Sequence[Message] = (), *, read: int = 0, people: People | None = None,
    kind: ConversationKind = ConversationKind.LOBBY, name: str = "",
) -> ConversationModel:
    """alice's view of a conversation."""
    opened = OpenedConversation(Conversation(LOBBY, kind, name), tuple(messages), "a draft", read)
    return ConversationModel(
        opened, Look(date.today(), me="alice"), mentions=lambda text: mentions(text, "alice"),
        ignored=people or People(),
    )


def posts(first: int, last: int, author: str = "bob") -> tuple[Message, ...]:
    return tuple(message(n, author, f"text {n}") for n in range(first, last + 1))


def own(seq: int, **other: object) -> Message:
    return message(seq, "alice", "mine", mine=True, local_id=seq + 1000, **other)


def finish(model: ConversationModel) -> int:
    """Do all the waiting work; how many turns it took."""
    turns = 0
    while model.working:
        model.work()
        turns += 1
    return turns


# --- unread -------------------------------------------------------------------------------------------


def test_unread_are_the_posts_of_others_above_the_mark() -> None:
    model = model_of([*posts(1, 5), own(6), *posts(7, 8)], read=3)
    assert model.unread() == Unread(4)
    assert model_of(posts(1, 5), read=5).unread() == Unread()
    assert model_of(posts(1, 5), read=9).unread() == Unread()


def test_a_post_that_names_us_marks_the_count() -> None:
    named = message(2, "bob", "dear @alice")
    assert model_of([named, message(3, "bob", "so")], read=1).unread() == Unread(2, False, True)
    assert not model_of([named], read=2).unread().mention  # read already
    assert not model_of([message(2, "bob", "dear @alicex")], read=1).unread().mention


def test_there_are_more_unread_than_loaded_until_the_mark_is_reached() -> None:
    model = model_of(posts(50, 60), read=20)
    assert model.unread() == Unread(11, more=True)
    model.take(posts(30, 49))
    assert model.unread() == Unread(31, more=True)
    model.take(posts(21, 29))
    assert model.unread() == Unread(40)  # 20 is the next one below: nothing is missing


def test_where_the_conversation_begins_nothing_more_is_unread() -> None:
    model = model_of(posts(50, 60), read=20)
    model.take((), begins=True)
    assert model.unread() == Unread(11)


def test_own_deleted_and_unreadable_posts_do_not_count() -> None:
    deleted = message(3, "bob", "", deleted=True)
    broken = message(4, "", "", post_id=b"", problem="It could not be verified.")
    assert model_of([own(2), deleted, broken, message(5, "bob", "hi")], read=1).unread() == Unread(1)


def test_a_post_that_is_deleted_before_it_was_read_counts_no_more() -> None:
    model = model_of(posts(1, 3), read=1)
    assert model.unread().count == 2
    model.changed(message(3, "bob", "", deleted=True))
    assert model.unread().count == 1


def test_ignored_people_do_not_count_and_count_again_afterwards(people: People) -> None:
    model = model_of([message(2, "bob", "@alice!"), message(3, "carol", "hi")], read=1, people=people)
    assert model.unread() == Unread(2, False, True)
    people.ignored = frozenset({"bob"})
    assert model.ignoring(people.ignored)
    assert model.unread() == Unread(1)
    model.shown(message(4, "bob", "@alice!!"))
    assert model.unread() == Unread(1)
    people.ignored = NOBODY
    model.ignoring(NOBODY)
    assert model.unread() == Unread(3, False, True)


def test_live_posts_count_one_by_one_and_a_repeated_one_once() -> None:
    """What came while the chat opened is in its first state already, and is told again."""
    model = model_of(posts(1, 3), read=1)
    model.shown(message(3, "bob", "text 3"))
    assert model.unread().count == 2
    model.shown(message(4, "bob", "@alice"))
    model.shown(message(4, "bob", "@alice"))
    assert model.unread() == Unread(3, False, True)


def test_what_was_read_elsewhere_before_it_came_does_not_count() -> None:
    model = model_of(posts(1, 3), read=3)
    assert model.read_to(4)
    model.shown(message(4, "bob", "late"))
    assert model.unread() == Unread()
    assert not model.timeline.first_new


def test_the_mark_never_falls() -> None:
    model = model_of(posts(1, 5), read=2)
    assert model.read_to(4) and model.unread() == Unread(1)
    assert not model.read_to(4) and not model.read_to(1)
    assert model.read_mark == 4


def test_the_newest_stored_post_is_what_can_be_read() -> None:
    waiting = message(0, "alice", "w", mine=True, local_id=1, state=MessageState.WAITING)
    assert model_of([*posts(1, 5), waiting]).newest_seq() == 5
    assert model_of([waiting]).newest_seq() == 0


# --- the "new" line -----------------------------------------------------------------------------------


def test_at_open_the_line_is_above_the_first_unread_post_of_somebody_else() -> None:
    model = model_of([*posts(1, 3), own(4), *posts(5, 6)], read=3)
    assert model.timeline.first_new == key_of("bob5")


def test_who_has_never_read_anything_gets_no_line_and_neither_who_has_read_all() -> None:
    assert not model_of(posts(1, 6), read=0).timeline.first_new
    assert not model_of(posts(1, 6), read=6).timeline.first_new


def test_the_line_skips_ignored_people(people: People) -> None:
    people.ignored = frozenset({"bob"})
    model = model_of([*posts(2, 3), message(4, "carol", "hi")], read=1, people=people)
    assert model.timeline.first_new == key_of("carol4")


def test_the_first_live_post_that_nobody_has_seen_gets_the_line_and_keeps_it() -> None:
    model = model_of(posts(1, 3), read=3)
    assert len(model.shown(message(4, "bob", "a"))) == 2  # the post, and once more with the line
    model.shown(message(5, "bob", "b"))
    assert model.timeline.first_new == key_of("bob4")
    model.read_to(5)
    assert model.timeline.first_new == key_of("bob4")  # it stays while one reads
    model.shown(message(6, "bob", "c"))
    assert model.timeline.first_new == key_of("bob6")


def test_under_somebodys_eyes_no_line_appears() -> None:
    model = model_of(posts(1, 3), read=3)
    model.watched = True
    model.shown(message(4, "bob", "a"))
    model.take(posts(5, 6))
    assert not model.timeline.first_new
    assert model.unread().count == 3  # until it is noted as read


def test_an_own_post_takes_the_line_away_for_good() -> None:
    """An older page may still hold unread posts: who has answered does not want them called new."""
    model = model_of(posts(50, 60), read=20)
    assert model.timeline.first_new == key_of("bob50")
    model.shown(own(61))
    assert not model.timeline.first_new
    model.take(posts(40, 49))
    assert not model.timeline.first_new
    model.take(posts(62, 63))
    assert model.timeline.first_new == key_of("bob62")


def test_the_line_moves_up_as_older_unread_posts_come() -> None:
    model = model_of(posts(50, 60), read=20)
    model.take(posts(40, 49))
    assert model.timeline.first_new == key_of("bob40")
    model.take(posts(11, 39))
    assert model.timeline.first_new == key_of("bob21")


def test_posts_missed_while_away_get_the_line() -> None:
    model = model_of(posts(1, 3), read=3)
    model.take(posts(4, 6))
    assert model.timeline.first_new == key_of("bob4")


# --- long batches -------------------------------------------------------------------------------------


def test_a_long_batch_comes_in_pieces_the_newest_first() -> None:
    model = model_of()
    last = 2 * PIECE + 50
    model.take(posts(1, last), begins=True)
    assert [m.seq for m in model.timeline.messages] == list(range(last - PIECE + 1, last + 1))
    assert model.working and not model.timeline.begins
    assert not model.may_load_older(0.0)  # what is here already comes first
    model.work()
    assert [m.seq for m in model.timeline.messages] == list(range(51, last + 1))
    assert finish(model) == 1
    assert [m.seq for m in model.loaded()] == list(range(1, last + 1))
    assert model.timeline.begins
    assert model.work() == []


def test_a_batch_of_one_piece_is_in_at_once() -> None:
    model = model_of()
    model.take(posts(1, PIECE), begins=True)
    assert not model.working and model.timeline.begins and len(model.timeline.messages) == PIECE


def test_a_batch_of_long_texts_comes_in_smaller_pieces() -> None:
    """A page of posts full of marks must not hold up the window."""
    model = model_of()
    model.take([message(n, "bob", "`a` " * 740) for n in range(1, 101)])
    assert 5 < len(model.timeline.messages) < 20
    finish(model)
    assert [m.seq for m in model.timeline.messages] == list(range(1, 101))


def test_ignoring_who_wrote_much_is_drawn_in_pieces(people: People) -> None:
    """And so is the other way round; the count is right at once."""
    both = [message(n, ("bob", "carol")[n % 2], f"text {n}") for n in range(1, 1001)]
    model = model_of(both, read=1, people=people)
    finish(model)
    for ignored, unread in ((frozenset({"bob"}), 499), (NOBODY, 999)):
        people.ignored = ignored
        assert model.ignoring(ignored) == [] and model.working
        assert model.unread().count == unread
        (splice,) = model.work()
        assert splice.start + splice.removed == 1000 and len(splice.rows) <= PIECE
        assert 5 <= finish(model) <= 7 and model.work() == []


def test_a_count_asks_once_who_is_ignored() -> None:
    """Which takes as long as there are people."""
    asked: list[bool] = []

    def ignored() -> frozenset[str]:
        asked.append(True)
        return NOBODY

    opened = OpenedConversation(Conversation(LOBBY, ConversationKind.LOBBY, ""), posts(1, 100), "", 1)
    model = ConversationModel(opened, Look(date.today()), mentions=lambda text: False, ignored=ignored)
    asked.clear()
    assert model.unread().count == 99 and len(asked) == 1


def test_opening_a_long_conversation_counts_all_and_marks_the_first_unread_in_the_end() -> None:
    model = model_of(posts(1, 3 * PIECE + 50), read=20)
    assert model.unread() == Unread(PIECE, more=True)
    assert finish(model) == 3
    assert model.unread() == Unread(3 * PIECE + 30)
    assert model.timeline.first_new == key_of("bob21")


def test_what_came_about_a_post_is_newer_than_its_waiting_piece() -> None:
    model = model_of()
    model.take(posts(1, 300))
    model.changed(message(5, "bob", "mended", edited=True))
    finish(model)
    assert [m.text for m in model.timeline.messages if m.seq == 5] == ["mended"]
    assert [m.seq for m in model.timeline.messages] == list(range(1, 301))


def test_short_batches_wait_their_turn_behind_a_long_one() -> None:
    model = model_of()
    model.take(posts(101, 400))
    model.take(posts(91, 100))
    model.take((), begins=True)
    assert not model.timeline.begins
    finish(model)
    assert [m.seq for m in model.timeline.messages] == list(range(91, 401))
    assert model.timeline.begins


def test_live_posts_do_not_wait_for_a_long_batch() -> None:
    model = model_of()
    model.take(posts(1, 300))
    model.shown(message(301, "carol", "now"))
    assert model.timeline.messages[-1].text == "now"
    finish(model)
    assert [m.seq for m in model.timeline.messages] == list(range(1, 302))


# --- older posts, the rest ----------------------------------------------------------------------------


def test_older_posts_are_asked_for_one_page_at_a_time_until_the_beginning() -> None:
    model = model_of(posts(50, 60))
    assert model.may_load_older(0.0)
    model.older_asked()
    assert not model.may_load_older(0.0)
    assert model.older_done(True, 0.0) == []
    assert model.may_load_older(0.0)
    model.older_asked()
    (splice,) = model.older_done(False, 0.0)
    assert splice.rows[0].text == f"{texts.beginning(model.title)}\n"
    assert not model.may_load_older(100.0)


def test_after_a_failure_it_rests_until_a_while_is_over_or_the_connection_is_back() -> None:
    model = model_of(posts(50, 60))
    model.older_done(None, 10.0)
    assert not model.may_load_older(10.0 + OLDER_PAUSE_S - 0.1)
    assert model.may_load_older(10.0 + OLDER_PAUSE_S)
    model.older_done(None, 10.0)
    model.online()
    assert model.may_load_older(10.0)


def test_titles_are_harmless_and_a_direct_conversation_is_called_by_the_name() -> None:
    assert model_of().title == "# lobby"
    assert model_of(kind=ConversationKind.ROOM, name="des\x1b\u202eign").title.startswith("# des")
    assert not set(model_of(kind=ConversationKind.ROOM, name="des\x1b\u202eign").title) & set("\x1b\u202e")
    assert model_of(kind=ConversationKind.DIRECT, name="bob").title == "bob"


def test_each_conversation_begins_with_its_own_draft_and_writes_about_nothing() -> None:
    first, second = model_of(), model_of()
    first.draft = "other words"
    assert (first.draft, second.draft) == ("other words", "a draft")
    assert (second.writing.mode, second.writing.target) == ("", None)


def test_its_line_says_what_the_count_says() -> None:
    line = model_of(posts(50, 60), read=20).line(is_open=True)
    assert (line.conv, line.title, line.unread, line.more, line.mention, line.open) == (
        LOBBY, "# lobby", 11, True, False, True
    )


def test_an_own_post_that_is_acknowledged_amid_a_long_batch_stands_at_its_number_once() -> None:
    waiting = replace(own(0), state=MessageState.WAITING, post_id=key_of("own"))
    model = model_of([waiting])
    stored = replace(waiting, seq=120, state=MessageState.STORED)
    model.take([*posts(1, 119), stored, *posts(121, 250)])
    model.changed(stored)
    finish(model)
    assert [m.seq for m in model.timeline.messages] == list(range(1, 251))
