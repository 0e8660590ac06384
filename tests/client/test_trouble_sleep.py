"""A computer that was asleep, a clock that was set, a clock that is wrong: said as what it is, and mended by itself."""

from __future__ import annotations

import threading

import pytest

from securechat.client import keeper
from securechat.client.events import ConnectionState, Notice, StateChanged
from securechat.errors import ErrorCode
from securechat.wire.frames import FrameType
from tests.client.conftest import Meet, Person
from tests.client.scripted_server import NOW_MS, WAIT_S, Drop, Refuse, ScriptedServer, Talk

HOURS_S = 3 * 3600.0


class Time:
    """Both clocks of a computer."""

    def __init__(self) -> None:
        self.wall_s = NOW_MS / 1000
        self.ticks_s = 1000.0

    def sleep(self, seconds: float, *, ticking: bool = False) -> None:
        """The computer sleeps; on some systems the monotonic clock goes on."""
        self.wall_s += seconds
        self.ticks_s += seconds if ticking else 0.0


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def alice(time: Time, meet: Meet) -> Person:
    """Online, with a computer whose time the test decides."""
    person = meet(clock=lambda: time.wall_s, monotonic=lambda: time.ticks_s)
    state(person, ConnectionState.ONLINE)
    return person


def state(person: Person, wanted: ConnectionState) -> StateChanged:
    event = person.until(StateChanged, lambda event: event.state is wanted)
    assert isinstance(event, StateChanged)
    return event


def leave(talk: Talk, body: bytes) -> bytes:
    raise Drop


def states(person: Person) -> list[ConnectionState]:
    return [event.state for event in person.seen if isinstance(event, StateChanged)]


@pytest.mark.parametrize("ticking", [False, True])
def test_a_connection_that_ended_during_sleep_says_so(
    server: ScriptedServer, alice: Person, time: Time, ticking: bool
) -> None:
    """Whoever wakes up asks the server at once, and does not wait until it has been silent for long enough."""
    server.handlers[FrameType.PING] = leave
    time.sleep(HOURS_S, ticking=ticking)
    alice.client.retry_now()
    event = state(alice, ConnectionState.WAITING)
    assert event.reason.startswith("This computer was asleep for about 3 hours")
    assert "by itself" in event.reason
    alice.client.retry_now()
    state(alice, ConnectionState.ONLINE)


def test_a_server_that_does_not_answer_after_sleep_is_left_soon(
    server: ScriptedServer, alice: Person, time: Time
) -> None:
    """The other end forgot the connection and the way between says nothing: five seconds are enough."""
    silent = threading.Event()

    def never(talk: Talk, body: bytes) -> bytes:
        silent.wait(WAIT_S)
        raise Drop

    server.handlers[FrameType.PING] = never
    time.sleep(HOURS_S)
    alice.client.retry_now()
    server.wait_for(lambda: FrameType.PING in server.requests)
    time.ticks_s += 5
    alice.client.retry_now()
    assert "asleep" in state(alice, ConnectionState.WAITING).reason
    silent.set()


def test_a_loss_that_is_seen_before_the_sleep_is(server: ScriptedServer, alice: Person, time: Time) -> None:
    """The connection's end wakes the program up before it would look at the clock."""
    time.sleep(HOURS_S)
    server.drop_all()
    assert "asleep for about 3 hours" in state(alice, ConnectionState.WAITING).reason


def test_a_loss_without_sleep_does_not_speak_of_it(server: ScriptedServer, alice: Person, time: Time) -> None:
    """Not after a short pause, and not after a sleep that an earlier connection ended with."""
    time.sleep(HOURS_S)
    server.drop_all()
    state(alice, ConnectionState.WAITING)
    alice.client.retry_now()
    state(alice, ConnectionState.ONLINE)
    time.sleep(60, ticking=True)
    server.drop_all()
    assert "asleep" not in state(alice, ConnectionState.WAITING).reason


