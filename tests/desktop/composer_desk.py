"""A composer alone in a window, for the tests of it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence

from securechat.desktop.look.theme import Theme
from securechat.desktop.writing.composer import Composer


class Owner:
    """Notes what the composer asks for; ``answer`` is what it says to a text or a command."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.answer = ""
        self.on_command: Callable[[], object] = lambda: None
        self.people = ["alice", "bob", "boris"]

    def send(self, text: str) -> str:
        self.asked.append(("send", text))
        return self.answer

    def send_parts(self, parts: Sequence[str]) -> str:
        self.asked.append(("send_parts", *parts))
        return self.answer

    def typing(self) -> None:
        """Not looked at here."""

    def save_draft(self, text: str) -> None:
        self.asked.append(("save_draft", text))

    def edit_last(self) -> None:
        self.asked.append(("edit_last",))

    def leave_mode(self) -> None:
        self.asked.append(("leave_mode",))

    def command(self, name: str, argument: str) -> str:
        self.asked.append(("command", name, argument))
        self.on_command()
        return self.answer

    def names(self) -> Sequence[str]:
        return self.people

    def took(self, *kinds: str) -> list[tuple[object, ...]]:
        """What was asked of these kinds."""
        return [asked for asked in self.asked if asked[0] in kinds]


class Desk:
    """A composer in a window, its owner, and hands on the keyboard."""

    def __init__(self, root: tk.Tk, theme: Theme, shield: Callable[[str], str] = str) -> None:
        self.root, self.owner, self.now = root, Owner(), 100.0
        self.composer = Composer(
            root, theme, "Message # lobby", self.owner, shield=shield, monotonic=lambda: self.now
        )
        self.composer.pack(side="bottom", fill="x")
        root.update()
        self.composer.text.focus_force()
        root.update()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        for key in keys:
            focused = self.root.focus_get()
            assert focused is not None
            focused.event_generate(key)
            self.root.update()

    def type(self, text: str) -> None:
        """Press the keys of a text."""
        names = {":": "colon", "@": "at", " ": "space", "+": "plus", "/": "slash", "`": "grave", "\n": "Return"}
        for char in text:
            self.press(f"<Key-{names.get(char, char)}>")

    def write(self, text: str) -> None:
        """Put in a text at once."""
        self.composer.insert(text)
        self.root.update()

    @property
    def shown(self) -> list[str]:
        """The words of the buttons under the sentence, if they are in sight."""
        if not self.composer.choices.winfo_ismapped():
            return []
        return [str(button["text"]) for button in self.composer.choices.buttons]

    @property
    def offered(self) -> list[str]:
        return [suggestion.shown for suggestion in self.composer.completions.offered]

    def focused(self) -> object:
        return self.root.focus_get()
