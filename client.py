"""Start the desktop window: `python client.py [join link]`. Options, checks, wiring; the rest is in the package.

One window per profile: a second start brings the first one up and ends.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from securechat import __version__
from securechat.requirements_check import problem

if TYPE_CHECKING:
    from securechat.desktop.app import App

EXIT_PROBLEM = 1
EXIT_MISSING = 2

logger = logging.getLogger(__name__)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="client.py", description="The desktop window of Secure Chat.")
    parser.add_argument(
        "server", nargs="?", default="",
        help="the join link that the server shows (chat://host:port/#fingerprint), or host, or host:port",
    )
    parser.add_argument(
        "--folder", type=Path, default=None,
        help="where settings and unsent messages are kept (default: where the system keeps such things)",
    )
    parser.add_argument(
        "--profile", default="", metavar="NAME",
        help="keep another account beside the first one, with its own settings and window (default: none)",
    )
    parser.add_argument(
        "--theme", choices=("light", "dark", "contrast", "system"), default="",
        help="colours of the window (default: as chosen in its settings, at first the system's)",
    )
    parser.add_argument(
        "--debug", action="store_true", help="log to the terminal what the program does; never what is written"
    )
    parser.add_argument(
        "--forget-pin", metavar="SERVER",
        help="forget the fingerprint known for this server, which really has new keys; then compare it anew",
    )
    parser.add_argument("--version", action="version", version=f"Secure Chat {__version__}")
    return parser.parse_args(arguments)


def forget_pin(folder: Path | None, server: str) -> int:
    """The person's deliberate removal of a pin (docs/protocol.md §3.1)."""
    from securechat.client.settings import Settings

    Settings.load(folder).forget_pin(server)
    print("Forgotten. At the next connection compare the fingerprint with the one on the server's console.")
    return 0


class Program:
    """The window and its being the only one of its profile. `run` gives the exit code."""

    def __init__(self, options: argparse.Namespace, folder: Path | None) -> None:
        self._options = options
        self._folder = folder
        self._app: App | None = None

    def run(self) -> int:
        """Bring up the window that is open already, or open one until it is closed. FolderInUse."""
        from securechat.client.settings import default_folder
        from securechat.client.single_instance import SingleInstance
        from securechat.errors import FolderInUse, StoreError

        instance: SingleInstance | None = None
        try:
            instance = SingleInstance.claim(default_folder() if self._folder is None else self._folder, self._come_up)
        except FolderInUse:
            raise
        except StoreError as error:
            logger.warning("%s", error)  # the form says so too, where it can be read
        else:
            if instance is None:
                print("Secure Chat is open already: its window was asked to come up.")
                return 0
        try:
            return self._window()
        finally:
            if instance is not None:
                instance.close()

    def _come_up(self) -> bool:
        """Called in another thread. A window that is only being made comes up anyway."""
        return self._app is None or self._app.request_raise()

    def _window(self) -> int:
        import tkinter

        from securechat.desktop.app import App

        options = self._options
        try:
            app = App(folder=self._folder, theme=options.theme, server=options.server, profile=options.profile)
        except tkinter.TclError:
            print(
                "There is no display to open a window on: start this from a desktop session, or chat in the terminal "
                "with `python -m examples.terminal_client`.",
                file=sys.stderr,
            )
            return EXIT_MISSING
        self._app = app
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda signum, frame: app.request_close())
        app.run()
        return 0


def main(arguments: list[str] | None = None) -> int:
    """Run until the window is closed; the exit code. 2: something is missing, 1: another problem; one sentence said
    what to do."""
    options = parse(arguments)
    missing = problem(need_tk=True)
    if missing:
        print(missing, file=sys.stderr)
        return EXIT_MISSING
    logging.basicConfig(
        level=logging.DEBUG if options.debug else logging.ERROR,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # Only now: these need what was just checked.
    from securechat.client.profiles import profile_folder
    from securechat.errors import ChatError

    try:
        folder = profile_folder(options.folder, options.profile)
        if options.forget_pin:
            return forget_pin(folder, options.forget_pin)
        return Program(options, folder).run()
    except ChatError as error:
        print(error, file=sys.stderr)
        return EXIT_PROBLEM


if __name__ == "__main__":
    sys.exit(main())
