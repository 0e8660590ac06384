"""Group commit: order, durability before acknowledgement, and neighbours that do not suffer."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from securechat.errors import ChatError, ErrorCode, RequestRefused, StoreError
from securechat.server.journal import Committed, Journal
from securechat.server.storage.messages_sql import MessagesSql, Tx
from securechat.server.storage.records import KIND_LOBBY

LOBBY = b"l" * 32
STREAM = b"s" * 32
DEADLINE_S = 10


@pytest.fixture
def store(folder: Path) -> Iterator[MessagesSql]:
    opened = MessagesSql(folder / "messages.sqlite3")
    with opened.writing() as tx:
        opened.put_conversation(tx, LOBBY, KIND_LOBBY)
    yield opened
    opened.close()


@pytest.fixture
def journal(store: MessagesSql) -> Iterator[Journal]:
    started = Journal(store)
    yield started
    assert started.close(DEADLINE_S)


class Post:
    """A work that appends one post and remembers what it was told."""

    def __init__(self, store: MessagesSql, n: int, told: list[Post] | None = None) -> None:
        self.store, self.n = store, n
        self.told = told if told is not None else []
        self.result: int | None = None
        self.error: ChatError | None = None
        self.finished = threading.Event()

    def apply(self, tx: Tx) -> int:
        seq = self.store.last_seq(tx, LOBBY) + 1
        self.store.append_post(tx, LOBBY, seq, STREAM, self.n, 1, "alice", b"d" * 32, b"post")
        return seq

    def done(self, result: int | None, error: ChatError | None) -> None:
        self.result, self.error = result, error
        self.told.append(self)
        self.finished.set()


class Raising(Post):
    """A work that writes its post, or not, and then raises."""

    def __init__(
        self, store: MessagesSql, n: int, told: list[Post], problem: Exception, *, write: bool = True
    ) -> None:
        super().__init__(store, n, told)
        self.problem, self.write = problem, write

    def apply(self, tx: Tx) -> int:
        if self.write:
            super().apply(tx)
        raise self.problem


class Gate(Post):
    """A work that writes nothing and holds the journal thread until it is opened."""

    def __init__(self, store: MessagesSql) -> None:
        super().__init__(store, -1)
        self.inside, self.open = threading.Event(), threading.Event()

    def apply(self, tx: Tx) -> int:
        self.inside.set()
        assert self.open.wait(DEADLINE_S)
        return 0


def submit_together(journal: Journal, store: MessagesSql, works: list[Post]) -> None:
    """Let all of ``works`` be one batch, and wait for the last to be told."""
    gate = Gate(store)
    journal.submit(gate)
    assert gate.inside.wait(DEADLINE_S)
    for work in works:
        journal.submit(work)
    gate.open.set()
    assert works[-1].finished.wait(DEADLINE_S)


def stored(store: MessagesSql) -> list[tuple[int, int]]:
    return [(post.seq, post.n) for post in reversed(store.history(LOBBY, 0, 1_000_000))]


# --- batches and order ----------------------------------------------------------------------------


def test_what_arrives_during_a_commit_shares_the_next_one(store: MessagesSql, journal: Journal) -> None:
    """A hundred works that queue behind a held commit are one more commit, in their order."""
    told: list[Post] = []
    works = [Post(store, n, told) for n in range(100)]
    submit_together(journal, store, works)
    stats = journal.stats()
    assert (stats.commits, stats.items, stats.largest_batch, stats.queue_length) == (2, 101, 100, 0)
    assert told == works
    assert [work.result for work in works] == list(range(1, 101))
    assert stored(store) == [(n + 1, n) for n in range(100)]


def test_batches_have_a_largest_size(store: MessagesSql) -> None:
    """Twenty-five works with ten at most per batch are three commits behind the gate's."""
    journal = Journal(store, max_batch=10)
    submit_together(journal, store, [Post(store, n) for n in range(25)])
    assert journal.close(DEADLINE_S)
    assert (journal.stats().commits, journal.stats().largest_batch) == (4, 10)


