"""What was typed survives: crashes between the steps of a write, restarts, damaged files, a full disk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import crypto_utils as crypto
from securechat import atomic_file
from securechat.client.events import ConnectionState, MessageState, Notice, StateChanged
from securechat.client.outbox import Outbox
from securechat.client.outbox_file import Entry, EntryRecord, OutboxFile
from securechat.errors import ErrorCode, LocalProtocolError, StoreError
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing.identity import OwnKeys
from securechat.sealing.streams import SendingStream
from securechat.wire.frames import FrameType
from securechat.wire.objects import ZERO32
from tests.client.conftest import Meet
from tests.client.scripted_server import NOW_MS, Drop, Refuse, ScriptedServer, Talk
from tests.keys import rsa_key

CONV = b"\1" * 32
SERVER_ID = b"\2" * 16


@pytest.fixture
def keys() -> OwnKeys:
    return OwnKeys.make("alice", crypto.SigningKey(b"\3" * 32), rsa_key(1), NOW_MS)


@pytest.fixture
def entry(keys: OwnKeys) -> Callable[[str], Entry]:
    stream = SendingStream(keys, CONV, LOBBY_ROSTER, NOW_MS)

    def make(text: str) -> Entry:
        sealed = stream.seal(ZERO32, NOW_MS, 1, text.encode())
        record = EntryRecord(sealed.post.n + 1, stream.header.raw, stream.secret, (), sealed.post.raw, sealed.envelope)
        return Entry(record)

    return make


def opened(folder: Path, keys: OwnKeys) -> Outbox:
    return Outbox.open(OutboxFile(folder, SERVER_ID, keys))[0]


def add(outbox: Outbox, entry: Entry) -> None:
    outbox.append(entry)
    outbox.commit()
    outbox.release(entry.local_id)


def texts(outbox: Outbox) -> list[str]:
    return [entry.post.body.decode() for entry in outbox.ready()]


def test_posts_and_drafts_are_there_after_opening_again(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry]
) -> None:
    outbox = opened(folder, keys)
    entries = [entry("one"), entry("two")]
    for each in entries:
        add(outbox, each)
    outbox.set_draft(CONV, "half a sent")
    again = opened(folder, keys)
    assert [each.record for each in again.ready()] == [each.record for each in entries]
    assert again.draft(CONV) == "half a sent"


def test_a_draft_that_is_too_long_is_refused_and_harms_nothing(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry]
) -> None:
    outbox = opened(folder, keys)
    outbox.set_draft(CONV, "short")
    with pytest.raises(LocalProtocolError):
        outbox.set_draft(CONV, "x" * (2**20 + 1))
    add(outbox, entry("still goes out"))
    again = opened(folder, keys)
    assert (texts(again), again.draft(CONV)) == (["still goes out"], "short")


def test_nothing_typed_can_be_read_on_disk(folder: Path, keys: OwnKeys, entry: Callable[[str], Entry]) -> None:
    outbox = opened(folder, keys)
    add(outbox, entry("a private text"))
    outbox.set_draft(CONV, "a private draft")
    (file,) = folder.iterdir()
    assert b"private" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_an_entry_is_not_ready_before_it_is_durable_and_shown(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry]
) -> None:
    outbox = opened(folder, keys)
    first, second = outbox.append(entry("one")), outbox.append(entry("two"))
    assert outbox.ready() == []
    outbox.commit()
    outbox.release(second.local_id)
    assert outbox.ready() == []  # the first is still to be shown: order
    outbox.release(first.local_id)
    assert texts(outbox) == ["one", "two"]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["_write_all", "fsync", "replace", "_sync_folder"])
def test_a_crash_between_the_steps_of_a_write_leaves_old_or_new(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    outbox = opened(folder, keys)
    add(outbox, entry("one"))
    new = entry("two")

    def killed(*arguments: object) -> None:
        raise Killed

    owner = atomic_file if step.startswith("_") else atomic_file.os
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, killed)
        with pytest.raises(Killed):
            add(outbox, new)
    expected = ["one", "two"] if step == "_sync_folder" else ["one"]
    assert texts(opened(folder, keys)) == expected
    assert [path.suffix for path in folder.iterdir()] == [".outbox"]


def test_a_disk_that_refuses_drops_the_post_and_keeps_the_rest(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = opened(folder, keys)
    add(outbox, entry("one"))

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic_file.os, "fsync", full)
        with pytest.raises(StoreError):
            add(outbox, entry("two"))
    assert texts(outbox) == texts(opened(folder, keys)) == ["one"]


def test_a_replacement_that_cannot_be_written_leaves_the_old(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = opened(folder, keys)
    first = entry("old")
    add(outbox, first)
    other = SendingStream(keys, CONV, LOBBY_ROSTER, NOW_MS)
    sealed = other.seal(ZERO32, NOW_MS, 1, b"new")
    outbox.replace([Entry(EntryRecord(1, other.header.raw, other.secret, (), sealed.post.raw, sealed.envelope))])
    assert outbox.ready() == []

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic_file.os, "fsync", full)
        with pytest.raises(StoreError):
            outbox.commit()
    assert texts(outbox) == ["old"]


def test_savers_at_the_same_time_share_a_write(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the first writes, twenty others gather; one more write serves them all."""
    outbox = opened(folder, keys)
    writes = 0
    begun, go_on = threading.Event(), threading.Event()
    honest = OutboxFile.write

    def slow(file: OutboxFile, content: object) -> None:
        nonlocal writes
        writes += 1
        if writes == 1:
            begun.set()
            assert go_on.wait(10)
        honest(file, content)  # type: ignore[arg-type]

    monkeypatch.setattr(OutboxFile, "write", slow)
    entries = [entry(str(number)) for number in range(21)]
    for each in entries:
        outbox.append(each)
        outbox.release(each.local_id)
    threads = [threading.Thread(target=outbox.commit) for _ in entries]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(outbox._tickets) < 20:
        threads[-1].join(0.001)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert writes == 2
    assert len(opened(folder, keys).ready()) == 21


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_file_is_moved_aside(
    folder: Path, keys: OwnKeys, entry: Callable[[str], Entry], damage: bytes | None
) -> None:
    add(opened(folder, keys), entry("one"))
    file = OutboxFile(folder, SERVER_ID, keys).path
    data = file.read_bytes()
    damaged = data[:-1] + bytes([data[-1] ^ 1]) if damage is None else damage
    file.write_bytes(damaged)
    outbox, sentence = Outbox.open(OutboxFile(folder, SERVER_ID, keys))
    assert texts(outbox) == []
    (aside,) = folder.glob("*.damaged-*")
    assert str(aside) in sentence and aside.read_bytes() == damaged


