"""Words of writing: composer, emoji, commands, what is too long."""

from __future__ import annotations

__all__ = [
    "CLOSE_MODE", "EMOJI_BUTTON", "EMOJI_BUTTON_PLAIN", "EMOJI_NONE", "EMOJI_SEARCH", "EXPORT_HELP", "HELP_HELP",
    "IGNORE_HELP", "IGNORE_USAGE", "KEEP_WRITING", "ME_HELP", "ME_USAGE", "SEARCH_HELP", "SEARCH_USAGE",
    "SEND_AS_IT_IS", "SETTINGS_HELP", "SIGNOUT_HELP", "UNIGNORE_HELP", "command_incomplete", "command_unknown",
    "emoji_name", "send_in_parts", "too_long_for_edit",
]

CLOSE_MODE = "✕"

# Emoji
EMOJI_BUTTON = "☺"
EMOJI_BUTTON_PLAIN = ":-)"  # where emoji cannot be drawn
EMOJI_SEARCH = "Search emoji"
EMOJI_NONE = "No emoji of this name; try another word."

# Commands: what follows the name, and what it does
ME_USAGE = "WHAT YOU DO"
ME_HELP = "say what you do: “/me waves” shows as “* alice waves”"
HELP_HELP = "show the keys and commands"
SEARCH_USAGE = "WORDS"
SEARCH_HELP = "find words in what is loaded of this conversation"
EXPORT_HELP = "save this conversation to a file"
SETTINGS_HELP = "open the settings"
IGNORE_USAGE = "NAME"
IGNORE_HELP = "hide what somebody writes"
UNIGNORE_HELP = "show it again"
SIGNOUT_HELP = "leave and go back to the login form"

# Questions before something is sent
SEND_AS_IT_IS = "Send as it is"
KEEP_WRITING = "Keep writing"


def command_unknown(name: str) -> str:
    """Text that starts with a slash and is no command."""
    lead = f"“/{name}” is no command that can be run like this" if name else "A slash alone is no command"
    return f"{lead}; nothing was sent. /help lists the commands."


def command_incomplete(name: str, usage: str) -> str:
    """A command without what it needs."""
    return f"Write it like this: /{name} {usage}"


def too_long_for_edit(excess_bytes: int) -> str:
    """A changed text over the protocol's limit, which cannot become several."""
    return f"The message is {excess_bytes:,} bytes too long; shorten it."


def send_in_parts(count: int) -> str:
    """A button: send a long text as several messages."""
    return f"Send in {count} parts"


def emoji_name(name: str) -> str:
    """How the name of an emoji is written in a text."""
    return f":{name}:"
