"""A chat in a terminal: plain lines, made for SSH and screen readers.

    python -m examples.terminal_client HOST --name alice [--register]

What you type is posted; lines that begin with "/" are commands. Text that comes in does not tear the line being typed
where the terminal has readline. Works with a pipe as input too: then it ends when the input ends and all is sent.
The password comes from the environment variable CHAT_PASSWORD, or is asked for (from a pipe: its first line).
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import threading
import time
from pathlib import Path

from securechat.client import ChatClient, explain, one_line
from securechat.client.events import (
    ConnectionState,
    Event,
    HistoryLoaded,
    Message,
    MessageChanged,
    MessageShown,
    MessageState,
    Notice,
    PostRefused,
    PresenceChanged,
    Progress,
    StateChanged,
)
from securechat.errors import ChatError, FirstContact

try:
    import readline
except ImportError:  # Windows: the line being typed cannot be drawn again there
    readline = None  # type: ignore[assignment]

PROMPT = "> "
LAST_WORDS_S = 30.0
COMMANDS = {
    "/help": "list the commands",
    "/who": "who is here",
    "/older": "show older messages",
    "/retry": "try to reconnect now",
    "/quit": "leave",
}


class Screen:
    """Writes whole lines, above the one being typed. Any thread."""

    def __init__(self, interactive: bool) -> None:
        self._interactive = interactive
        self._lock = threading.Lock()  # keeps lines of two threads apart
        self._asking = False

    def line(self, text: str) -> None:
        """Show one line; draw the typed one again below it."""
        typed = readline.get_line_buffer() if self._asking and readline else ""
        clear = "\r\x1b[K" if self._asking and readline else ""
        again = f"{PROMPT}{typed}" if self._asking and readline else ""
        with self._lock:
            print(f"{clear}{text}\n{again}", end="", flush=True)

    def ask(self) -> str:
        """The next line that is typed; EOFError at the end of the input."""
        self._asking = self._interactive
        try:
            return input(PROMPT if self._interactive else "")
        finally:
            self._asking = False


def describe(message: Message) -> str:
    """One message as one line."""
    if message.problem:
        return f"! {one_line(message.problem)}"
    when = time.strftime("%H:%M", time.localtime(message.time_ms / 1000))
    if message.late:
        when = time.strftime("sent %Y-%m-%d %H:%M, arrived late", time.localtime(message.time_ms / 1000))
    if message.newer:
        text = "(sent with a newer program)"
    elif message.deleted:
        text = "(removed by the operator)" if message.deleted_by_operator else "(deleted by its author)"
    else:
        text = one_line(message.text) + (" (edited)" if message.edited else "")
    missing = f"! {message.missing_before} messages are missing here.\n" if message.missing_before else ""
    if message.unseen_before:
        missing += f"! {one_line(message.author)} saw a message that you have not.\n"
    return f"{missing}[{when}] {one_line(message.author)}: {text}"


class TerminalClient:
    """Turns events into lines and typed lines into posts and commands."""

    def __init__(self, client: ChatClient, screen: Screen, interactive: bool) -> None:
        self._client = client
        self._screen = screen
        self.ended = threading.Event()
        self._interactive = interactive
        self._running = False

    def on_event(self, event: Event) -> None:
        """Called on the client's event thread."""
        for line in self._lines(event):
            self._screen.line(line)

    def _lines(self, event: Event) -> list[str]:
        match event:
            case Progress(text):
                return [text]
            case HistoryLoaded(_, messages):
                return [describe(message) for message in messages]
            case MessageShown(message):
                # One's own line is on the screen already, but what waited since the last time is not.
                return [] if message.local_id and self._running and self._interactive else [describe(message)]
            case MessageChanged(message) if message.edited or message.deleted:
                return [describe(message)]
            case PostRefused(message, reason):
                return [f"! Not sent: {one_line(message.text)}", f"! {reason}"]
            case PresenceChanged(changes):
                return [f"* {one_line(who.username)} is {who.presence.name.lower()}" for who in changes]
            case Notice(text):
                return [f"! {one_line(text)}"]
            case StateChanged(ConnectionState.WAITING, reason, _, seconds):
                return [f"* {reason} Next try in {seconds:.0f} s (/retry: now). What you type goes out afterwards."]
            case StateChanged(ConnectionState.ENDED, reason):
                self.ended.set()
                return [f"* {reason}" if reason == "You signed out." else f"* {reason} Press Enter to leave."]
            case StateChanged(ConnectionState.ONLINE):
                return ["* connected"]
        return []

    def run(self) -> None:
        """Read lines until /quit, the end of the input or of the session."""
        self._running = True
        waiting: list[int] = []
        while not self.ended.is_set():
            try:
                typed = self._screen.ask()
            except EOFError:
                for local_id in waiting:
                    self._client.wait_stored(local_id, LAST_WORDS_S)
                return
            try:
                if typed.startswith("/"):
                    if not self._command(typed.split()[0]):
                        return
                elif typed.strip():
                    waiting = [*waiting[-100:], self._client.send(typed)]
            except (ChatError, TimeoutError) as error:
                self._screen.line(f"! {explain(error)}")

    def _command(self, name: str) -> bool:
        """Carry out a command; False to leave."""
        if name == "/quit":
            return False
        if name == "/help":
            for command, help_text in COMMANDS.items():
                self._screen.line(f"  {command:8} {help_text}")
        elif name == "/who":
            for person in self._client.people():
                self._screen.line(f"  {one_line(person.username)}: {person.presence.name.lower()}")
        elif name == "/older":
            if not self._client.load_older():
                self._screen.line("* This is the beginning.")
        elif name == "/retry":
            self._client.retry_now()
        else:
            self._screen.line(
                f'! {one_line(name)} is no command, and nothing was sent. /help lists them; '
                "to post a text that begins with /, put a space before it."
            )
        return True