def test_nothing_is_told_before_it_is_durable(store: MessagesSql, journal: Journal) -> None:
    """When done is called, another connection can read the post, and all others of its batch."""
    seen: list[int] = []

    class Looking(Post):
        def done(self, result: int | None, error: ChatError | None) -> None:
            seen.append(len(stored(store)))
            super().done(result, error)

    submit_together(journal, store, [Looking(store, n) for n in range(5)])
    assert seen == [5] * 5


def test_submitting_threads_keep_their_own_order(store: MessagesSql, journal: Journal) -> None:
    """Ten threads with fifty works each: every number once, each thread's works in its order."""
    told: list[Post] = []
    seqs = iter(range(500))
    lock = threading.Lock()
    mine: dict[int, list[Post]] = {k: [] for k in range(10)}

    def submit(k: int) -> None:
        for _ in range(50):
            with lock:  # counters of the one stream must reach the queue in order
                work = Post(store, next(seqs), told)
                journal.submit(work)
            mine[k].append(work)

    threads = [threading.Thread(target=submit, args=(k,)) for k in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    for works in mine.values():
        assert works[-1].finished.wait(DEADLINE_S)
        assert [work for work in told if work in works] == works
    assert stored(store) == [(n + 1, n) for n in range(500)]


def test_listener_gets_each_batch_once_without_the_refused(store: MessagesSql) -> None:
    """on_committed is called after every done of its batch, with what is durable."""
    told: list[Post] = []
    heard: list[tuple[list[Committed], int]] = []
    both = threading.Event()

    def listen(committed: list[Committed]) -> None:
        heard.append((committed, len(told)))
        if len(heard) == 2:
            both.set()

    journal = Journal(store, on_committed=listen)
    refused = Raising(store, 7, told, RequestRefused(ErrorCode.CONFLICT), write=False)
    works = [Post(store, 0, told), refused, Post(store, 1, told)]
    submit_together(journal, store, works)
    assert both.wait(DEADLINE_S)
    assert journal.close(DEADLINE_S)
    (_, batch) = heard
    assert batch == ([Committed(works[0], 1), Committed(works[2], 2)], 3)


# --- failures -------------------------------------------------------------------------------------


def test_refusal_is_told_and_costs_no_second_transaction(store: MessagesSql, journal: Journal) -> None:
    """A clean refusal in the middle of a batch stays in the batch."""
    told: list[Post] = []
    refusal = RequestRefused(ErrorCode.CONFLICT)
    works = [Post(store, 0, told), Raising(store, 9, told, refusal, write=False), Post(store, 1, told)]
    submit_together(journal, store, works)
    assert told == works
    assert [work.error for work in works] == [None, refusal, None]
    assert (journal.stats().commits, journal.stats().failed) == (2, 0)
    assert stored(store) == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    "problem", [ValueError("a defect"), StoreError("disk full"), RequestRefused(ErrorCode.CONFLICT)]
)
def test_failing_work_does_not_hurt_its_neighbours(
    store: MessagesSql, journal: Journal, problem: Exception
) -> None:
    """A work that raises after it wrote is undone alone; the others are stored without a hole."""
    told: list[Post] = []
    works = [Post(store, 0, told), Raising(store, 1, told, problem), Post(store, 2, told)]
    submit_together(journal, store, works)
    assert told == works
    assert [work.result for work in works] == [1, None, 2]
    assert stored(store) == [(1, 0), (2, 2)]
    if isinstance(problem, ChatError):
        assert works[1].error is problem
    else:
        assert type(works[1].error).__mro__[1] is StoreError
        assert "defect" not in str(works[1].error)


