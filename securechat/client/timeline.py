"""One conversation as it is shown: posts in the order of seq, own waiting ones at the end.

Owns merging by seq, replay and order (rule 5 of docs/protocol.md §8), and own posts on their way: a waiting text is a
line, a waiting edit, deletion or reaction shows in the line that it is about. What comes in was verified before. Any
thread; events are told under the lock, so `emit` must only queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

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
from securechat.client.timeline_lines import Line, StoredLines
from securechat.rules.acceptance import AfterRule, SeenPosts, is_late
from securechat.wire.objects import ZERO32, Post, PostKind, split_target

__all__ = ["Timeline", "message_of"]


def message_of(post: Post, post_id: bytes, author: str, *, mine: bool, state: MessageState) -> Message:
    """The message that a verified post is, without what later posts do to it. An edit or a reaction has what it says
    as its text; `reply_to` is the post that it, or a deletion or reply, is about."""
    text, reply_to, newer = "", b"", False
    if post.kind == PostKind.TEXT:
        text = post.body.decode("utf-8")
    elif post.kind == PostKind.REPLY or post.kind in CONTROL_KINDS:
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
        self._lines = StoredLines(self._seen)
        self._own: dict[int, Line] = {}  # by local_id: WAITING and REFUSED, oldest first
        self._changes: dict[int, Line] = {}  # by local_id: own edits, deletions and reactions that wait; not shown
        self._of_post: dict[bytes, Line] = {}
        self._newest_other = (0, ZERO32)
        self._afters = AfterRule()
        self._joined = -1
        self._begins = False

    # --- asking

    def messages(self) -> tuple[Message, ...]:
        """Everything loaded, in display order."""
        with self._lock:
            own = [self._own[local_id] for local_id in sorted(self._own)]
            return tuple(line.shown or self._render(line) for line in (*self._lines, *own))

    def find(self, post_id: bytes) -> tuple[Message, Post] | None:
        """A loaded message as it is shown now, and its post; None if it is not loaded."""
        with self._lock:
            line = self._of_post.get(post_id)
            return None if line is None or line.post is None else (line.shown or self._render(line), line.post)

    def newest_own_ms(self, kind: int, target: bytes) -> int:
        """The highest time of own control posts of this kind on a target, and of the target itself; 0 if none."""
        with self._lock:
            line = self._of_post.get(target)
            said_ms = line.base.time_ms if line is not None and line.base.mine else 0
            return max(said_ms, self._effects.newest_ms(kind, target, self._own_fp))

    @property
    def newest_other(self) -> bytes:
        """The id of the newest post by someone else, zeros if none: a new post's `after`."""
        with self._lock:
            return self._newest_other[1]

    @property
    def joined(self) -> int:
        """The seq up to which, from the oldest loaded post on, nothing is missing; -1 before anything was loaded."""
        with self._lock:
            while self._joined >= 0 and self._lines.held(self._joined + 1):
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
            return self._lines.oldest

    @property
    def begins(self) -> bool:
        """True if nothing older exists."""
        return self._begins

    # --- own posts

    def wait_for(self, local_id: int, post: Post, post_id: bytes, username: str) -> None:
        """Show an own post that is safe in the outbox."""
        with self._lock:
            line = self._put_own(local_id, post, post_id, username)
            if post.kind not in CONTROL_KINDS:
                self._emit(MessageShown(self._render(line)))
            self._emit_changed(self._about(line))

    def sealed_again(self, posts: Iterable[tuple[int, Post, bytes]], username: str) -> None:
        """Own waiting posts (local_id, post, post id) have other ids and times now."""
        with self._lock:
            changed = []
            for local_id, post, post_id in posts:
                old = self._own.get(local_id) or self._changes.get(local_id)
                if old is not None and post.kind in CONTROL_KINDS:
                    changed += self._target(self._effects.withdraw(old.base.post_id))
                elif old is not None:
                    self._of_post.pop(old.base.post_id, None)
                line = self._put_own(local_id, post, post_id, username)
                changed += self._about(line)
            self._emit_changed(changed)

    def _put_own(self, local_id: int, post: Post, post_id: bytes, username: str) -> Line:
        base = message_of(post, post_id, username, mine=True, state=MessageState.WAITING)
        line = Line(replace(base, local_id=local_id), post)
        if post.kind in CONTROL_KINDS:
            self._changes[local_id] = line
            self._effects.add(post, post_id, username, pending=True)
        else:
            self._own[local_id] = self._of_post[post_id] = line
        return line

    def _about(self, line: Line) -> list[Line]:
        """What looks different because of an own waiting post: its own line, or the one that it changes."""
        if line.base.kind in CONTROL_KINDS:
            return self._target(line.base.reply_to)
        return [line]

    def _target(self, post_id: bytes) -> list[Line]:
        line = self._of_post.get(post_id)
        return [] if line is None else [line]

    def stored(self, local_id: int, seq: int, server_time_ms: int) -> None:
        """The server acknowledged an own post."""
        with self._lock:
            line = self._own.get(local_id) or self._changes.get(local_id)
            if line is not None and line.post is not None:
                self._seen.place(line.post, line.base.post_id, seq)
                self._emit_changed(self._store_own(line, seq, server_time_ms))

    def refused(self, local_id: int, reason: str) -> None:
        """The server will never take an own post."""
        with self._lock:
            line = self._own.get(local_id) or self._changes.pop(local_id, None)
            if line is None:
                return
            line.base = replace(line.base, state=MessageState.REFUSED)
            if line.base.kind in CONTROL_KINDS:
                self._emit_changed(self._target(self._effects.withdraw(line.base.post_id)))
            self._emit(PostRefused(self._render(line), reason))

    def _store_own(self, line: Line, seq: int, server_time_ms: int) -> list[Line]:
        """Number an own post. Returns the lines that look different because of it."""
        if line.base.kind in CONTROL_KINDS:
            del self._changes[line.base.local_id]
            self._lines.hold(seq)
            changed = self._target(self._effects.confirm(line.base.post_id))
        else:
            del self._own[line.base.local_id]
            line.base = replace(line.base, state=MessageState.STORED, seq=seq, server_time_ms=server_time_ms)
            self._lines.insert(seq, line)
            changed = [line]
        return [*changed, *self._lines.settle([(seq, line.post)])]

    # --- arrivals

    def pushed(self, arrival: Arrival, clock_ms: int) -> bool:
        """A live post. True if its author had seen a message that is not here: fetch history, then `judge`."""
        with self._lock:
            line, changed = self._take(arrival)
            if line is not None:
                line.pushed_late = line.post is not None and is_late(line.base.time_ms, clock_ms)
            changed += self._settle([arrival])
            if line is not None:
                self._emit(MessageShown(self._render(line)))
            self._emit_changed(changed)
            return line is not None and self._in_doubt(line)

    def judge(self, seq: int) -> None:
        """History was fetched for the post at `seq`: say so if what its author had seen is still not here."""
        with self._lock:
            for line in self._lines.at(seq):
                if self._in_doubt(line):
                    line.base = replace(line.base, unseen_before=True)
                    self._emit_changed([line])

    def _in_doubt(self, line: Line) -> bool:
        if line.post is None or line.post.author == self._own_fp:
            return False
        return self._afters.in_doubt(line.post, line.base.seq, self._knows, self._open_at, self._begins)

    def _knows(self, post_id: bytes) -> bool:
        return self._seen.knows(post_id) or post_id in self._of_post

    def _open_at(self, seq: int) -> bool:
        return self._lines.held(seq) and all(line.post is not None for line in self._lines.at(seq))

    def loaded(self, arrivals: Sequence[Arrival], *, older: bool, begins: bool) -> None:
        """A page of history, in any order."""
        with self._lock:
            self._begins = self._begins or begins
            new: list[Line] = []
            changed: list[Line] = []
            for arrival in sorted(arrivals, key=lambda arrival: arrival.seq):
                line, others = self._take(arrival)
                if line is not None:
                    new.append(line)
                changed += others
            for line in new:
                if self._in_doubt(line):
                    line.base = replace(line.base, unseen_before=True)
            changed += self._settle(arrivals)
            before = set(map(id, new))
            messages = tuple(self._render(line) for line in new)
            self._emit(HistoryLoaded(self.conv, messages, self._begins, older))
            self._emit_changed([line for line in changed if id(line) not in before])

    def _take(self, arrival: Arrival) -> tuple[Line | None, list[Line]]:
        """(the new line or None, lines that changed) for one arrival. The lock is held."""
        assert self._lock.locked()  # noqa: S101
        seq, content = arrival.seq, arrival.content
        taken = self._lines.held(seq)
        self._lines.hold(seq)
        if isinstance(content, Problem):
            return self._problem(arrival, content.sentence, taken), []
        post, post_id = content.post, content.post_id
        if self._seen.knows(post_id):
            return None, []
        waiting = self._waiting(post_id)
        if taken or not self._seen.place(post, post_id, seq).valid:
            return self._problem(arrival, UNVERIFIED, taken), []
        self._afters.note(post, seq)
        if waiting is not None:
            return None, self._store_own(waiting, seq, arrival.server_time_ms)
        return self._accept(arrival, content)

    def _accept(self, arrival: Arrival, content: Verified) -> tuple[Line | None, list[Line]]:
        post, mine = content.post, content.post.author == self._own_fp
        if not mine and arrival.seq > self._newest_other[0]:
            self._newest_other = (arrival.seq, content.post_id)
        if post.kind in CONTROL_KINDS:
            return None, self._target(self._effects.add(post, content.post_id, content.author.username))
        base = message_of(post, content.post_id, content.author.username, mine=mine, state=MessageState.STORED)
        line = Line(replace(base, seq=arrival.seq, server_time_ms=arrival.server_time_ms), post)
        self._lines.insert(arrival.seq, line)
        self._of_post[content.post_id] = line
        return line, []

    def _problem(self, arrival: Arrival, sentence: str, taken: bool) -> Line | None:
        """A line for what failed. The same seq is told twice at most, so that fetching again tells nothing new."""
        if taken and any(line.post is None for line in self._lines.at(arrival.seq)):
            return None
        base = Message(
            self.conv, arrival.seq, 0, b"", "", b"", False, 0, arrival.server_time_ms, 0, "", MessageState.STORED,
            problem=sentence,
        )
        line = Line(base, None)
        self._lines.insert(arrival.seq, line)
        return line

    def _settle(self, arrivals: Iterable[Arrival]) -> list[Line]:
        return self._lines.settle(
            (one.seq, one.content.post if isinstance(one.content, Verified) else None) for one in arrivals
        )

    def _waiting(self, post_id: bytes) -> Line | None:
        """The own waiting post with this id."""
        line = self._of_post.get(post_id)
        if line is not None:
            return line if line.base.state is MessageState.WAITING else None
        return next((change for change in self._changes.values() if change.base.post_id == post_id), None)

    def _render(self, line: Line) -> Message:
        line.shown = self._effects.render(line.base)
        return line.shown

    def _emit_changed(self, lines: list[Line]) -> None:
        for line in dict((id(line), line) for line in lines).values():
            before = line.shown
            if self._render(line) != before:
                self._emit(MessageChanged(self._render(line)))
