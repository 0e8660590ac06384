"""One window per profile: a second start asks the first window to come up. Owns the thread "single-instance".

Who is first is decided by a lock that ends with its process, so a crashed program never stands in the way. The first
listens on the loopback interface and writes where, with a fresh key, into a file that only its owner reads; whoever has
proved that key may say one word. Knows nothing of windows: coming up is the callback's business.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from securechat.atomic_file import atomic_write, remove_leftovers
from securechat.client.file_lock import FileLock, private_folder
from securechat.errors import FolderInUse, StoreError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

__all__ = ["SingleInstance"]

logger = logging.getLogger(__name__)

_LOCK: Final = "window.lock"
_WHERE: Final = "window.address"
_COME_UP: Final = b"come up"
_DONE: Final = b"done"
_KEY: Final = 32
_ANSWER_S: Final = 0.5  # for each message; both are on this computer, and a second start tries again
_FIRST_S: Final = 0.1  # for the first one that the first program waits for: who says nothing holds up all behind
_TURN_S: Final = 2.0  # for the first one that a second start waits for: others may be before it
_NO_ROOM_S: Final = 0.2  # until the next try after a connection could not be taken, as without a free file number
_PATIENCE_S: Final = 5.0  # the first program may only just have begun
_LOOK_EVERY_S: Final = 0.05
_CALM_S: Final = 1.0  # the first moments of the program belong to its window, and listening needs large imports
_JOIN_S: Final = 5.0


class SingleInstance:
    """Being the first of a profile, from `claim` to `close`."""

    def __init__(self, folder: Path, lock: FileLock, on_raise: Callable[[], object], calm_s: float) -> None:
        """For `claim` alone."""
        self._where = folder / _WHERE
        self._file_lock = lock
        self._on_raise = on_raise
        self._calm_s = calm_s
        self._closed = threading.Event()
        self._lock = threading.Lock()  # guards _port against the end
        self._port = 0  # 0: nobody can connect (yet)
        self._thread = threading.Thread(target=self._run, name="single-instance", daemon=True)

    @classmethod
    def claim(
        cls, folder: Path, on_raise: Callable[[], object], *, patience_s: float = _PATIENCE_S, calm_s: float = _CALM_S
    ) -> SingleInstance | None:
        """Be the first in `folder`, or None: the window that is open there was asked to come up.

        `on_raise` is called on the thread "single-instance"; it must return soon and not raise. If it returns False
        (this window is closing) the other start waits until it can be the first. FolderInUse if the first program does
        not answer within `patience_s` seconds; FolderProblem if the folder cannot be used. Blocks. The first listens
        `calm_s` seconds later.
        """
        private_folder(folder)
        end_s = time.monotonic() + patience_s
        pause = threading.Event()
        while True:
            try:
                lock = FileLock(folder / _LOCK)
            except FolderInUse as error:
                if _ask(folder / _WHERE):
                    return None
                if time.monotonic() >= end_s:
                    raise FolderInUse(
                        "Secure Chat is already open here, but its window does not answer. Look for that window or end "
                        "the program, then start again; --profile NAME opens another account beside it."
                    ) from error
                pause.wait(_LOOK_EVERY_S)
                continue
            instance = cls(folder, lock, on_raise, calm_s)
            instance._begin()
            return instance

    def close(self) -> None:
        """Let another start be the first; idempotent, any thread but its own, which it waits for."""
        with self._lock:
            self._closed.set()
            port, self._port = self._port, 0
        if port:
            # Nothing else ends a wait for a connection in the same way on every system.
            with suppress(OSError):
                _connect(port).close()
        self._thread.join(_JOIN_S)
        self._file_lock.close()

    def _begin(self) -> None:
        remove_leftovers(self._where)
        self._thread.start()

    # --- the thread

    def _run(self) -> None:
        """Listen until `close`."""
        if self._closed.wait(self._calm_s):
            return
        from multiprocessing.connection import Listener

        key = os.urandom(_KEY)
        try:
            with Listener(("127.0.0.1", 0), backlog=8) as listener:
                port = int(listener.address[1])
                with self._lock:
                    if self._closed.is_set():
                        return
                    self._port = port
                atomic_write(self._where, f"{port} {key.hex()}\n".encode())
                while not self._closed.is_set():
                    try:
                        connection = listener.accept()
                    except OSError as problem:
                        logger.debug("a connection was not taken: %s", problem)
                        self._closed.wait(_NO_ROOM_S)
                        continue
                    with connection:
                        self._serve(connection, key)
        except (OSError, StoreError) as problem:
            logger.warning("a second start cannot bring this window up: %s", problem)
        finally:
            with suppress(OSError):
                self._where.unlink()

    def _serve(self, connection: Connection, key: bytes) -> None:
        if self._closed.is_set():
            return
        talk = _Patient(connection, _FIRST_S)
        if talk.prove(key, first=True) and talk.hear() == _COME_UP:
            if self._on_raise() is not False:
                talk.say(_DONE)


class _Patient:
    """A connection on which nothing waits for ever: each message comes whole and in time, or is b"".

    The first one has `first_s` seconds, each other one `_ANSWER_S`.
    """

    def __init__(self, connection: Connection, first_s: float) -> None:
        self._connection = connection
        self._wait_s = first_s
        if os.name == "posix":
            # Half a message is then an error, and not a wait for its other half.
            os.set_blocking(connection.fileno(), False)

    def prove(self, key: bytes, *, first: bool) -> bool:
        """Prove to each other that both know `key`; False if the other does not."""
        from multiprocessing import ProcessError
        from multiprocessing.connection import answer_challenge, deliver_challenge

        # They ask of a connection nothing but the two methods below.
        steps: tuple[Callable[[Any, bytes], None], ...] = (deliver_challenge, answer_challenge)
        try:
            for step in steps if first else reversed(steps):
                step(self, key)
        except (OSError, EOFError, ProcessError, AssertionError, ValueError):
            return False
        return True

    def hear(self) -> bytes:
        """The next message; b"" if there is none."""
        try:
            return self.recv_bytes(64)
        except (OSError, EOFError):
            return b""

    def say(self, words: bytes) -> None:
        """Send a message, if the other is still there."""
        with suppress(OSError):
            self.send_bytes(words)

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        """As a connection does it, for the library's challenges. OSError, EOFError."""
        if not self._connection.poll(self._wait_s):
            raise EOFError
        self._wait_s = _ANSWER_S
        return self._connection.recv_bytes(maxlength)

    def send_bytes(self, words: bytes) -> None:
        """As a connection does it."""
        self._connection.send_bytes(words)


def _connect(port: int) -> Connection:
    from multiprocessing.connection import Client

    return Client(("127.0.0.1", port))


def _ask(where: Path) -> bool:
    """Ask the program that wrote `where` to bring its window up; False if it did not say that it did."""
    try:
        port, key = where.read_bytes().split()
        secret = bytes.fromhex(key.decode("ascii"))
        if len(secret) != _KEY or not 0 < int(port) < 1 << 16:
            return False
        connection = _connect(int(port))
    except (OSError, ValueError):
        return False
    with connection:
        talk = _Patient(connection, _TURN_S)
        if not talk.prove(secret, first=False):
            return False
        talk.say(_COME_UP)
        return talk.hear() == _DONE
