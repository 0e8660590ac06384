"""What later posts do to earlier ones: edits, deletions and reactions of docs/protocol.md §8.

Pure; belongs to one timeline. A control post may come before its target: it is kept and takes effect when the target is
there. Of several the greatest (time, n) counts; a deletion wins over edits and may target control posts too.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from securechat.client.events import Message
from securechat.wire.objects import Post, PostKind, split_target

__all__ = ["CONTROL_KINDS", "Effects"]

CONTROL_KINDS = frozenset({PostKind.EDIT, PostKind.DELETE, PostKind.REACTION})
_EDITABLE = frozenset({PostKind.TEXT, PostKind.REPLY})
_ANSWERABLE = frozenset({PostKind.TEXT, PostKind.FILE, PostKind.REPLY})


@dataclass(frozen=True)
class _Control:
    post_id: bytes
    author_fp: bytes
    author: str
    kind: int
    order: tuple[int, int]  # (time, n)
    text: str


class Effects:
    """All control posts of one conversation. `operator` may delete any post (lobby: @server's fp; else b"")."""

    def __init__(self, operator: bytes) -> None:
        self._operator = operator
        self._on: dict[bytes, list[_Control]] = defaultdict(list)
        self._target_of: dict[bytes, bytes] = {}  # control post id -> its target

    def add(self, post: Post, post_id: bytes, author: str) -> bytes:
        """Take a verified control post; returns the id of the message that may look different now."""
        target, rest = split_target(post.body)
        self._on[target].append(
            _Control(post_id, post.author, author, post.kind, (post.time, post.n), rest.decode("utf-8"))
        )
        self._target_of[post_id] = target
        # Deleting an edit or a reaction changes the message which that one was about.
        return self._target_of.get(target, target)

    def _deleted_by(self, post_id: bytes, author_fp: bytes) -> bytes:
        """The fp of who deleted this post with the right to do so, or b""; its author before the operator."""
        who = {control.author_fp for control in self._on.get(post_id, ()) if control.kind == PostKind.DELETE}
        if author_fp in who:
            return author_fp
        return self._operator if self._operator and self._operator in who else b""

    def _standing(self, target: bytes, kind: PostKind) -> list[_Control]:
        """Control posts of this kind on a target that were not deleted themselves, in the order that counts."""
        controls = [
            control
            for control in self._on.get(target, ())
            if control.kind == kind and not self._deleted_by(control.post_id, control.author_fp)
        ]
        return sorted(controls, key=lambda control: control.order)

    def render(self, message: Message) -> Message:
        """`message` as it looks with everything that is known about it."""
        if message.post_id not in self._on:
            return message
        deleter = self._deleted_by(message.post_id, message.author_fp)
        if deleter:
            return replace(
                message, text="", deleted=True, deleted_by_operator=deleter != message.author_fp, reactions=()
            )
        if message.kind in _EDITABLE:
            edits = self._standing(message.post_id, PostKind.EDIT)
            own = [edit for edit in edits if edit.author_fp == message.author_fp]
            if own:
                message = replace(message, text=own[-1].text, edited=True)
        if message.kind in _ANSWERABLE:
            message = replace(message, reactions=self._reactions(message.post_id))
        return message

    def _reactions(self, target: bytes) -> tuple[tuple[str, tuple[str, ...]], ...]:
        newest = {control.author_fp: control for control in self._standing(target, PostKind.REACTION)}
        by_emoji: dict[str, list[str]] = {}
        for control in newest.values():
            if control.text:
                by_emoji.setdefault(control.text, []).append(control.author)
        return tuple((emoji, tuple(sorted(names))) for emoji, names in by_emoji.items())