def test_who_was_sent_away_during_sleep_hears_why(server: ScriptedServer, alice: Person, time: Time) -> None:
    time.sleep(HOURS_S)
    server.talks[0].bye(ErrorCode.KICKED, "be kind")
    event = state(alice, ConnectionState.ENDED)
    assert "be kind" in event.reason and event.code == ErrorCode.KICKED


def test_what_the_server_said_during_sleep_counts_more(server: ScriptedServer, alice: Person, time: Time) -> None:
    time.sleep(HOURS_S)
    server.talks[0].bye(ErrorCode.SHUTDOWN)
    assert "The server was stopped" in state(alice, ConnectionState.WAITING).reason


def test_sleep_in_a_pause_ends_the_pause(
    server: ScriptedServer, alice: Person, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is back with the computer: nobody waits for the rest of an hour."""
    monkeypatch.setattr(keeper, "_LOOK_EVERY_S", 0.02)

    def busy(talk: Talk, body: bytes) -> bytes:
        server.handlers[FrameType.HELLO] = server.on_hello
        raise Refuse(ErrorCode.RATE_LIMITED, "3600")

    server.handlers[FrameType.HELLO] = busy
    server.drop_all()
    state(alice, ConnectionState.WAITING)
    alice.client.retry_now()
    assert state(alice, ConnectionState.WAITING).retry_in_s == 3600
    time.sleep(HOURS_S)
    state(alice, ConnectionState.ONLINE)
    for text in ("one", "two"):
        alice.client.wait_stored(alice.client.send(text))
    assert FrameType.PING not in server.requests, "a connection that was made after the sleep needs no test"


def test_sleep_while_connecting_is_what_is_said(server: ScriptedServer, alice: Person, time: Time) -> None:
    def slept(talk: Talk, body: bytes) -> bytes:
        time.sleep(HOURS_S)
        raise Drop

    server.handlers[FrameType.HELLO] = slept
    server.drop_all()
    assert "asleep" not in state(alice, ConnectionState.WAITING).reason
    alice.client.retry_now()
    assert "asleep" in state(alice, ConnectionState.WAITING).reason


@pytest.mark.parametrize(("by_s", "words"), [(86_400.0, "1 day ahead of"), (-7200.0, "2 hours behind")])
def test_a_clock_that_is_set_wrong_is_said_and_the_connection_stays(
    server: ScriptedServer, alice: Person, time: Time, by_s: float, words: str
) -> None:
    """The server answers at once, so nobody was asleep."""
    time.wall_s += by_s
    alice.client.retry_now()
    notice = alice.until(Notice)
    assert words in notice.text and "Set it right" in notice.text and not notice.alarm
    alice.client.wait_stored(alice.client.send("still here"))
    assert states(alice).count(ConnectionState.WAITING) == 0
    time.wall_s -= by_s
    alice.client.retry_now()
    server.wait_for(lambda: server.requests.count(FrameType.PING) == 2)
    alice.client.wait_stored(alice.client.send("right again"))
    alice.client.close()
    assert not [event for event in alice.events if isinstance(event, Notice)]


def test_a_clock_that_is_wrong_is_said_once_and_not_after_each_loss(
    server: ScriptedServer, time: Time, meet: Meet
) -> None:
    time.wall_s -= 86_400
    alice = meet(clock=lambda: time.wall_s, monotonic=lambda: time.ticks_s)
    assert "1 day behind" in alice.until(Notice).text
    state(alice, ConnectionState.ONLINE)
    for _ in range(3):
        server.drop_all()
        state(alice, ConnectionState.WAITING)
        alice.client.retry_now()
        state(alice, ConnectionState.ONLINE)
    alice.client.close()
    assert sum(isinstance(event, Notice) for event in [*alice.seen, *alice.events]) == 1


def test_a_clock_that_went_wrong_during_an_absence_is_said(
    server: ScriptedServer, alice: Person, time: Time
) -> None:
    server.drop_all()
    state(alice, ConnectionState.WAITING)
    time.wall_s -= 86_400
    alice.client.retry_now()
    state(alice, ConnectionState.ONLINE)
    assert "1 day behind" in alice.until(Notice).text
