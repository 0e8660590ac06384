"""What can be done with one message: answer, edit, delete, react, copy, look behind it, jump to what it quotes.

Implements `TimelineActions` and `MessageActions`. Main thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from securechat.client.effects import EDITABLE
from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.chat.conversation_model import Writing
from securechat.desktop.messages.rows import Author, Earlier, Fold, Jump, Link, React, Row, Target

if TYPE_CHECKING:
    from securechat.desktop.chat.chat_control import ChatControl

__all__ = ["MessageControl"]

MOST_PAGES: Final = 30  # of older posts, to find the one that a quote names


class MessageControl:
    """Part of one `ChatControl`."""

    def __init__(self, chat: ChatControl) -> None:
        self._chat = chat
        self._jump_to = b""
        self._pages_left = 0

    def row(self, index: int) -> Row:
        """See `TimelineActions.row`."""
        return self._chat.model.current.timeline.row(index)

    def copied(self, first: int, last: int) -> str:
        """See `TimelineActions.copied`."""
        return self._chat.model.current.timeline.copy_text(first, last)

    def act(self, index: int, action: str) -> None:
        """See `TimelineActions.act`."""
        message = self._chat.model.current.timeline.message_at(index)
        actions: dict[str, Callable[[Message], None]] = {
            "reply": self.reply, "edit": self.edit, "delete": self.delete, "react": self.react_more,
            "copy": self.copy_text, "protection": self.protection, "earlier": self.earlier,
        }
        if message is not None and action in actions:
            actions[action](message)

    def menu(self, index: int, x_root: int, y_root: int, link: str = "") -> None:
        """See `TimelineActions.menu`."""
        message = self._chat.model.current.timeline.message_at(index)
        if message is not None and message.post_id:
            self._chat.view.message_menu.show(message, x_root, y_root, link=link)

    def follow(self, target: Target, index: int) -> None:
        """See `TimelineActions.follow`."""
        message = self._chat.model.current.timeline.message_at(index)
        match target:
            case Link(url) if url.lower().startswith(("http://", "https://")):
                self._chat.session.browse(url, lambda: self._no_browser(url))
            case Jump(post_id):
                self.jump(post_id)
            case React(_, emoji) if message is not None:
                if emoji:
                    self.react(message, emoji)
                else:
                    self.react_more(message)
            case Fold(post_id):
                self._chat.view.show(self._chat.model.current.timeline.fold(post_id))
            case Author(username):
                self._chat.open_person(username)
            case Earlier() if message is not None:
                self.earlier(message)
            case _:
                pass

    def _no_browser(self, url: str) -> None:
        self.copy_words(url)
        self._chat.tell(texts.NO_BROWSER)

    def reply(self, message: Message) -> None:
        """Answer a message: what is written next quotes it."""
        if _answerable(message):
            self._chat.start(Writing("reply", message))

    def edit(self, message: Message) -> None:
        """Write an own message anew."""
        if message.mine and _answerable(message) and message.kind in EDITABLE:
            self._chat.start(Writing("edit", message))

    def delete(self, message: Message) -> None:
        """Take an own message back, once the person has said so."""
        if message.mine and _answerable(message):
            self._chat.sheets.ask_delete(
                lambda: self._chat.change(lambda client: client.delete(message.post_id, message.conv))
            )

    def react(self, message: Message, emoji: str) -> None:
        """React, or take the same reaction back."""
        if not _answerable(message):
            return
        mine = any(emoji == one and self._chat.model.opened.username in names for one, names in message.reactions)
        wanted = "" if mine else emoji
        self._chat.change(lambda client: client.react(message.post_id, wanted, message.conv))

    def react_more(self, message: Message) -> None:
        """Choose a reaction among all."""
        if _answerable(message):
            self._chat.sheets.pick_reaction(message)

    def copy_text(self, message: Message) -> None:
        """The message's text to the clipboard."""
        self._chat.shell.copy(self._chat.model.look.body(message.text))

    def copy_words(self, words: str) -> None:
        """Some words to the clipboard."""
        self._chat.shell.copy(words)

    def earlier(self, message: Message) -> None:
        """The texts before an edit."""
        if message.earlier:
            self._chat.sheets.earlier(message)

    def protection(self, message: Message) -> None:
        """What protected a message."""
        self._chat.sheets.protection(message)

    def protect_current(self) -> None:
        """The same for the message under the list's cursor, or the newest one."""
        timeline = self._chat.model.current.timeline
        index = self._chat.view.timeline.current
        message = timeline.message_at(index) if index is not None else None
        newest = next((m for m in reversed(timeline.messages) if m.post_id), None)
        if (wanted := message or newest) is not None:
            self.protection(wanted)

    def ignore(self, username: str, ignored: bool) -> None:
        """See `MessageActions.ignore`."""
        self._chat.ignore(username, ignored)

    def jump(self, post_id: bytes) -> None:
        """Show a message, wherever it is; older posts are fetched until it is there."""
        index = self._chat.model.current.timeline.index_of(post_id)
        if index is not None:
            self._jump_to = b""
            self._chat.view.timeline.reveal(index)
        elif self._chat.model.current.loading_older:
            self._jump_to, self._pages_left = post_id, MOST_PAGES
        elif self._chat.model.may_load_older():
            if self._jump_to != post_id:
                self._pages_left = MOST_PAGES
            self._jump_to = post_id
            self._chat.load_older()
        else:
            self._jump_to = b""
            self._chat.tell(texts.QUOTED_NOT_HERE)

    def stop_looking(self) -> None:
        """Another conversation is open now: what was looked for is not in it."""
        self._jump_to = b""

    def older_came(self, more: bool | None) -> None:
        """A request for older posts ended; the message looked for may be among them now."""
        if not self._jump_to:
            return
        self._pages_left -= 1
        wanted = self._jump_to
        if self._chat.model.current.timeline.index_of(wanted) is None and (not more or self._pages_left <= 0):
            self._jump_to = b""
            self._chat.tell(texts.QUOTED_NOT_HERE)
        else:
            self.jump(wanted)


def _answerable(message: Message) -> bool:
    gone = message.deleted or message.newer or bool(message.problem) or message.state is MessageState.REFUSED
    return bool(message.post_id) and not gone
