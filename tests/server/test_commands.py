"""What the operator can do, and what they read when they mistype."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable

import pytest

from securechat.errors import ErrorCode
from securechat.server.commands import COMMANDS, Console, memory_mib
from securechat.server.options import Registration
from securechat.wire import messages
from securechat.wire.frames import FrameType
from tests.server.conftest import Running
from tests.server.gates import failing_commits

Type = Callable[[str], list[str]]


@pytest.fixture
def stops() -> list[str]:
    return []


@pytest.fixture
def type_in(running: Running, stops: list[str]) -> Type:
    """Type a line; what the console says to it."""
    said: list[str] = []
    operator = Console(running.server, said.append, lambda: stops.append("stop"))

    def enter(line: str) -> list[str]:
        said.clear()
        operator.handle(line)
        return list(said)

    return enter


def test_text_is_broadcast_and_durable(running: Running, type_in: Type) -> None:
    alice = running.register("alice")
    alice.open_lobby()
    assert type_in("  Hello all  ") == []
    assert alice.delivered() == (1, "Hello all")
    assert type_in("//who is there?") == []
    assert alice.delivered() == (2, "/who is there?")
    assert type_in("") == type_in("   ") == []
    assert alice.history() == [(2, "/who is there?"), (1, "Hello all")]


def test_text_that_is_too_long_or_not_text_is_answered_with_a_sentence(running: Running, type_in: Type) -> None:
    alice = running.register("alice")
    alice.open_lobby()
    assert "too long" in type_in("x" * 16_385)[0]
    assert type_in("x" * 16_384) == []
    assert alice.delivered()[0] == 1
    # A terminal may hand on bytes that are no text as lone surrogates.
    assert type_in("broken \udcff text") == []
    assert alice.delivered() == (2, "broken ? text")


def test_text_after_the_journals_end_is_answered_with_a_sentence(running: Running, type_in: Type) -> None:
    running.server.journal.close()
    assert "stopping" in type_in("too late")[0]


def test_broadcast_that_could_not_be_stored_reaches_nobody(running: Running, type_in: Type) -> None:
    alice = running.register("alice")
    alice.open_lobby()
    with failing_commits(running.server.store):
        type_in("will not last")
        running.server.journal.submit(Marker())
        assert Marker.done_event.wait(10)
    type_in("will last")
    assert alice.delivered() == (1, "will last")


class Marker:
    """A work behind the others: when it is done, so are they."""

    done_event = threading.Event()

    def apply(self, tx: object) -> None:
        pass

    def done(self, result: object, error: object) -> None:
        self.done_event.set()


def test_help_lists_every_command(type_in: Type) -> None:
    lines = type_in("/help")
    for name, command in COMMANDS.items():
        assert [line for line in lines if line.strip().startswith(name) and command.help in line]


def test_unknown_command_is_not_sent(running: Running, type_in: Type) -> None:
    alice = running.register("alice")
    alice.open_lobby()
    assert "nothing was sent" in type_in("/kik bob")[0]
    assert alice.history() == []


def test_who_and_users(running: Running, type_in: Type) -> None:
    assert type_in("/who") == ["0 online."]
    assert type_in("/users") == ["0 registered."]
    running.register("alice")
    running.login("alice")
    running.register("bob", key=1).ok(FrameType.SET_PRESENCE, messages.SetPresence(2).encode())
    assert type_in("/WHO") == ["2 online:", "  alice (2 sessions)", "  bob"]
    assert type_in("/users") == ["2 registered:", "  alice - online", "  bob - away"]


@pytest.mark.parametrize(
    "why",
    ["", "please restart", "x" * 300, "ü" * 300, "\U0001d160" * 100],
    ids=["none", "short", "long", "two bytes each", "longer when composed"],
)
def test_kick_ends_all_sessions_with_the_reason(running: Running, type_in: Type, why: str) -> None:
    first = running.register("alice")
    second, bob = running.login("alice"), running.register("bob", key=1)
    assert type_in(f"/kick alice {why}") == ["alice was disconnected (2 sessions)."]
    for client in (first, second):
        bye = messages.Bye.decode(client.wait_push(FrameType.BYE))
        assert bye.code == ErrorCode.KICKED
        assert unicodedata.normalize("NFC", why)[:10] in bye.text
    assert "not here" in type_in("/kick alice")[0]
    assert "whom" in type_in("/kick")[0]
    bob.ok(FrameType.PING)
    assert running.login("alice").ok(FrameType.PING) == b""


def test_invite_made_here_lets_one_in(running: Running, type_in: Type) -> None:
    assert type_in("/registration") == ["Registration is open."]
    code = type_in("/invite")[0].rsplit(" ", 1)[1]
    assert type_in("/registration INVITE") == ["Registration is invite."]
    assert len(type_in("/invite")) == 1
    client = running.connect()
    assert client.error(FrameType.REGISTER, client.make_register("alice").encode()) == 6
    client.register("alice", invite=code)
    assert type_in("/registration closed") == ["Registration is closed."]
    assert running.server.accounts.registration is Registration.CLOSED
    assert "Say how" in type_in("/registration sometimes")[0]


def test_stats_and_link(running: Running, type_in: Type) -> None:
    running.register("alice").post("x")
    lines = type_in("/stats")
    assert "1 connections, 1 logged in" in lines[0]
    assert "commits" in lines[1] and "Database" in lines[-1]
    assert (memory_mib() or 1) > 0
    links = type_in("/link")
    assert links and all(link.endswith(f"/#{running.server.fingerprint}") for link in links)


def test_stop_is_carried_out_once_asked(type_in: Type, stops: list[str]) -> None:
    type_in("/stop")
    assert stops == ["stop"]
