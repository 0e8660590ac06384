"""The state of an open chat: people, typing, banner, notices. No display, no sleeping: time is set by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from securechat.client.events import (
    ConnectionState,
    Conversation,
    ConversationKind,
    HistoryLoaded,
    Message,
    MessageShown,
    MessageState,
    Notice,
    PeopleListed,
    Person,
    PostRefused,
    Presence,
    PresenceChanged,
    ReadChanged,
    StateChanged,
    TypingSeen,
)
from securechat.desktop import texts
from securechat.desktop.chat.conversation_model import PIECE, OpenedConversation
from securechat.desktop.chat.view_model import (
    Arrived,
    ChatModel,
    EditRefused,
    Ended,
    ListsMoved,
    Opened,
    SentBack,
    Told,
)
from securechat.desktop.messages.timeline_model import Splice
from securechat.wire import limits
from tests.desktop.fake_client import LOBBY, START_MS, key_of, message, person


class Clock:
    """Both clocks of a model, moved by the test."""

    def __init__(self) -> None:
        self.s = START_MS / 1000

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def model(clock: Clock) -> ChatModel:
    return opened_model(clock)


def opened_model(clock: Clock, *more: OpenedConversation, messages: tuple[Message, ...] = ()) -> ChatModel:
    """A chat with the lobby and ``more``; alice is here, and so is bob."""
    people = (person("alice"), person("bob"), person("carol", Presence.OFFLINE))
    lobby = OpenedConversation(Conversation(LOBBY, ConversationKind.LOBBY), messages)
    opened = Opened(
        "alice", "Blue Team", "chat://x", key_of("alice"), "ab" * 32, (lobby, *more), people, ConnectionState.ONLINE
    )
    return ChatModel(opened, clock=clock, monotonic=clock)


def test_typing_shows_for_six_seconds_or_until_a_post(model: ChatModel, clock: Clock) -> None:
    model.apply(TypingSeen(LOBBY, "bob"))
    assert model.typing_line() == "bob is typing…"
    model.apply(TypingSeen(LOBBY, "carol"))
    assert model.typing_line() == "bob and carol are typing…"
    model.apply(MessageShown(message(1, "carol", "done")))
    assert model.typing_line() == "bob is typing…"
    clock.s += limits.TYPING_SHOWN_S - 0.1
    assert model.typing_line() == "bob is typing…"
    clock.s += 0.1
    assert model.typing_line() == ""


def test_own_typing_and_that_of_other_conversations_does_not_show(model: ChatModel) -> None:
    model.apply(TypingSeen(LOBBY, "alice"))
    model.apply(TypingSeen(b"x" * 32, "bob"))
    assert model.typing_line() == ""


def test_who_leaves_stops_typing(model: ChatModel) -> None:
    model.apply(TypingSeen(LOBBY, "bob"))
    model.apply(PresenceChanged((person("bob", Presence.OFFLINE),)))
    assert model.typing_line() == ""


def test_people_here_come_first_and_oneself_is_marked(model: ChatModel) -> None:
    assert [(line.name, line.presence) for line in model.people()] == [
        ("alice (you)", Presence.ONLINE),
        ("bob", Presence.ONLINE),
        ("carol", Presence.OFFLINE),
    ]
    assert model.count() == "2 of 3 online"
    assert model.apply(PeopleListed((person("dave"),))) == [ListsMoved()]
    assert [line.name for line in model.people()] == ["dave"]


def test_presence_makes_quiet_lines_only_for_coming_and_leaving(model: ChatModel) -> None:
    changes = model.apply(PresenceChanged((person("carol"), Person("dave", Presence.AWAY))))
    assert isinstance(changes[0], Splice)
    assert changes[0].rows[0].text.endswith("carol and dave are online\n")
    # Online to away and back is a dot, not a line; so is what was known already.
    assert model.apply(PresenceChanged((person("dave"), person("bob")))) == [ListsMoved()]
    assert model.apply(PresenceChanged((Person("dave", Presence.OFFLINE), person("erin", Presence.OFFLINE))))[0] != (
        ListsMoved()
    )
    assert model.current.timeline.rows()[-1].text.endswith("carol is online · dave is offline\n")


def test_a_key_seen_at_a_message_serves_for_the_avatar(model: ChatModel) -> None:
    model.apply(PeopleListed((Person("bob", Presence.ONLINE),)))
    assert model.people()[0].fp is None
    assert ListsMoved() in model.apply(MessageShown(message(1, "bob", "hi")))
    assert model.people()[0].fp == key_of("bob")


def test_the_banner_counts_down(model: ChatModel, clock: Clock) -> None:
    assert model.banner() is None
    model.apply(StateChanged(ConnectionState.WAITING, "The server is away.", None, 3.0))
    banner = model.banner()
    assert banner is not None and banner.can_retry
    assert banner.text.startswith("The server is away. Next try in 3 s.")
    clock.s += 1.5
    assert "in 2 s" in (model.banner() or banner).text
    clock.s += 2
    assert (model.banner() or banner).text == texts.BANNER_RETRYING
    model.apply(StateChanged(ConnectionState.CONNECTING))
    assert (model.banner() or banner).text == texts.BANNER_CONNECTING
    model.apply(StateChanged(ConnectionState.ONLINE))
    assert model.banner() is None


def test_the_end_is_told_with_its_reason(model: ChatModel) -> None:
    assert model.apply(StateChanged(ConnectionState.ENDED, "You were sent away.")) == [Ended("You were sent away.")]


def test_a_refused_post_comes_back(model: ChatModel) -> None:
    own = message(0, "alice", "words", mine=True, local_id=1, state=MessageState.WAITING)
    model.apply(MessageShown(own))
    changes = model.apply(PostRefused(replace(own, state=MessageState.REFUSED), "Not here."))
    assert SentBack("words") in changes
    assert "Not sent. Not here." in model.current.timeline.rows()[0].text


@pytest.mark.parametrize(
    ("kind", "said"), [(5, texts.deletion_refused("# lobby", "Not\ufffd here.")),
                       (6, texts.reaction_refused("# lobby", "Not\ufffd here."))],
)
def test_a_refused_reaction_or_deletion_is_told_and_is_no_row(model: ChatModel, kind: int, said: str) -> None:
    """Also where nobody looks; the reason is another's words."""
    model.apply(MessageShown(message(1, "alice", "words", mine=True)))
    rows = model.current.timeline.rows()
    own = message(0, "alice", "", mine=True, local_id=1, kind=kind, reply_to=key_of("alice1"),
                  state=MessageState.REFUSED)
    assert model.apply(PostRefused(own, "Not\x1b here.")) == [Told(said)]
    assert model.current.timeline.rows() == rows


