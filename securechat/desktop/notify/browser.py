"""Web addresses in the person's browser. Owns the threads "desktop-browser", one per address.

A browser that starts, or runs in the foreground, may take its time or not return: so nothing else waits in its thread,
and no more than a few wait at once. Knows no Tk, and not what is said when it fails.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["MOST", "Browser"]

log = logging.getLogger(__name__)

MOST: Final = 4  # browsers that are waited for; one more fails at once


class Browser:
    """Belongs to one session. ``on_error`` is told of defects, in a thread of this class."""

    def __init__(self, on_error: Callable[[BaseException], None]) -> None:
        self._on_error = on_error
        self._threads: tuple[threading.Thread, ...] = ()  # started ones; replaced as a whole, by `open` alone

    def open(self, url: str, failed: Callable[[], None]) -> None:
        """Show an address soon; ``failed`` is called, in any thread, if there is no browser for it. Main thread."""
        running = tuple(thread for thread in self._threads if thread.is_alive())
        if len(running) >= MOST:
            failed()
            return
        # Daemon only so that a browser which never returns cannot keep the process after the deadline of `close`.
        thread = threading.Thread(target=self._open, args=(url, failed), name="desktop-browser", daemon=True)
        thread.start()
        self._threads = (*running, thread)

    def close(self, timeout_s: float) -> bool:
        """Wait for the threads, so long in all; True if they ended. Any thread, after the last `open`."""
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _open(self, url: str, failed: Callable[[], None]) -> None:
        import webbrowser

        try:
            opened = webbrowser.open(url)
        except (webbrowser.Error, OSError) as error:
            log.debug("no browser: %s", type(error).__name__)
            opened = False
        except Exception as error:  # whatever it was, the owner is told, and not the terminal
            self._on_error(error)
            return
        if not opened:
            failed()
