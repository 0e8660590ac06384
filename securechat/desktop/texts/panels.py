"""Words of panels: protection, export, people, help, earlier texts, what crashed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = [
    "BROWSE", "CLOSE", "COPY_DETAILS", "CRASH_TITLE", "CRASH_WORDS", "DETAILS_COPIED", "EARLIER_TITLE",
    "EARLIER_WORDS", "EDITED_SINCE", "EXPORT_FILE", "EXPORT_FORM", "EXPORT_GO", "EXPORT_HTML", "EXPORT_JSON",
    "EXPORT_LOADING",
    "EXPORT_LOAD_ALL", "EXPORT_NEED_NAME", "EXPORT_NOT_ALL", "EXPORT_NOT_ENCRYPTED", "EXPORT_SCROLL", "EXPORT_TEXT",
    "EXPORT_TITLE", "FINGERPRINT", "FINGERPRINT_WORDS", "HELP_COMMANDS_TITLE", "HELP_KEYS", "HELP_KEYS_TITLE",
    "HELP_MARKS", "HELP_MARKS_TITLE", "HELP_TITLE", "IGNORE", "IGNORED_WORDS", "IGNORE_WORDS", "IS_AWAY",
    "IS_OFFLINE", "IS_ONLINE", "KEY_OFFLINE", "NOTHING_STORED", "NOW", "NO_FINGERPRINT", "ONLY_READERS", "OWN_KEY",
    "PROTECTION_TITLE", "READERS_LOBBY", "READERS_UNKNOWN", "SEALED_OFFLINE", "SEALED_WAITS", "SEALED_WORDS",
    "SERVER_READS", "SIGNATURE_OWN", "STOP_IGNORING", "TEXT_AS_SIGNED", "WHICH_KEY", "WHICH_KEY_SEALS",
    "WHOSE_SIGNATURE", "WHO_READS", "export_exists", "export_no_folder", "export_words", "more_bytes",
    "not_verified", "older_texts", "opened_with", "readers", "readers_and_server", "sealed_bytes", "sealed_with",
    "signature_former", "signature_valid", "stored_bytes", "verified",
]

CLOSE = "Close"

# What crashed
CRASH_TITLE = "Something went wrong"
CRASH_WORDS = (
    "A part of this window failed; the window goes on, and nothing you wrote is lost. If it happens again, close the "
    "window and start it anew. These details help whoever looks after the program; they hold no message and nobody's "
    "name."
)
COPY_DETAILS = "Copy details"
DETAILS_COPIED = "The details are on the clipboard."

# Earlier texts
EARLIER_TITLE = "Earlier texts"
EARLIER_WORDS = (
    "An edit does not erase: each of these texts was signed by its author and can be read by whoever can read the "
    "message."
)
NOW = "Now"

# People
IS_ONLINE = "is online"
IS_AWAY = "is away"
IS_OFFLINE = "is offline"
FINGERPRINT = "Fingerprint of the key"
FINGERPRINT_WORDS = "The picture is made from this number. Both change if the key changes."
NO_FINGERPRINT = "Not known here yet: it comes with the first message that is read."
IGNORE = "Ignore"
STOP_IGNORING = "Stop ignoring"
IGNORE_WORDS = (
    "If you ignore somebody, their messages are folded away and make no notices, on all your computers. "
    "They are not told."
)
IGNORED_WORDS = (
    "You ignore this person: their messages are folded away and make no notices. Nobody but you knows."
)

# Help
HELP_TITLE = "Keys and commands"
HELP_KEYS_TITLE = "Keys"
HELP_COMMANDS_TITLE = "Commands, written like a message"
HELP_MARKS_TITLE = "In a message"
HELP_KEYS: Final = (
    ("Enter", "send"), ("Shift+Enter", "a new line"), ("Up, in the empty field", "edit your last message"),
    ("Ctrl+K", "jump to a conversation or a person"), ("Ctrl+F", "search"), ("F1", "this help"),
    ("Ctrl+Shift+E", "how is this protected?"), ("Ctrl+,", "settings"),
    ("Ctrl + and Ctrl −", "larger, smaller"), ("Ctrl+0", "normal size"),
    ("Tab, Shift+Tab", "to the next part of the window, and back"),
    ("Up, Down in the list", "choose a message; Home and End the first and the last"),
    ("R, E, +, Delete", "then: reply, edit, react, delete"), ("Ctrl+C", "copy the message, or what is selected"),
    ("Menu, Shift+F10", "everything else that can be done with it"),
    ("Esc", "leave a reply, an edit, a sheet, the search"),
)
HELP_MARKS: Final = (
    ("**bold**", "bold"), ("*italic*", "italic"), ("`code`", "letters of one width"),
    ("```", "on lines of their own, around several lines of code"), ("@name", "names somebody: it notifies them"),
    (":smile:", "an emoji by its name; Tab completes"), ("//", "at the start: a slash that is no command"),
)

# Export
EXPORT_TITLE = "Export"
EXPORT_FORM = "Form"
EXPORT_TEXT = "Text, to read"
EXPORT_HTML = "HTML, for a browser"
EXPORT_JSON = "JSON, for programs"
EXPORT_FILE = "File"
BROWSE = "Browse…"
EXPORT_GO = "Export"
EXPORT_NOT_ALL = "There are older messages, which are not loaded here. Only what is loaded is exported."
EXPORT_SCROLL = "To load more of them, close this and scroll up first."
EXPORT_LOAD_ALL = "Load all older ones"
EXPORT_LOADING = "Loading…"
EXPORT_NOT_ENCRYPTED = "The file is not encrypted: whoever gets it can read it."
EXPORT_NEED_NAME = "This is not the name of a file that can be written. Type another one, with its folder."

# Protection
EDITED_SINCE = (
    "This message was edited. Each edit is a signed post of its own, and its signature was checked before it was "
    "shown; below is the first text. All texts are under “Earlier texts” in the message's menu."
)
PROTECTION_TITLE = "How is this protected?"
SERVER_READS = "The server can read this."
ONLY_READERS = "The server cannot read this."
WHO_READS = "Who could read it"
READERS_LOBBY = (
    "The server reads this lobby: it and its operator could read this, and so could everybody with an account here. "
    "The lobby is not end-to-end encrypted. On the way it is encrypted twice, by TLS and under a key that RSA and "
    "ML-KEM wrap."
)
READERS_UNKNOWN = "It is not known here for whom keys were made."
WHOSE_SIGNATURE = "Whose signature held"
SIGNATURE_OWN = "Yours: you signed it here. The server has not stored it yet."
OWN_KEY = "It is your own key."
WHICH_KEY = "Which key opened it"
WHICH_KEY_SEALS = "Which key seals it"
KEY_OFFLINE = "Not known while offline: to see it, the sealed envelope has to be fetched again."
TEXT_AS_SIGNED = "The text as it was signed"
NOTHING_STORED = "The server has nothing of it."
SEALED_OFFLINE = "Not known while offline."
SEALED_WORDS = (
    "The sealed envelope was fetched and checked again just now. Whoever listens on the connection sees not even this, "
    "because TLS is around it."
)
SEALED_WAITS = "It waits on this computer, sealed like this, and goes out as soon as there is a connection."


def export_words(title: str, count: int) -> str:
    """What will be written."""
    if count == 1:
        return f"Writes 1 message of {title} to a file, with its time, its author and what its signature says."
    return f"Writes {count:,} messages of {title} to a file, each with time, author and what its signature says."


def export_no_folder(folder: str) -> str:
    """The file's folder is not there."""
    return f"There is no folder {folder}. Type another one, or make it first."


