"""The rules behind what is told about sleep, clocks and waiting: numbers in, numbers and sentences out."""

from __future__ import annotations

import pytest

from securechat.client.clock_watch import ClockWatch, Jump, asleep_sentence, clock_sentence
from securechat.client.pacing import Holdup
from securechat.client.sentences import explain, explain_stream, hold_up
from securechat.errors import ConnectionClosed, ErrorCode, RequestRefused


class Clocks:
    def __init__(self) -> None:
        self.wall_s, self.ticks_s = 1_700_000_000.0, 50.0
        self.watch = ClockWatch(lambda: self.wall_s, lambda: self.ticks_s)

    def go(self, wall_s: float, ticks_s: float, late_s: float = 0.0) -> Jump | None:
        self.wall_s += wall_s
        self.ticks_s += ticks_s
        return self.watch.look(late_s)


def test_time_that_goes_by_as_it_should_is_no_jump() -> None:
    clocks = Clocks()
    assert clocks.go(5, 5) is None
    assert clocks.go(3600, 3600, late_s=20) is None
    for _ in range(100):
        assert clocks.go(5.5, 5) is None, "a clock that is a little fast never adds up to a sleep"


@pytest.mark.parametrize(
    ("wall_s", "ticks_s", "late_s", "seconds"),
    [(7205, 5, 0, 7200), (7205, 7205, 7200, 7200), (125, 5, 0, 120), (-3595, 5, 0, -3600), (-3595, 5, 130, 130)],
)
def test_a_jump_is_seen_once(wall_s: float, ticks_s: float, late_s: float, seconds: float) -> None:
    clocks = Clocks()
    assert clocks.go(wall_s, ticks_s, late_s) == Jump(seconds)
    assert clocks.go(5, 5) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(121, "2 minutes"), (59 * 60, "59 minutes"), (61 * 60, "1 hour"), (3 * 3600, "3 hours"), (23 * 3600, "23 hours"),
     (86_395, "1 day"), (40 * 86_400, "40 days")],
)
def test_a_sleep_is_told_in_words_that_people_use(seconds: float, words: str) -> None:
    assert f"asleep for about {words}," in asleep_sentence(Jump(seconds))


def test_a_clock_is_wrong_from_four_minutes() -> None:
    assert clock_sentence(0) == clock_sentence(240) == clock_sentence(-240) == ""
    assert "about 4 minutes ahead of the server" in clock_sentence(241)
    assert "about 1 day behind the server" in clock_sentence(-86_400)


def test_a_hold_up_is_told_once_in_a_row_of_messages() -> None:
    holdup = Holdup()
    assert [holdup.paused(now_s, 0.5) for now_s in (10, 11, 12.9, 13, 14)] == [False, False, False, True, False]
    holdup.over()
    assert not holdup.paused(15, 0.5)
    holdup.over()
    assert holdup.paused(16, 3)
    assert not holdup.paused(17, 30)
    assert "in 3 seconds" in hold_up(2.1) and "in 1 second." in hold_up(1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RequestRefused(ErrorCode.FORBIDDEN, "You are muted."), ["operator", "You are muted."]),
        (RequestRefused(ErrorCode.VERSION, "Get 2.0."), ["too old", "Update it", "Get 2.0."]),
        (ConnectionClosed("", ErrorCode.VERSION), ["too old", "Update it"]),
        (ConnectionClosed("Spam.", ErrorCode.KICKED), ["ended your session", "Log in again", "Spam."]),
        (ConnectionClosed("", ErrorCode.SHUTDOWN), ["was stopped", "by itself"]),
        (RequestRefused(ErrorCode.RATE_LIMITED, "2.5"), ["try again in 3 seconds"]),
    ],
)
def test_each_trouble_has_its_next_step(error: Exception, words: list[str]) -> None:
    assert all(word in explain(error) for word in words)


def test_a_stream_refused_for_its_time_names_the_clock_and_not_the_operator() -> None:
    """The server's own words are about streams, which say nothing to a person."""
    said = explain_stream(RequestRefused(ErrorCode.FORBIDDEN, "A stream's time is too far from the server's clock."))
    assert "clock" in said and "Set date" in said and "stream" not in said and "operator" not in said
    assert explain_stream(RequestRefused(ErrorCode.QUOTA)) == explain(RequestRefused(ErrorCode.QUOTA))


def test_the_reason_of_being_sent_away_comes_first() -> None:
    said = explain(ConnectionClosed("Too loud.", ErrorCode.KICKED))
    assert said.index("Too loud") < said.index("Log in")
