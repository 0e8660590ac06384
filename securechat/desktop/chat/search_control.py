"""Searching in what is loaded of the open conversation: the matches, which of them shows, and fetching more.

Implements `SearchActions`. Matches are kept by post id, because rows move while messages come. Main thread only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securechat.desktop.chat.chat_control import ChatControl

__all__ = ["SearchControl"]


class SearchControl:
    """Part of one `ChatControl`."""

    def __init__(self, chat: ChatControl) -> None:
        self._chat = chat
        self.is_open = False
        self.query = ""
        self._at = b""  # the match that shows
        self._rows: list[int] = []
        self._searched = 0  # how many rows there were then

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
        self.query, self._at = query, b""
        self.step(0)

    def step(self, by: int) -> None:
        """To the next match below (1) or above (-1), round and round; at first to the newest."""
        self._find()  # a match may have been changed or deleted
        if self._rows:
            places = {self._post(row): place for place, row in enumerate(self._rows)}
            place = places[self._at] + by if self._at in places else len(self._rows) - 1
            row = self._rows[place % len(self._rows)]
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
        self.is_open, self.query, self._rows = False, "", []
        view = self._chat.view
        view.timeline.show_matches("", ())
        view.timeline.set_current(None)
        view.search_bar.pack_forget()
        view.composer.text.focus_set()

    def tick(self) -> None:
        """To be called once per turn: messages may have come or gone."""
        if self.is_open and self._searched != len(self._chat.model.current.timeline.entries):
            self._find()
            self._tell()

    # ------------------------------------------------------------------ inside
    def _find(self) -> None:
        timeline = self._chat.model.current.timeline
        self._searched = len(timeline.entries)
        self._rows = timeline.find(self.query) if self.query.strip() else []
        self._chat.view.timeline.show_matches(self.query if self._rows else "", self._rows)

    def _post(self, row: int) -> bytes:
        message = self._chat.model.current.timeline.message_at(row)
        return message.post_id if message is not None else b""

    def _tell(self) -> None:
        places = [place for place, row in enumerate(self._rows) if self._post(row) == self._at]
        position = places[0] + 1 if places else 0
        more = not self._chat.model.current.timeline.begins
        self._chat.view.search_bar.show(position, len(self._rows), more)
