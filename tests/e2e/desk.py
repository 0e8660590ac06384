"""A person's hands at the desk: the keyboard, by way of xdotool, and the clipboard of another program."""

from __future__ import annotations

import gc
import subprocess
import time
import tkinter as tk

from tests.e2e.program import WAIT_S, Program

__all__ = ["Clipboard", "press", "type_words", "wait_shown", "window_of", "xdotool"]


def xdotool(*words: str) -> str:
    """Move a ghost's hand."""
    done = subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 0, f"xdotool {words}: {done.stderr}"
    return done.stdout.strip()


def press(*keys: str) -> None:
    """Press keys one after the other, as xdotool names them."""
    xdotool("key", *keys)


def type_words(words: str) -> None:
    """Type a text where the keys go."""
    xdotool("type", "--delay", "2", words)


class Clipboard:
    """Another program on the screen, from which and to which one copies."""

    def __init__(self) -> None:
        self.root = tk.Tk()
        self.root.withdraw()
        self.given = 0
        self._text = ""

    def offer(self, text: str) -> None:
        """Have `text` copied."""
        self._text = text
        for kind in ("STRING", "UTF8_STRING"):
            self.root.selection_handle(self._give, selection="CLIPBOARD", type=kind)
        self.root.selection_own(selection="CLIPBOARD")
        self.root.update()

    def _give(self, offset: str, length: str) -> str:
        self.given += 1
        return self._text[int(offset) : int(offset) + int(length)]

    def pasted(self, timeout_s: float) -> bool:
        """Serve the clipboard until the text was asked for, or the time is over."""
        over: list[bool] = []
        timer = self.root.after(int(timeout_s * 1000), lambda: over.append(True))
        while not self.given and not over:
            self.root.tk.dooneevent(0)
        self.root.after_cancel(timer)
        self.root.update()
        return self.given > 0

    def close(self) -> None:
        """Let go of Tk in this thread: an interpreter must not be freed by another."""
        self.root.destroy()
        del self.root
        gc.collect()

    def get(self) -> str:
        """What another program has copied; "" if it has nothing."""
        self.root.update()  # it may have lost the clipboard to that program
        try:
            return str(self.root.selection_get(selection="CLIPBOARD", type="UTF8_STRING"))
        except tk.TclError:
            return ""


def window_of(program: Program, title: str) -> str:
    """Wait for the program's window with these words in its title, and give it the keyboard."""
    window = xdotool("search", "--sync", "--onlyvisible", "--name", title).split()[0]
    xdotool("windowfocus", "--sync", window)
    assert program.process.poll() is None
    return window


def wait_shown(clipboard: Clipboard, text: str) -> None:
    """Copy all of the timeline until `text` is in it; then go back to the composer."""
    press("shift+Tab")
    deadline = time.monotonic() + WAIT_S
    while text not in clipboard.get():
        assert time.monotonic() < deadline, f"the window does not show {text!r}, but {clipboard.get()!r}"
        press("ctrl+a", "ctrl+c")
    press("Tab")
