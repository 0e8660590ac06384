"""The window of an open chat: sidebar, header, strips, timeline, composer. Draws a `ChatModel`, hands on what is asked.

Knows no client: its owner makes the calls. `show` draws changes; `tick` what depends on time.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Iterable
from tkinter import ttk
from typing import Protocol

from securechat.client.events import ConnectionState
from securechat.desktop import texts
from securechat.desktop.banner import Strip
from securechat.desktop.composer import Composer, ComposerActions
from securechat.desktop.palette import THEMES
from securechat.desktop.sidebar import Sidebar
from securechat.desktop.theme import Theme
from securechat.desktop.timeline_model import Splice
from securechat.desktop.timeline_view import TimelineView
from securechat.desktop.view_model import Change, ChatModel, PeopleMoved, SentBack, Told

__all__ = ["ChatActions", "ChatView"]


class ChatActions(ComposerActions, Protocol):
    """What the chat asks of its owner. Main thread; none may block."""

    def retry_now(self) -> None:
        """End the pause before the next try to connect."""

    def load_older(self) -> None:
        """The top of what is loaded is in sight."""

    def copy_link(self) -> None:
        """Put the join link on the clipboard."""

    def sign_out(self) -> None:
        """End this session and go back to the form."""

    def set_theme(self, theme: str) -> None:
        """Light, dark or as the system."""

    def zoom(self, step: int) -> None:
        """One step larger (1), smaller (-1), or back to normal (0)."""


class ChatView(tk.Frame):
    """Reachable for tests: ``sidebar``, ``timeline``, ``composer``, ``banner``, ``notice``, ``menu``."""

    def __init__(
        self, master: tk.Misc, theme: Theme, model: ChatModel, actions: ChatActions, theme_name: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(master, bg=theme.palette.bg)
        self._theme, self.model, self._actions = theme, model, actions
        self.sidebar = Sidebar(self, theme, model.look.line(model.opened.server_name), model.title, texts.LOBBY_HOLDS)
        self.sidebar.pack(side="left", fill="y")
        main = theme.frame(self)
        main.pack(side="left", fill="both", expand=True)
        self._build_header(main, theme_name)
        line = tk.Frame(main, bg=theme.palette.line, height=1)
        line.pack(fill="x")
        self.banner = Strip(main, theme, texts.TRY_NOW, actions.retry_now, line)
        self.notice = Strip(main, theme, texts.DISMISS, self._dismiss, line)
        self.timeline = TimelineView(main, theme)
        self.composer = Composer(
            main, theme, texts.message_hint(model.title), actions, shield=model.look.shield, monotonic=monotonic
        )
        self.composer.pack(side="bottom", fill="x", padx=theme.px(16))
        self.timeline.pack(fill="both", expand=True)
        self.timeline.reset(model.timeline.rows())
        self._people_moved = True
        self.tick()

    def _build_header(self, main: tk.Frame, theme_name: str) -> None:
        t, p = self._theme, self._theme.palette
        header = t.frame(main)
        header.pack(fill="x", padx=t.px(20), pady=t.px(8))
        self.menu_button = ttk.Menubutton(header, text=f"{texts.MENU}  ▾", style=t.name("Ghost.TMenubutton"))
        self.menu_button.pack(side="right")
        t.label(header, self.model.title, 18, "", "bold").pack(side="left")
        self.subtitle = t.label(header, "", 12, p.dim)
        self.subtitle.pack(side="left", fill="x", padx=(t.px(14), t.px(8)), pady=(t.px(3), 0))
        menu = self.menu = t.menu(self.menu_button)
        self.menu_button.configure(menu=menu)
        menu.add_command(label=texts.COPY_LINK, command=self._actions.copy_link)
        menu.add_separator()
        self.setvar("securechat_theme", theme_name)
        for value, words in zip(THEMES, (texts.LIGHT, texts.DARK, texts.SYSTEM), strict=True):
            menu.add_radiobutton(
                label=words, value=value, variable="securechat_theme",  # type: ignore[arg-type]
                command=lambda value=value: self._actions.set_theme(value),  # type: ignore[misc]
            )
        menu.add_separator()
        for words, keys, step in (
            (texts.LARGER, "Ctrl++", 1), (texts.SMALLER, "Ctrl+-", -1), (texts.NORMAL_SIZE, "Ctrl+0", 0),
        ):
            menu.add_command(
                label=words, accelerator=keys,
                command=lambda step=step: self._actions.zoom(step),  # type: ignore[misc]
            )
        menu.add_separator()
        menu.add_command(label=texts.SIGN_OUT, command=self._actions.sign_out)

    # ------------------------------------------------------------------ drawing
    def show(self, changes: Iterable[Change]) -> None:
        """Draw what changed in the model."""
        for change in changes:
            if isinstance(change, Splice):
                self.timeline.apply(change)
            elif isinstance(change, PeopleMoved):
                self._people_moved = True  # drawn once per turn, however many came
            elif isinstance(change, Told):
                self._show_notice()
            elif isinstance(change, SentBack):
                self.composer.put_back(change.text)  # to be mended and sent again; it also stays in the timeline

    def tick(self) -> None:
        """Draw what depends on time, and what was put off to the end of a turn."""
        if self._people_moved:
            self._people_moved = False
            self.sidebar.show_people(self.model.people())
            self.subtitle.configure(text=f"{texts.LOBBY_HOLDS}  ·  {self.model.count()}")
        self.composer.show_typing(self.model.typing_line())
        banner = self.model.banner()
        self.banner.show(banner.text if banner else "", button=banner is not None and banner.can_retry)
        self.show(self.model.new_day())
        self.timeline.tick()
        self.timeline.show_loading(self.model.loading_older)
        if self.model.state is ConnectionState.ONLINE and self.model.may_load_older() and self.timeline.at_top():
            self._actions.load_older()
        self.composer.tick()

    def tell(self, sentence: str, *, alarm: bool = False) -> None:
        """Show a sentence until it is dismissed."""
        self.show(self.model.tell(sentence, alarm=alarm))

    def _show_notice(self) -> None:
        first = self.model.notices[0] if self.model.notices else None
        self.notice.show(first.text if first else "", alarm=first is not None and first.alarm)

    def _dismiss(self) -> None:
        self.model.dismiss()
        self._show_notice()
        self.composer.text.focus_set()