def test_a_refused_edit_is_told_with_what_it_is_about(three: ChatModel) -> None:
    own = message(0, "alice", "words", mine=True, local_id=1, kind=4, reply_to=key_of("alice1"), conv=ROOM,
                  state=MessageState.REFUSED)
    assert three.apply(PostRefused(own, "Not here.")) == [EditRefused(ROOM, key_of("alice1"), "words", "Not here.")]
    assert three.apply(PostRefused(replace(own, conv=b"?" * 32), "Not here.")) == []
    assert not three.conversations[ROOM].timeline.messages


def test_notices_queue_and_are_not_repeated(model: ChatModel) -> None:
    model.apply(Notice("One\x1b", alarm=True))
    model.apply(Notice("Two"))
    assert model.apply(Notice("Two")) == []
    assert [(n.alarm, n.text[:3]) for n in model.notices] == [(True, "One"), (False, "Two")]
    assert "\x1b" not in model.notices[0].text
    model.dismiss()
    assert model.notices == [Told("Two")]


def test_other_conversations_and_unknown_events_change_nothing(model: ChatModel) -> None:
    other = replace(message(1, "bob", "elsewhere"), conv=b"x" * 32)
    assert model.apply(MessageShown(other)) == []
    assert model.apply(HistoryLoaded(b"x" * 32, (other,), True, True)) == []
    assert model.apply(ReadChanged(b"x" * 32, 5)) == []
    assert model.current.timeline.entries == []


