"""How quick the window is: `xvfb-run python -m benchmarks.window [--json FILE]`.

Prints, each with its target: the time to the first paint (warm, the real program); loading 5,000 posts into the open
window and the longest turn of the event loop meanwhile; the longest turn while 50 posts a second come; the memory of
the process with 500 posts, as after a login, and with all of them. Posts come from a client without a server, so that
the window is measured and nothing else; the cryptography is imported, because a real client has it in memory as well.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import securechat.client.chat_client  # noqa: F401 (for its share of the memory)
from benchmarks.window_start import first_paint_s
from securechat.client.events import Event, HistoryLoaded, MessageShown
from securechat.desktop.app import App
from tests.desktop.fake_client import FakeClient, message

POSTS = 5_000
FIRST = 500  # shown before, as after a login
RATE, SECONDS = 50, 10
TEXTS = (
    "Morning! The new build is on the share, can somebody try the **installer** on a clean machine?",
    "Works. The only thing I ran was `python client.py`, see http://build.lan/142 for the notes.",
    "@alice yes", "Sending you the release notes in a minute, they are nearly done. " * 3,
)


class Turns:
    """Runs the event loop and times each of its turns."""

    def __init__(self, root: tk.Misc) -> None:
        self._root = root
        self.longest_s = 0.0

    def until(self, done: Callable[[], bool], most_s: float = 60.0) -> float:
        """Turn until ``done``; the seconds that took."""
        begun = time.perf_counter()
        while not done():
            before = time.perf_counter()
            if before - begun > most_s:
                sys.exit("The window did not get there in time.")
            worked = self._root.tk.dooneevent(2)  # 2: do not wait for an event
            if worked:
                self.longest_s = max(self.longest_s, time.perf_counter() - before)
            else:
                threading.Event().wait(0.001)
        return time.perf_counter() - begun


def measure(folder: Path) -> dict[str, float]:
    """Seconds, and MiB for memory, by name."""
    posts = tuple(
        message(seq, ("bob", "carol", "dave")[seq // 3 % 3], TEXTS[seq % len(TEXTS)])
        for seq in range(1, POSTS + FIRST + 1)
    )
    client = FakeClient()
    client.mark = POSTS + FIRST
    client.shown = list(posts[POSTS:])

    def make(where: Path | None, on_event: Callable[[Event], None]) -> FakeClient:
        client.on_event = on_event
        return client

    root = tk.Tk()
    root.geometry("1100x720")
    app = App(root, client_factory=make, folder=folder, theme="light")
    turns = Turns(root)
    app.model.server, app.model.username, app.model.password, app.model.register = "localhost", "alice", "-", False
    app.connect()
    turns.until(lambda: app.control is not None)
    turns.until(_later(0.5))
    assert app.control is not None
    timeline = app.control.model.current.timeline  # its entries are the posts and where they begin
    first_mib = _memory_mib()
    turns.longest_s = 0.0
    client.on_event(HistoryLoaded(client.lobby, posts[:POSTS], begins=True, older=True))
    load_s = turns.until(lambda: len(timeline.entries) > POSTS + FIRST)
    turns.until(_later(0.3))
    load_turn_s, turns.longest_s = turns.longest_s, 0.0
    feeder = threading.Thread(target=_feed, args=(client,), name="feeder")
    feeder.start()
    turns.until(lambda: len(timeline.entries) > POSTS + FIRST + RATE * SECONDS)
    feeder.join()
    feed_turn_s = turns.longest_s
    all_mib = _memory_mib()
    app.close()
    root.destroy()
    return {"load_s": load_s, "load_turn_s": load_turn_s, "feed_turn_s": feed_turn_s, "first_mib": first_mib,
            "all_mib": all_mib}


def _memory_mib() -> float:
    """What the process has in memory now; on systems that do not say so, the most it ever had."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1024 / 1024


def _later(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() >= end


def _feed(client: FakeClient) -> None:
    begun, pause = time.perf_counter(), threading.Event()
    for count in range(RATE * SECONDS):
        pause.wait(max(0.0, begun + count / RATE - time.perf_counter()))
        client.on_event(MessageShown(message(POSTS + FIRST + 1 + count, "bob", TEXTS[count % len(TEXTS)])))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="How quick the window is.")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder))
    figures["first_paint_s"] = first_paint_s()
    print(f"first paint, warm             {figures['first_paint_s']:6.2f} s    (target 0.40)")
    print(f"{POSTS:,} posts loaded            {figures['load_s']:6.2f} s    (target 0.50)")
    print(f"  longest turn meanwhile      {figures['load_turn_s'] * 1000:6.0f} ms   (target 50)")
    print(f"{RATE} posts/s for {SECONDS} s: longest turn {figures['feed_turn_s'] * 1000:4.0f} ms   (target 30)")
    print(f"memory with {FIRST} posts         {figures['first_mib']:6.0f} MiB  (target 60)")
    print(f"memory with {POSTS + FIRST + RATE * SECONDS:,} posts       {figures['all_mib']:6.0f} MiB")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
