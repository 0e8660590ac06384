"""One conversation as the window keeps it: timeline, unread posts, draft, what is being written about. No display.

Long batches are taken and drawn in pieces, newest first (`take` and `work`), so that no turn of the event loop is long.
Main thread only; no method blocks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from securechat.client.events import Conversation, ConversationKind, Message
from securechat.desktop import texts
from securechat.desktop.lists.lines import ConversationLine
from securechat.desktop.messages.rows import Look, MessageEntry
from securechat.desktop.messages.timeline_model import Splice, Timeline
from securechat.desktop.messages.timeline_order import PIECE, piece_start

__all__ = ["PIECE", "ConversationModel", "OpenedConversation", "Unread", "Writing"]

OLDER_PAUSE_S: Final = 5.0  # after a failed request for older posts


@dataclass(frozen=True)
class OpenedConversation:
    """What is known of a conversation at the moment the chat opens."""

    conversation: Conversation
    messages: tuple[Message, ...] = ()
    draft: str = ""
    read_mark: int = 0


@dataclass(frozen=True)
class Unread:
    """``count``: posts by others above the mark; ``more``: not all of them are loaded; ``mention``: one names us."""

    count: int = 0
    more: bool = False
    mention: bool = False


@dataclass(frozen=True)
class Writing:
    """What the composer is about: nothing special, a reply ("reply") or an edit ("edit") to ``target``.

    ``text``: what an edit had become when another conversation was opened.
    """

    mode: str = ""
    target: Message | None = None
    text: str = ""


class ConversationModel:
    """``mentions(text)``: does a text name us. ``ignored()``: usernames whose posts do not count."""

    def __init__(
        self, opened: OpenedConversation, look: Look, *, mentions: Callable[[str], bool],
        ignored: Callable[[], frozenset[str]],
    ) -> None:
        self.conversation = opened.conversation
        self.conv, self.kind = opened.conversation.conv, opened.conversation.kind
        name = look.line(opened.conversation.name)
        self.title = name if self.kind is ConversationKind.DIRECT else texts.conversation_title(name or texts.LOBBY)
        self.timeline = Timeline(self.title, look)
        self.draft = opened.draft
        self.writing = Writing()
        self.read_mark = opened.read_mark
        self.watched = False  # the person looks at its newest end right now
        self.loading_older = False
        self._older_not_before = 0.0
        self._answered = 0  # newest seq when one last wrote: who writes has seen what was new
        self._mentions, self._ignored = mentions, ignored
        self._unread: Unread | None = None  # None: to be counted anew
        self._waiting: deque[tuple[Sequence[Message], bool]] = deque()
        self.take(opened.messages)

    # ------------------------------------------------------------------ what comes
    def take(self, messages: Sequence[Message], *, begins: bool = False) -> list[Splice]:
        """Put a batch in, its newest part at once; `work` does the rest."""
        start = len(messages)
        if piece_start(messages, start) == 0 and not self._waiting:
            return self._merge(messages, begins)
        while start > 0:
            stop, start = start, piece_start(messages, start)
            self._waiting.append((messages[start:stop], begins and start == 0))
        if not messages and begins:
            self._waiting.append(((), True))
        return self.work()

    def work(self) -> list[Splice]:
        """Put the next piece of a long batch in, or draw some rows anew that wait; nothing to do costs nothing."""
        if not self._waiting:
            return self.timeline.work()
        piece, begins = self._waiting.popleft()
        # What came meanwhile about one of these messages is newer than the piece.
        return self._merge([m for m in piece if self._unknown(m)], begins)

    def _merge(self, messages: Sequence[Message], begins: bool) -> list[Splice]:
        self._unread = None
        return [*self.timeline.merge(messages, begins=begins), *self._mark_first_unread()]

    @property
    def working(self) -> bool:
        """True while a long batch is not yet all in, or not all is drawn anew."""
        return bool(self._waiting) or self.timeline.working

    def _unknown(self, message: Message) -> bool:
        return not message.post_id or self.timeline.index_of(message.post_id) is None

    def fresh(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        """Those that are not here yet: nobody is told twice of one."""
        return tuple(message for message in messages if self._unknown(message))

    def shown(self, message: Message) -> list[Splice]:
        """A live message. The first that nobody has looked at yet gets the "new" line above it."""
        if message.post_id and not self._unknown(message):  # told again: it must not count twice
            return self.changed(message)
        before = self.unread()
        splices = self.timeline.merge([message])
        if message.mine:
            self._answered = self.newest_seq()
            return [*splices, *self.timeline.mark_new(b"")]
        if not self._counts(message, self._ignored()) or (message.seq and message.seq <= self.read_mark):
            return splices
        mention = before.mention or self._mentions(message.text)
        self._unread = Unread(before.count + 1, before.more, mention)
        if before.count or self.watched:
            return splices
        return [*splices, *self.timeline.mark_new(message.post_id)]

    def changed(self, message: Message) -> list[Splice]:
        """A known message looks different now."""
        if not message.mine:
            self._unread = None
        return self.timeline.merge([message])

    # ------------------------------------------------------------------ read and unread
    def unread(self) -> Unread:
        """What nobody here has looked at yet."""
        if self._unread is None:
            self._unread = self._count_unread()
        return self._unread

    def _count_unread(self) -> Unread:
        count, mention, lowest, ignored = 0, False, 0, self._ignored()
        for message in self._newest_first():
            if message.seq and message.seq <= self.read_mark:
                return Unread(count, False, mention)
            lowest = message.seq or lowest
            if self._counts(message, ignored):
                count += 1
                mention = mention or self._mentions(message.text)
        more = count > 0 and not self.timeline.begins and lowest > self.read_mark + 1
        return Unread(count, more, mention)

    def ignoring(self, ignored: frozenset[str]) -> list[Splice]:
        """The person ignores these people now."""
        self._unread = None
        return self.timeline.ignoring(ignored)

    def newest_seq(self) -> int:
        """The seq of the newest stored post, 0 if none."""
        return next((message.seq for message in self._newest_first() if message.seq), 0)

    def read_to(self, seq: int) -> bool:
        """The person, here or on another device, has read up to ``seq``; never lowers. True if that is news."""
        if seq <= self.read_mark:
            return False
        self.read_mark, self._unread = seq, None
        return True

    def _mark_first_unread(self) -> list[Splice]:
        """After a batch, which may have brought older unread posts than the line stood above."""
        # Somebody who has read nothing at all is new here: everything would be "new".
        if self.watched or not self.read_mark:
            return []
        first, seen, ignored = None, max(self.read_mark, self._answered), self._ignored()
        for message in self._newest_first():
            if message.seq and message.seq <= seen:
                break
            first = message if self._counts(message, ignored) else first
        return self.timeline.mark_new(first.post_id) if first is not None else []

    @staticmethod
    def _counts(message: Message, ignored: frozenset[str]) -> bool:
        return not (message.mine or message.deleted or not message.post_id or message.author in ignored)

    def _newest_first(self) -> Iterator[Message]:
        for entry in reversed(self.timeline.entries):
            if isinstance(entry, MessageEntry):
                yield entry.message

    # ------------------------------------------------------------------ older posts
    def may_load_older(self, now: float) -> bool:
        """True if asking for older posts now makes sense; the caller then says `older_asked`. ``now``: monotonic."""
        return (
            not self.loading_older and not self.working and not self.timeline.begins and now >= self._older_not_before
        )

    def older_asked(self) -> None:
        """A request for older posts is under way."""
        self.loading_older = True

    def older_done(self, more: bool | None, now: float) -> list[Splice]:
        """The request ended: ``more`` may exist, or not, or (None) it failed and may be tried again in a while."""
        self.loading_older = False
        if more is None:
            self._older_not_before = now + OLDER_PAUSE_S
        elif not more and not self.timeline.begins:
            return self.take((), begins=True)
        return []

    def online(self) -> None:
        """The connection is back: a failed request may be tried again at once."""
        self._older_not_before = 0.0

    # ------------------------------------------------------------------ what shows
    def line(self, *, is_open: bool) -> ConversationLine:
        """Its line in lists."""
        unread = self.unread()
        return ConversationLine(
            self.conv, self.kind, self.title, unread.count, unread.more, unread.mention, is_open
        )

    def loaded(self) -> Iterable[Message]:
        """The loaded messages, oldest first."""
        return self.timeline.messages
