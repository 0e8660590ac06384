"""The window of an open chat: sidebar, header, strips, search, timeline, composer. Draws a `ChatModel`.

What the person asks for goes to the `ChatControl`. `show` draws changes; `tick` what depends on time.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from securechat.client.events import ConnectionState, ConversationKind
from securechat.desktop import texts
from securechat.desktop.chat.banner import Strip
from securechat.desktop.chat.first_new import FirstNew
from securechat.desktop.chat.growing_timeline import GrowingTimeline
from securechat.desktop.chat.header import Header, MenuEntry
from securechat.desktop.chat.view_model import Change, ListsMoved, Told
from securechat.desktop.lists.sidebar import Sidebar
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.message_menu import MessageMenu
from securechat.desktop.messages.search_bar import SearchBar
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.writing.composer import Composer

if TYPE_CHECKING:
    from securechat.desktop.chat.chat_control import ChatControl

__all__ = ["ChatView"]


_MODIFIED = 0x4 | 0x8 | 0x20000  # Control; Alt on X11; Alt on Windows
NARROW = 660  # design pixels; a window with less shows no sidebar


class ChatView(tk.Frame):
    """``window_keys`` are those that the window shall hand on to `press`.

    Reachable for tests: ``sidebar``, ``header``, ``timeline``, ``composer``, ``banner``, ``notice``.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, control: ChatControl, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(master, bg=theme.palette.bg)
        self.theme, self.model, self._control = theme, control.model, control
        model = self.model
        server = model.look.line(model.opened.server_name)
        self.sidebar = Sidebar(self, theme, server, texts.LOBBY_HOLDS, control)
        self.sidebar.pack(side="left", fill="y")
        main = self._main = theme.frame(self)
        main.pack(side="left", fill="both", expand=True)
        self.header = Header(main, theme, control.search.open, control.open_jump, self._menu())
        self.header.pack(fill="x")
        line = tk.Frame(main, bg=theme.palette.line, height=1)
        line.pack(fill="x")
        self.banner = Strip(main, theme, texts.TRY_NOW, control.retry_now, line)
        self.notice = Strip(main, theme, texts.DISMISS, self._dismiss, line)
        self.search_bar = SearchBar(main, theme, control.search)
        self.timeline = GrowingTimeline(main, theme, control.messages)
        self.composer = Composer(
            main, theme, texts.message_hint(model.current.title), control, shield=model.look.shield,
            monotonic=monotonic,
        )
        self.composer.pack(side="bottom", fill="x", padx=theme.px(16))
        self.timeline.pack(fill="both", expand=True)
        self.first_new = FirstNew(self.timeline, theme, self._first_new_row)
        # Those that mean something for a chosen message are bound there by name, which goes before "any key".
        for key in ("<Key>", "<Key-r>", "<Key-R>", "<Key-e>", "<Key-E>", "<plus>", "<KP_Add>"):
            self.timeline.text.bind(key, self._typed_in_list, add="+")
        self.message_menu = MessageMenu(self, theme, control.messages, model.look)
        self.window_keys = self._keys()
        self._narrow = False
        self.bind("<Configure>", lambda event: self._fit(event.width))
        self._lists_moved = True
        self.show_conversation()
        self._show_notice()

    def _menu(self) -> list[MenuEntry]:
        control = self._control
        zoom = control.zoom
        return [
            (texts.JUMP, "Ctrl+K", control.open_jump), (texts.SEARCH_BUTTON, "Ctrl+F", control.search.open),
            (texts.PROTECTION_MENU, "Ctrl+Shift+E", control.messages.protect_current),
            (texts.EXPORT_MENU, "", control.sheets.export), None,
            (texts.COPY_LINK, "", control.copy_link), (texts.SETTINGS_MENU, "Ctrl+,", control.sheets.settings),
            (texts.KEYS_AND_COMMANDS, "F1", control.sheets.help), None,
            (texts.LARGER, "Ctrl++", lambda: zoom(1)), (texts.SMALLER, "Ctrl+-", lambda: zoom(-1)),
            (texts.NORMAL_SIZE, "Ctrl+0", lambda: zoom(0)), None,
            (texts.SIGN_OUT, "", control.sign_out),
        ]

    def _keys(self) -> dict[str, Callable[[], None]]:
        """What keys do that hold in the whole window, whose owner binds them: bindings there outlive this view."""
        control = self._control
        # With Caps Lock the letter comes as a capital.
        return {
            "<Control-k>": control.open_jump, "<Control-K>": control.open_jump,
            "<Control-f>": control.search.open, "<Control-F>": control.search.open,
            "<Control-comma>": control.sheets.settings, "<F1>": control.sheets.help,
            "<Control-Shift-E>": control.messages.protect_current,
            "<Control-Shift-e>": control.messages.protect_current,
        }

    def _fit(self, width: int) -> None:
        narrow = 1 < width < self.theme.px(NARROW)
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.header.narrow(narrow)
        if narrow:
            self.sidebar.pack_forget()
        else:
            self.sidebar.pack(side="left", fill="y", before=self._main)

    def press(self, key: str) -> None:
        """One of ``window_keys`` was pressed somewhere in the window."""
        if self.winfo_exists() and self._control.sheets.open is None:
            self.window_keys[key]()

    # ------------------------------------------------------------------ drawing
    def show_conversation(self) -> None:
        """Show the open conversation from its newest post on, or from the first unread one."""
        current = self.model.current
        self.composer.set_hint(texts.message_hint(current.title))
        self.composer.set(current.draft)
        self.timeline.fill(len(current.timeline.entries))
        self.first_new.hide()
        first_new = self._first_new_row() if current.unread().count else None
        if first_new is not None:
            self.timeline.reveal(first_new, flash=False)
        self._lists_moved = True
        self.tick()

    def _first_new_row(self) -> int | None:
        timeline = self.model.current.timeline
        return timeline.index_of(timeline.first_new) if timeline.first_new else None

    def _typed_in_list(self, event: tk.Event[tk.Misc]) -> str | None:
        """Who types while the list has the focus, and no message is chosen, means to write."""
        if self.timeline.current is not None or not event.char.isprintable() or not event.char.strip():
            return None
        if int(event.state) & _MODIFIED:
            return None
        self.composer.text.focus_set()
        self.composer.insert(event.char)
        return "break"

    def show(self, changes: Iterable[Change]) -> None:
        """Draw what changed in the model."""
        for change in changes:
            if isinstance(change, Splice):
                self.timeline.apply(change)
            elif isinstance(change, ListsMoved):
                self._lists_moved = True  # drawn once per turn, however many came
            elif isinstance(change, Told):
                self._show_notice()

    def lists_moved(self) -> None:
        """Something about the lists changed; they are drawn in the next turn."""
        self._lists_moved = True

    def tick(self) -> None:
        """Draw what depends on time, and what was put off to the end of a turn."""
        model = self.model
        if self._lists_moved:
            self._lists_moved = False
            offline = model.state is not ConnectionState.ONLINE
            self.sidebar.show(model.conversation_lines(), model.people(), offline=offline)
            holds = texts.LOBBY_HOLDS if model.current.kind is ConversationKind.LOBBY else texts.END_TO_END
            self.sidebar.show_holds(holds, model.current.kind is not ConversationKind.LOBBY)
            here = texts.NOT_CONNECTED if offline else model.count()
            self.header.show(model.current.title, f"{holds}  ·  {here}")
        self.composer.show_typing(model.typing_line())
        banner = model.banner()
        self.banner.show(banner.text if banner else "", button=banner is not None and banner.can_retry)
        self.timeline.tick()
        self.first_new.tick()
        self.timeline.show_loading(model.current.loading_older)
        self.composer.tick()

    def _show_notice(self) -> None:
        first = self.model.notices[0] if self.model.notices else None
        self.notice.set_button(texts.DETAILS if first is not None and first.details else texts.DISMISS)
        self.notice.show(first.text if first else "", alarm=first is not None and first.alarm)

    def _dismiss(self) -> None:
        self.composer.text.focus_set()
        self._control.dismiss()
        self._show_notice()
