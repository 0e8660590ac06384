"""When to try again and when to ask for a sign of life: plain numbers in, plain numbers out.

Owns the pauses of docs/protocol.md §11. Reads no clock and waits for nothing; its callers do.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Backoff", "Holdup", "KeepAlive"]

_LONGEST_S = 60.0
_STABLE_S = 30.0  # a connection that lasted this long was a good one: the next pause starts at 1 s again
PING_EVERY_S = 30.0  # the server drops a client that is silent for 90 s
SILENCE_S = 75.0  # two pings without any answer
_NOTICEABLE_S = 3.0  # shorter than this nobody wonders where a message stays


class Backoff:
    """Pauses of 1, 2, 4 ... 60 s, each shortened by a random part, so that clients do not come back all at once.

    `random_fraction`: returns 0 <= x < 1. One thread.
    """

    def __init__(self, random_fraction: Callable[[], float]) -> None:
        self._random = random_fraction
        self._tries = 0

    def next_pause_s(self, at_least_s: float = 0.0) -> float:
        """Seconds to wait before the next try; between half of the step and the whole."""
        step = min(_LONGEST_S, 2.0 ** min(self._tries, 10))
        self._tries += 1
        return max(at_least_s, step * (1.0 - self._random() / 2))

    def was_online(self, lasted_s: float) -> None:
        """A connection ended after `lasted_s` seconds online."""
        if lasted_s >= _STABLE_S:
            self._tries = 0


class KeepAlive:
    """Decides over pings and silence. All times are seconds of one monotonic clock."""

    @staticmethod
    def dead(now_s: float, last_received_s: float) -> bool:
        """True if the server has been silent for so long that the connection counts as lost."""
        return now_s - last_received_s >= SILENCE_S

    @staticmethod
    def ping_due(now_s: float, last_sent_s: float) -> bool:
        """True if nothing was sent for long enough that a PING should go."""
        return now_s - last_sent_s >= PING_EVERY_S

    @staticmethod
    def next_look_s(now_s: float, last_sent_s: float, last_received_s: float) -> float:
        """Seconds until one of the two above may become true."""
        return max(0.0, min(last_sent_s + PING_EVERY_S, last_received_s + SILENCE_S) - now_s)


class Holdup:
    """Decides when a person should hear that the server makes their messages wait: once in each row of them."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._told = False

    def paused(self, now_s: float, pause_s: float) -> bool:
        """The row goes on in `pause_s` seconds, at the server's wish. True if that should be told now."""
        if self._since_s is None:
            self._since_s = now_s
        tell = not self._told and max(pause_s, now_s - self._since_s) >= _NOTICEABLE_S
        self._told = self._told or tell
        return tell

    def over(self) -> None:
        """Everything is sent."""
        self._since_s, self._told = None, False
