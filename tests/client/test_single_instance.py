"""The second start of a profile raises the first window; nothing that was left behind stands in its way."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path

import pytest

from securechat.client.file_lock import FileLock
from securechat.client.single_instance import SingleInstance
from securechat.errors import FolderInUse, FolderProblem

WAIT_S = 10.0


class First:
    """The first window of a folder, which counts how often it was asked to come up."""

    def __init__(self, folder: Path, calm_s: float = 0.0) -> None:
        self.asked = threading.Semaphore(0)
        claimed = SingleInstance.claim(folder, self.asked.release, patience_s=WAIT_S, calm_s=calm_s)
        assert claimed is not None
        self.instance = claimed

    def came_up(self) -> bool:
        return self.asked.acquire(timeout=WAIT_S)


@pytest.fixture
def first(folder: Path) -> Iterator[First]:
    with ExitStack() as stack:
        made = First(folder)
        stack.callback(made.instance.close)
        assert SingleInstance.claim(folder, never, patience_s=WAIT_S) is None  # from here on it listens
        assert made.came_up()
        yield made


def address(folder: Path) -> tuple[int, bytes]:
    port, key = (folder / "window.address").read_bytes().split()
    return int(port), bytes.fromhex(key.decode())


def never() -> None:
    raise AssertionError("this window was asked to come up")


def test_each_further_start_raises_the_first_window(first: First, folder: Path) -> None:
    for _ in range(3):
        assert SingleInstance.claim(folder, never) is None
        assert first.came_up()
    assert not first.asked.acquire(blocking=False)


def test_other_profiles_are_not_concerned(first: First, folder: Path) -> None:
    other = SingleInstance.claim(folder / "profiles" / "work", never)
    assert other is not None
    other.close()


def test_after_its_end_the_next_start_is_the_first(first: First, folder: Path) -> None:
    first.instance.close()
    first.instance.close()
    assert not (folder / "window.address").exists()
    again = First(folder)
    again.instance.close()


def test_closing_at_once_leaves_no_thread(folder: Path) -> None:
    """Whether the thread listens already, or is about to, or leaves the computer to the window first."""
    for _ in range(20):
        First(folder).instance.close()
    First(folder, calm_s=WAIT_S).instance.close()


def test_what_a_crashed_program_left_is_no_obstacle(folder: Path) -> None:
    """Its address may belong to a program by now that says nothing, and its files may be anything."""
    with Listener(("127.0.0.1", 0)) as foreign:
        for left in (f"{foreign.address[1]} {'00' * 32}".encode(), b"", b"x y", b"\xff\xfe"):
            (folder / "window.address").write_bytes(left)
            (folder / ".window.address.abc.new").write_bytes(left)
            First(folder).instance.close()
    assert sorted(path.name for path in folder.iterdir()) == ["window.lock"]


def test_a_killed_program_is_no_obstacle(folder: Path) -> None:
    """The lock ends with the process, whatever it left in the folder."""
    program = (
        "import sys, threading, pathlib\n"
        "from securechat.client.single_instance import SingleInstance\n"
        "first = SingleInstance.claim(pathlib.Path(sys.argv[1]), lambda: print('came up', flush=True), calm_s=0)\n"
        "print('first', flush=True)\n"
        "threading.Event().wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "first\n"
        assert SingleInstance.claim(folder, never) is None
        assert process.stdout.readline() == "came up\n"
        process.send_signal(signal.SIGKILL)
        process.wait(WAIT_S)
    assert (folder / "window.address").exists()
    First(folder).instance.close()


def test_a_first_window_that_does_not_answer_is_said(folder: Path) -> None:
    with (
        FileLock(folder / "window.lock"),
        pytest.raises(FolderInUse, match="--profile NAME opens another account"),
    ):
        SingleInstance.claim(folder, never, patience_s=0.1)


@pytest.mark.parametrize(
    "content", [b"1 ff", b"0 " + b"00" * 32, b"70000 " + b"00" * 32, b"nonsense", b"1 2 3", b"\xff"]
)
def test_an_address_that_is_none_is_not_followed(folder: Path, content: bytes) -> None:
    (folder / "window.address").write_bytes(content)
    with FileLock(folder / "window.lock"), pytest.raises(FolderInUse):
        SingleInstance.claim(folder, never, patience_s=0.0)


def test_a_start_waits_for_a_first_that_is_just_ending(folder: Path) -> None:
    """It becomes the first itself as soon as the lock is free."""
    lock = FileLock(folder / "window.lock")
    timer = threading.Timer(0.1, lock.close)
    timer.start()
    First(folder).instance.close()
    timer.join()


def test_a_start_waits_for_a_window_that_is_closing(folder: Path) -> None:
    """The first says that it will not come up any more; the second is the first as soon as that has ended."""
    asked = threading.Event()

    def closing() -> bool:
        asked.set()
        return False

    def end() -> None:
        asked.wait(WAIT_S)
        ending.close()

    ending = SingleInstance.claim(folder, closing, calm_s=0.0)
    assert ending is not None
    thread = threading.Thread(target=end)
    thread.start()
    First(folder).instance.close()
    assert asked.is_set()
    thread.join(WAIT_S)


def test_only_the_owner_reads_the_key(first: First, folder: Path) -> None:
    assert sys.platform == "win32" or stat.S_IMODE((folder / "window.address").stat().st_mode) == 0o600


def test_who_does_not_know_the_key_raises_nothing(first: First, folder: Path) -> None:
    """A wrong key, garbage, half a message, another word, and a connection that ends at once."""
    port, key = address(folder)
    with ExitStack() as stack:
        for words in (b"", b"\0\0\0\1", b"\xff" * 100, b"\0\0\0\x40" + b"#CHALLENGE#"):
            client = stack.enter_context(Client(("127.0.0.1", port)))
            os.write(client.fileno(), words)
        stack.pop_all().close()
    with pytest.raises(AuthenticationError, match="digest"):
        Client(("127.0.0.1", port), authkey=bytes(32)).close()
    with Client(("127.0.0.1", port), authkey=key) as client:
        client.send_bytes(b"something else")
        with pytest.raises(EOFError):
            client.recv_bytes()
    assert not first.asked.acquire(blocking=False)
    assert SingleInstance.claim(folder, never) is None and first.came_up()


@pytest.mark.parametrize("words", [b"", b"\0\0\0\x40half"])
def test_who_says_nothing_or_half_a_message_does_not_hold_up_the_end_for_long(
    first: First, folder: Path, words: bytes
) -> None:
    port, _ = address(folder)
    with Client(("127.0.0.1", port)) as client:
        client.recv_bytes()  # the challenge: it is being served
        os.write(client.fileno(), words)
        first.instance.close()
        with pytest.raises((EOFError, OSError)):
            client.recv_bytes()


def test_connections_that_say_nothing_do_not_keep_a_second_start_waiting_for_long(first: First, folder: Path) -> None:
    port, _ = address(folder)
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(Client(("127.0.0.1", port)))
        assert SingleInstance.claim(folder, never, patience_s=1.0) is None
    assert first.came_up()


def test_a_connection_that_cannot_be_taken_does_not_end_the_listening(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As without a free file number, for a while."""
    real, failed = Listener.accept, threading.Event()

    def accept(listener: Listener) -> object:
        if not failed.is_set():
            failed.set()
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return real(listener)

    monkeypatch.setattr(Listener, "accept", accept)
    made = First(folder)
    try:
        assert failed.wait(WAIT_S)
        assert SingleInstance.claim(folder, never, patience_s=WAIT_S) is None
        assert made.came_up()
    finally:
        made.instance.close()


def test_a_program_that_answers_for_the_first_without_the_key_is_not_believed(folder: Path) -> None:
    (folder / "window.address").write_bytes(b"")
    with Listener(("127.0.0.1", 0)) as foreign:
        (folder / "window.address").write_text(f"{foreign.address[1]} {'11' * 32}")

        def answer() -> None:
            with foreign.accept() as connection:
                connection.send_bytes(b"done")

        thread = threading.Thread(target=answer)
        thread.start()
        with FileLock(folder / "window.lock"), pytest.raises(FolderInUse):
            SingleInstance.claim(folder, never, patience_s=0.0)
        thread.join(WAIT_S)


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderProblem, match="permissions"):
        SingleInstance.claim(tmp_path / "file" / "below", never)


def test_without_an_address_the_window_works_all_the_same(folder: Path) -> None:
    """A disk that refuses the small file costs the raising, not the window."""
    (folder / "window.address").mkdir()
    First(folder).instance.close()