def accept_fingerprint(error: FirstContact, interactive: bool) -> bool:
    """Show the fingerprint and ask whether it is the one on the server's console."""
    groups = [error.fingerprint[i : i + 4] for i in range(0, 64, 4)]
    print(f"First contact with {one_line(error.server_name)}. Its fingerprint:")
    for start in range(0, 16, 4):
        print("   ", " ".join(groups[start : start + 4]))
    if not interactive:
        print("Compare it with the server's console, then connect with the join link or --fingerprint.")
        return False
    return input("Is it the same on the server's console? Type yes to go on: ").strip().lower() == "yes"


def read_password(interactive: bool) -> str:
    """From CHAT_PASSWORD, the terminal without echo, or the first line of a pipe."""
    return os.environ.get("CHAT_PASSWORD") or (getpass.getpass() if interactive else input())


def main(arguments: list[str] | None = None) -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(prog="terminal_client", description="Secure Chat in a terminal.")
    parser.add_argument("server", help="host, host:port or join link")
    parser.add_argument("--name", required=True, help="your name there")
    parser.add_argument("--register", action="store_true", help="make the account first")
    parser.add_argument("--invite", default="", help="an invite code, if the server asks for one")
    parser.add_argument("--fingerprint", default="", help="the server's fingerprint as its console shows it")
    parser.add_argument("--folder", type=Path, default=None, help="where to keep pins and unsent messages")
    options = parser.parse_args(arguments)
    interactive = sys.stdin.isatty()
    screen = Screen(interactive)
    try:
        password = read_password(interactive)
        shown: list[TerminalClient] = []
        with ChatClient(options.folder, on_event=lambda event: shown[0].on_event(event)) as client:
            shown.append(TerminalClient(client, screen, interactive))
            fingerprint = options.fingerprint
            while client.state is ConnectionState.OFFLINE:
                try:
                    client.connect(
                        options.server, options.name, password, register=options.register, invite=options.invite,
                        accept_fingerprint=fingerprint,
                    )
                except FirstContact as error:
                    if not accept_fingerprint(error, interactive):
                        return 1
                    fingerprint = error.fingerprint
            waiting = sum(message.state is MessageState.WAITING for message in client.messages())
            screen.line(f"You are {client.username} in {client.server_name}. /help lists the commands.")
            if waiting:
                screen.line(f"* {waiting} messages from last time go out now.")
            shown[0].run()
    except (ChatError, TimeoutError) as error:
        print(explain(error), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
