"""Notices by the desktop's own programs: what is started, how several become one, failures, and the end."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue

import pytest

from securechat.desktop import texts
from securechat.desktop.notify.notifier import GAP_S, MOST_WAITING, Notifier, command_for

DEADLINE_S = 10.0
HOSTILE = ["-h", "--", "$(id)", "`id`", "'; id; '", '" & id & "', "%PATH%", "{0}", "<b>x</b> &amp;", "\\101\\", "😀"]


class Process:
    """Stands for a program that runs until it is released or killed."""

    def __init__(self, running: threading.Event, code: int = 0, *, hangs: bool = False) -> None:
        self._released, self.code, self._hangs, self.killed = running, code, hangs, False
        self.waited_for = threading.Event()

    def communicate(self, reads: str, timeout: float) -> None:
        self.waited_for.set()
        if self._hangs:
            raise subprocess.TimeoutExpired("program", timeout)
        assert self._released.wait(DEADLINE_S), "nobody ended it"

    def kill(self) -> None:
        self.killed, self.code = True, -9
        self._released.set()

    def wait(self) -> int:
        return self.code

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *details: object) -> None:
        pass


class Desktop:
    """What the notifier is given: a program to find, processes that end at once unless ``held``, a clock."""

    def __init__(self) -> None:
        self.started: Queue[list[str]] = Queue()
        self.failed: Queue[tuple[str, str]] = Queue()
        self.processes: list[Process] = []
        self.path: str | None = "/bin/notify-send"
        self.code, self.now = 0, 100.0
        self.running = threading.Event()
        self.running.set()
        self.error: OSError | None = None
        self.hangs = False
        self.starting: Callable[[], object] = lambda: None

    def start(self, arguments: list[str], **options: object) -> Process:
        self.processes.append(Process(self.running, self.code, hangs=self.hangs))
        self.starting()
        self.started.put(arguments)
        if self.error is not None:
            raise self.error
        return self.processes[-1]

    def made(self, **options: object) -> Notifier:
        given: dict[str, object] = {
            "platform": "linux", "start": self.start, "find": lambda name: self.path, "monotonic": lambda: self.now,
        }
        return Notifier(lambda title, body: self.failed.put((title, body)), **(given | options))  # type: ignore[arg-type]

    def shown(self) -> tuple[str, str]:
        """The next notice, as soon as it is there."""
        arguments = self.started.get(timeout=DEADLINE_S)
        return arguments[-2], arguments[-1]


@pytest.fixture
def desktop() -> Desktop:
    return Desktop()


@pytest.fixture
def notifier(desktop: Desktop) -> Iterator[Notifier]:
    made = desktop.made()
    yield made
    made.close()


# --- commands -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_others_never_become_part_of_a_script_or_an_option(platform: str, text: str) -> None:
    """Whatever is outside of whole arguments behind the options, or the environment, is the same for all texts."""
    command, other = command_for(platform, text, text), command_for(platform, "title", "body")
    assert command.reads == other.reads
    end = {"linux": "--", "darwin": "-", "win32": "-Command"}[platform]
    place = command.arguments.index(end) + 1
    assert command.arguments[:place] == other.arguments[:place]
    if platform == "win32":
        assert command.arguments == other.arguments and len(command.arguments) == place + 1
        assert command.environment == {"SECURECHAT_TITLE": text, "SECURECHAT_BODY": text}
    else:
        assert len(command.arguments) == place + 2 and command.arguments[place] == text


def test_a_body_is_plain_text_to_desktops_that_know_markup_and_backslashes() -> None:
    assert command_for("linux", "t", "<b>1 & 2</b> \\n").arguments[-1] == "&lt;b&gt;1 &amp; 2&lt;/b&gt; \\\\n"


def test_notify_send_is_told_who_asks_and_how_urgently() -> None:
    start = ("notify-send", "--app-name", texts.PRODUCT, "--urgency", "normal", "--")
    assert command_for("freebsd13", "t", "b").arguments[:6] == start


ECHO = (
    "import json, os, sys; print(json.dumps([sys.argv[1:], sys.stdin.read(), "
    "os.environ.get('SECURECHAT_TITLE'), os.environ.get('SECURECHAT_BODY')]), file=open(sys.argv.pop(1), 'w'))"
)


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_a_real_process_gets_the_texts_whole(platform: str, tmp_path: Path) -> None:
    """A program that writes down what it was given stands for the desktop's."""
    heard, processes, failed = tmp_path / "heard", [], []

    def start(arguments: list[str], **options: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", ECHO, str(heard), *arguments[1:]]
        processes.append(subprocess.Popen(command, **options))  # type: ignore[call-overload]
        ended.set()
        return processes[-1]  # type: ignore[no-any-return]

    ended = threading.Event()
    notifier = Notifier(
        lambda *words: failed.append(words), platform=platform, start=start, find=lambda name: f"/bin/{name}"
    )
    notifier.notify("-e \x00\ud800", "két \"$(id)'\n😀")
    assert ended.wait(DEADLINE_S)
    assert processes[0].wait(DEADLINE_S) == 0
    notifier.close()
    arguments, reads, title, body = json.loads(heard.read_text())
    words = (title, body) if platform == "win32" else tuple(arguments[-2:])
    assert words == ("-e \ufffd\ufffd", "két \"$(id)' 😀") and not failed
    assert ("on run argv" in reads) == (platform == "darwin")


# --- showing ------------------------------------------------------------------------------------------


def test_a_notice_is_shown_by_a_thread_of_its_own(desktop: Desktop, notifier: Notifier) -> None:
    assert notifier.available() and not any(thread.name == "notifier" for thread in threading.enumerate())
    notifier.notify("bob in # lobby", "Morning!", "# lobby")
    assert desktop.shown() == ("bob in # lobby", "Morning!")
    assert any(thread.name == "notifier" for thread in threading.enumerate())


def test_what_comes_too_soon_is_told_in_one(desktop: Desktop) -> None:
    """The clock stands still until the fifth waits: the thread reads it while nothing can be added."""
    looked = threading.Event()

    def clock() -> float:
        if [notice.body for notice in notifier._waiting] == ["2"]:
            looked.set()
        return desktop.now + (GAP_S if len(notifier._waiting) == 5 else 0)

    notifier = desktop.made(monotonic=clock)
    notifier.notify("bob in # lobby", "1", "# lobby")
    assert desktop.shown() == ("bob in # lobby", "1")
    notifier.notify("carol in # lobby", "2", "# lobby")
    assert looked.wait(DEADLINE_S), "it is awake and could show the second"
    for number in range(3, 7):
        notifier.notify("bob in # lobby", str(number), "# lobby")
    assert desktop.shown() == (texts.messages_in(5, "# lobby"), "carol in # lobby and bob in # lobby")
    notifier.close()


def test_messages_from_several_places_are_only_counted(desktop: Desktop, notifier: Notifier) -> None:
    desktop.running.clear()
    notifier.notify("bob in # lobby", "1", "# lobby")
    desktop.shown()
    notifier.notify("carol", "2", "carol")
    notifier.notify("bob in # lobby", "3", "# lobby")
    desktop.now += GAP_S
    desktop.running.set()
    assert desktop.shown() == (texts.messages_in(2, ""), "carol and bob in # lobby")


def test_a_program_that_takes_its_time_holds_up_nobody(desktop: Desktop, notifier: Notifier) -> None:
    desktop.running.clear()
    notifier.notify("bob", "1")
    assert desktop.shown() == ("bob", "1")
    desktop.now += GAP_S
    for number in range(MOST_WAITING + 7):
        notifier.notify("bob", str(number))
    assert desktop.started.empty(), "one at a time"
    desktop.running.set()
    assert desktop.shown() == (texts.messages_in(MOST_WAITING, ""), "bob"), "counted up to a bound"


# --- failures and the end -----------------------------------------------------------------------------


def _no_program(desktop: Desktop) -> None:
    desktop.path = None


def _fails(desktop: Desktop) -> None:
    desktop.code = 1


def _cannot_start(desktop: Desktop) -> None:
    desktop.error = PermissionError("no")


def _hangs(desktop: Desktop) -> None:
    desktop.hangs = True


@pytest.mark.parametrize("trouble", [_no_program, _fails, _cannot_start, _hangs])
def test_a_failure_is_handed_back_to_be_shown_in_the_window(
    desktop: Desktop, notifier: Notifier, trouble: Callable[[Desktop], None]
) -> None:
    trouble(desktop)
    assert notifier.available() == (desktop.path is not None)
    notifier.notify("bob", "1")
    assert desktop.failed.get(timeout=DEADLINE_S) == ("bob", "1")
    desktop.now += GAP_S
    notifier.notify("bob", "2")
    assert desktop.failed.get(timeout=DEADLINE_S) == ("bob", "2"), "the thread goes on"


def test_closing_ends_a_program_that_hangs_and_drops_what_waits(desktop: Desktop, notifier: Notifier) -> None:
    desktop.running.clear()
    notifier.notify("bob", "1")
    desktop.shown()
    assert desktop.processes[0].waited_for.wait(DEADLINE_S)
    notifier.notify("bob", "2")
    desktop.now += GAP_S
    notifier.close()
    assert desktop.processes[0].killed and len(desktop.processes) == 1
    assert not any(thread.name == "notifier" for thread in threading.enumerate())
    notifier.notify("bob", "3")
    notifier.close()
    assert desktop.started.empty() and desktop.failed.empty()


def test_closing_while_a_program_is_being_started_ends_it_too(desktop: Desktop, notifier: Notifier) -> None:
    closer = threading.Thread(target=notifier.close)

    def close_meanwhile() -> None:
        closer.start()
        with notifier._changed:
            assert notifier._changed.wait_for(lambda: notifier._closed, DEADLINE_S)

    desktop.starting = close_meanwhile
    desktop.running.clear()
    notifier.notify("bob", "1")
    desktop.shown()
    closer.join(DEADLINE_S)
    assert desktop.processes[0].killed and not closer.is_alive()


def test_closing_while_the_pause_lasts_does_not_wait_for_it(desktop: Desktop, notifier: Notifier) -> None:
    """Its clock stands still: only `close` can wake it."""
    notifier.notify("bob", "1")
    desktop.shown()
    notifier.notify("bob", "2")
    notifier.close()
    assert desktop.started.empty()


def test_one_that_was_never_used_has_nothing_to_close(desktop: Desktop, notifier: Notifier) -> None:
    notifier.close()
    notifier.notify("bob", "1")
    assert not any(thread.name == "notifier" for thread in threading.enumerate())
