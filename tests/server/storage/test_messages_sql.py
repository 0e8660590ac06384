"""The message store: numbers, the ledger, history, vaults, marks, and what a transaction undoes."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, text

from securechat.errors import StoreError
from securechat.server.storage import ledger, schema
from securechat.server.storage.messages_sql import MessagesSql, Tx
from securechat.server.storage.records import KIND_DIRECT, KIND_LOBBY, KIND_ROOM, StoredStream, StoredVault

LOBBY, DIRECT, OTHER, ROOM = (bytes([k]) * 32 for k in range(1, 5))
STREAM, STREAM_2 = b"s" * 32, b"t" * 32
DIGEST = b"d" * 32


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "messages.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[MessagesSql]:
    opened = MessagesSql(path)
    with opened.writing() as tx:
        opened.put_conversation(tx, LOBBY, KIND_LOBBY)
        opened.put_conversation(tx, DIRECT, KIND_DIRECT, "alice", "bob")
    yield opened
    opened.close()


def append(
    store: MessagesSql,
    tx: Tx,
    n: int,
    *,
    conv: bytes = LOBBY,
    stream_id: bytes = STREAM,
    data: bytes = b"post",
) -> int:
    seq = store.last_seq(tx, conv) + 1
    store.append_post(tx, conv, seq, stream_id, n, 1000 + n, "alice", DIGEST, data)
    return seq


def fill(store: MessagesSql, count: int, **where: bytes) -> None:
    with store.writing() as tx:
        for n in range(count):
            append(store, tx, n, **where)


def seqs(store: MessagesSql, conv: bytes, before: int, limit: int) -> list[int]:
    return [post.seq for post in store.history(conv, before, limit)]


# --- posts ----------------------------------------------------------------------------------------


def test_numbers_start_at_one_in_each_conversation(store: MessagesSql) -> None:
    with store.writing() as tx:
        assert store.last_seq(tx, LOBBY) == store.last_seq(tx, b"unknown" * 4) == 0
        assert [append(store, tx, n) for n in range(3)] == [1, 2, 3]
        assert append(store, tx, 0, conv=DIRECT, stream_id=STREAM_2) == 1
        assert (store.last_seq(tx, LOBBY), store.last_seq(tx, DIRECT)) == (3, 1)


def test_post_comes_back_as_it_was_stored(store: MessagesSql) -> None:
    data = bytes(range(256))
    fill(store, 1, data=data)
    (post,) = store.history(LOBBY, 0, 10)
    assert (post.conv, post.seq, post.stream_id, post.n) == (LOBBY, 1, STREAM, 0)
    assert (post.server_time, post.author, post.digest, post.data) == (1000, "alice", DIGEST, data)


def test_hole_or_repetition_of_a_number_is_refused(store: MessagesSql) -> None:
    fill(store, 2)
    for seq in (1, 2, 4):
        with store.writing() as tx, pytest.raises(ValueError, match="sequence number"):
            store.append_post(tx, LOBBY, seq, STREAM_2, 0, 1, "alice", DIGEST, b"")
    for n in (0, 1):
        with store.writing() as tx, pytest.raises(ValueError, match="counter"):
            store.append_post(tx, LOBBY, 3, STREAM, n, 1, "alice", DIGEST, b"")
    assert seqs(store, LOBBY, 0, 10) == [2, 1]


def test_ledger_finds_posts_of_this_and_of_earlier_transactions(store: MessagesSql) -> None:
    with store.writing() as tx:
        assert store.last_n(tx, STREAM) == -1
        assert store.find_post(tx, STREAM, 0) is None
        append(store, tx, 0)
        assert store.find_post(tx, STREAM, 0) == (LOBBY, 1, 1000, DIGEST)
        assert store.last_n(tx, STREAM) == 0
    with store.writing() as tx:
        assert store.find_post(tx, STREAM, 0) == (LOBBY, 1, 1000, DIGEST)
        assert store.find_post(tx, STREAM, 1) is None
        assert store.find_post(tx, STREAM_2, 0) is None


def test_table_itself_refuses_a_second_post_of_one_counter(store: MessagesSql, path: Path) -> None:
    fill(store, 1)
    row = (LOBBY, 2, STREAM, 0, 1, "alice", DIGEST, b"")
    raw = sqlite3.connect(path)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            raw.execute("INSERT INTO posts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    finally:
        raw.close()


def test_post_in_an_unknown_conversation_is_refused(store: MessagesSql) -> None:
    with pytest.raises(StoreError, match="FOREIGN KEY"), store.writing() as tx:
        append(store, tx, 0, conv=OTHER)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101])
def test_history_pages_backwards_to_the_beginning(store: MessagesSql, count: int) -> None:
    fill(store, count)
    fill(store, 3, conv=DIRECT, stream_id=STREAM_2)
    seen: list[int] = []
    while page := seqs(store, LOBBY, seen[-1] if seen else 0, 100):
        seen += page
        if page[-1] == 1:
            assert seqs(store, LOBBY, 1, 100) == []
            break
    assert seen == list(range(count, 0, -1))


def test_history_limits_and_edges(store: MessagesSql) -> None:
    fill(store, 5)
    assert seqs(store, LOBBY, 0, 1) == [5]
    assert seqs(store, LOBBY, 5, 2) == [4, 3]
    assert seqs(store, LOBBY, 1, 100) == []
    assert seqs(store, LOBBY, 99, 100) == [5, 4, 3, 2, 1]
    assert seqs(store, OTHER, 0, 100) == []


def test_everything_is_there_after_reopening(store: MessagesSql, path: Path) -> None:
    fill(store, 3)
    store.close()
    store.close()
    assert not path.with_name("messages.sqlite3-wal").exists()
    reopened = MessagesSql(f"sqlite:///{path}")
    assert seqs(reopened, LOBBY, 0, 10) == [3, 2, 1]
    with reopened.writing() as tx:
        assert (reopened.last_seq(tx, LOBBY), reopened.last_n(tx, STREAM)) == (3, 2)
        assert append(reopened, tx, 3) == 4
    reopened.close()


def test_numbering_goes_on_where_the_newest_posts_were_removed(store: MessagesSql, path: Path) -> None:
    fill(store, 3)
    with store.writing() as tx:
        tx.execute(delete(schema.posts))
    store.close()
    reopened = MessagesSql(path)
    with reopened.writing() as tx:
        assert append(reopened, tx, 0, stream_id=STREAM_2) == 4
    reopened.close()


def test_rollback_undoes_posts_and_forgets_their_numbers(store: MessagesSql) -> None:
    fill(store, 1)
    with pytest.raises(ZeroDivisionError), store.writing() as tx:
        append(store, tx, 1)
        store.raise_read_mark(tx, "alice", LOBBY, 1)
        raise ZeroDivisionError
    assert seqs(store, LOBBY, 0, 10) == [1]
    assert store.read_mark("alice", LOBBY) == 0
    with store.writing() as tx:
        assert (store.last_seq(tx, LOBBY), store.last_n(tx, STREAM)) == (1, 0)
        assert store.find_post(tx, STREAM, 1) is None
        assert append(store, tx, 1) == 2


def test_forgotten_streams_are_looked_up_again(store: MessagesSql, monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for three streams, thirty in one transaction and again in the next keep their counters."""
    monkeypatch.setattr(ledger, "_KEPT_STREAMS", 3)
    streams = [bytes([k]) * 32 for k in range(30)]
    for n in range(2):
        with store.writing() as tx:
            for stream_id in streams:
                assert store.last_n(tx, stream_id) == n - 1
                append(store, tx, n, stream_id=stream_id)
            for stream_id in streams:
                assert store.last_n(tx, stream_id) == n
                assert store.find_post(tx, stream_id, n) is not None


