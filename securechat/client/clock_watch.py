"""Notices that the computer was asleep, that its clock was set, and that its clock is not the server's.

Pure but for the two clocks that are handed in. Knows no connection and no thread; one thread at a time. Sentences
about what it found are here too, because they say how much.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["ClockWatch", "Jump", "asleep_sentence", "clock_sentence"]

# Less than this is a slow machine or a small correction. The server drops who is silent for 90 s.
_JUMP_S: Final = 120.0
_CLOCK_OFF_S: Final = 240.0  # the server refuses streams from 5 minutes ahead
_UNITS: Final = (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0))


@dataclass(frozen=True)
class Jump:
    """Time went by without us. ``seconds``: so many were slept or skipped; below 0: the clock was set back."""

    seconds: float


class ClockWatch:
    """Compares wall time with monotonic time from its making on. `clock`, `monotonic`: seconds.

    During sleep some systems stop monotonic time (then wall time runs away from it) and others go on with it (then a
    wait ends much later than asked for): both are looked at.
    """

    def __init__(self, clock: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._apart_s = self.apart_s

    @property
    def apart_s(self) -> float:
        """Wall time less monotonic time, now."""
        return self._clock() - self._monotonic()

    def look(self, late_s: float = 0.0) -> Jump | None:
        """What happened since the last look. `late_s`: so much later than it should a wait has just ended."""
        apart_s = self.apart_s
        moved_s, self._apart_s = apart_s - self._apart_s, apart_s
        if moved_s >= _JUMP_S or late_s >= _JUMP_S:
            return Jump(max(moved_s, late_s))
        return Jump(moved_s) if moved_s <= -_JUMP_S else None


def asleep_sentence(jump: Jump) -> str:
    """Why a connection is gone after `jump`, and what happens next."""
    return (
        f"This computer was asleep for about {_span(jump.seconds)}, and its connection ended meanwhile. You need do "
        "nothing: it comes back by itself."
    )


def clock_sentence(off_s: float) -> str:
    """What to do about a clock that is `off_s` seconds ahead of the server's (below 0: behind); "" if it is right."""
    if abs(off_s) <= _CLOCK_OFF_S:
        return ""
    return (
        f"This computer's clock is about {_span(abs(off_s))} {'ahead of' if off_s > 0 else 'behind'} the server's, so "
        "messages carry wrong times and may be refused. Set it right; if it is right, tell the server's operator."
    )


def _span(seconds: float) -> str:
    for unit, length_s in _UNITS:
        if seconds >= 0.99 * length_s or unit == "minute":
            break
    count = max(1, round(seconds / length_s))
    return f"{count} {unit}{'s' if count != 1 else ''}"
