"""Searching in what is loaded of the open conversation: the matches, which of them shows, and fetching more.

Implements `SearchActions`. Matches are kept by post id, because rows move while messages come. A long conversation is
looked through in pieces, the newest posts first, so that no turn of the event loop is long; the count grows meanwhile.
Main thread only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from securechat.desktop.chat.chat_control import ChatControl

__all__ = ["PIECE_S", "SearchControl"]

PIECE_S: Final = 0.015  # per turn


class SearchControl:
    """Part of one `ChatControl`."""

    def __init__(self, chat: ChatControl, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._chat, self._monotonic = chat, monotonic
        self.is_open = False
        self.query = ""
        self._at = b""  # the match that shows
        self._found: set[bytes] = set()
        self._coming: set[bytes] = set()  # what the running look through all posts has found
        self._looking: Iterator[bytes] | None = None
        self._new = False  # the first look for these words is not over
        self._looked: tuple[bytes, int] = b"", 0  # conversation and version that are looked through, or were

    def open(self, query: str = "") -> None:
        """Show the search bar, with words to look for if there are any."""
        self.is_open = True
        bar = self._chat.view.search_bar
        bar.pack(fill="x", before=self._chat.view.timeline)
        if query:
            bar.set_query(query)
        bar.update_idletasks()  # only what is on the screen can take the next key
        bar.focus()

    def attached(self) -> None:
        """The chat is drawn anew."""
        if self.is_open:
            self.open(self.query)

    def search(self, query: str) -> None:
        """Look for these words; the newest match shows first."""
        self.query, self._at, self._found, self._new = query, b"", set(), True
        self._begin()
        self.step(0)

    def step(self, by: int) -> None:
        """To the next match below (1) or above (-1), round and round; at first to the newest."""
        self._catch_up()
        rows = self._rows()
        if rows:
            places = {self._post(row): place for place, row in enumerate(rows)}
            place = places[self._at] + by if self._at in places else len(rows) - 1
            row = rows[place % len(rows)]
            self._at = self._post(row)
            self._chat.view.show(self._chat.model.current.timeline.show_whole(row))
            self._chat.view.timeline.reveal(row)
            self._chat.view.timeline.set_current(row)
        self._tell()

    def search_older(self) -> None:
        """Fetch older posts, to look in them as well."""
        if self._chat.model.may_load_older():
            self._chat.load_older()

    def close_search(self) -> None:
        """Put the bar away."""
        if not self.is_open:
            return
        self.is_open, self.query, self._found, self._looking = False, "", set(), None
        view = self._chat.view
        view.timeline.show_matches("", ())
        view.timeline.set_current(None)
        view.search_bar.pack_forget()
        view.composer.text.focus_set()

    def tick(self) -> None:
        """To be called once per turn: goes on looking; messages may have come, changed or gone, too."""
        new = self._new
        if self.is_open and self._catch_up():
            if new and self._found and not self._at:
                self.step(0)  # the newest match at last
            else:
                self._tell()

    # ------------------------------------------------------------------ inside
    def _catch_up(self) -> bool:
        """Look on for a moment, from the start if what was looked through is out of date. False: nothing to do."""
        timeline = self._chat.model.current.timeline
        if self._looking is None and self._looked != (self._chat.model.current.conv, timeline.version):
            self._begin()
        if self._looking is None:
            return False
        end = self._monotonic() + PIECE_S
        for post_id in self._looking:
            if post_id:
                self._coming.add(post_id)
            if self._monotonic() >= end:
                self._found |= self._coming  # with what was found the last time, which most of it still is
                break
        else:
            self._found, self._looking, self._new = self._coming, None, False
        self._chat.view.timeline.show_matches(self.query if self._found else "", self._rows())
        return True

    def _begin(self) -> None:
        current = self._chat.model.current
        self._looked = current.conv, current.timeline.version
        self._looking, self._coming = current.timeline.scan(self.query), set()

    def _rows(self) -> list[int]:
        """Of the matches, ascending."""
        timeline = self._chat.model.current.timeline
        return sorted(row for post_id in self._found if (row := timeline.index_of(post_id)) is not None)

    def _post(self, row: int) -> bytes:
        message = self._chat.model.current.timeline.message_at(row)
        return message.post_id if message is not None else b""

    def _tell(self) -> None:
        rows = self._rows()
        places = [place for place, row in enumerate(rows) if self._post(row) == self._at]
        position = places[0] + 1 if places else 0
        more = not self._chat.model.current.timeline.begins
        self._chat.view.search_bar.show(position, len(rows), more)
