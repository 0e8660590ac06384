"""What a text that starts with a slash means. Decides only; runs nothing and knows no widgets.

Rule: such a text is posted only if it is `/me`, begins with two slashes (which say one), or its writer says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from securechat.desktop import texts

__all__ = ["COMMANDS", "Command", "CommandLine", "Say", "Unknown", "interpret", "missing", "written"]

MOST_NAME = 20  # characters of an unknown name that are worth repeating


@dataclass(frozen=True)
class CommandLine:
    """A line of the help. ``usage``: what follows the name; ``needs``: whether it must."""

    name: str
    usage: str
    help: str
    needs: bool = False


COMMANDS = (
    CommandLine("me", texts.ME_USAGE, texts.ME_HELP, needs=True),
    CommandLine("search", texts.SEARCH_USAGE, texts.SEARCH_HELP),
    CommandLine("export", "", texts.EXPORT_HELP),
    CommandLine("settings", "", texts.SETTINGS_HELP),
    CommandLine("ignore", texts.IGNORE_USAGE, texts.IGNORE_HELP, needs=True),
    CommandLine("unignore", texts.IGNORE_USAGE, texts.UNIGNORE_HELP, needs=True),
    CommandLine("signout", "", texts.SIGNOUT_HELP),
    CommandLine("help", "", texts.HELP_HELP),
)
_BY_NAME = {line.name: line for line in COMMANDS}


@dataclass(frozen=True)
class Say:
    """``text`` is to be posted."""

    text: str


@dataclass(frozen=True)
class Command:
    """A command of the table. ``argument``: what follows, without spaces around it; may be "" even if it is needed."""

    name: str
    argument: str


@dataclass(frozen=True)
class Unknown:
    """Looks like a command and is none. ``name``: its first word, cut; ``text``: all of it, as it was written."""

    name: str
    text: str


def interpret(text: str) -> Say | Command | Unknown:
    """What ``text``, as it stands in the composer, means. Capitals and spaces before a command do not matter."""
    bare = text.lstrip()
    if not bare.startswith("/"):
        return Say(text)
    lead = text[: len(text) - len(bare)]
    if bare.startswith("//"):
        return Say(lead + bare[1:])
    words = bare[1:].split(maxsplit=1)
    name = words[0] if words and not bare[1:2].isspace() else ""
    argument = words[1].rstrip() if name and len(words) > 1 else ""
    line = _BY_NAME.get(name.lower())
    if line is not None and line.name == "me" and argument:
        return Say(f"/me {argument}")
    # More words than a command takes, or lines: rather a text that happens to begin like one.
    if line is None or (argument and not line.usage) or "\n" in bare.rstrip():
        return Unknown(name[:MOST_NAME], text)
    return Command(line.name, argument)


def missing(command: Command) -> CommandLine | None:
    """The help line of a command that lacks what it needs, else None."""
    line = _BY_NAME[command.name]
    return line if line.needs and not command.argument else None


def written(text: str) -> str:
    """How to write ``text`` so that it is said as it is: for a post that comes back into the composer."""
    if interpret(text) == Say(text):
        return text
    bare = text.lstrip()
    return f"{text[: len(text) - len(bare)]}/{bare}"
