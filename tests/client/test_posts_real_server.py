"""Replies, edits, deletions, reactions, read marks and protection against the real server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client.events import MessageChanged, MessageShown, ReadChanged
from securechat.client.protection import Signature
from tests.client.account_devices import Devices
from tests.client.conftest import Person

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[Devices]:
    with Devices(tmp_path) as started:
        yield started


def say(person: Person, text: str) -> bytes:
    person.client.wait_stored(person.client.send(text))
    return person.last().post_id


def test_everybody_and_every_device_ends_with_the_same(devices: Devices) -> None:
    alice, bob = devices.register("alice"), devices.register("bob")
    first = say(alice, "one")
    bob.until(MessageShown)
    alice.client.edit(first, "two")
    alice.client.wait_stored(alice.client.react(first, "👍"))
    bob.client.wait_stored(bob.client.react(first, "🎉"))
    bob.client.wait_stored(bob.client.reply("an answer", first))
    alice.until(MessageShown, lambda event: event.message.text == "an answer")
    second = say(alice, "a mistake")
    alice.client.wait_stored(alice.client.delete(second))
    bob.until(MessageChanged, lambda event: event.message.deleted)
    other = devices.login("alice", "laptop")

    def seen(person: Person) -> list[tuple[object, ...]]:
        return [
            (m.seq, m.text, m.earlier, m.deleted, m.reactions, m.reply_to, m.pending) for m in person.client.messages()
        ]

    assert seen(alice) == seen(bob) == seen(other)
    first_row, answer, mistake = other.client.messages()
    assert (first_row.text, dict(first_row.reactions)) == ("two", {"👍": ("alice",), "🎉": ("bob",)})
    assert [text for _, text in first_row.earlier] == ["one"]
    assert answer.reply_to == first and (mistake.deleted, mistake.text) == (True, "")


def test_a_second_device_edits_what_the_first_one_wrote(devices: Devices) -> None:
    alice = devices.register("alice")
    first = say(alice, "one")
    other = devices.login("alice", "laptop")
    other.client.wait_stored(other.client.edit(first, "two"))
    alice.until(MessageChanged, lambda event: event.message.text == "two")
    alice.client.wait_stored(alice.client.edit(first, "three"))
    other.until(MessageChanged, lambda event: event.message.text == "three")
    assert [text for _, text in other.last().earlier] == ["one", "two"]


def test_what_was_read_on_one_device_is_read_on_the_other(devices: Devices) -> None:
    alice, bob = devices.register("alice"), devices.register("bob")
    other = devices.login("alice", "laptop")
    say(bob, "news")
    for person in (alice, other):
        person.until(MessageShown)
    alice.client.mark_read(1)
    assert other.until(ReadChanged).seq == 1
    assert alice.client.read_mark() == other.client.read_mark() == 1
    assert not [event for event in alice.seen if isinstance(event, ReadChanged)]


def test_the_protection_of_a_post_shows_its_real_bytes(devices: Devices) -> None:
    alice, bob = devices.register("alice"), devices.register("bob")
    first = say(alice, "one")
    bob.until(MessageShown)
    for person in (alice, bob):
        found = person.client.protection(first)
        assert (found.author, found.signature, found.text) == ("alice", Signature.VALID, "one")
        assert b"one" in found.stored and found.sealed and b"one" not in found.sealed
        assert (found.stream_author, found.prekey_id) == ("@server", 1)
    assert alice.client.protection(first).stored == bob.client.protection(first).stored


def test_the_account_is_there_with_the_client(devices: Devices) -> None:
    alice = devices.register("alice").client
    assert alice.account is alice.account
    assert [session.this for session in alice.account.sessions()] == [True]


def test_what_a_window_needs_first_loads_no_cryptography() -> None:
    """It paints before the rest is there: importing the events costs neither the client nor its cryptography."""
    program = (
        "import sys, securechat.client.events, securechat.client.settings, securechat.client.protection\n"
        "loaded = {'securechat.client.chat_client', 'Crypto', 'ssl', 'crypto_utils'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "from securechat.client import ChatClient, Settings, explain, one_line\n"
        "import securechat.client as package\n"
        "assert package.ChatClient is ChatClient is package.chat_client.ChatClient\n"
        "assert not hasattr(package, 'nothing')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=60)
