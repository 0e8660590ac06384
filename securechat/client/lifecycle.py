"""The life of a client's connection: one table of moves, and one method that makes them, logs them and tells.

Knows no socket. Any thread may move; the listeners are told in the order of the moves, and of what is said about them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from securechat.client.events import ConnectionState, Event, Notice, StateChanged
from securechat.errors import LocalProtocolError

__all__ = ["Lifecycle"]

logger = logging.getLogger(__name__)

_MOVES: dict[ConnectionState, frozenset[ConnectionState]] = {
    # A first connect that fails goes back to OFFLINE, and may be tried again with other words.
    ConnectionState.OFFLINE: frozenset({ConnectionState.CONNECTING, ConnectionState.ENDED}),
    ConnectionState.CONNECTING: frozenset(
        {ConnectionState.ONLINE, ConnectionState.OFFLINE, ConnectionState.WAITING, ConnectionState.ENDED}
    ),
    ConnectionState.ONLINE: frozenset({ConnectionState.WAITING, ConnectionState.ENDED}),
    ConnectionState.WAITING: frozenset({ConnectionState.CONNECTING, ConnectionState.ENDED}),
    ConnectionState.ENDED: frozenset(),
}


class Lifecycle:
    """Holds the state. `tell` is called under the lock and must only queue, so that order is kept."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()  # guards _state, and the order in which moves are told
        self._state = ConnectionState.OFFLINE

    @property
    def state(self) -> ConnectionState:
        """Where it is now."""
        return self._state

    def move(self, state: ConnectionState, reason: str = "", code: int | None = None, retry_in_s: float = 0.0) -> None:
        """Go to `state`. LocalProtocolError, and nothing changes, if the table does not allow it."""
        with self._lock:
            if state not in _MOVES[self._state]:
                raise LocalProtocolError(f"A connection cannot go from {self._state.name} to {state.name}.")
            self._move(StateChanged(state, reason, code, retry_in_s))

    def end(self, reason: str = "", code: int | None = None) -> bool:
        """Go to ENDED from wherever it is; False if it was there already."""
        with self._lock:
            if self._state is ConnectionState.ENDED:
                return False
            self._move(StateChanged(ConnectionState.ENDED, reason, code))
            return True

    def say(self, sentence: str) -> None:
        """Tell the person something about the connection that is no move."""
        with self._lock:
            self._tell(Notice(sentence))

    def _move(self, change: StateChanged) -> None:
        assert self._lock.locked()  # noqa: S101
        logger.info("%s -> %s (code %s)", self._state.name, change.state.name, change.code)
        self._state = change.state
        self._tell(change)
