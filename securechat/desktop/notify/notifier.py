"""Shows notices by the means of the desktop: notify-send, a PowerShell toast, or osascript.

Owns one thread, because such a program may take seconds to answer. Texts of others never become part of a command or
a script: they are whole arguments behind the end of the options, or come in by the environment. Knows no Tk.
"""

from __future__ import annotations

import html
import logging
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from securechat.desktop import texts
from securechat.rules.clean_text import one_line

__all__ = ["GAP_S", "MOST_WAITING", "Command", "Notifier", "command_for"]

logger = logging.getLogger(__name__)

GAP_S = 2.0  # between two notices; what comes sooner is told in one
ANSWER_S = 15.0  # for one program to end
MOST_WAITING = 1000  # notices that are counted
_PROGRAMS = {"win32": "powershell.exe", "darwin": "osascript"}

_OSASCRIPT = """on run argv
display notification (item 2 of argv) with title (item 1 of argv)
end run
"""
# A program without an installer has no name of its own among Windows' notices; PowerShell's always exists.
_POWERSHELL = r"""$ErrorActionPreference = 'Stop'
[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] | Out-Null
$page = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent('ToastText02')
$words = $page.GetElementsByTagName('text')
$words.Item(0).AppendChild($page.CreateTextNode($env:SECURECHAT_TITLE)) | Out-Null
$words.Item(1).AppendChild($page.CreateTextNode($env:SECURECHAT_BODY)) | Out-Null
$toast = New-Object Windows.UI.Notifications.ToastNotification $page
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($toast)
"""


@dataclass(frozen=True)
class Command:
    """A program to start: its arguments, what it reads, and what is added to its environment."""

    arguments: tuple[str, ...]
    reads: str = ""
    environment: dict[str, str] = field(default_factory=dict)


def command_for(platform: str, title: str, body: str) -> Command:
    """How ``platform`` (as `sys.platform`) shows a notice. The texts may hold anything but controls."""
    if platform == "win32":
        arguments = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _POWERSHELL)
        return Command(arguments, environment={"SECURECHAT_TITLE": title, "SECURECHAT_BODY": body})
    if platform == "darwin":
        # "-" is the script on the standard input; behind it there are no options any more.
        return Command(("osascript", "-", title, body), reads=_OSASCRIPT)
    # The body may hold markup and backslash sequences by the desktop's rules; ours is plain text.
    plain = html.escape(body, quote=False).replace("\\", "\\\\")
    return Command(("notify-send", "--app-name", texts.PRODUCT, "--urgency", "normal", "--", title, plain))


@dataclass(frozen=True)
class _Waiting:
    title: str
    body: str
    place: str


class Notifier:
    """`notify` returns at once; the thread ``notifier`` starts the program, one at a time.

    ``on_failed(title, body)`` is called in that thread when there is no such program or it fails: put it on a queue.
    ``start``: makes the process, as `subprocess.Popen`. ``find``: where a program is, or None, as `shutil.which`.
    Main thread, except where said otherwise.
    """

    def __init__(
        self, on_failed: Callable[[str, str], None], *, platform: str = sys.platform,
        start: Callable[..., subprocess.Popen[str]] = subprocess.Popen,
        find: Callable[[str], str | None] = shutil.which, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_failed, self._platform, self._start, self._find = on_failed, platform, start, find
        self._monotonic = monotonic
        self._thread: threading.Thread | None = None
        # Guards what follows; held for moments only. Wakes the thread for work and for the end.
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._process: subprocess.Popen[str] | None = None
        self._closed = False

    def available(self) -> bool:
        """This computer has the program that shows notices (it may fail all the same)."""
        return self._find(_PROGRAMS.get(self._platform, "notify-send")) is not None

    def notify(self, title: str, body: str, place: str = "") -> None:
        """Show a notice soon. Several within `GAP_S` become one, which counts them; ``place``: the conversation they
        are in. After `close` nothing happens."""
        with self._changed:
            if self._closed:
                return
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(_Waiting(one_line(title), one_line(body), one_line(place)))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="notifier", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread and a program that still runs; what waits is dropped. May be called again."""
        with self._changed:
            self._closed = True
            thread, process = self._thread, self._process
            self._changed.notify_all()
        if process is not None:
            process.kill()
        if thread is not None:
            thread.join()

    # ------------------------------------------------------------------ the thread
    def _work(self) -> None:
        shown_at = float("-inf")
        while (notice := self._next(shown_at)) is not None:
            shown_at = self._monotonic()
            if not self._shown(notice) and not self._closed:
                self._on_failed(notice.title, notice.body)

    def _next(self, shown_at: float) -> _Waiting | None:
        """Wait for something to show, and for the pause since the last one; None at the end."""
        with self._changed:
            while not self._closed:
                pause = shown_at + GAP_S - self._monotonic()
                if self._waiting and pause <= 0:
                    together = _together(self._waiting)
                    self._waiting.clear()
                    return together
                self._changed.wait(max(0.0, pause) if self._waiting else None)
        return None

    def _shown(self, notice: _Waiting) -> bool:
        """Run the program to its end; True if it said that all is well."""
        command = command_for(self._platform, notice.title, notice.body)
        program = self._find(command.arguments[0])
        if program is None:
            return False
        try:
            process = self._start(
                [program, *command.arguments[1:]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, text=True, encoding="utf-8", env={**os.environ, **command.environment},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError) as error:
            logger.info("no notice was shown: %s", type(error).__name__)
            return False
        with process:
            return self._ended_well(process, command.reads)

    def _ended_well(self, process: subprocess.Popen[str], reads: str) -> bool:
        with self._changed:
            self._process = process
            closed = self._closed
        if closed:  # `close` came before it could know of the process
            process.kill()
        try:
            process.communicate(reads, timeout=ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            logger.info("no notice was shown: the program did not answer")
        finally:
            with self._changed:
                self._process = None
        return process.wait() == 0


def _together(waiting: list[_Waiting]) -> _Waiting:
    """One notice for all: itself if it is alone, else how many, and where if that is one place."""
    if len(waiting) == 1:
        return waiting[0]
    places = {notice.place for notice in waiting}
    words = texts.messages_in(len(waiting), places.pop() if len(places) == 1 else "")
    titles = list(dict.fromkeys(notice.title for notice in waiting))
    return _Waiting(words, texts.several(titles), "")