def test_older_messages_are_asked_for_once_and_only_online(model: ChatModel, clock: Clock) -> None:
    assert model.may_load_older()
    model.current.older_asked()
    assert not model.may_load_older()
    model.older_done(LOBBY, None)  # it failed: not again at once
    assert not model.may_load_older()
    clock.s += 5
    assert model.may_load_older()
    model.apply(StateChanged(ConnectionState.WAITING))
    assert not model.may_load_older()
    model.apply(StateChanged(ConnectionState.ONLINE))
    model.current.older_asked()
    model.older_done(LOBBY, True)
    assert model.may_load_older()
    model.older_done(LOBBY, False)
    assert not model.may_load_older()
    assert model.current.timeline.begins


def test_a_failed_request_may_be_tried_again_as_soon_as_the_connection_is_back(model: ChatModel) -> None:
    model.current.older_asked()
    model.older_done(LOBBY, None)
    model.apply(StateChanged(ConnectionState.WAITING))
    model.apply(StateChanged(ConnectionState.ONLINE))
    assert model.may_load_older()


def test_midnight_renames_the_day_lines(model: ChatModel, clock: Clock) -> None:
    model.apply(MessageShown(message(1, "bob", "hi")))
    assert model.work() == []
    clock.s += 24 * 3600
    (splice,) = model.work()
    assert isinstance(splice, Splice)
    assert texts.YESTERDAY in splice.rows[0].text
    assert model.work() == []


# --- several conversations ----------------------------------------------------------------------------

ROOM, DIRECT = b"R" * 32, b"D" * 32


@pytest.fixture
def three(clock: Clock) -> ChatModel:
    """The lobby (open), a room, and a direct conversation with bob."""
    room = OpenedConversation(Conversation(ROOM, ConversationKind.ROOM, "design"))
    direct = OpenedConversation(Conversation(DIRECT, ConversationKind.DIRECT, "bob"))
    return opened_model(clock, room, direct)


def test_rooms_are_lines_of_their_own_and_direct_conversations_stand_with_their_person(three: ChatModel) -> None:
    assert [(line.title, line.open) for line in three.conversation_lines()] == [("# lobby", True), ("# design", False)]
    assert {line.username: line.conv for line in three.people()} == {"alice": None, "bob": DIRECT, "carol": None}
    three.apply(MessageShown(message(1, "bob", "psst", conv=DIRECT)))
    assert [line.unread for line in three.people() if line.username == "bob"] == [1]


def test_only_the_open_conversation_is_drawn_and_the_others_count(three: ChatModel) -> None:
    new = message(1, "bob", "hi @alice", conv=ROOM)
    assert three.apply(MessageShown(new)) == [ListsMoved(), Arrived((new,))]
    line = three.conversation_lines()[1]
    assert (line.unread, line.mention) == (1, True)
    assert three.unread_total() == 1
    three.current = three.conversations[ROOM]
    assert any(isinstance(change, Splice) for change in three.apply(MessageShown(message(2, "bob", "b", conv=ROOM))))
    assert three.unread_total() == 2


def test_what_was_read_on_another_device_counts_no_more(three: ChatModel) -> None:
    three.apply(MessageShown(message(7, "bob", "hi", conv=ROOM)))
    assert three.apply(ReadChanged(ROOM, 7)) == [ListsMoved()]
    assert three.unread_total() == 0
    assert three.apply(ReadChanged(ROOM, 6)) == []  # never lower


