"""The state of an open chat: people, typing, banner, notices. No display, no sleeping: time is set by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from securechat.client.events import (
    ConnectionState,
    HistoryLoaded,
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
from securechat.desktop.timeline_model import Splice
from securechat.desktop.view_model import (
    ChatModel,
    Ended,
    Opened,
    PeopleMoved,
    SentBack,
    Told,
    check_text,
)
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
    people = (person("alice"), person("bob"), person("carol", Presence.OFFLINE))
    opened = Opened(
        "alice", "Blue Team", "chat://x", key_of("alice"), "ab" * 32, LOBBY, (), people, "", ConnectionState.ONLINE
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
    assert model.apply(PeopleListed((person("dave"),))) == [PeopleMoved()]
    assert [line.name for line in model.people()] == ["dave"]


def test_presence_makes_quiet_lines_only_for_coming_and_leaving(model: ChatModel) -> None:
    changes = model.apply(PresenceChanged((person("carol"), Person("dave", Presence.AWAY))))
    assert isinstance(changes[0], Splice)
    assert changes[0].rows[0].text.endswith("carol and dave are online\n")
    # Online to away and back is a dot, not a line; so is what was known already.
    assert model.apply(PresenceChanged((person("dave"), person("bob")))) == [PeopleMoved()]
    assert model.apply(PresenceChanged((Person("dave", Presence.OFFLINE), person("erin", Presence.OFFLINE))))[0] != (
        PeopleMoved()
    )
    assert model.timeline.rows()[-1].text.endswith("carol is online · dave is offline\n")


def test_a_key_seen_at_a_message_serves_for_the_avatar(model: ChatModel) -> None:
    model.apply(PeopleListed((Person("bob", Presence.ONLINE),)))
    assert model.people()[0].fp is None
    assert PeopleMoved() in model.apply(MessageShown(message(1, "bob", "hi")))
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
    assert "Not sent. Not here." in model.timeline.rows()[0].text


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
    assert model.apply(ReadChanged(LOBBY, 5)) == []
    assert model.timeline.entries == []


def test_older_messages_are_asked_for_once_and_only_online(model: ChatModel, clock: Clock) -> None:
    assert model.may_load_older()
    model.older_asked()
    assert not model.may_load_older()
    model.older_done(None)  # it failed: not again at once
    assert not model.may_load_older()
    clock.s += 5
    assert model.may_load_older()
    model.apply(StateChanged(ConnectionState.WAITING))
    assert not model.may_load_older()
    model.apply(StateChanged(ConnectionState.ONLINE))
    model.older_asked()
    model.older_done(True)
    assert model.may_load_older()
    model.older_done(False)
    assert not model.may_load_older()
    assert model.timeline.begins


def test_midnight_renames_the_day_lines(model: ChatModel, clock: Clock) -> None:
    model.apply(MessageShown(message(1, "bob", "hi")))
    assert model.new_day() == []
    clock.s += 24 * 3600
    (splice,) = model.new_day()
    assert texts.YESTERDAY in splice.rows[0].text


def test_a_text_is_too_long_by_so_many_bytes() -> None:
    assert check_text("x" * limits.TEXT) == ""
    assert check_text("é" * (limits.TEXT // 2) + "xx") == texts.too_long(2)