def test_refusal_after_any_write_undoes_the_write(store: MessagesSql, journal: Journal) -> None:
    """A work that raised a read mark and then refuses leaves no mark, and its neighbours stay."""

    class Half(Post):
        def apply(self, tx: Tx) -> int:
            self.store.raise_read_mark(tx, "alice", LOBBY, 5)
            raise RequestRefused(ErrorCode.QUOTA)

    works = [Post(store, 0), Half(store, 1), Post(store, 2)]
    submit_together(journal, store, works)
    assert type(works[1].error) is RequestRefused
    assert store.read_mark("alice", LOBBY) == 0
    assert stored(store) == [(1, 0), (2, 2)]


def test_number_taken_twice_fails_alone(store: MessagesSql, journal: Journal) -> None:
    """Two posts with one counter in a batch: the first is stored, the second refused by the ledger."""
    works = [Post(store, 0), Post(store, 0), Post(store, 1)]
    submit_together(journal, store, works)
    assert [work.error is None for work in works] == [True, False, True]
    assert stored(store) == [(1, 0), (2, 1)]


def test_failing_commit_acknowledges_nothing(store: MessagesSql, journal: Journal) -> None:
    """A disk that is full at every commit: each work gets a StoreError; with space again all goes on."""
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(most: int) -> Callable[[Tx], None]:
        def run(tx: Tx) -> None:
            tx.exec_driver_sql(f"PRAGMA max_page_count={most}")

        return run

    journal.call(limit(pages))
    told: list[Post] = []

    class Big(Post):
        def apply(self, tx: Tx) -> int:
            seq = self.store.last_seq(tx, LOBBY) + 1
            self.store.append_post(tx, LOBBY, seq, STREAM, self.n, 1, "alice", b"d" * 32, bytes(20_000))
            return seq

    works: list[Post] = [Big(store, n, told) for n in range(3)]
    submit_together(journal, store, works)
    assert told == works
    assert all(type(work.error) is StoreError and "full" in str(work.error) for work in works)
    assert stored(store) == []
    assert journal.stats().failed == 3
    journal.call(limit(1_000_000))
    again = Post(store, 0)
    submit_together(journal, store, [again])
    assert again.result == 1


def test_failing_listener_is_logged_without_data_and_ends_nothing(
    store: MessagesSql, caplog: pytest.LogCaptureFixture
) -> None:
    """done and on_committed may raise: the thread goes on, and the log has no text of theirs."""

    class Clumsy(Post):
        def done(self, result: int | None, error: ChatError | None) -> None:
            raise ValueError("precious text")

    def listen(_: list[Committed]) -> None:
        raise ValueError("precious text")

    journal = Journal(store, on_committed=listen)
    good = Post(store, 1)
    with caplog.at_level(logging.DEBUG):
        submit_together(journal, store, [Clumsy(store, 0), good])
        assert journal.close(DEADLINE_S)
    assert good.result == 2
    assert "done of a Clumsy failed: ValueError" in caplog.text
    assert "on_committed failed: ValueError" in caplog.text
    assert "precious" not in caplog.text