def test_second_writer_at_the_same_time_is_a_mistake(store: MessagesSql) -> None:
    with store.writing(), pytest.raises(RuntimeError, match="busy"), store.writing():
        pass


def test_readers_see_only_what_is_committed(store: MessagesSql) -> None:
    """A reading thread gets the old state, at once, while a write transaction is open."""
    seen: list[list[int]] = []
    with store.writing() as tx:
        append(store, tx, 0)
        tx.execute(text("UPDATE conversations SET last_seq = 7"))
        thread = threading.Thread(target=lambda: seen.append(seqs(store, LOBBY, 0, 10)))
        thread.start()
        thread.join(5)
    assert seen == [[]]


def test_many_readers_share_few_connections(store: MessagesSql) -> None:
    """Forty threads that read at the same moment all get their answer."""
    fill(store, 1)
    together, seen = threading.Barrier(40), []

    def read() -> None:
        together.wait(10)
        seen.append(seqs(store, LOBBY, 0, 10))

    threads = [threading.Thread(target=read) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [[1]] * 40


# --- conversations and marks ----------------------------------------------------------------------


def test_conversation_list_shows_the_users_own(store: MessagesSql) -> None:
    with store.writing() as tx:
        store.put_conversation(tx, OTHER, KIND_DIRECT, "bob", "carol")
        store.put_conversation(tx, ROOM, KIND_ROOM)
        append(store, tx, 0, conv=DIRECT)
        append(store, tx, 1, conv=DIRECT)
        store.raise_read_mark(tx, "alice", DIRECT, 1)

    def listed(
        username: str, after: bytes = bytes(32), limit: int = 100
    ) -> list[tuple[bytes, int, str, int, int]]:
        found = store.conversation_list(username, after, limit)
        return [(each.conv, each.kind, each.other, each.last_seq, each.read_seq) for each in found]

    lobby = (LOBBY, KIND_LOBBY, "", 0, 0)
    assert listed("alice") == [lobby, (DIRECT, KIND_DIRECT, "bob", 2, 1)]
    assert listed("bob") == [lobby, (DIRECT, KIND_DIRECT, "alice", 2, 0), (OTHER, KIND_DIRECT, "carol", 0, 0)]
    assert listed("dave") == [lobby]
    assert listed("bob", after=LOBBY, limit=1) == [(DIRECT, KIND_DIRECT, "alice", 2, 0)]
    assert listed("bob", after=OTHER) == []


def test_known_conversation_is_not_changed_by_being_put_again(store: MessagesSql) -> None:
    fill(store, 2)
    with store.writing() as tx:
        store.put_conversation(tx, LOBBY, KIND_LOBBY)
    assert store.conversation_list("alice", bytes(32), 1)[0].last_seq == 2


def test_read_mark_only_rises(store: MessagesSql) -> None:
    with store.writing() as tx:
        assert store.raise_read_mark(tx, "alice", LOBBY, 5)
        assert not store.raise_read_mark(tx, "alice", LOBBY, 5)
        assert not store.raise_read_mark(tx, "alice", LOBBY, 4)
        assert not store.raise_read_mark(tx, "bob", LOBBY, 0)
        assert store.raise_read_mark(tx, "alice", LOBBY, 6)
        assert store.read_mark("alice", LOBBY, tx=tx) == 6
    assert (store.read_mark("alice", LOBBY), store.read_mark("bob", LOBBY)) == (6, 0)


# --- streams and grants ---------------------------------------------------------------------------


def test_stream_and_grants_come_back(store: MessagesSql) -> None:
    with store.writing() as tx:
        store.put_stream(tx, STREAM, LOBBY, b"f" * 32, b"r" * 32, 7, b"header")
        assert store.get_stream(STREAM, tx=tx) is not None
        assert store.get_stream(STREAM) is None  # not committed yet
        store.put_grant(tx, STREAM, b"1" * 32, 3, b"grant 1")
    assert store.get_stream(STREAM) == StoredStream(STREAM, LOBBY, b"f" * 32, b"r" * 32, 7, b"header")
    assert store.get_stream(STREAM_2) is None
    assert store.get_grant(STREAM, b"1" * 32) == b"grant 1"
    assert store.get_grant(STREAM, b"2" * 32) is None
    with pytest.raises(StoreError, match="UNIQUE"), store.writing() as tx:
        store.put_grant(tx, STREAM, b"1" * 32, 3, b"another")
    with pytest.raises(StoreError, match="FOREIGN KEY"), store.writing() as tx:
        store.put_grant(tx, STREAM_2, b"1" * 32, 3, b"grant")


def test_grants_to_dropped_prekeys_are_deleted(store: MessagesSql) -> None:
    with store.writing() as tx:
        for stream_id, prekey_id in ((STREAM, 1), (STREAM_2, 2)):
            store.put_stream(tx, stream_id, LOBBY, b"f" * 32, b"r" * 32, 7, b"header")
            store.put_grant(tx, stream_id, b"1" * 32, prekey_id, b"grant")
            store.put_grant(tx, stream_id, b"2" * 32, 1, b"grant")
        assert store.delete_grants_below(tx, b"1" * 32, 2) == 1
    assert store.get_grant(STREAM, b"1" * 32) is None
    assert store.get_grant(STREAM_2, b"1" * 32) == store.get_grant(STREAM, b"2" * 32) == b"grant"


# --- vaults ---------------------------------------------------------------------------------------


def test_vault_is_replaced_under_its_login_key_alone(store: MessagesSql) -> None:
    with store.writing() as tx:
        store.put_vault(tx, "alice", b"1" * 32, 1, 1, b"old")
        store.put_vault(tx, "alice", b"2" * 32, 9, 2, b"other password")
    with store.writing() as tx:
        store.put_vault(tx, "alice", b"1" * 32, 2, 1, b"new", b"prekey")
        assert store.get_vault("alice", b"1" * 32, tx=tx) == StoredVault(2, 1, b"new", b"prekey")
    assert store.get_vault("alice", b"1" * 32) == StoredVault(2, 1, b"new", b"prekey")
    assert store.get_vault("alice", b"2" * 32) == StoredVault(9, 2, b"other password")
    assert store.get_vault("bob", b"1" * 32) is None


def test_password_change_leaves_one_vault(store: MessagesSql) -> None:
    with store.writing() as tx:
        for key in (b"1", b"2", b"3"):
            store.put_vault(tx, "alice", key * 32, 1, 1, key)
        store.put_vault(tx, "bob", b"1" * 32, 1, 1, b"bob's")
        assert store.delete_other_vaults(tx, "alice", b"2" * 32) == 2
    assert store.get_vault("alice", b"2" * 32) is not None
    assert store.get_vault("alice", b"1" * 32) is None
    assert store.get_vault("bob", b"1" * 32) is not None


def test_sweep_deletes_vaults_that_no_record_names(store: MessagesSql) -> None:
    with store.writing() as tx:
        for name in ("alice", "bob"):
            store.put_vault(tx, name, b"1" * 32, 1, 1, b"old")
            store.put_vault(tx, name, b"2" * 32, 1, 1, b"new")
        assert store.sweep_vaults(tx, iter([("alice", b"2" * 32), ("carol", b"1" * 32)])) == 3
    assert store.get_vault("alice", b"2" * 32) is not None
    assert store.get_vault("alice", b"1" * 32) is None
    assert store.get_vault("bob", b"2" * 32) is None


def test_sweep_without_any_user_deletes_nothing(store: MessagesSql) -> None:
    with store.writing() as tx:
        store.put_vault(tx, "alice", b"1" * 32, 1, 1, b"precious")
        assert store.sweep_vaults(tx, []) == 0
    assert store.get_vault("alice", b"1" * 32) is not None


def test_replaced_vault_is_overwritten_on_disk(path: Path) -> None:
    now = [0.0]
    store = MessagesSql(path, monotonic=lambda: now[0])

    def on_disk(word: bytes) -> bool:
        return any(word in file.read_bytes() for file in path.parent.iterdir())

    def replace_by(word: bytes, version: int) -> None:
        with store.writing() as tx:
            store.put_vault(tx, "alice", b"1" * 32, version, 1, word * 3000)
        store.tidy()

    replace_by(b"first", 1)
    assert on_disk(b"first")
    replace_by(b"second", 2)
    assert not on_disk(b"first")
    # Within the same second the log is left; afterwards it is cut, or at the latest when the store closes.
    replace_by(b"third", 3)
    assert on_disk(b"second")
    now[0] += 1.0
    with store.reading() as reader:
        reader.execute(text("SELECT * FROM vaults")).all()
        replace_by(b"fourth", 4)
        assert on_disk(b"third")  # a reader was in the way
    now[0] += 1.0
    store.tidy()
    assert not on_disk(b"second")
    assert not on_disk(b"third")
    replace_by(b"fifth", 5)
    store.close()
    assert not on_disk(b"fourth")
    assert on_disk(b"fifth")


# --- the file -------------------------------------------------------------------------------------


def test_all_files_are_private_from_the_first_moment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "chmod", lambda *_: None)  # not repaired afterwards
    old_mask = os.umask(0)
    try:
        store = MessagesSql(path)
        with store.writing() as tx:
            store.put_conversation(tx, LOBBY, KIND_LOBBY)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert store.size_bytes() > path.stat().st_size
        store.close()
    finally:
        os.umask(old_mask)
    assert modes == {path.name + suffix: 0o600 for suffix in ("", "-wal", "-shm")}


def test_commits_are_durable_and_deletions_thorough(store: MessagesSql) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
    with store.reading() as reader, store.writing() as writer:
        for connection in (reader, writer):
            found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}
            assert found == wanted


def test_errors_quote_no_data(store: MessagesSql) -> None:
    with pytest.raises(StoreError) as caught, store.writing() as tx:
        store.append_post(tx, OTHER, 1, STREAM, 0, 1, "precious", DIGEST, b"precious")
    assert "precious" not in f"{caught.value} {caught.value.__cause__}"


def test_failing_read_is_a_store_error(store: MessagesSql) -> None:
    with store.writing() as tx:
        tx.execute(text("DROP TABLE read_marks"))
    with pytest.raises(StoreError, match="could not be read: no such table"):
        store.read_mark("alice", LOBBY)


def test_other_databases_are_refused() -> None:
    for url in ("postgresql://localhost/chat", "sqlite://", "sqlite:///:memory:", "://"):
        with pytest.raises(StoreError, match=r"database|SQLite"):
            MessagesSql(url)
