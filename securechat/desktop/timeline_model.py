"""The entries of one conversation in the order in which they are shown, kept without a display.

Owns order, duplicates and neighbours: messages stand by seq, own waiting ones at the end, quiet lines where they
happened. Each change is told as one `Splice` of rows, so that a view redraws only what changed. Knows
neither Tk nor the client.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from securechat.client.events import Message, MessageState
from securechat.desktop.rows import BeginningEntry, Entry, Look, MessageEntry, PresenceEntry, Row, draw

__all__ = ["JOIN_PRESENCE_S", "Splice", "Timeline"]

JOIN_PRESENCE_S = 5 * 60  # comings and goings within this time, with no message between, share one line


@dataclass(frozen=True)
class Splice:
    """Rows ``start`` to ``start + removed`` give way to ``rows``."""

    start: int
    removed: int
    rows: tuple[Row, ...]


class Timeline:
    """One conversation. Main thread only; no method blocks."""

    def __init__(self, title: str, look: Look) -> None:
        self.title = title
        self.look = look
        self.entries: list[Entry] = []
        self.begins = False
        self._known: set[tuple[str, object]] = set()

    # ------------------------------------------------------------------ messages
    def merge(self, messages: Iterable[Message], *, begins: bool = False) -> list[Splice]:
        """Put messages where they belong; known ones are changed in place. One splice for any number of new ones."""
        splices: list[Splice] = []
        fresh: list[Message] = []
        known_again: list[Message] = []
        for message in messages:
            if self._known.isdisjoint(_keys(message)):
                fresh.append(message)
                self._known |= _keys(message)
            else:
                known_again.append(message)
        begin_here = begins and not self.begins
        self.begins = self.begins or begins
        if len(fresh) == 1 and not begin_here:
            splices.append(self._insert(MessageEntry(fresh[0])))
        elif fresh or begin_here:
            splices.append(self._insert_many(fresh, begin_here))
        for message in known_again:  # last, for one may come twice in the same batch
            splices += self.change(message)
        return splices

    def change(self, message: Message, reason: str = "") -> list[Splice]:
        """A known message is now ``message``. An unknown one is put where it belongs."""
        index = self._find(message)
        self._known |= _keys(message)
        if index is None:
            return [self._insert(MessageEntry(message, reason))]
        old = self.entries[index]
        if not isinstance(old, MessageEntry):
            raise TypeError("a message was looked for")
        if message.state is MessageState.WAITING and old.message.state is not MessageState.WAITING:
            return []  # a repeated telling of what was true before
        new = MessageEntry(message, reason or old.reason)
        if new == old:
            return []
        if message.seq != old.message.seq and not self._stays(index, message.seq):
            # An acknowledged message moves: others were numbered before it.
            return [self._splice(index, 1, []), self._insert(new)]
        return [self._splice(index, 1, [new])]

    # ------------------------------------------------------------------ quiet lines
    def presence(self, came: Iterable[str], left: Iterable[str], time_ms: int) -> list[Splice]:
        """Somebody came or left. Joined with the last line if that was just now and no message is between."""
        coming, going = dict.fromkeys(came), dict.fromkeys(left)
        if not coming and not going:
            return []
        last = self.entries[-1] if self.entries else None
        if isinstance(last, PresenceEntry) and abs(time_ms - last.time_ms) <= JOIN_PRESENCE_S * 1000:
            # The newest state of each person counts; the line keeps the time at which it began.
            all_came = {n: None for n in (*last.came, *coming) if n not in going}
            all_left = {n: None for n in (*last.left, *going) if n not in coming}
            joined = PresenceEntry(last.time_ms, tuple(all_came), tuple(all_left))
            return [self._splice(len(self.entries) - 1, 1, [joined])]
        return [self._splice(len(self.entries), 0, [PresenceEntry(time_ms, tuple(coming), tuple(going))])]

    # ------------------------------------------------------------------ drawing
    def rows(self) -> tuple[Row, ...]:
        """All rows, for a view that starts anew."""
        return self._rows(0, len(self.entries))

    def new_day(self, today: date) -> list[Splice]:
        """The date changed: "Today" means another day now."""
        if today == self.look.today:
            return []
        self.look = replace(self.look, today=today)
        return [Splice(0, len(self.entries), self.rows())]

    @property
    def messages(self) -> list[Message]:
        """The messages among the entries, as shown."""
        return [entry.message for entry in self.entries if isinstance(entry, MessageEntry)]

    # ------------------------------------------------------------------ inside
    def _rows(self, start: int, stop: int) -> tuple[Row, ...]:
        span = self.entries[max(0, start - 1) : stop]
        befores: list[Entry | None] = [None, *span] if start == 0 else list(span)
        return tuple(draw(e, b, self.look) for e, b in zip(span if start == 0 else span[1:], befores, strict=False))

    def _splice(self, start: int, removed: int, entries: list[Entry]) -> Splice:
        """Replace entries, and draw also the one below: its day line and head depend on what is above it."""
        below = 1 if start + removed < len(self.entries) else 0
        self.entries[start : start + removed] = entries
        return Splice(start, removed + below, self._rows(start, start + len(entries) + below))

    def _insert(self, entry: MessageEntry) -> Splice:
        return self._splice(self._place(entry.message.seq), 0, [entry])

    def _insert_many(self, messages: list[Message], begins: bool) -> Splice:
        numbered = sorted((m for m in messages if m.seq), key=lambda m: m.seq)
        first = next((m.seq for m in self.messages if m.seq), None)
        if all(m.seq for m in messages) and (first is None or not numbered or numbered[-1].seq < first):
            block: list[Entry] = [BeginningEntry(self.title)] if begins else []
            block += [MessageEntry(m) for m in numbered]
            return self._splice(0, 0, block)
        before = len(self.entries)
        for message in [*numbered, *(m for m in messages if not m.seq)]:
            self.entries.insert(self._place(message.seq), MessageEntry(message))
        if begins:
            self.entries.insert(0, BeginningEntry(self.title))
        return Splice(0, before, self.rows())

    def _place(self, seq: int) -> int:
        """Where a message with ``seq`` belongs (0: waiting, at the end)."""
        if seq == 0:
            return len(self.entries)
        index = len(self.entries)
        while index > 0:
            above = self.entries[index - 1]
            if isinstance(above, BeginningEntry) or (isinstance(above, MessageEntry) and 0 < above.message.seq < seq):
                break
            index -= 1
        # What happened after the message above, but before this one arrived, stays between them.
        while index < len(self.entries) and isinstance(self.entries[index], PresenceEntry):
            index += 1
        return index

    def _stays(self, index: int, seq: int) -> bool:
        """True if the entry at ``index`` is still in its place once it is numbered ``seq``."""
        entry = self.entries.pop(index)
        place = self._place(seq)
        self.entries.insert(index, entry)
        return place == index

    def _find(self, message: Message) -> int | None:
        keys = _keys(message)
        if self._known.isdisjoint(keys):
            return None
        for index in range(len(self.entries) - 1, -1, -1):  # changes are nearly always near the end
            entry = self.entries[index]
            if isinstance(entry, MessageEntry) and not keys.isdisjoint(_keys(entry.message)):
                return index
        return None


def _keys(message: Message) -> set[tuple[str, object]]:
    """By what a message is known: own ones by local id, all by post id; unreadable ones have only their number."""
    keys: set[tuple[str, object]] = set()
    if message.local_id:
        keys.add(("local", message.local_id))
    if message.post_id:
        keys.add(("post", message.post_id))
    if not keys:
        keys.add(("seq", message.seq))
    return keys
