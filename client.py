"""Start the desktop window: `python client.py [join link]`. Options, checks, wiring; the rest is in the package."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

from securechat import __version__
from securechat.requirements_check import problem

EXIT_MISSING = 2


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
        "--theme", choices=("light", "dark", "system"), default="system", help="colours of the window (default: system)"
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
    from securechat.errors import ChatError

    try:
        Settings.load(folder).forget_pin(server)
    except ChatError as error:
        print(error, file=sys.stderr)
        return 1
    print("Forgotten. At the next connection compare the fingerprint with the one on the server's console.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run until the window is closed; the exit code. 2: something is missing, and one sentence said what to do."""
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
    if options.forget_pin:
        return forget_pin(options.folder, options.forget_pin)
    import tkinter

    from securechat.desktop.app import App

    try:
        app = App(folder=options.folder, theme=options.theme, server=options.server)
    except tkinter.TclError:
        print(
            "There is no display to open a window on: start this from a desktop session, or chat in the terminal with "
            "`python -m examples.terminal_client`.",
            file=sys.stderr,
        )
        return EXIT_MISSING
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, frame: app.request_close())
    app.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
