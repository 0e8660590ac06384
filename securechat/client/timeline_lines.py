"""The stored lines of one timeline in the order of seq, and what each is to its neighbours: "late" and "missing".

Owns the order and which seqs are held. A change costs what it touches, not what is loaded: pages come above thousands
of lines. Not thread-safe: it belongs to its timeline. Knows neither events nor what later posts do to a line.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from securechat.client.events import Message
from securechat.rules.acceptance import SeenPosts, is_late
from securechat.wire.objects import Post

__all__ = ["Line", "StoredLines"]


@dataclass(eq=False)
class Line:
    """One shown line. `base` is the message without effects; `post` None for a problem; `shown`: as told last."""

    base: Message
    post: Post | None
    pushed_late: bool = False
    shown: Message | None = None


def _stood_at(message: Message) -> int:
    """The time by which later posts are judged "late": as signed, but not after the server had it. Else one author
    whose clock is ahead would make everybody's later posts look late."""
    return min(message.time_ms, message.server_time_ms) if message.server_time_ms else message.time_ms


def _holds(sorted_seqs: list[int], seq: int) -> bool:
    index = bisect_left(sorted_seqs, seq)
    return index < len(sorted_seqs) and sorted_seqs[index] == seq


class StoredLines:
    """Lines by seq. `seen` is the timeline's own: what was accepted."""

    def __init__(self, seen: SeenPosts) -> None:
        self._seen = seen
        self._lines: dict[int, list[Line]] = {}  # more than one only if the server gave a seq twice
        self._seqs: list[int] = []  # sorted keys of _lines
        self._held: list[int] = []  # every seq taken, sorted; those of control posts too
        self._streams: dict[tuple[bytes, bytes], list[int]] = {}  # seqs of lines by (author, stream), sorted
        self._steps: list[tuple[int, int]] = []  # (seq, highest time up to there), at the least where it rises
        self._gaps: dict[int, Line] = {}  # by seq: lines before which numbers of their stream are not known

    def __iter__(self) -> Iterator[Line]:
        return (line for seq in self._seqs for line in self._lines[seq])

    @property
    def oldest(self) -> int:
        """The lowest seq held, 0 if none."""
        return self._held[0] if self._held else 0

    def at(self, seq: int) -> list[Line]:
        """The lines under this seq."""
        return self._lines.get(seq, [])

    def held(self, seq: int) -> bool:
        """True if something was loaded under this seq, shown or not."""
        return _holds(self._held, seq)

    def hold(self, seq: int) -> None:
        """Something was loaded under this seq."""
        if not self.held(seq):
            insort(self._held, seq)

    def insert(self, seq: int, line: Line) -> None:
        """One more line. Call `settle` once everything that came with it is in."""
        self.hold(seq)
        if seq not in self._lines:
            insort(self._seqs, seq)
            self._lines[seq] = []
        self._lines[seq].append(line)
        if line.post is not None:
            insort(self._streams.setdefault((line.post.author, line.post.stream_id), []), seq)

    # --- what depends on neighbours

    def settle(self, came: Iterable[tuple[int, Post | None]]) -> list[Line]:
        """Work out what depends on neighbours, after what came under these seqs: posts of lines, control posts, and
        None for what could not be verified. Returns the lines whose `base` is another now."""
        touched: dict[int, Line] = {}
        late: dict[int, Line] = {}
        # From below: then the time above the next line is known already, and few lines are touched twice.
        for seq, post in sorted(came, key=lambda one: one[0], reverse=True):
            if post is None:
                continue
            for line in self.at(seq):
                if line.post is post:
                    touched[id(line)] = line
                    late.update((id(one), one) for one in self._step(seq, line))
            touched.update((id(line), line) for line in self._next_of_stream(seq, post))
        touched.update((id(line), line) for line in self._gaps.values())
        changed = [line for line in late.values() if self._derive_late(line)]
        return changed + [line for line in touched.values() if self._derive_missing(line)]

    def _next_of_stream(self, seq: int, post: Post) -> list[Line]:
        seqs = self._streams.get((post.author, post.stream_id), [])
        index = bisect_right(seqs, seq)
        return self.at(seqs[index]) if index < len(seqs) else []

    def _above(self, seq: int) -> int:
        """The highest time of the lines above this seq."""
        index = bisect_left(self._steps, (seq, 0))
        return self._steps[index - 1][1] if index else 0

    def _step(self, seq: int, line: Line) -> list[Line]:
        """Let a line count for the times of those below it: the lines whose time above may be another now."""
        stood_at, index = _stood_at(line.base), bisect_left(self._steps, (seq, 0))
        if stood_at <= self._above(seq):
            return [line]
        end = index
        while end < len(self._steps) and self._steps[end][1] < stood_at:
            end += 1
        self._steps[index:end] = [(seq, stood_at)]
        # Below a line that stood at least as high nothing changes.
        below = self._steps[index + 1][0] if index + 1 < len(self._steps) else self._seqs[-1]
        span = self._seqs[bisect_left(self._seqs, seq) : bisect_right(self._seqs, below)]
        return [one for touched in span for one in self._lines[touched]]

    def _derive_late(self, line: Line) -> bool:
        if line.post is None:
            return False
        late = line.pushed_late or is_late(line.base.time_ms, self._above(line.base.seq))
        changed = late != line.base.late
        if changed:
            line.base = replace(line.base, late=late)
        return changed

    def _derive_missing(self, line: Line) -> bool:
        if line.post is None:
            return False
        seq = line.base.seq
        missing = self._seen.missing_before(line.post)
        if missing:
            self._gaps[seq] = line
            previous = self._seen.previous_seq(line.post)
            between = bisect_left(self._held, seq) - bisect_right(self._held, previous)
            if between != seq - previous - 1:
                missing = 0  # something between was not loaded: it may be there
        else:
            self._gaps.pop(seq, None)
        changed = missing != line.base.missing_before
        if changed:
            line.base = replace(line.base, missing_before=missing)
        return changed
