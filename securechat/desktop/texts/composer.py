"""Words of writing: composer, emoji, commands, what is too long."""

from __future__ import annotations

__all__ = [
    "CLOSE_MODE", "COPY_TEXT", "EMOJI_BUTTON", "EMOJI_BUTTON_PLAIN", "EMOJI_NONE", "EMOJI_SEARCH", "EXPORT_HELP",
    "HELP_HELP", "IGNORE_HELP", "IGNORE_USAGE", "KEEP_WRITING", "KEPT_TEXT_TITLE", "KEPT_TEXT_WORDS", "ME_HELP",
    "ME_USAGE", "SEARCH_HELP", "SEARCH_USAGE", "SEND_AS_IT_IS", "SETTINGS_HELP", "SIGNOUT_HELP", "TEXT_COPIED",
    "THROW_CHANGE_AWAY", "UNFINISHED_CHANGE", "UNIGNORE_HELP",
    "command_in_edit", "command_incomplete", "command_unknown", "deletion_refused", "edit_refused", "emoji_name",
    "reaction_refused", "send_in_parts", "too_long_for_edit",
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
UNFINISHED_CHANGE = "You have not sent your change to the other message."
THROW_CHANGE_AWAY = "Throw the change away"

# A changed text that the server did not take
KEPT_TEXT_TITLE = "Your text"
KEPT_TEXT_WORDS = "The server did not take this change of your message. Copy the text if you still need it."
COPY_TEXT = "Copy text"
TEXT_COPIED = "The text is on the clipboard."


def command_unknown(name: str) -> str:
    """Text that starts with a slash and is no command."""
    lead = f"“/{name}” is no command that can be run like this" if name else "A slash alone is no command"
    return f"{lead}; nothing was sent. /help lists the commands."


def command_in_edit(name: str) -> str:
    """A command in place of the changed text of a message."""
    return f"/{name} is not run while you edit a message; nothing was sent. Escape leaves the edit."


def command_incomplete(name: str, usage: str) -> str:
    """A command without what it needs."""
    return f"Write it like this: /{name} {usage}"


def too_long_for_edit(excess_bytes: int) -> str:
    """A changed text over the protocol's limit, which cannot become several."""
    return f"The message is {excess_bytes:,} bytes too long; shorten it."


def send_in_parts(count: int) -> str:
    """A button: send a long text as several messages."""
    return f"Send in {count} parts"


def reaction_refused(title: str, reason: str) -> str:
    """The server did not take a reaction, which shows no more."""
    return f"Your reaction in {title} was not taken. {reason}"


def deletion_refused(title: str, reason: str) -> str:
    """The server did not take the deletion of a message, which is there again."""
    return f"Your message in {title} was not deleted. {reason}"


def edit_refused(title: str, reason: str, text: str) -> str:
    """The server did not take a changed text. ``text``: it, or "" if it stands in the composer again."""
    wrote = f" You wrote: “{text}”" if text else " Your text is there again; change it, or leave it with Escape."
    return f"Your change to a message in {title} was not taken. {reason}{wrote}"


def emoji_name(name: str) -> str:
    """How the name of an emoji is written in a text."""
    return f":{name}:"