# --- with a client


def stranded(server: ScriptedServer, meet: Meet) -> None:
    """Five unsent posts and a draft, and the program ends. The server has the first one without having said so."""
    alice = meet()
    honest = server.on_post

    def stored_but_silent(talk: Talk, body: bytes) -> bytes:
        honest(talk, body)
        server.handlers[FrameType.LOGIN] = refuse
        raise Drop

    def refuse(talk: Talk, body: bytes) -> bytes:
        raise Refuse(ErrorCode.INTERNAL)

    server.handlers[FrameType.POST] = stored_but_silent
    alice.client.send("post 0")
    alice.until(StateChanged, lambda event: event.state is ConnectionState.WAITING)
    for number in range(1, 5):
        alice.client.send(f"post {number}")
    alice.client.set_draft("half a sent")
    alice.client.close()
    server.handlers[FrameType.POST] = server.on_post
    server.handlers[FrameType.LOGIN] = server.on_login


def test_unsent_posts_go_out_once_and_in_order_after_a_restart(server: ScriptedServer, meet: Meet) -> None:
    stranded(server, meet)
    assert len(server.posts) == 1
    again = meet(register=False)
    last = max(message.local_id for message in again.client.messages())
    assert again.client.wait_stored(last) == 5
    assert [post.body.decode() for post in server.posts] == [f"post {number}" for number in range(5)]
    assert again.texts() == [f"post {number}" for number in range(5)]
    assert all(message.state is MessageState.STORED for message in again.client.messages())
    assert again.client.draft() == "half a sent"
    assert server.posted[0] == server.posted[1]


def test_another_process_never_extends_a_stream(server: ScriptedServer, meet: Meet) -> None:
    stranded(server, meet)
    again = meet(register=False).client
    again.wait_stored(again.send("post 5"))
    streams = [post.stream_id for post in server.posts]
    assert len(set(streams[:5])) == 1 and streams[5] != streams[0] and server.posts[5].n == 0


def test_sent_posts_leave_the_file(server: ScriptedServer, meet: Meet) -> None:
    alice = meet()
    alice.client.wait_stored(alice.client.send("gone"))
    alice.client.close()
    again = meet(register=False).client
    again.wait_stored(again.send("next"))
    assert len(server.posted) == 2


def test_a_damaged_outbox_is_told_and_the_chat_goes_on(server: ScriptedServer, meet: Meet) -> None:
    stranded(server, meet)
    alice = meet(connect=False, register=False)
    (file,) = alice.folder.glob("*.outbox")
    file.write_bytes(b"junk")
    again = meet(register=False)
    assert "unsent messages" in again.until(Notice, lambda event: event.alarm).text
    again.client.wait_stored(again.client.send("on we go"))


def test_a_full_disk_is_told_to_who_sends_and_the_next_post_works(
    server: ScriptedServer, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = meet().client
    alice.wait_stored(alice.send("one"))

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic_file.os, "fsync", full)
        with pytest.raises(StoreError):
            alice.send("lost")
    alice.wait_stored(alice.send("two"))
    assert [post.body for post in server.posts] == [b"one", b"two"]
    assert len(server.posted) == 2  # the lost number was not left as a hole in a stream
    assert [message.text for message in alice.messages()] == ["one", "two"]