def test_trouble_while_tidying_is_only_logged(
    store: MessagesSql, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that cannot be cut does not end the thread."""

    def fail() -> None:
        raise StoreError("The log could not be cut.")

    monkeypatch.setattr(store, "tidy", fail)
    journal = Journal(store)
    assert journal.call(lambda _: 1) == journal.call(lambda _: 1)
    assert journal.close(DEADLINE_S)
    assert "could not be cut" in caplog.text


# --- call and close -------------------------------------------------------------------------------


def test_call_returns_when_it_is_durable(store: MessagesSql, journal: Journal) -> None:
    """The result of the function comes back, None too, and the write is there."""
    assert journal.call(lambda tx: store.raise_read_mark(tx, "alice", LOBBY, 3)) is True
    assert store.read_mark("alice", LOBBY) == 3
    assert journal.call(lambda tx: store.get_stream(STREAM, tx=tx)) is None


def test_call_raises_what_the_function_raised(store: MessagesSql, journal: Journal) -> None:
    """A refusal and a defect come back as they are, a database error as StoreError."""

    def refuse(tx: Tx) -> None:
        raise RequestRefused(ErrorCode.QUOTA)

    def slip(tx: Tx) -> None:
        raise KeyError("slip")

    with pytest.raises(RequestRefused):
        journal.call(refuse)
    with pytest.raises(KeyError, match="slip"):
        journal.call(slip)
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        journal.call(lambda tx: store.raise_read_mark(tx, "alice", b"unknown" * 4, 1))


def test_call_has_a_deadline_and_is_not_for_the_journal_thread(store: MessagesSql, journal: Journal) -> None:
    """A held journal lets call give up; a call from within is refused at once."""
    gate = Gate(store)
    journal.submit(gate)
    with pytest.raises(StoreError, match="in time"):
        journal.call(lambda _: None, timeout_s=0.01)
    gate.open.set()

    def within(tx: Tx) -> None:
        journal.call(lambda _: None)

    with pytest.raises(RuntimeError, match="wait for itself"):
        journal.call(within)


def test_close_writes_what_is_queued_and_refuses_more(store: MessagesSql) -> None:
    """Works queued before close are stored; later ones raise; closing again is nothing."""
    journal = Journal(store, max_batch=3)
    gate = Gate(store)
    journal.submit(gate)
    works = [Post(store, n) for n in range(10)]
    for work in works:
        journal.submit(work)
    assert not journal.close(0.01)
    with pytest.raises(StoreError, match="stopping"):
        journal.submit(Post(store, 10))
    gate.open.set()
    assert journal.close(DEADLINE_S)
    assert journal.close(DEADLINE_S)
    assert [work.result for work in works] == list(range(1, 11))


def test_close_from_the_journal_thread_does_not_wait_for_itself(store: MessagesSql) -> None:
    """A done that closes the journal ends it."""
    journal = Journal(store)
    answers: list[bool] = []

    class Closing(Post):
        def done(self, result: int | None, error: ChatError | None) -> None:
            answers.append(journal.close())
            super().done(result, error)

    work = Closing(store, 0)
    journal.submit(work)
    assert work.finished.wait(DEADLINE_S)
    assert journal.close(DEADLINE_S)
    assert answers == [False]


# --- crash ----------------------------------------------------------------------------------------

CRASHING = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from securechat.server.journal import Journal
from securechat.server.storage.messages_sql import MessagesSql
from tests.server.test_journal import LOBBY, Post

class Announced(Post):
    def done(self, result, error):
        os.write(1, f"{self.n} {result}\\n".encode())
        super().done(result, error)

store = MessagesSql(Path(sys.argv[1]))
journal = Journal(store, max_batch=7)
journal.call(lambda tx: store.put_conversation(tx, LOBBY, 0))
waiting = []
for n in range(1_000_000):
    waiting.append(Announced(store, n))
    journal.submit(waiting[-1])
    if n >= 20:
        waiting.pop(0).finished.wait()
"""


@pytest.mark.parametrize("lines", [1, 60, 333])
def test_every_acknowledged_post_survives_kill_9_once(folder: Path, lines: int) -> None:
    """A process is killed in the midst of committing; what it acknowledged is there, without holes."""
    path = folder / "messages.sqlite3"
    top = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", CRASHING, str(path), top]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        output = b"".join(process.stdout.readline() for _ in range(lines))
        process.kill()
        output += process.stdout.read()
    assert process.returncode == -signal.SIGKILL
    acknowledged = [(int(seq), int(n)) for n, seq in (line.split() for line in output.splitlines())]
    assert len(acknowledged) >= lines
    store = MessagesSql(path)
    try:
        found = stored(store)
        assert found == [(n + 1, n) for n in range(len(found))]
        assert acknowledged == found[: len(acknowledged)]
        with store.writing() as tx:
            assert store.last_seq(tx, LOBBY) == len(found)
            assert store.last_n(tx, STREAM) == len(found) - 1
    finally:
        store.close()
