"""The left column: whose server this is, what holds for the open conversation, the way to the jump list, rooms, people.

Draws what it is given and says what was chosen; knows no client.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from securechat.client.events import ConversationKind
from securechat.desktop import texts
from securechat.desktop.lists.line_list import Line, LineList, Section, fit
from securechat.desktop.lists.lines import ConversationLine, PersonLine
from securechat.desktop.look.theme import Theme

__all__ = ["Sidebar", "SidebarActions"]

WIDTH = 250  # design pixels
LONGEST = 300  # characters of a server's name that are looked at


class SidebarActions(Protocol):
    """What the left column asks of its owner. Main thread; none may block."""

    def open_conversation(self, conv: bytes) -> None:
        """Look at this conversation."""

    def open_person(self, username: str) -> None:
        """A person was chosen."""

    def person_menu(self, username: str, x: int, y: int) -> None:
        """Show what can be done with a person, at this place of the screen."""

    def open_jump(self) -> None:
        """Open the jump list."""


class Sidebar(tk.Frame):
    """Reachable for tests: ``title``, ``holds``, ``jump``, ``list``.

    ``server_name`` is cleaned already. ``holds``: the words under it, until `show_holds` says others.
    """

    def __init__(self, master: tk.Misc, theme: Theme, server_name: str, holds: str, actions: SidebarActions) -> None:
        p, px = theme.palette, theme.px
        super().__init__(master, bg=p.side, width=px(WIDTH))
        self.pack_propagate(False)
        self._theme, self._actions = theme, actions
        bold = partial(theme.measure, theme.font(17, "bold"))
        self.title = theme.label(self, fit(bold, server_name[:LONGEST], px(WIDTH - 36)), 17, "", "bold")
        self.title.pack(fill="x", padx=px(18), pady=(px(15), 0))
        held = theme.frame(self, p.side)
        held.pack(fill="x", padx=px(18), pady=(px(2), px(8)))
        self._dot = theme.label(held, "● ", 12, p.warn)
        self._dot.pack(side="left")
        self.holds = theme.label(held, "", 12, p.dim)
        self.holds.pack(side="left")
        self.jump = _JumpBox(self, theme, actions.open_jump)
        self.jump.pack(fill="x", padx=px(10), pady=(px(3), 0))
        self.list = LineList(self, theme, p.side, on_open=self._open, on_menu=self._menu)
        self.show_holds(holds, ok=False)

    def show(
        self, conversations: Sequence[ConversationLine], people: Sequence[PersonLine], *, offline: bool = False
    ) -> None:
        """Show these, in this order; cheap if nothing changed. A direct conversation shows on its person's line.

        ``offline``: this program is not connected, so that nobody's presence is known.
        """
        rooms = [line for line in conversations if line.kind is not ConversationKind.DIRECT]
        lines: list[Line] = []
        for words, section in ((texts.ROOMS, rooms), (texts.PEOPLE, people)):
            if section:
                lines += [Section(words), *section]
        self.list.show(lines, offline=offline)

    def show_holds(self, words: str, ok: bool) -> None:
        """What holds for the open conversation; ``ok``: nobody but its members can read it."""
        p, theme = self._theme.palette, self._theme
        room = theme.px(WIDTH - 36) - theme.measure(theme.font(12), "● ")
        self._dot.configure(fg=p.ok if ok else p.warn)
        shown = fit(partial(theme.measure, theme.font(12)), words, room)
        self.holds.configure(text=shown, fg=p.ok if ok else p.dim)

    def _open(self, line: Line) -> None:
        if isinstance(line, ConversationLine):
            self._actions.open_conversation(line.conv)
        elif isinstance(line, PersonLine):
            self._actions.open_person(line.username)

    def _menu(self, line: Line, x: int, y: int) -> None:
        if isinstance(line, PersonLine):
            self._actions.person_menu(line.username, x, y)


class _JumpBox(tk.Canvas):
    """Looks like a field and is a button: the jump list has the field."""

    def __init__(self, master: tk.Misc, theme: Theme, command: Callable[[], None]) -> None:
        super().__init__(
            master, bg=theme.palette.side, bd=0, highlightthickness=0, height=theme.px(34), width=1, takefocus=True,
            cursor="hand2",
        )
        self._theme, self._hovered, self._focused = theme, False, False
        self.invoke = command
        self.bind("<Configure>", lambda event: self._draw())
        self.bind("<Button-1>", lambda event: command())
        for key in ("<Return>", "<KP_Enter>", "<space>"):
            self.bind(key, lambda event: command())
        for event, name, value in (
            ("<FocusIn>", "_focused", True), ("<FocusOut>", "_focused", False), ("<Enter>", "_hovered", True),
            ("<Leave>", "_hovered", False),
        ):
            self.bind(event, partial(self._change, name, value))

    def _change(self, name: str, value: bool, event: tk.Event[tk.Misc]) -> None:
        setattr(self, name, value)
        self._draw()

    def _draw(self) -> None:
        theme, p, px = self._theme, self._theme.palette, self._theme.px
        border, thick = (p.accent, px(2)) if self._focused else (p.line, px(1))
        fill = p.hover if self._hovered else p.entry
        self.delete("all")
        width = max(1, self.winfo_width())
        box = theme.images.box(width, px(32), px(9), fill, border, thick)
        self.create_image(0, px(1), image=box, anchor="nw")
        middle = px(17)
        self.create_text(px(12), middle, text=texts.JUMP, anchor="w", fill=p.dim, font=theme.font(13))
        self.create_text(
            width - px(12), middle, text=texts.JUMP_KEYS, anchor="e", fill=p.dim, font=theme.font(12)
        )
