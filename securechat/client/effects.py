"""What later posts do to earlier ones: edits, deletions and reactions of docs/protocol.md §8.

Pure; belongs to one timeline. A control post may come before its target: it is kept and takes effect when the target is
there. Of several the greatest (time, n) counts; a deletion wins over edits and may target control posts too. Own ones
take effect while they still wait in the outbox ("pending"), and are taken back if the server refuses them. What a look
at a message costs does not grow with its edits: those that stand are kept in order, and only the newest are shown.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field, replace

from securechat.client.events import Message
from securechat.wire.objects import Post, PostKind, split_target

__all__ = ["ANSWERABLE", "CONTROL_KINDS", "EDITABLE", "EDITS_SHOWN", "Effects"]

CONTROL_KINDS = frozenset({PostKind.EDIT, PostKind.DELETE, PostKind.REACTION})
EDITABLE = frozenset({PostKind.TEXT, PostKind.REPLY})
ANSWERABLE = frozenset({PostKind.TEXT, PostKind.FILE, PostKind.REPLY})
EDITS_SHOWN = 200  # so many of the edits before the present one are among a message's earlier texts


@dataclass(frozen=True, order=True)
class _Control:
    time_ms: int
    n: int
    post_id: bytes
    author_fp: bytes = field(compare=False)
    author: str = field(compare=False)
    kind: int = field(compare=False)
    target: bytes = field(compare=False)
    text: str = field(compare=False)


@dataclass(frozen=True)
class _Said:
    """The control posts of one kind by one author on one target, each list in the order that counts."""

    all: list[_Control] = field(default_factory=list)
    standing: list[_Control] = field(default_factory=list)  # without those that were deleted themselves


class Effects:
    """All control posts of one conversation. `operator` may delete any post (lobby: @server's fp; else b"")."""

    def __init__(self, operator: bytes) -> None:
        self._operator = operator
        self._all: dict[bytes, _Control] = {}  # by post id
        # target -> kind -> author -> what they said: looking at one message costs as much as there are people who did
        # something to it.
        self._on: dict[bytes, dict[int, dict[bytes, _Said]]] = defaultdict(dict)
        self._pending: dict[bytes, bytes] = {}  # own control posts that wait -> the message they change

    def add(self, post: Post, post_id: bytes, author: str, *, pending: bool = False) -> bytes:
        """Take a verified control post; returns the id of the message that may look different now."""
        target, rest = split_target(post.body)
        control = _Control(post.time, post.n, post_id, post.author, author, post.kind, target, rest.decode("utf-8"))
        self._all[post_id] = control
        insort(self._on[target].setdefault(post.kind, {}).setdefault(post.author, _Said()).all, control)
        self._judge(control)
        self._judge(self._all.get(target))
        message_id = self._message_of(control)
        if pending:
            self._pending[post_id] = message_id
        return message_id

    def confirm(self, post_id: bytes) -> bytes:
        """An own control post is stored; returns as `add`."""
        self._pending.pop(post_id, None)
        return self._message_of(self._all[post_id])

    def withdraw(self, post_id: bytes) -> bytes:
        """An own control post will never be stored; returns as `add`."""
        message_id = self.confirm(post_id)
        control = self._all.pop(post_id)
        said = self._on[control.target][control.kind][control.author_fp]
        for controls in (said.all, said.standing):
            if control in controls:
                controls.remove(control)
        self._judge(self._all.get(control.target))
        return message_id

    def newest_ms(self, kind: int, target: bytes, author_fp: bytes) -> int:
        """The highest time that an author gave to a control post of this kind on a target, 0 if none."""
        said = self._on.get(target, {}).get(kind, {}).get(author_fp)
        return said.all[-1].time_ms if said and said.all else 0

    def _message_of(self, control: _Control) -> bytes:
        # Deleting an edit or a reaction changes the message which that one was about.
        other = self._all.get(control.target)
        return control.target if other is None else other.target

    def _deleted_by(self, post_id: bytes, author_fp: bytes) -> bytes:
        """The fp of who deleted this post with the right to do so, or b""; its author before the operator."""
        who = self._on.get(post_id, {}).get(PostKind.DELETE, {})
        for fp in filter(None, (author_fp, self._operator)):
            if fp in who and who[fp].all:
                return fp
        return b""

    def _judge(self, control: _Control | None) -> None:
        """Put a control post among those that stand, or take it from them, if it was deleted."""
        if control is None:
            return
        standing = self._on[control.target][control.kind][control.author_fp].standing
        place = bisect_left(standing, control)
        stood = place < len(standing) and standing[place] == control
        stands = not self._deleted_by(control.post_id, control.author_fp)
        if stands and not stood:
            standing.insert(place, control)
        elif stood and not stands:
            del standing[place]

    def render(self, message: Message) -> Message:
        """`message` as it looks with everything that is known about it."""
        on_it = self._on.get(message.post_id)
        if on_it is None:
            return message
        pending = message.post_id in self._pending.values()
        deleter = self._deleted_by(message.post_id, message.author_fp)
        if deleter:
            by_operator = deleter != message.author_fp
            return replace(message, text="", deleted=True, deleted_by_operator=by_operator, pending=pending)
        if message.kind in EDITABLE:
            said = on_it.get(PostKind.EDIT, {}).get(message.author_fp)
            if said and said.standing:
                *before, present = said.standing[-EDITS_SHOWN - 1 :]
                earlier = ((message.time_ms, message.text), *((edit.time_ms, edit.text) for edit in before))
                message = replace(message, text=present.text, edited=True, earlier=earlier)
        if message.kind in ANSWERABLE:
            message = replace(message, reactions=self._reactions(on_it))
        return replace(message, pending=pending) if pending else message

    def _reactions(self, on_it: dict[int, dict[bytes, _Said]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        by_author = on_it.get(PostKind.REACTION, {}).values()
        newest = sorted(said.standing[-1] for said in by_author if said.standing)
        by_emoji: dict[str, list[str]] = {}
        for control in filter(lambda one: one.text, newest):
            by_emoji.setdefault(control.text, []).append(control.author)
        return tuple((emoji, tuple(sorted(names))) for emoji, names in by_emoji.items())
