"""Drives the window in tests: a root, a stand-in client, times that the test sets, and waiting without sleeping."""

from __future__ import annotations

import gc
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from securechat.client.events import Event
from securechat.desktop.app import App
from securechat.desktop.chat.chat_control import ChatControl
from securechat.desktop.chat.chat_view import ChatView
from securechat.desktop.form.connect_form import ConnectForm
from securechat.desktop.notify.notifier import Notifier
from tests.desktop.fake_client import START_MS, FakeClient

DEADLINE_S = 10.0
PASSWORD = "correct horse"


class FakeNotifier(Notifier):
    """Notes what the desktop would show."""

    def __init__(self) -> None:
        super().__init__(on_failed=lambda title, body: None)
        self.shown: list[tuple[str, str]] = []

    def notify(self, title: str, body: str, place: str = "") -> None:
        self.shown.append((title, body))


class Driver:
    """``clients`` are handed out, one per try to connect; then come fresh ones."""

    def __init__(self, folder: Path, *, visible: bool = False, server: str = "", theme: str = "dark") -> None:
        self.root = tk.Tk()
        if visible:
            self.root.geometry("900x600+0+0")
        else:
            self.root.withdraw()
        self.clients: list[FakeClient] = [FakeClient()]
        self.used: list[FakeClient] = []
        self.notifier = FakeNotifier()
        self.now, self.mono = START_MS / 1000 + 3600, 1000.0
        self.app = App(
            self.root, client_factory=self._make, folder=folder, theme=theme, server=server, clock=lambda: self.now,
            monotonic=lambda: self.mono, notifier=self.notifier,
        )
        self.root.update()

    def _make(self, folder: Path | None, on_event: Callable[[Event], None]) -> FakeClient:
        client = self.clients.pop(0) if self.clients else FakeClient()
        client.folder, client.on_event = folder, on_event
        self.used.append(client)
        return client

    @property
    def client(self) -> FakeClient:
        """The client in use, or the one that will be."""
        return self.used[-1] if self.used else self.clients[0]

    @property
    def form(self) -> ConnectForm:
        assert self.app.form is not None
        return self.app.form

    @property
    def chat(self) -> ChatView:
        assert self.app.chat is not None
        return self.app.chat

    @property
    def control(self) -> ChatControl:
        assert self.app.control is not None
        return self.app.control

    @property
    def shown(self) -> str:
        """All text of the timeline."""
        return self.chat.timeline.text.get("1.0", "end-1c")

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Let the window work until ``condition`` holds. The pump's timer wakes this at the latest."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, what or "waited in vain"
            self.root.tk.dooneevent(0)

    def turns(self, count: int = 3) -> None:
        """Let the pump make some turns, after which everything put before is done and drawn."""
        for _ in range(count):
            done: list[bool] = []
            self.app.pump.post(lambda done=done: done.append(True))
            self.until(lambda done=done: done)
        self.root.update()

    def type_form(self, **fields: str) -> None:
        """Put texts into the fields of the form, as typing does."""
        for name, text in fields.items():
            entry = self.form.entries[name]
            entry.delete(0, "end")
            entry.insert(0, text)

    def log_in(self) -> None:
        """Log in as alice and wait for the chat."""
        self.form.tabs["login"].invoke()
        self.type_form(server="127.0.0.1:5050", username="alice", password=PASSWORD)
        self.form.submit.invoke()
        self.until(lambda: self.app.chat is not None, "the chat opens")
        self.turns()

    def tab_order(self, start: tk.Misc) -> list[tk.Misc]:
        """Where Tab leads from ``start``, until it is back there."""
        seen = [start]
        while (following := seen[-1].tk_focusNext()) is not None and following is not start:
            seen.append(following)
            assert len(seen) < 50
        return seen

    def write(self, text: str) -> None:
        """Put a text into the composer, as typing does."""
        self.chat.composer.text.insert("end", text)
        self.root.update()

    def close(self) -> None:
        """End everything, and let go of Tk in this thread: an interpreter must not be freed by another."""
        self.app.close()
        self.root.destroy()
        del self.app, self.root
        gc.collect()
