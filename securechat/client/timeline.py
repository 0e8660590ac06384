"""One conversation as it is shown: posts in the order of seq, own waiting ones at the end.

Owns merging by seq, replay and order (rule 5 of docs/protocol.md §8), "late" and "missing". What comes in was verified
before. Any thread; events are told under the lock, so `emit` must only queue.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from securechat.client.effects import CONTROL_KINDS, Effects
from securechat.client.events import (
    Event,
    HistoryLoaded,
    Message,
    MessageChanged,
    MessageShown,
    MessageState,
    PostRefused,
)
from securechat.client.reading import UNVERIFIED, Arrival, Problem, Verified
from securechat.rules.acceptance import AfterRule, SeenPosts, is_late
from securechat.wire.objects import ZERO32, Post, PostKind, split_target

__all__ = ["Timeline", "message_of"]


@dataclass
class _Line:
    """One shown line. `base` is the message without effects; `post` None for a problem."""

    base: Message
    post: Post | None
    pushed_late: bool = False
    shown: Message | None = None


def _stood_at(message: Message) -> int:
    """The time by which later posts are judged "late": as signed, but not after the server had it. Else one author
    whose clock is ahead would make everybody's later posts look late."""
    return min(message.time_ms, message.server_time_ms) if message.server_time_ms else message.time_ms


def message_of(post: Post, post_id: bytes, author: str, *, mine: bool, state: MessageState) -> Message:
    """The message that a verified post is, without what later posts do to it."""
    text, reply_to, newer = "", b"", False
    if post.kind == PostKind.TEXT:
        text = post.body.decode("utf-8")
    elif post.kind == PostKind.REPLY:
        reply_to, rest = split_target(post.body)
        text = rest.decode("utf-8")
    else:
        newer = True
    return Message(
        post.conv, 0, 0, post_id, author, post.author, mine, post.time, 0, post.kind, text, state,
        newer=newer, reply_to=reply_to,
    )


