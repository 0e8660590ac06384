"""The button that leads up to the first post that came while the person looked elsewhere, if that is out of sight."""

from __future__ import annotations

from collections.abc import Callable

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.timeline_view import TimelineView

__all__ = ["FirstNew"]


class FirstNew:
    """``row``: where that post stands now, None if it is not loaded. Reachable for tests: ``button``."""

    def __init__(self, timeline: TimelineView, theme: Theme, row: Callable[[], int | None]) -> None:
        self._timeline, self._theme, self._row = timeline, theme, row
        self.button = theme.button(timeline, "", self._go, "Plain.TButton")

    def offer(self, count: int) -> None:
        """``count`` posts were unread until now, because the end of the list came into sight."""
        if not self._in_sight():
            self.button.configure(text=f"↑  {texts.new_messages(count)}")
            self.button.place(relx=0.5, y=self._theme.px(10), anchor="n")

    def tick(self) -> None:
        """To be called often: takes the button away once the post is in sight, or is the first new one no longer."""
        if self.button.winfo_ismapped() and self._in_sight():
            self.hide()

    def hide(self) -> None:
        """Take the button away."""
        self.button.place_forget()

    def _go(self) -> None:
        self.hide()
        row = self._row()
        if row is not None:
            self._timeline.reveal(row)
            self._timeline.text.focus_set()

    def _in_sight(self) -> bool:
        row = self._row()
        return row is None or self._timeline.in_sight(row)
