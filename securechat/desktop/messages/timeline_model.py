"""The entries of one conversation in the order in which they are shown, kept without a display.

Owns order, duplicates and neighbours: messages stand by seq, own waiting ones at the end, quiet lines where they
happened. Each change is told as `Splice`s of rows, so that a view redraws only what changed. Knows neither Tk nor the
client.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from securechat.client.events import Message, MessageState
from securechat.desktop.messages import transcript
from securechat.desktop.messages.message_rows import hidden
from securechat.desktop.messages.positions import Positions
from securechat.desktop.messages.rows import (
    BeginningEntry,
    Entry,
    Fold,
    Look,
    MessageEntry,
    Piece,
    Place,
    PresenceEntry,
    Row,
    draw,
    has_day_line,
)
from securechat.desktop.messages.timeline_order import Key, keys_of, people_of, piece_start, place_of, same_words

__all__ = ["JOIN_PRESENCE_S", "Splice", "Timeline"]


JOIN_PRESENCE_S = 5 * 60  # comings and goings within this time, with no message between, share one line
_FEW: Final = 16  # rows that are drawn anew at once, each by itself

@dataclass(frozen=True)
class Splice:
    """Rows ``start`` to ``start + removed`` give way to ``rows``."""

    start: int
    removed: int
    rows: tuple[Row, ...]


class Timeline:
    """One conversation. Main thread only; no method blocks. A page on top costs what the page costs, a message at the
    end next to nothing, however much there is. Where many rows look different all at once, they wait to be drawn anew:
    while ``working``, the owner calls `work` once per turn."""

    def __init__(self, title: str, look: Look) -> None:
        self.title = title
        self.look = look
        self.entries: list[Entry] = []
        self.begins = False
        self._positions = Positions()  # of the entries
        self._handles: dict[Key, int] = {}  # what messages are known by -> handle of their entry
        self._quoters: dict[bytes, set[Key]] = {}  # post id -> the replies to it
        self._unfolded: set[bytes] = set()
        self._stale: set[int] = set()  # handles of entries to be drawn anew
        self.version = 0  # another one: `find` may answer another thing
        self._place = Place(self._quoted, b"", self._unfolded)

    # ------------------------------------------------------------------ messages
    def merge(self, messages: Iterable[Message], *, begins: bool = False) -> list[Splice]:
        """Put messages where they belong; known ones are changed in place. One splice for any number of new ones."""
        splices: list[Splice] = []
        fresh: list[Message] = []
        known_again: list[Message] = []
        taken: set[Key] = set()
        for message in messages:
            keys = keys_of(message)
            if taken.isdisjoint(keys) and self._handle(message) is None:
                fresh.append(message)
                taken |= keys
            else:
                known_again.append(message)
        begin_here = begins and not self.begins
        self.begins = self.begins or begins
        if fresh or begin_here:
            splices.append(drawn := self._insert_many(fresh, begin_here))
            quotes = set().union(*(self._quoting(message.post_id) for message in fresh))
            splices += self._redraw(sorted(quotes.difference(range(drawn.start, drawn.start + len(drawn.rows)))))
        for message in known_again:  # last, for one may come twice in the same batch
            splices += self.change(message)
        return splices

    def change(self, message: Message, reason: str = "") -> list[Splice]:
        """A known message is now ``message``. An unknown one is put where it belongs."""
        handle = self._handle(message)
        if handle is None:
            return [self._insert_one(MessageEntry(message, reason)), *self._requote(message.post_id)]
        index = self._positions.index(handle)
        old = self.entries[index]
        if not isinstance(old, MessageEntry):
            raise TypeError("a message was looked for")
        if message.state is MessageState.WAITING and old.message.state is not MessageState.WAITING:
            return []  # a repeated telling of what was true before
        new = MessageEntry(message, reason or old.reason)
        if new == old:
            return []
        self._note(message, handle)
        place = index if message.seq == old.message.seq else self._place_without(index, message.seq)
        changed = [self._replace(index, new)] if place == index else self._move(index, place, new)
        if same_words(message, old.message):
            return changed  # a reaction to a popular post is no news for its thousand quotes
        self.version += 1
        return [*changed, *self._requote(message.post_id)]

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
            return [self._replace(len(self.entries) - 1, joined)]
        return [self._put(len(self.entries), [PresenceEntry(time_ms, tuple(coming), tuple(going))])]

    # ------------------------------------------------------------------ asking
    def rows(self) -> tuple[Row, ...]:
        """All rows, for a view that starts anew."""
        return self._rows(0, len(self.entries))

    def row(self, index: int) -> Row:
        """The row at ``index`` as it is shown now. IndexError: there is none."""
        entry = self.entries[index]
        return draw(entry, self.entries[index - 1] if index > 0 else None, self.look, self._place)

    def message_at(self, index: int) -> Message | None:
        """The message that the row at ``index`` shows; None: a quiet line, or no such row."""
        entry = self.entries[index] if 0 <= index < len(self.entries) else None
        return entry.message if isinstance(entry, MessageEntry) else None

    def index_of(self, post_id: bytes) -> int | None:
        """The row of a post, None if it is not here."""
        handle = self._handles.get(("post", post_id))
        return None if handle is None else self._positions.index(handle)

    @property
    def first_new(self) -> bytes:
        """The post id below the "new" line, b"" if there is none."""
        return self._place.first_new

    @property
    def messages(self) -> list[Message]:
        """The messages among the entries, as shown."""
        return [entry.message for entry in self.entries if isinstance(entry, MessageEntry)]

    def last_own(self) -> Message | None:
        """The newest own text that may still be edited."""
        return transcript.last_own(self.entries)

    def find(self, query: str) -> list[int]:
        """The rows whose message has ``query`` in its text as it is read, in any case of letters; the newest last. A
        folded message is looked through as a whole: `show_whole` before it is shown."""
        found = self.scan(query)
        return sorted(index for post_id in found if post_id and (index := self.index_of(post_id)) is not None)

    def scan(self, query: str) -> Iterator[bytes]:
        """The same in as many steps as there are messages now, from the newest up: the id of one that has ``query``, or
        b"". Rows may come and go meanwhile; what is found may be out of date once `version` is another."""
        return transcript.scan(reversed(self.entries[:]), query, self._hidden)

    def copy_text(self, first: int, last: int) -> str:
        """Rows ``first`` to ``last`` (both included) for the clipboard: "name, time: text" lines."""
        return transcript.copy_text(self.entries[max(0, first) : last + 1], self.look, self._place)

    # ------------------------------------------------------------------ what rows depend on
    def new_day(self, today: date) -> list[Splice]:
        """The date changed: "Today" means another day now."""
        if today == self.look.today:
            return []
        self.look = replace(self.look, today=today)
        return self._redraw([
            index for index, entry in enumerate(self.entries)
            if (isinstance(entry, MessageEntry) and entry.message.late)
            or has_day_line(entry, self.entries[index - 1] if index else None)
        ])

    def ignoring(self, ignored: frozenset[str]) -> list[Splice]:
        """These people are ignored now."""
        if ignored == self.look.ignored:
            return []
        moved = ignored ^ self.look.ignored
        self.look = replace(self.look, ignored=ignored)
        self.version += 1
        concerned: set[int] = set()
        for index, entry in enumerate(self.entries):
            if isinstance(entry, MessageEntry) and not moved.isdisjoint(people_of(entry.message)):
                # The head of the row below depends on it, and so do the quotes of it.
                concerned |= {index, min(index + 1, len(self.entries) - 1)}
                concerned |= self._quoting(entry.message.post_id)
        return self._redraw(sorted(concerned))

    def mark_new(self, post_id: bytes) -> list[Splice]:
        """The "new" line stands above this post now; b"": nowhere."""
        before = self._place.first_new
        if post_id == before:
            return []
        self._place = replace(self._place, first_new=post_id)
        return self._redraw_with_below([before, post_id])

    def fold(self, post_id: bytes) -> list[Splice]:
        """Show a long or an ignored message whole, or no longer."""
        self._unfolded ^= {post_id}
        self.version += 1  # a message of somebody ignored is searched while it shows
        return self._redraw_with_below([post_id])

    def show_whole(self, index: int) -> list[Splice]:
        """Unfold the message at ``index`` if it is folded."""
        message = self.message_at(index)
        if message is None or message.post_id in self._unfolded:
            return []
        folded = any(isinstance(piece, Piece) and isinstance(piece.target, Fold) for piece in self.row(index).pieces)
        return self.fold(message.post_id) if folded else []

    # ------------------------------------------------------------------ long work
    @property
    def working(self) -> bool:
        """True while rows wait to be drawn anew."""
        return bool(self._stale)

    def work(self) -> list[Splice]:
        """Draw the newest of the waiting rows anew."""
        waiting = sorted(self._positions.index(handle) for handle in self._stale)
        if not waiting:
            return []
        stop = waiting[-1] + 1
        first = piece_start(self.entries, stop)
        start = next(index for index in waiting if index >= first)
        # In one splice, with what is between them: a splice costs more than a row.
        self._stale.difference_update(self._positions.handles(start, stop))
        return [Splice(start, stop - start, self._rows(start, stop))]

    # ------------------------------------------------------------------ inside: drawing
    def _rows(self, start: int, stop: int) -> tuple[Row, ...]:
        return tuple(self.row(index) for index in range(start, stop))

    def _below(self, index: int) -> int:
        """1 if there is a row at ``index``: its day line and head depend on what is above it."""
        return 1 if index < len(self.entries) else 0

    def _redraw(self, indices: Sequence[int]) -> list[Splice]:
        """These rows (ascending) anew, neighbours in one splice. If they are many, they wait for `work`."""
        if len(indices) > _FEW:
            self._stale.update(handle for index in indices for handle in self._positions.handles(index, index + 1))
            return []
        runs: list[list[int]] = []
        for index in indices:
            if runs and index == runs[-1][1]:
                runs[-1][1] = index + 1
            else:
                runs.append([index, index + 1])
        return [Splice(start, stop - start, self._rows(start, stop)) for start, stop in runs]

    def _redraw_with_below(self, post_ids: Iterable[bytes]) -> list[Splice]:
        found = {index for post_id in post_ids if (index := self.index_of(post_id)) is not None}
        return self._redraw(sorted(found | {index + 1 for index in found if index + 1 < len(self.entries)}))

    def _requote(self, post_id: bytes) -> list[Splice]:
        """Redraw the quotes of a message that changed, or was not here before."""
        return self._redraw(sorted(self._quoting(post_id)))

    def _hidden(self, message: Message) -> bool:
        return hidden(message, self.look, self._place)

    def _quoting(self, post_id: bytes) -> set[int]:
        return {self._positions.index(self._handles[key]) for key in self._quoters.get(post_id, ())}

    def _quoted(self, post_id: bytes) -> Message | None:
        index = self.index_of(post_id)
        return None if index is None else self.message_at(index)

    # ------------------------------------------------------------------ inside: order
    def _put(self, index: int, entries: list[Entry]) -> Splice:
        """New entries at ``index``; draws also the one below."""
        self._take_in(index, entries)
        stop = index + len(entries)
        below = self._below(stop)
        return Splice(index, below, self._rows(index, stop + below))

    def _take_in(self, index: int, entries: list[Entry]) -> None:
        """New entries at ``index``, not drawn."""
        self.version += 1
        self.entries[index:index] = entries
        for entry, handle in zip(entries, self._positions.insert(index, len(entries)), strict=True):
            if isinstance(entry, MessageEntry):
                self._note(entry.message, handle)

    def _replace(self, index: int, entry: Entry) -> Splice:
        self.entries[index] = entry
        below = self._below(index + 1)
        return Splice(index, 1 + below, self._rows(index, index + 1 + below))

    def _move(self, index: int, place: int, new: MessageEntry) -> list[Splice]:
        """An acknowledged message moves: others were numbered before it. ``place`` is counted without it."""
        del self.entries[index]
        below = self._below(index)
        away = Splice(index, 1 + below, self._rows(index, index + below))
        self.entries.insert(place, new)
        self._positions.move(index, place)
        below = self._below(place + 1)
        return [away, Splice(place, below, self._rows(place, place + 1 + below))]

    def _insert_one(self, entry: MessageEntry) -> Splice:
        return self._put(place_of(self.entries, entry.message.seq), [entry])

    def _insert_many(self, messages: list[Message], begins: bool) -> Splice:
        """One splice around all places at which something is new."""
        if len(messages) == 1 and not begins:
            return self._insert_one(MessageEntry(messages[0]))
        numbered = sorted((m for m in messages if m.seq), key=lambda m: m.seq)
        waiting = [m for m in messages if not m.seq]
        before = len(self.entries)
        first_seq = next((e.message.seq for e in self.entries if isinstance(e, MessageEntry) and e.message.seq), None)
        block: list[Entry] = [BeginningEntry(self.title)] if begins else []
        if not waiting and (first_seq is None or not numbered or numbered[-1].seq < first_seq):
            return self._put(0, [*block, *(MessageEntry(message) for message in numbered)])
        if block:
            self._take_in(0, block)
        start, untouched = (0 if block else before), before
        for message in [*numbered, *waiting]:
            index = place_of(self.entries, message.seq)
            start, untouched = min(start, index), min(untouched, len(self.entries) - index)
            self._take_in(index, [MessageEntry(message)])
        below = 1 if untouched else 0
        removed = before - start - untouched + below
        return Splice(start, removed, self._rows(start, len(self.entries) - untouched + below))

    def _place_without(self, index: int, seq: int) -> int:
        """Where the entry at ``index`` belongs once it is numbered ``seq``, counted without it."""
        return place_of([*self.entries[:index], *self.entries[index + 1 :]], seq)

    def _handle(self, message: Message) -> int | None:
        return next((self._handles[key] for key in keys_of(message) if key in self._handles), None)

    def _note(self, message: Message, handle: int) -> None:
        keys = keys_of(message)
        self._handles.update(dict.fromkeys(keys, handle))
        if message.reply_to:
            self._quoters.setdefault(message.reply_to, set()).add(next(iter(keys)))
