"""Words that several parts of the window share, or that belong to none of the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

__all__ = [
    "ACCEPT", "AGAIN_DIFFERS", "BAD_NAME", "BANNER_CONNECTING", "BANNER_RETRYING", "CALLBACK_CRASH", "CANCEL",
    "CANCELLED", "CHANGING_PASSWORD", "COMPARE", "CONNECTING_TO_SERVER", "COPY_LINK", "DARK", "DELETED",
    "DELETED_BY_OPERATOR", "DELETE_TITLE", "DELETE_WORDS", "DELETE_YES", "DETAILS", "DISMISS", "EDITED", "EDITING",
    "END_TO_END", "EXPORT_MENU", "FIRST_CONTACT", "HIDE", "INVITE", "INVITE_HINT", "KEYS_AND_COMMANDS", "LARGER",
    "LIGHT", "LINK_COPIED", "LOADING_OLDER", "LOBBY", "LOBBY_HOLDS", "LOG_IN", "MENU", "NAME", "NEED_AGAIN",
    "NEED_NAME", "NEED_PASSWORD", "NEED_SERVER", "NEWER", "NORMAL_SIZE", "NOT_CONNECTED", "NOT_SENT", "NO_BROWSER",
    "NO_RECOVERY", "NO_SUCH_COMMAND", "PASSWORD", "PASSWORD_AGAIN", "PASSWORD_CHANGED", "PEOPLE", "PRODUCT",
    "PROTECTION_MENU", "QUOTED_NOT_HERE", "REGISTER", "ROOMS", "SEARCH_BUTTON", "SEND", "SERVER", "SETTINGS_MENU",
    "SHOW", "SIGNED_OUT", "SIGN_OUT", "SMALLER", "STORED", "SYSTEM", "THIS_COMPUTER", "TODAY", "TO_NEWEST", "TRY_NOW",
    "UNKNOWN_TIME", "UNVERIFIED", "WAITING", "WELCOME", "YESTERDAY", "YOU", "beginning", "conversation_title",
    "date_words", "day", "exported", "ignoring", "late", "message_hint", "missing", "new_messages", "no_such_person",
    "not_exported", "online_count", "password_short", "paste_too_long", "presence", "profile_title", "refused",
    "replying", "several", "too_long", "typing", "unseen", "waiting_banner", "window_title",
]

PRODUCT = "Secure Chat"

# Connect form
LOG_IN = "Log in"
REGISTER = "Register"
SERVER = "Server or join link"
THIS_COMPUTER = "localhost"
NAME = "Name"
PASSWORD = "Password"  # noqa: S105 (words, not a password)
PASSWORD_AGAIN = "Password again"  # noqa: S105
INVITE = "Invite code"
INVITE_HINT = "Only if the operator gave you one"
SHOW = "Show"
HIDE = "Hide"
CANCEL = "Cancel"
NO_RECOVERY = "Nobody can restore a forgotten password; your direct messages would be lost with it."
WELCOME = "Log in, or register if you are new here."
CONNECTING_TO_SERVER = "Connecting…"
CANCELLED = "Cancelled. Nothing was changed; press the button to try again."
NEED_SERVER = "Type the server's address or paste a join link."
NEED_NAME = "Type your name."
BAD_NAME = (
    "A name has 1 to 32 characters: small letters a-z, digits, dot, dash and underscore; "
    "it begins with a letter or digit."
)
NEED_PASSWORD = "Type your password."  # noqa: S105
NEED_AGAIN = "Type the password a second time."
AGAIN_DIFFERS = "The two passwords are not the same; type them again."

# First contact
FIRST_CONTACT = "First contact with this server"
COMPARE = (
    "Compare these numbers with the fingerprint that the server's console shows, or ask the operator by phone. "
    "Accept only if all of them are equal."
)
ACCEPT = "They are equal, accept"

# Chat
LOBBY = "lobby"
LOBBY_HOLDS = "the server can read this lobby"
ROOMS = "ROOMS"
PEOPLE = "PEOPLE"
YOU = "(you)"
SEND = "Send"
MENU = "Menu"
SEARCH_BUTTON = "Search"
END_TO_END = "end-to-end encrypted"
EDITING = "Editing your message"
SETTINGS_MENU = "Settings…"
EXPORT_MENU = "Export this conversation…"
PROTECTION_MENU = "How is this protected?"
KEYS_AND_COMMANDS = "Keys and commands"
DETAILS = "Details…"
NO_SUCH_COMMAND = "There is no such command. Type /help for those that there are."
NO_BROWSER = "The address could not be opened: no browser answered. It is on the clipboard; paste it into a browser."
QUOTED_NOT_HERE = "The quoted message was not found in what is loaded. Scroll up to load more, then try again."
PASSWORD_CHANGED = "Your password is changed. Other computers where you were signed in ask for the new one."  # noqa: S105
CHANGING_PASSWORD = "Changing your password…"  # noqa: S105
DELETE_TITLE = "Delete this message?"
DELETE_WORDS = (
    "Everybody's program stops showing it, and \u201cDeleted by its author\u201d stays in its place. "
    "Who has read it keeps what they read."
)
DELETE_YES = "Delete"
COPY_LINK = "Copy join link"
LINK_COPIED = "The join link is on the clipboard; send it to whoever shall join."
LIGHT = "Light"
DARK = "Dark"
SYSTEM = "As the system"
LARGER = "Larger"
SMALLER = "Smaller"
NORMAL_SIZE = "Normal size"
SIGN_OUT = "Sign out"
SIGNED_OUT = "You are signed out. Messages not yet sent are kept and go out when you log in again."
TRY_NOW = "Try now"
DISMISS = "Dismiss"
TO_NEWEST = "New messages below"
LOADING_OLDER = "Loading older messages…"
BANNER_CONNECTING = "Connecting again…"
BANNER_RETRYING = "Trying now…"

# Timeline
TODAY = "Today"
YESTERDAY = "Yesterday"
UNKNOWN_TIME = "unknown time"
WAITING = "waiting"
STORED = "✓"
EDITED = "edited"
NOT_CONNECTED = "not connected"
NOT_SENT = "Not sent."
DELETED = "Deleted by its author."
DELETED_BY_OPERATOR = "Removed by the operator."
NEWER = "This was sent with a newer program; update yours to read it."
UNVERIFIED = "A message could not be verified."

CALLBACK_CRASH = "Something went wrong inside this window; it goes on. If it happens again, close it and start anew."

_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def conversation_title(name: str) -> str:
    """How a room is called in headers and lists."""
    return f"# {name}"


def window_title(conversation: str, server: str, unread: int = 0) -> str:
    """The window's title while a conversation is open; ``unread`` posts in all conversations."""
    words = " · ".join(dict.fromkeys((conversation, server, PRODUCT)))  # a server may be called like the product
    return f"({unread if unread < 100 else '99+'}) {words}" if unread else words


