"""The small parts by themselves: addresses, pauses, the life of a connection, sentences, settings, events."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import pytest

from securechat.client import Settings, explain
from securechat.client.address import ServerAddress
from securechat.client.dispatch import Dispatcher
from securechat.client.events import ConnectionState, Event, Notice, StateChanged
from securechat.client.file_lock import FileLock
from securechat.client.lifecycle import Lifecycle
from securechat.client.pacing import Backoff, KeepAlive
from securechat.client.sentences import seconds_of
from securechat.errors import (
    ConnectionClosed,
    ErrorCode,
    FolderInUse,
    LocalProtocolError,
    RemoteProtocolError,
    RequestRefused,
    SealError,
)

FP = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "place", "fingerprint"),
    [
        ("chat.example.org", "chat.example.org:5050", ""),
        (" Chat.Example.org:6000 ", "chat.example.org:6000", ""),
        ("::1", "[::1]:5050", ""),
        ("[2001:DB8::1]:7", "[2001:db8::1]:7", ""),
        (f"chat://192.0.2.1:5051/#{FP}", "192.0.2.1:5051", FP),
        (f"CHAT://host/#{FP.upper()}", "host:5050", FP),
        (f"chat://[::1]:5050#{FP}", "[::1]:5050", FP),
    ],
)
def test_an_address_has_one_spelling(text: str, place: str, fingerprint: str) -> None:
    address = ServerAddress.parse(text)
    assert (address.place, address.fingerprint) == (place, fingerprint)
    assert ServerAddress.parse(address.join_link(FP)).place == place


@pytest.mark.parametrize(
    "text", ["", "host:", "host:0", "host:65536", "a b", "http://host", "chat://host", f"chat://host/#{FP}0", "u@host"]
)
def test_what_is_no_address_gets_a_sentence(text: str) -> None:
    with pytest.raises(LocalProtocolError, match=r"\.$"):
        ServerAddress.parse(text)


def test_pauses_double_up_to_a_minute_and_are_random() -> None:
    longest = Backoff(lambda: 0.0)
    assert [longest.next_pause_s() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    shortest = Backoff(lambda: 0.999)
    assert 0.5 <= shortest.next_pause_s() < 0.51
    assert shortest.next_pause_s(at_least_s=30) == 30


def test_only_a_stable_connection_makes_the_pauses_short_again() -> None:
    backoff = Backoff(lambda: 0.0)
    for _ in range(3):
        backoff.next_pause_s()
    backoff.was_online(2.0)
    assert backoff.next_pause_s() == 8
    backoff.was_online(60.0)
    assert backoff.next_pause_s() == 1


def test_pings_and_silence_are_a_matter_of_seconds() -> None:
    assert not KeepAlive.ping_due(129.9, 100.0) and KeepAlive.ping_due(130.0, 100.0)
    assert not KeepAlive.dead(174.9, 100.0) and KeepAlive.dead(175.0, 100.0)
    assert KeepAlive.next_look_s(110.0, 100.0, 100.0) == 20
    assert KeepAlive.next_look_s(170.0, 160.0, 100.0) == 5
    assert KeepAlive.next_look_s(999.0, 100.0, 100.0) == 0


ALLOWED = {
    ("OFFLINE", "CONNECTING"), ("CONNECTING", "ONLINE"), ("CONNECTING", "OFFLINE"), ("CONNECTING", "WAITING"),
    ("ONLINE", "WAITING"), ("WAITING", "CONNECTING"),
    *((state, "ENDED") for state in ("OFFLINE", "CONNECTING", "ONLINE", "WAITING")),
}
WAY = {
    "OFFLINE": [], "CONNECTING": ["CONNECTING"], "ONLINE": ["CONNECTING", "ONLINE"],
    "WAITING": ["CONNECTING", "WAITING"], "ENDED": ["ENDED"],
}


@pytest.mark.parametrize(("here", "there"), list(itertools.product(WAY, WAY)))
def test_a_connection_moves_by_its_table_only(here: str, there: str) -> None:
    told: list[StateChanged] = []
    life = Lifecycle(told.append)
    for step in WAY[here]:
        life.move(ConnectionState[step])
    if (here, there) in ALLOWED:
        life.move(ConnectionState[there], "why")
        assert (told[-1].state, told[-1].reason) == (ConnectionState[there], "why")
    else:
        with pytest.raises(LocalProtocolError):
            life.move(ConnectionState[there])
        assert life.state is ConnectionState[here] and len(told) == len(WAY[here])


def test_every_code_has_a_sentence_that_ends() -> None:
    for code in [*ErrorCode, 99]:
        for error in (RequestRefused(code), ConnectionClosed("", code)):
            sentence = explain(error)
            assert sentence.endswith(".") and len(sentence) > 15, sentence
    for other in (SealError(), RemoteProtocolError("x"), TimeoutError(), KeyError("secret"), ConnectionClosed()):
        assert explain(other).endswith(".")
    assert "secret" not in explain(KeyError("secret"))


def test_texts_of_the_server_are_cleaned() -> None:
    assert "\x1b" not in explain(ConnectionClosed("\x1b[31mred", ErrorCode.KICKED))
    assert "be kind" in explain(RequestRefused(ErrorCode.FORBIDDEN, "be kind"))
    assert "nonsense" not in explain(RequestRefused(ErrorCode.BAD_LOGIN, "nonsense"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3", 3), ("0.25", 0.25), ("0", 0.05), ("99999999", 3600), ("", 5), ("-1", 5), ("soon", 5), ("1e9", 5), ("٣", 5)],
)
def test_the_seconds_of_a_rate_limit_are_bounded(text: str, seconds: float) -> None:
    assert seconds_of(RequestRefused(ErrorCode.RATE_LIMITED, text)) == seconds


def test_settings_of_two_programs_do_not_undo_each_other(folder: Path) -> None:
    first, second = Settings.load(folder), Settings.load(folder)
    first.pin(ServerAddress.parse("a"), FP)
    second.pin(ServerAddress.parse("b"), FP)
    first.remember("a:5050", "alice")
    assert Settings.load(folder).pins == {"a:5050": FP, "b:5050": FP}
    first.forget_pin("a")
    assert Settings.load(folder).pins == {"b:5050": FP}


def test_a_pin_is_never_replaced(folder: Path) -> None:
    settings = Settings.load(folder)
    settings.pin(ServerAddress.parse("a"), FP)
    settings.pin(ServerAddress.parse("a"), "ff" * 32)
    assert Settings.load(folder).pins == {"a:5050": FP}


def test_the_highest_vault_version_is_kept(folder: Path) -> None:
    settings = Settings.load(folder)
    assert settings.saw_vault_version(b"\1" * 16, "alice", 3)
    assert settings.saw_vault_version(b"\1" * 16, "alice", 3)
    again = Settings.load(folder)
    assert not again.saw_vault_version(b"\1" * 16, "alice", 2)
    assert again.vault_version(b"\1" * 16, "alice") == 3
    assert again.vault_version(b"\1" * 16, "bob") == 0


def test_a_file_lock_is_held_by_one(folder: Path) -> None:
    with FileLock(folder / "lock"):
        with pytest.raises(FolderInUse):
            FileLock(folder / "lock")
    FileLock(folder / "lock").close()


def test_events_come_in_order_to_callback_and_iterators() -> None:
    """The callback's thread delivers what was queued before it ends."""
    seen: list[Event] = []
    dispatcher = Dispatcher(seen.append)
    events = dispatcher.subscribe(1.0)
    dispatcher.start()
    notices = [Notice(str(number)) for number in range(100)]
    for notice in notices:
        dispatcher.emit(notice)
    dispatcher.finish(5.0)
    dispatcher.emit(Notice("after the end"))
    assert seen == notices == list(events)
    assert list(dispatcher.subscribe(1.0)) == []


def test_an_iterator_ends_when_nothing_happens() -> None:
    assert list(Dispatcher(None).subscribe(0.01)) == []


def test_the_dispatcher_can_pause_and_start_again() -> None:
    """After a failed connect no thread is left, and the next connect begins a new one."""
    seen: list[Event] = []
    dispatcher = Dispatcher(seen.append)
    for text in "ab":
        dispatcher.start()
        dispatcher.emit(Notice(text))
        dispatcher.pause(5.0)
        assert not any(thread.name == "chat-events" for thread in threading.enumerate())
    assert seen == [Notice("a"), Notice("b")]
