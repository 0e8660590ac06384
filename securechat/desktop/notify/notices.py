"""Which messages a person is told of outside the window, and in which words. Pure: no Tk, no clock, no processes.

Its owner calls `decide` for messages that just came (`MessageShown`), never for history.
"""

from __future__ import annotations

from dataclasses import dataclass

from securechat.client.events import Message
from securechat.client.preferences import Preferences
from securechat.desktop import texts
from securechat.desktop.messages.harmless import calm, cut
from securechat.desktop.messages.rich_text import parse, plain
from securechat.desktop.messages.rows import Look

__all__ = ["LONGEST", "Notice", "decide", "mentions"]

LONGEST = 200  # characters of a text; desktops show less


@dataclass(frozen=True)
class Notice:
    """All texts are harmless and one line each. ``place``: the conversation's title, for several notices in one."""

    title: str
    body: str
    sound: bool
    place: str = ""


def mentions(text: str, me: str) -> bool:
    """True if ``text`` names the user ``me`` with an @, by the same rule by which the timeline marks it."""
    if not me or "@" not in text:
        return False
    cleaned = calm(text)
    return f"@{me.lower()}" in cleaned.lower() and any("mention_me" in span.styles for span in parse(cleaned, me))


def decide(
    message: Message, *, me: str, focused: bool, looking: bool, ignored: bool, preferences: Preferences,
    conversation: str, look: Look,
) -> Notice | None:
    """The notice that ``message`` deserves, or None.

    ``focused``: the window has the keyboard; ``looking``: the message's conversation is open at its newest end.
    ``ignored``: its author is. ``conversation``: its title as in lists.
    Who is named with an @ is told even if notices are off, though not while undisturbed.
    """
    if message.mine or message.problem or message.deleted or message.deleted_by_operator or message.newer:
        return None
    if preferences.do_not_disturb or ignored or (focused and looking):
        return None
    named = mentions(message.text, me)
    if preferences.notices == "nothing" and not named:
        return None
    if preferences.notices == "text":
        body = _beginning(message.text, look)
    else:
        body = texts.MENTIONED_YOU if named else texts.WROTE
    author = look.name(message.author)
    title = author if conversation == author else texts.notice_title(author, conversation)
    return Notice(title, body, preferences.sound, conversation)


def _beginning(text: str, look: Look) -> str:
    """In one line, without the marks for bold and such."""
    begin = plain(calm(text.removeprefix("/me ")[: 4 * LONGEST]))
    return look.line(cut(" ".join(begin.split()), LONGEST))
