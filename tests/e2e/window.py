"""The window in this process, with a real client in it and widgets within reach."""

from __future__ import annotations

import gc
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from securechat.client import ChatClient
from securechat.client.events import Event
from securechat.desktop.app import App
from securechat.desktop.chat.chat_control import ChatControl
from securechat.desktop.form.connect_form import ConnectForm
from securechat.desktop.notify.notifier import Notifier
from tests.e2e.person import PASSWORD
from tests.e2e.program import WAIT_S
from tests.keys import quick_stretch, rsa_key

__all__ = ["Window"]

KEY = 8


class Window:
    """A window whose client has quick keys; events go into its widgets."""

    def __init__(self, folder: Path, *, profile: str = "") -> None:
        self.root = tk.Tk()
        self.root.geometry("900x600+0+0")
        # No program of the desktop is started for notices.
        quiet = Notifier(on_failed=lambda title, body: None, find=lambda program: None)
        self.app = App(
            self.root, client_factory=self._make, folder=folder, theme="light", profile=profile, notifier=quiet
        )
        self.root.update()

    @staticmethod
    def _make(folder: Path | None, on_event: Callable[[Event], None]) -> ChatClient:
        return ChatClient(folder, stretch=quick_stretch, generate_rsa=lambda: rsa_key(KEY), on_event=on_event)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the window work until `condition` holds; the window's own timer wakes this."""
        deadline = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}; the window shows: {self.shown}"
            self.root.tk.dooneevent(0)

    def turn(self) -> None:
        """Let the window do all that was to be done before now."""
        done: list[bool] = []
        self.app.pump.post(lambda: done.append(True))
        self.until(lambda: done, "a turn")
        self.root.update()

    @property
    def form(self) -> ConnectForm:
        """The form, which shows now."""
        assert self.app.form is not None
        return self.app.form

    @property
    def control(self) -> ChatControl:
        """The chat, which shows now."""
        assert self.app.control is not None
        return self.app.control

    @property
    def shown(self) -> str:
        """All text of the timeline."""
        return self.app.chat.timeline.text.get("1.0", "end-1c") if self.app.chat else ""

    @property
    def banner(self) -> str:
        """What the banner says, "" while there is none."""
        return self.app.chat.banner.text if self.app.chat else ""

    def fill(self, **fields: str) -> None:
        """Type into fields of the form."""
        for name, text in fields.items():
            entry = self.form.entries[name]
            entry.delete(0, "end")
            entry.insert(0, text)

    def log_in(self, server: str, name: str, password: str = PASSWORD) -> Window:
        """With an account that is there; back when the chat shows."""
        self.form.tabs["login"].invoke()
        self.fill(server=server, username=name, password=password)
        self.form.submit.invoke()
        self.until(lambda: self.app.chat, f"the chat of {name}")
        return self

    def write(self, text: str) -> None:
        """Type a message and press Enter."""
        assert self.app.chat is not None
        composer = self.app.chat.composer.text
        composer.focus_force()
        composer.insert("end", text)
        self.root.update()
        composer.event_generate("<Return>")
        self.root.update()

    def close(self) -> None:
        """End everything, and let go of Tk in this thread: an interpreter must not be freed by another."""
        self.app.close()
        self.root.destroy()
        del self.app, self.root
        gc.collect()
