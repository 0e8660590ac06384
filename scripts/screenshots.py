"""Makes the pictures in docs/images: `make screenshots`. Each shows the real window with a conversation made up here.

Needs a display of at least 1100 x 720 with nothing else on it (the Makefile gives one), and ImageMagick.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from securechat.client.events import ConnectionState, Event, Message, Presence, TypingSeen
from securechat.client.preferences import Preferences, PreferenceStore
from securechat.desktop.app import App
from tests.desktop.fake_client import LOBBY, FakeClient, key_of, message, person

SIZE = (1100, 720)
IMAGES = Path(__file__).parent.parent / "docs" / "images"
NOON = 1_780_000_000 // 86_400 * 86_400 + 9 * 3600  # a morning, in seconds
CODE = "Start to first message in 40 seconds. All I ran was `python client.py` and this:\n```\n$ make run\n" \
    "Server started. Waiting for clients...\n```"


def _posts() -> list[Message]:
    def post(seq: int, author: str, text: str, minute: int, **other: object) -> Message:
        time_ms = (NOON + minute * 60) * 1000
        return message(seq, author, text, time_ms=time_ms, server_time_ms=time_ms, **other)

    first = post(
        3, "bob", "Morning! The new build is on the share. Can someone try the **installer** on a clean Windows box? "
        "@alice maybe? Notes: http://build.lan/142", 2,
        reactions=(("👍", ("alice", "carol", "erin")), ("👀", ("dave",))),
    )
    return [
        post(1, "carol", "The room for the demo is booked: Thursday, ten o'clock.", -1440),
        post(2, "dave", "Thanks! I bring the adapter.", -1437),
        first,
        post(4, "alice", CODE, 11, reply_to=first.post_id, kind=7, mine=True),
        post(5, "erin", "/me waves from the train", 12),
        post(6, "carol", "Ship it *today*, then the demo runs on what people get.", 14, edited=True,
             earlier=(((NOON + 13 * 60) * 1000, "Ship it tomorrow."),)),
        post(7, "bob", "Release notes are nearly done. שלום to Haifa, مرحبا to Cairo 👋", 20),
    ]


def _client() -> FakeClient:
    client = FakeClient()
    client.shown = _posts()
    client.mark = 6
    client.server_name = "Blue Team"
    client.everyone = (
        person("alice"), person("bob"), person("carol", Presence.AWAY), person("dave", Presence.OFFLINE),
        person("erin"),
    )
    client.own_fp = key_of("alice")
    return client


class Studio:
    """One window, drawn on until it looks as wanted, then photographed."""

    def __init__(self, folder: Path, preferences: Preferences, *, log_in: bool = True) -> None:
        PreferenceStore(folder).save(preferences)
        self.root = tk.Tk(className="SecureChat")
        self.root.geometry(f"{SIZE[0]}x{SIZE[1]}+0+0")
        self.client = _client()

        def make(where: Path | None, on_event: Callable[[Event], None]) -> FakeClient:
            self.client.on_event = on_event
            return self.client

        self.app = App(self.root, client_factory=make, folder=folder, clock=lambda: NOON + 1800.0)
        self.root.update()
        self.root.focus_force()
        if log_in:
            model = self.app.model
            model.server, model.username, model.password, model.register = "localhost", "alice", "-", False
            self.app.connect()
            self.until(lambda: self.app.chat is not None)
        self.settle()

    def until(self, condition: Callable[[], object]) -> None:
        """Let the window work until then."""
        end = time.monotonic() + 10
        while not condition():
            if time.monotonic() > end:
                sys.exit("The window did not get there in time.")
            self.root.tk.dooneevent(0)

    def settle(self) -> None:
        """Let everything be drawn: several turns of the pump, and what is idle."""
        for _ in range(6):
            done: list[bool] = []
            self.app.post(lambda done=done: done.append(True))
            self.until(lambda done=done: done)
        self.root.update()

    def shoot(self, name: str) -> None:
        """Write docs/images/NAME.png, with few colours, so that it is small."""
        self.settle()
        IMAGES.mkdir(parents=True, exist_ok=True)
        path = IMAGES / f"{name}.png"
        subprocess.run(
            ["import", "-window", "root", "-crop", f"{SIZE[0]}x{SIZE[1]}+0+0", "+repage", "+dither", "-colors", "96",
             "-strip", "-define", "png:compression-filter=0", "-define", "png:compression-level=9", f"png8:{path}"],
            check=True,
        )
        print(f"{path.relative_to(IMAGES.parent.parent)}  {path.stat().st_size // 1024} KiB")

    def close(self) -> None:
        """Away with it."""
        self.app.close()
        self.root.destroy()


def _chat(studio: Studio) -> None:
    studio.client.emit(TypingSeen(LOBBY, "bob"))


def _search(studio: Studio) -> None:
    control = studio.app.control
    assert control is not None
    control.search.open("the")


def _protection(studio: Studio) -> None:
    control = studio.app.control
    assert control is not None
    control.messages.protection(studio.client.shown[2])
    studio.until(lambda: control.sheets.open is not None)


def _settings(studio: Studio) -> None:
    assert studio.app.control is not None
    studio.app.control.sheets.settings()


def _broken(studio: Studio) -> None:
    studio.client.turn(
        ConnectionState.WAITING, reason="The connection was lost.", retry_in_s=12.0
    )
    studio.client.send("This goes out by itself when the server is back.")


def _error(studio: Studio) -> None:
    assert studio.app.control is not None

    def fail() -> None:
        raise RuntimeError("made for the picture")

    studio.app.post(fail)
    studio.settle()
    studio.app.control.dismiss()


SHOTS: dict[str, tuple[Preferences, Callable[[Studio], None]]] = {
    "window": (Preferences(theme="light"), _chat),
    "dark": (Preferences(theme="dark"), _chat),
    "contrast": (Preferences(theme="contrast"), _chat),
    "zoom-200": (Preferences(theme="light", zoom=2.0), _chat),
    "search": (Preferences(theme="light"), _search),
    "protection": (Preferences(theme="light"), _protection),
    "settings": (Preferences(theme="dark"), _settings),
    "broken-connection": (Preferences(theme="light"), _broken),
    "error": (Preferences(theme="dark"), _error),
}


def main() -> None:
    """Make all, or those named on the command line."""
    if shutil.which("import") is None:
        sys.exit("This needs ImageMagick: apt install imagemagick")
    wanted = sys.argv[1:] or ["connect", *SHOTS]
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            if name == "connect":
                studio = Studio(Path(folder), Preferences(theme="light"), log_in=False)
                form = studio.app.form
                assert form is not None
                for field, words in {"username": "alice", "password": "winter morning tea"}.items():
                    form.entries[field].insert(0, words)
            else:
                preferences, prepare = SHOTS[name]
                studio = Studio(Path(folder), preferences)
                prepare(studio)
            studio.shoot(name)
            studio.close()


if __name__ == "__main__":
    main()
