"""`python server.py`: options, start, what the operator sees first, waiting for the end, stop."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import os
import sys
import threading
from dataclasses import fields
from functools import reduce
from pathlib import Path

from securechat import __version__
from securechat.errors import ChatError
from securechat.server.app import ChatServer
from securechat.server.commands import Console
from securechat.server.console import ConsoleInput, ConsoleOutput
from securechat.server.options import DEFAULT_WELCOME, Limits, Registration, ServerOptions, with_limit
from securechat.server.stopping import StopSign
from securechat.wire import limits

__all__ = ["parse", "run"]

# A session spends its life waiting; its deepest call chain is far below this. Address space, not memory, is saved.
_STACK_BYTES = 512 * 1024
# Well below Python's 5 ms, so that a thread coming back from a system call gets the interpreter at once.
_SWITCH_S = 0.0005


def parse(arguments: list[str]) -> ServerOptions:
    """The options on the command line; argparse prints help and mistakes and exits with 2."""
    known = ", ".join(f"{item.name}={item.default}" for item in fields(Limits))
    parser = argparse.ArgumentParser(
        prog="server.py",
        description="A self-hosted encrypted chat server. It needs no configuration.",
        epilog=f"The limits for --limit and their defaults: {known}.",
    )
    add = parser.add_argument
    add("--host", default="::", help="address to listen on (default ::, which is IPv4 too)")
    add("--port", type=int, default=limits.DEFAULT_PORT, help=f"TCP port (default {limits.DEFAULT_PORT})")
    add("--name", default="Secure Chat", help="the server's name as people see it (1 to 64 bytes)")
    add("--data", type=Path, help="keep everything, users.json too, in this folder")
    add("--users", type=Path, metavar="FILE", help="the credential store, if it is to be elsewhere")
    add(
        "--registration",
        choices=[mode.name.lower() for mode in Registration],
        default="open",
        help="who may register (default open)",
    )
    add("--welcome", default=DEFAULT_WELCOME, help='greeting of new users, {name} is theirs; "" for none')
    add("--limit", action="append", default=[], metavar="NAME=NUMBER", help="change a limit; 0 switches it off")
    add("--version", action="version", version=f"Secure Chat {__version__}")
    chosen = parser.parse_args(arguments)
    try:
        changed = reduce(with_limit, chosen.limit, Limits())
    except ChatError as error:
        parser.error(str(error))
    if not 0 <= chosen.port < 65536:
        parser.error("--port is a number from 0 to 65535 (0: any free one).")
    if not 1 <= len(chosen.name.encode()) <= limits.SERVER_NAME:
        parser.error("--name has 1 to 64 bytes.")
    if len(chosen.welcome.encode()) > limits.TEXT // 2:
        parser.error(f"--welcome has at most {limits.TEXT // 2} bytes.")
    return ServerOptions(
        chosen.host,
        chosen.port,
        chosen.name,
        chosen.data,
        chosen.users,
        Registration[chosen.registration.upper()],
        chosen.welcome,
        changed,
    )


def run(arguments: list[str]) -> int:
    """Run a server until /stop, Ctrl+C or SIGTERM; the exit code. One sentence on stderr if it cannot start."""
    options = parse(arguments)
    threading.stack_size(_STACK_BYTES)
    sys.setswitchinterval(_SWITCH_S)
    stop = StopSign()
    output = ConsoleOutput()
    server = ChatServer(options, say=output.say)
    try:
        server.start()
        log = _log_to(server.folder.log_file)
    except (ChatError, OSError) as error:
        server.stop()
        output.close()
        print(_sentence(error), file=sys.stderr)
        return 1

    def stop_was_typed() -> None:
        keyboard.finish()
        stop.say()

    keyboard = ConsoleInput(output, Console(server, output.say, stop_was_typed).handle)
    try:
        _announce(server, output)
        keyboard.start()
        stop.wait()
        keyboard.restore()
        output.say("Stopping...")
    finally:
        server.stop()
    output.say("Server stopped.")
    output.close()
    logging.getLogger().removeHandler(log)
    log.close()
    return 0


def _sentence(error: ChatError | OSError) -> str:
    if isinstance(error, ChatError):
        return str(error)
    return f"The server cannot start: {error.strerror or error}. Free some space or check the rights, and start again."


def _log_to(path: Path) -> logging.Handler:
    # The log file never holds message text: nothing logs any.
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND, 0o600)
    os.close(descriptor)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=5_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return handler


def _announce(server: ChatServer, output: ConsoleOutput) -> None:
    say, digits = output.say, server.fingerprint
    say("Server started. Waiting for clients...")
    say(f"Name:         {server.options.name}")
    say(f"Addresses:    {', '.join(f'{host}:{server.port}' for host in server.addresses())}")
    say(f"Fingerprint:  {' '.join(digits[i : i + 8] for i in range(0, 64, 8))}")
    say(f"Join link:    {server.join_link()}")
    say(f"Registration: {server.accounts.registration.name.lower()}")
    say("Type a text to send it to everybody, /help for commands.")