def test_typing_shows_in_its_own_conversation_alone(three: ChatModel) -> None:
    three.apply(TypingSeen(ROOM, "bob"))
    assert three.typing_line() == ""
    three.current = three.conversations[ROOM]
    assert three.typing_line() == "bob is typing…"


def test_a_refused_post_of_another_conversation_does_not_come_into_this_composer(three: ChatModel) -> None:
    own = message(0, "alice", "words", mine=True, local_id=1, state=MessageState.WAITING, conv=ROOM)
    three.apply(MessageShown(own))
    assert three.apply(PostRefused(replace(own, state=MessageState.REFUSED), "Not here.")) == []
    assert "Not sent. Not here." in three.conversations[ROOM].timeline.rows()[0].text


def test_older_posts_of_a_conversation_that_was_left_are_taken_in_silence(three: ChatModel) -> None:
    three.current.older_asked()
    three.current = three.conversations[ROOM]
    assert three.older_done(LOBBY, False) == []
    assert three.conversations[LOBBY].timeline.begins and not three.current.timeline.begins
    assert not three.conversations[LOBBY].loading_older


def test_own_posts_and_history_are_no_arrivals(model: ChatModel) -> None:
    own = message(1, "alice", "mine", mine=True, local_id=1)
    assert not [change for change in model.apply(MessageShown(own)) if isinstance(change, Arrived)]
    page = (message(2, "bob", "old"),)
    assert Arrived(page) not in model.apply(HistoryLoaded(LOBBY, page, False, True))
    missed = (message(3, "bob", "missed"),)
    assert Arrived(missed) in model.apply(HistoryLoaded(LOBBY, missed, False, False))
    again = (*missed, message(4, "bob", "fresh"))
    assert Arrived(again[1:]) in model.apply(HistoryLoaded(LOBBY, again, False, False))


def test_ignoring_folds_posts_quiets_typing_and_empties_the_count(model: ChatModel) -> None:
    model.apply(MessageShown(message(1, "bob", "noise")))
    model.apply(TypingSeen(LOBBY, "carol"))
    assert model.unread_total() == 1
    changes = model.apply(PeopleListed((person("alice"), replace(person("bob"), ignored=True), person("carol"))))
    assert ListsMoved() in changes and any(isinstance(change, Splice) for change in changes)
    assert "noise" not in model.current.timeline.rows()[0].text
    assert model.unread_total() == 0 and model.look.ignored == {"bob"}
    assert model.apply(TypingSeen(LOBBY, "bob")) == []
    assert model.typing_line() == "carol is typing…"
    model.apply(PresenceChanged((person("bob", Presence.AWAY),)))  # tells nothing of being ignored
    assert model.ignored() == {"bob"}


def test_long_work_is_done_for_one_conversation_at_a_time(three: ChatModel) -> None:
    for conv in (LOBBY, ROOM):
        block = tuple(message(n, "bob", str(n), conv=conv) for n in range(1, 2 * PIECE + 51))
        three.apply(HistoryLoaded(conv, block, True, True))
    turns = 0
    while three.working:
        three.work()
        turns += 1
    assert turns == 4
    whole = 2 * PIECE + 50
    assert [len(model.timeline.messages) for model in three.conversations.values()] == [whole, whole, 0]


def test_where_somebody_looks_a_new_post_gets_no_line_and_elsewhere_it_does(three: ChatModel) -> None:
    three.watch(True)
    three.apply(MessageShown(message(1, "bob", "seen")))
    three.apply(MessageShown(message(1, "bob", "unseen", conv=ROOM)))
    assert not three.current.timeline.first_new
    assert three.conversations[ROOM].timeline.first_new == key_of("bob1")
    three.watch(False)
    three.current.read_to(1)
    three.apply(MessageShown(message(2, "bob", "unseen")))
    assert three.current.timeline.first_new == key_of("bob2")
