"""The operator's commands: one registry, from which `/help` is made.

A command is a function from the server and the words behind its name to lines for the console. Text that does not
begin with "/" is broadcast; "//" begins a text with a literal slash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from securechat.errors import ChatError
from securechat.server.app import ChatServer
from securechat.server.options import Registration

__all__ = ["COMMANDS", "Command", "Console", "memory_mib"]


@dataclass(frozen=True)
class Command:
    """One command: `usage` are its arguments as shown by /help."""

    name: str
    usage: str
    help: str
    run: Callable[[ChatServer, str], Iterable[str]]


def memory_mib() -> float | None:
    """Memory that this process holds now (MiB), or None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * 4096 / (1 << 20)


def _who(server: ChatServer, _: str) -> Iterable[str]:
    online = server.presence.online()
    yield f"{len(online)} online" + (":" if online else ".")
    for name, sessions in online:
        yield f"  {name}" + (f" ({sessions} sessions)" if sessions > 1 else "")


def _users(server: ChatServer, _: str) -> Iterable[str]:
    names = server.credentials.names()
    yield f"{len(names)} registered" + (":" if names else ".")
    states = ("offline", "online", "away")
    for name in names:
        yield f"  {name} - {states[server.presence.of(name)]}"


def _kick(server: ChatServer, words: str) -> Iterable[str]:
    name, _, why = words.partition(" ")
    if not name:
        raise ChatError("Say whom: /kick NAME [why].")
    count = server.kick(name, why.strip())
    if not count:
        raise ChatError(f"{name} is not here. /who lists who is.")
    yield f"{name} was disconnected ({count} session{'s' if count > 1 else ''})."


def _invite(server: ChatServer, _: str) -> Iterable[str]:
    yield f"One registration within 7 days: {server.invites.make()}"
    if server.accounts.registration is not Registration.INVITE:
        yield "(Registration does not ask for invites now; /registration invite changes that.)"


def _registration(server: ChatServer, words: str) -> Iterable[str]:
    modes = {mode.name.lower(): mode for mode in Registration}
    if words:
        if words.lower() not in modes:
            raise ChatError("Say how: /registration open, /registration invite or /registration closed.")
        server.accounts.registration = modes[words.lower()]
    yield f"Registration is {server.accounts.registration.name.lower()}."


def _stats(server: ChatServer, _: str) -> Iterable[str]:
    journal, delivery = server.journal.stats(), server.delivery
    up_s = server.uptime_s
    yield f"Up {up_s / 3600:.1f} h; {server.connections} connections, {len(delivery.presence.audience)} logged in."
    yield (
        f"Journal: {journal.items} items in {journal.commits} commits (largest {journal.largest_batch}), "
        f"{journal.items / max(up_s, 1):.2f} per second, {journal.queue_length} waiting, {journal.failed} failed."
    )
    yield (
        f"Delivery: {delivery.delivered} messages in {delivery.rounds} rounds, "
        f"{delivery.delivered / max(up_s, 1):.1f} per second, {delivery.queue_length} waiting."
    )
    memory = memory_mib()
    yield (f"Memory: {memory:.0f} MiB. " if memory else "") + f"Database: {server.store.size_bytes() / 1e6:.1f} MB."


def _link(server: ChatServer, _: str) -> Iterable[str]:
    for host in server.addresses():
        yield server.join_link(host)


def _help(_: ChatServer, __: str) -> Iterable[str]:
    yield "Anything that does not begin with / is sent to everybody as @server. Commands:"
    width = max(len(f"{c.name} {c.usage}") for c in COMMANDS.values())
    for command in COMMANDS.values():
        yield f"  {f'{command.name} {command.usage}':<{width}}  {command.help}"


def _stop(_: ChatServer, __: str) -> Iterable[str]:
    return ()  # the console itself carries it out


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("/who", "", "who is online", _who),
        Command("/users", "", "everyone who is registered", _users),
        Command("/kick", "NAME [why]", "end a user's sessions; they may log in again", _kick),
        Command("/invite", "", "make a code that is good for one registration", _invite),
        Command("/registration", "[open|invite|closed]", "show or set who may register", _registration),
        Command("/stats", "", "clients, rates, queues, memory, size of the database", _stats),
        Command("/link", "", "join links to hand out", _link),
        Command("/help", "", "this list", _help),
        Command("/stop", "", "stop the server in order", _stop),
    )
}


class Console:
    """Carries out the operator's lines; on the input thread. `stop` is called for /stop and must not block."""

    def __init__(self, server: ChatServer, say: Callable[[str], None], stop: Callable[[], None]) -> None:
        self._server, self._say, self._stop = server, say, stop

    def handle(self, line: str) -> None:
        """One line: a command, or text for everybody. Mistakes are answered with a sentence."""
        # A terminal may hand on bytes that are no text; they could not be sent.
        text = line.encode("utf-8", "replace").decode("utf-8").strip()
        if not text:
            return
        try:
            if text.startswith("/") and not text.startswith("//"):
                self._command(text)
            else:
                self._server.broadcast(text.removeprefix("/") if text.startswith("//") else text)
        except ChatError as error:
            self._say(str(error))

    def _command(self, text: str) -> None:
        name, _, words = text.partition(" ")
        command = COMMANDS.get(name.lower())
        if command is None:
            raise ChatError(f"There is no command {name}; nothing was sent. /help lists the commands.")
        for line in command.run(self._server, words.strip()):
            self._say(line)
        if command.name == "/stop":
            self._stop()