def new_messages(count: int) -> str:
    """On the button that leads up to them."""
    return "1 new message" if count == 1 else f"{count:,} new messages"


def profile_title(profile: str) -> str:
    """The window's title while nothing is open."""
    return f"{PRODUCT} · {profile}" if profile else PRODUCT


def replying(author: str, words: str) -> str:
    """Above the composer while a reply is written."""
    return f"Replying to {author}: {words}"


def ignoring(name: str, ignored: bool) -> str:
    """Somebody is ignored now, or no longer."""
    if ignored:
        return f"You ignore {name} now: what they write is folded away and tells you nothing. They are not told."
    return f"You no longer ignore {name}."


def no_such_person(name: str) -> str:
    """A command named nobody."""
    return f"There is nobody called {name} here. Type the name as it stands in the list on the left."


def exported(count: int, path: str) -> str:
    """A conversation was written to a file."""
    return f"{count:,} messages were written to {path}. The file is not encrypted: keep it where only you can read it."


def not_exported(reason: str) -> str:
    """The file could not be written."""
    return f"The file could not be written: {reason}. Choose another place and try again."


def message_hint(conversation: str) -> str:
    """Grey words in the empty composer."""
    return f"Message {conversation}"


def online_count(online: int, total: int) -> str:
    """How many people are here, for the header."""
    return f"{online} of {total} online"


def beginning(conversation: str) -> str:
    """Stands above the oldest message."""
    return f"This is where {conversation} begins."


def day(when: date, today: date) -> str:
    """A day line: Today, Yesterday, else the date (with the year only if it is another one)."""
    if when == today:
        return TODAY
    if (today - when).days == 1:
        return YESTERDAY
    return f"{_DAYS[when.weekday()]}, {date_words(when, today)}"


def date_words(when: date, today: date) -> str:
    """A date in words, with the year if it is not this year's."""
    words = f"{when.day} {_MONTHS[when.month - 1]}"
    return words if when.year == today.year else f"{words} {when.year}"


def unseen(author: str) -> str:
    """Above a post whose author had seen something that is not here."""
    return f"{author} saw a message that you have not"


def missing(count: int) -> str:
    """Posts that were never received."""
    return "1 message missing" if count == 1 else f"{count:,} messages missing"


def late(sent: str) -> str:
    """A post whose signed time is long before its neighbours'."""
    return f"sent {sent}, arrived late"


def password_short(least: int) -> str:
    """A new password has too few characters."""
    return f"A password has at least {least} characters; type a longer one."


def several(names: Sequence[str]) -> str:
    """Names in one phrase; beyond three the rest is counted."""
    if len(names) == 1:
        return names[0]
    if len(names) <= 3:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{names[0]}, {names[1]} and {len(names) - 2} others"


def presence(came: Sequence[str], left: Sequence[str]) -> str:
    """The quiet line for arrivals and departures."""
    parts = []
    if came:
        parts.append(f"{several(came)} {'is' if len(came) == 1 else 'are'} online")
    if left:
        parts.append(f"{several(left)} {'is' if len(left) == 1 else 'are'} offline")
    return " · ".join(parts)


def typing(names: Sequence[str]) -> str:
    """The line above the composer; empty if nobody types."""
    if not names:
        return ""
    return f"{several(names)} {'is' if len(names) == 1 else 'are'} typing…"


def waiting_banner(reason: str, seconds: int) -> str:
    """The connection is away; the next try starts in ``seconds``."""
    lead = reason or "The connection was lost."
    return f"{lead} Next try in {seconds} s. What you write is kept and sent then."


def too_long(excess_bytes: int) -> str:
    """A text over the protocol's limit."""
    return f"The message is {excess_bytes:,} bytes too long; shorten it or send it in parts."


def paste_too_long(size_bytes: int, most_bytes: int) -> str:
    """A text on the clipboard that is far over the protocol's limit."""
    return (
        f"The text on the clipboard has {size_bytes:,} bytes, a message at most {most_bytes:,}; nothing was pasted. "
        "Send it in parts."
    )


def refused(reason: str) -> str:
    """Under a message that the server does not take."""
    return f"{NOT_SENT} {reason}".strip()