class Timeline:
    """The loaded part of one conversation. `operator`: who may delete any post (lobby: @server's fp; else b"")."""

    def __init__(self, conv: bytes, own_fp: bytes, operator: bytes, emit: Callable[[Event], None]) -> None:
        self.conv = conv
        self._own_fp = own_fp
        self._emit = emit
        self._lock = threading.Lock()  # guards all below, and the order of this conversation's events
        self._effects = Effects(operator)
        self._seen = SeenPosts()
        self._lines: dict[int, list[_Line]] = {}  # by seq; more than one only if the server gave a seq twice
        self._seqs: list[int] = []  # sorted keys of _lines
        self._held: set[int] = set()  # every seq taken, control posts too
        self._own: dict[int, _Line] = {}  # by local_id: WAITING and REFUSED, oldest first
        self._of_post: dict[bytes, _Line] = {}
        self._times: list[tuple[int, int]] = []  # (seq, highest time up to there), where it rises
        self._newest_other = (0, ZERO32)
        self._afters = AfterRule()
        self._joined = -1
        self._begins = False

    # --- asking

    def messages(self) -> tuple[Message, ...]:
        """Everything loaded, in display order."""
        with self._lock:
            stored = [line for seq in self._seqs for line in self._lines[seq]]
            own = [self._own[local_id] for local_id in sorted(self._own)]
            return tuple(self._render(line) for line in [*stored, *own])

    @property
    def newest_other(self) -> bytes:
        """The id of the newest post by someone else, zeros if none: a new post's `after`."""
        with self._lock:
            return self._newest_other[1]

    @property
    def joined(self) -> int:
        """The seq up to which, from the oldest loaded post on, nothing is missing; -1 before anything was loaded."""
        with self._lock:
            while self._joined >= 0 and self._joined + 1 in self._held:
                self._joined += 1
            return self._joined

    def joined_to(self, seq: int) -> None:
        """History was loaded without a hole up to `seq`."""
        with self._lock:
            self._joined = max(self._joined, seq)

    @property
    def oldest(self) -> int:
        """The lowest seq loaded, 0 if none."""
        with self._lock:
            return min(self._held, default=0)

    @property
    def begins(self) -> bool:
        """True if nothing older exists."""
        return self._begins

    # --- own posts

    def wait_for(self, local_id: int, post: Post, post_id: bytes, username: str) -> None:
        """Show an own post that is safe in the outbox; or, if the local_id is known, its new seal."""
        with self._lock:
            old = self._own.get(local_id)
            base = message_of(post, post_id, username, mine=True, state=MessageState.WAITING)
            line = _Line(replace(base, local_id=local_id), post)
            self._own[local_id] = line
            if old is None:
                self._emit(MessageShown(self._render(line)))
            else:
                self._of_post.pop(old.base.post_id, None)
            self._of_post[post_id] = line

    def stored(self, local_id: int, seq: int, server_time_ms: int) -> None:
        """The server acknowledged an own post."""
        with self._lock:
            line = self._own.get(local_id)
            if line is not None and line.post is not None:
                self._seen.place(line.post, line.base.post_id, seq)
                self._emit(MessageChanged(self._store_own(line, seq, server_time_ms)))

    def refused(self, local_id: int, reason: str) -> None:
        """The server will never take an own post."""
        with self._lock:
            line = self._own.get(local_id)
            if line is not None:
                line.base = replace(line.base, state=MessageState.REFUSED)
                self._emit(PostRefused(self._render(line), reason))

    def _store_own(self, line: _Line, seq: int, server_time_ms: int) -> Message:
        del self._own[line.base.local_id]
        line.base = replace(line.base, state=MessageState.STORED, seq=seq, server_time_ms=server_time_ms)
        self._insert(seq, line)
        self._emit_changed(self._settle(seq, line))
        return self._render(line)

    # --- arrivals

    def pushed(self, arrival: Arrival, clock_ms: int) -> bool:
        """A live post. True if its author had seen a message that is not here: fetch history, then `judge`."""
        with self._lock:
            line, changed = self._take(arrival)
            if line is not None:
                line.pushed_late = line.post is not None and is_late(line.base.time_ms, clock_ms)
                changed += self._settle(arrival.seq, line)
                self._emit(MessageShown(self._render(line)))
            self._emit_changed(changed)
            return line is not None and self._in_doubt(line)

    def judge(self, seq: int) -> None:
        """History was fetched for the post at `seq`: say so if what its author had seen is still not here."""
        with self._lock:
            for line in self._lines.get(seq, []):
                if self._in_doubt(line):
                    line.base = replace(line.base, unseen_before=True)
                    self._emit_changed([line])

    def _in_doubt(self, line: _Line) -> bool:
        if line.post is None or line.post.author == self._own_fp:
            return False
        return self._afters.in_doubt(line.post, line.base.seq, self._knows, self._open_at, self._begins)

    def _knows(self, post_id: bytes) -> bool:
        return self._seen.knows(post_id) or post_id in self._of_post

    def _open_at(self, seq: int) -> bool:
        return seq in self._held and all(line.post is not None for line in self._lines.get(seq, ()))

    def loaded(self, arrivals: Sequence[Arrival], *, older: bool, begins: bool) -> None:
        """A page of history, in any order."""
        with self._lock:
            self._begins = self._begins or begins
            new: list[_Line] = []
            changed: list[_Line] = []
            for arrival in sorted(arrivals, key=lambda arrival: arrival.seq):
                line, others = self._take(arrival)
                if line is not None:
                    new.append(line)
                changed += others
            for line in new:
                if self._in_doubt(line):
                    line.base = replace(line.base, unseen_before=True)
            before = set(map(id, new))
            changed += [line for line in self._derive_all() if id(line) not in before]
            messages = tuple(self._render(line) for line in new)
            self._emit(HistoryLoaded(self.conv, messages, self._begins, older))
            self._emit_changed([line for line in changed if id(line) not in before])

    def _take(self, arrival: Arrival) -> tuple[_Line | None, list[_Line]]:
        """(the new line or None, lines that changed) for one arrival. The lock is held."""
        assert self._lock.locked()  # noqa: S101
        seq, content = arrival.seq, arrival.content
        taken = seq in self._held
        self._held.add(seq)
        if isinstance(content, Problem):
            return self._problem(arrival, content.sentence, taken), []
        post, post_id = content.post, content.post_id
        if self._seen.knows(post_id):
            return None, []
        waiting = self._of_post.get(post_id)
        if taken or not self._seen.place(post, post_id, seq).valid:
            return self._problem(arrival, UNVERIFIED, taken), []
        self._afters.note(post, seq)
        if waiting is not None and waiting.base.state is MessageState.WAITING:
            self._store_own(waiting, seq, arrival.server_time_ms)
            return None, [waiting]
        return self._accept(arrival, content)

    def _accept(self, arrival: Arrival, content: Verified) -> tuple[_Line | None, list[_Line]]:
        post, mine = content.post, content.post.author == self._own_fp
        if not mine and arrival.seq > self._newest_other[0]:
            self._newest_other = (arrival.seq, content.post_id)
        if post.kind in CONTROL_KINDS:
            target = self._of_post.get(self._effects.add(post, content.post_id, content.author.username))
            return None, [target] if target is not None else []
        base = message_of(post, content.post_id, content.author.username, mine=mine, state=MessageState.STORED)
        line = _Line(replace(base, seq=arrival.seq, server_time_ms=arrival.server_time_ms), post)
        self._insert(arrival.seq, line)
        self._of_post[content.post_id] = line
        return line, []

    def _problem(self, arrival: Arrival, sentence: str, taken: bool) -> _Line | None:
        """A line for what failed. The same seq is told twice at most, so that fetching again tells nothing new."""
        lines = self._lines.get(arrival.seq, [])
        if taken and any(line.post is None for line in lines):
            return None
        base = Message(
            self.conv, arrival.seq, 0, b"", "", b"", False, 0, arrival.server_time_ms, 0, "", MessageState.STORED,
            problem=sentence,
        )
        line = _Line(base, None)
        self._insert(arrival.seq, line)
        return line

    def _insert(self, seq: int, line: _Line) -> None:
        self._held.add(seq)
        if seq not in self._lines:
            insort(self._seqs, seq)
        self._lines.setdefault(seq, []).append(line)

    # --- what depends on neighbours

    def _settle(self, seq: int, line: _Line) -> list[_Line]:
        """Work out "late" and "missing" of a new line. Returns other lines that look different because of it."""
        if seq != self._seqs[-1]:
            return self._derive_all(except_for=line)
        if line.post is None:
            return []
        above = self._newest_time_before(seq)
        self._derive_line(line, above)
        if _stood_at(line.base) > above:
            del self._times[bisect_left(self._times, (seq, 0)) :]
            self._times.append((seq, _stood_at(line.base)))
        return []

    def _newest_time_before(self, seq: int) -> int:
        index = bisect_left(self._times, (seq, 0))
        return self._times[index - 1][1] if index else 0

    def _derive_line(self, line: _Line, above: int) -> None:
        if line.post is None:
            return
        late = line.pushed_late or is_late(line.base.time_ms, above)
        missing = self._seen.missing_before(line.post)
        if missing:
            previous = self._seen.previous_seq(line.post)
            if not all(seq in self._held for seq in range(previous + 1, line.base.seq)):
                missing = 0  # something between was not loaded: it may be there
        line.base = replace(line.base, late=late, missing_before=missing)

    def _derive_all(self, except_for: _Line | None = None) -> list[_Line]:
        """The same for every line, after posts came between or above. Returns the lines that look different now."""
        changed = []
        self._times = []
        newest = 0
        for seq in self._seqs:
            for line in self._lines[seq]:
                if line.post is None:
                    continue
                before = line.base
                self._derive_line(line, newest)
                if line.base != before and line is not except_for:
                    changed.append(line)
                if _stood_at(line.base) > newest:
                    newest = _stood_at(line.base)
                    self._times.append((seq, newest))
        return changed

    def _render(self, line: _Line) -> Message:
        line.shown = self._effects.render(line.base)
        return line.shown

    def _emit_changed(self, lines: list[_Line]) -> None:
        for line in dict((id(line), line) for line in lines).values():
            before = line.shown
            if self._render(line) != before:
                self._emit(MessageChanged(self._render(line)))