def export_exists(name: str) -> str:
    """The file is there already."""
    return f"{name} is there already. Press Export once more to replace it, or type another name."


def more_bytes(count: int) -> str:
    """The rest of a dump."""
    return f"… and {count:,} bytes more"


def readers(names: Sequence[str]) -> str:
    """Those for whom keys were made."""
    return f"Only {_listed(names)}: the keys were made for nobody else. The server could not read it."


def readers_and_server(names: Sequence[str]) -> str:
    """The same where the server has a key too."""
    return f"{_listed(names)}, and the server with its operator."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def signature_valid(author: str) -> str:
    """The signature held."""
    return (
        f"{author}'s, over the text, the time and the place in this conversation. It holds: only who has {author}'s "
        "key can make it."
    )


def signature_former(author: str) -> str:
    """The signature held under a key of before."""
    return f"{author}'s, under a former key. It holds, but {author} uses another key today."


def verified(author: str) -> str:
    """The key was compared."""
    return f"You have compared {author}'s key."


def not_verified(author: str) -> str:
    """The key was not compared."""
    return f"You have not compared {author}'s key with them: it is the one that the server gave first."


def sealed_with(stream: str) -> str:
    """The own stream in which a message waits."""
    return f"The key of your own stream {stream}…, made on this computer."


def opened_with(author: str, stream: str, prekey_id: int | None) -> str:
    """The stream in which it came, and the own prekey that opened it."""
    lead = f"The key of {author}'s stream {stream}…"
    if prekey_id is None:
        return f"{lead}. Which of your keys unwrapped it is not known any more."
    return (
        f"{lead}, which was wrapped for you alone: your RSA-3072 key and your weekly ML-KEM-768 key number {prekey_id} "
        "opened it together, so breaking one of the two is not enough."
    )


def stored_bytes(count: int, *, in_clear: bool, waiting: bool) -> str:
    """Above the dump of what the server keeps."""
    keeps = "What the server will keep" if waiting else "What the server keeps"
    return f"{keeps}: {count:,} bytes, {'readable to it' if in_clear else 'unreadable to it'}" if count else keeps


def sealed_bytes(count: int, *, waiting: bool) -> str:
    """Above the dump of the envelope."""
    travels = "What will travel to the server" if waiting else "What travels to you"
    return f"{travels}: {count:,} bytes, sealed" if count else travels


def older_texts(count: int) -> str:
    """The earlier texts that a sheet leaves out."""
    return "1 older text is not shown." if count == 1 else f"{count:,} older texts are not shown."
