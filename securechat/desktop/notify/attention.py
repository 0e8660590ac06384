"""What reaches a person who looks elsewhere: desktop notices, sounds, a toast in the window.

Owns the notifier with its thread. Whether a message deserves it is decided in `notices`. Main thread only, but for
what the notifier's thread posts.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence

from securechat.client.events import Message
from securechat.client.preferences import Preferences
from securechat.desktop.chat.view_model import ChatModel
from securechat.desktop.look.theme import Theme
from securechat.desktop.notify.notices import decide
from securechat.desktop.notify.notifier import Notifier
from securechat.desktop.notify.toast import Toast

__all__ = ["Attention"]


class Attention:
    """One for the program. ``preferences`` and ``focused`` are asked each time; ``on_click``: a toast was clicked."""

    def __init__(
        self, root: tk.Misc, notifier: Notifier, preferences: Callable[[], Preferences], focused: Callable[[], bool],
        on_click: Callable[[], None], monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root, self._notifier = root, notifier
        self._preferences, self._focused, self._on_click = preferences, focused, on_click
        self._monotonic = monotonic
        self.toast: Toast | None = None

    def attach(self, master: tk.Misc, theme: Theme) -> None:
        """Toasts show on this view from now on."""
        self.toast = Toast(master, theme, self._on_click)

    def arrived(self, messages: Sequence[Message], model: ChatModel, *, looking: bool) -> None:
        """Posts by others came. ``looking``: the person sees the newest of the open conversation."""
        preferences, focused = self._preferences(), self._focused()
        sound = False
        for message in messages:
            known = model.conversations.get(message.conv)
            if known is None or (message.seq and message.seq <= known.read_mark):
                continue
            notice = decide(
                message, me=model.opened.username, focused=focused,
                looking=looking and known is model.current, ignored=message.author in model.ignored(),
                preferences=preferences, conversation=known.title, look=model.look,
            )
            if notice is not None:
                self._notifier.notify(notice.title, notice.body, known.title)
                sound = sound or notice.sound
        if sound:
            self._root.bell()

    def show_toast(self, title: str, body: str) -> None:
        """The desktop shows no notices: say it in the window. Main thread."""
        if self.toast is not None and self.toast.winfo_exists():
            self.toast.show(title, body)

    def tick(self) -> None:
        """To be called once per turn."""
        if self.toast is not None:
            self.toast.tick(self._monotonic())

    def close(self) -> None:
        """End the notifier's thread."""
        self._notifier.close()
