"""What an open chat does: the person's actions on one side, the session's calls on the other, the model between.

Implements what composer and sidebar ask for. Messages, writing, search, sheets and notices are its parts, each in a
file of its own. Main thread only; nothing here blocks on a server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from securechat.client.preferences import Preferences
from securechat.client.sentences import explain
from securechat.desktop import texts
from securechat.desktop.chat.chat_sheets import ChatSheets
from securechat.desktop.chat.chat_view import ChatView
from securechat.desktop.chat.conversation_model import Writing
from securechat.desktop.chat.message_control import MessageControl
from securechat.desktop.chat.search_control import SearchControl
from securechat.desktop.chat.view_model import Arrived, Change, ChatModel, EditRefused, Ended, SentBack, Told
from securechat.desktop.chat.writing_control import WritingControl
from securechat.desktop.client_port import Client
from securechat.desktop.notify.attention import Attention
from securechat.desktop.session import Session
from securechat.errors import ChatError

__all__ = ["ChatControl", "Shell"]


class Shell(Protocol):
    """What the chat needs of the program's window."""

    @property
    def preferences(self) -> Preferences: ...
    @property
    def profile(self) -> str: ...
    @property
    def focused(self) -> bool: ...
    def change_preferences(self, preferences: Preferences) -> None: ...
    def set_title(self, title: str) -> None: ...
    def post(self, call: Callable[[], None]) -> None: ...
    def raise_window(self) -> None: ...
    def copy(self, words: str) -> None: ...
    def zoom(self, step: int) -> None: ...
    def sign_out(self) -> None: ...
    def leave_chat(self, sentence: str) -> None: ...


class ChatControl:
    """One open chat. ``attach`` gives it the view, again after each redrawing in another look."""

    def __init__(self, model: ChatModel, session: Session, shell: Shell, attention: Attention) -> None:
        self.model, self.session, self.shell = model, session, shell
        self.attention = attention
        self.sheets = ChatSheets(self)
        self.search = SearchControl(self)
        self.messages = MessageControl(self)
        self.writing = WritingControl(self, self._make)
        self._view: ChatView | None = None

    @property
    def view(self) -> ChatView:
        """The window's part that shows this chat."""
        if self._view is None:
            raise RuntimeError("the chat has no view yet")
        return self._view

    def attach(self, view: ChatView) -> None:
        """Draw on this view from now on."""
        self._view = view
        self.search.attached()
        self.writing.arrived()

    def detach(self) -> None:
        """The view is about to be taken away: keep what is written there."""
        self.writing.left(self.model.current)
        self._view = None

    # ------------------------------------------------------------------ events
    def show(self, changes: Sequence[Change]) -> None:
        """Draw what changed, and say what wants attention."""
        self.view.show(changes)
        for change in changes:
            if isinstance(change, Arrived):
                self.attention.arrived(change.messages, self.model, looking=self._looking())
            elif isinstance(change, Ended):
                self.shell.leave_chat(change.reason)
                return
            elif isinstance(change, SentBack) and change.text:
                self.view.composer.put_back(change.text)  # to be mended and sent again; it stays in the list too
            elif isinstance(change, EditRefused):
                self.writing.edit_refused(change)

    def tick(self) -> None:
        """To be called once per turn: goes on with long work, notes what was read, draws what depends on time."""
        self.show(self.model.work())
        self.view.tick()
        looking = self._looking()
        self.model.watch(looking)
        if looking:
            self._read(self.model.current.newest_seq())
        if self.view.timeline.at_top() and self.model.may_load_older():
            self.load_older()
        self.search.tick()
        self.sheets.tick()
        server = self.model.look.line(self.model.opened.server_name)
        self.shell.set_title(texts.window_title(self.model.current.title, server, self.model.unread_total()))
        self.attention.tick()

    def _looking(self) -> bool:
        in_sight = self.view.timeline.at_bottom() and not self.sheets.covering
        return self.shell.focused and in_sight and not self.model.current.working

    def _read(self, seq: int) -> None:
        current = self.model.current
        unread = current.unread().count
        if current.read_to(seq):
            if unread > 1:
                self.view.first_new.offer(unread)
            self.session.soon(lambda client: client.mark_read(seq, current.conv))
            self.view.lists_moved()

    def tell(self, sentence: str, *, alarm: bool = False, details: str = "") -> None:
        """Answer what the person did with a sentence, which shows until it is dismissed."""
        self.view.show(self.model.tell(sentence, alarm=alarm, details=details, answer=not details))

    def failed(self, error: BaseException) -> None:
        """A call to the server failed: say so."""
        self.tell(explain(error))

    def drafts(self) -> dict[bytes, str]:
        """What is written and not sent, by conversation."""
        if self._view is not None:  # else `detach` has kept it
            self.writing.keep()
        return self.writing.drafts()

    # ------------------------------------------------------------------ conversations
    def open_conversation(self, conv: bytes) -> None:
        """Show another conversation."""
        wanted = self.model.conversations.get(conv)
        if wanted is None or wanted is self.model.current:
            self.view.composer.text.focus_set()
            return
        self.writing.left(self.model.current)
        self.model.current = wanted
        self.model.watch(False)
        self.search.close_search()
        self.messages.stop_looking()
        self.view.show_conversation()
        self.writing.arrived()
        self.sheets.close_picker()

    def open_person(self, username: str) -> None:
        """The direct conversation with somebody, or who they are."""
        person = next((line for line in self.model.people() if line.username == username), None)
        if person is None:
            return
        if person.conv is not None:
            self.open_conversation(person.conv)
        else:
            self.sheets.person(person)

    def person_menu(self, username: str, x: int, y: int) -> None:
        """Asked for somebody in the list by the other button."""
        person = next((line for line in self.model.people() if line.username == username), None)
        if person is not None:
            self.sheets.person(person)

    def open_jump(self) -> None:
        """The list that leads to a conversation by typing."""
        self.sheets.jump()

    # ------------------------------------------------------------------ writing
    def send(self, text: str) -> str:
        """See `ComposerActions.send`."""
        return self.writing.post([text])

    def send_parts(self, parts: Sequence[str]) -> str:
        """See `ComposerActions.send_parts`."""
        return self.writing.post(parts)

    def change(self, call: Callable[[Client], object]) -> None:
        """Make a post that is not typed (a reaction, a deletion)."""
        problem = self._make(call)
        if problem:
            self.tell(problem)

    def _make(self, call: Callable[[Client], object]) -> str:
        try:
            self.session.now(call)
        except ChatError as error:
            return explain(error)
        return ""

    def typing(self) -> None:
        """See `ComposerActions.typing`."""
        conv = self.model.current.conv
        if self.shell.preferences.send_typing:
            self.session.soon(lambda client: client.typing(conv))

    def save_draft(self, text: str) -> None:
        """See `ComposerActions.save_draft`."""
        self.writing.save_draft(text)

    def names(self) -> Sequence[str]:
        """See `ComposerActions.names`."""
        return self.model.usernames()

    def edit_last(self) -> None:
        """See `ComposerActions.edit_last`."""
        message = self.model.current.timeline.last_own()
        if message is not None:
            self.messages.edit(message)

    def leave_mode(self) -> None:
        """See `ComposerActions.leave_mode`."""
        self.writing.leave()

    def start(self, writing: Writing) -> None:
        """What is written next is a reply or an edit."""
        self.writing.start(writing)

    def command(self, name: str, argument: str) -> str:
        """See `ComposerActions.command`."""
        match name:
            case "help":
                self.sheets.help()
            case "search":
                self.search.open(argument)
            case "export":
                self.sheets.export()
            case "settings":
                self.sheets.settings()
            case "ignore" | "unignore":
                username = argument.strip().removeprefix("@")
                if username not in self.model.usernames():
                    return texts.no_such_person(self.model.look.name(username))
                self.ignore(username, name == "ignore")
            case "signout":
                self.shell.sign_out()
            case _:
                return texts.NO_SUCH_COMMAND
        return ""

    def ignore(self, username: str, ignored: bool = True) -> None:
        """Ignore somebody, or no longer."""
        words = texts.ignoring(self.model.look.name(username), ignored)
        self.session.ask(
            lambda client: client.account.ignore(username, ignored), lambda done: self.tell(words), self.failed
        )

    # ------------------------------------------------------------------ older posts
    def load_older(self) -> None:
        """Fetch a page above what is loaded."""
        current = self.model.current
        current.older_asked()
        self.session.ask(
            lambda client: client.load_older(current.conv), lambda more: self._older(current.conv, more),
            lambda error: self._older(current.conv, None),
        )

    def _older(self, conv: bytes, more: bool | None) -> None:
        self.show(self.model.older_done(conv, more))
        if conv == self.model.current.conv:
            self.messages.older_came(more)

    # ------------------------------------------------------------------ notices in the window
    def retry_now(self) -> None:
        """End the pause before the next try."""
        self.session.soon(lambda client: client.retry_now())

    def dismiss(self) -> None:
        """The notice that shows has been read; one with details shows them first."""
        told = self.model.notices[0] if self.model.notices else None
        self.model.dismiss()
        if isinstance(told, Told) and told.details:
            self.sheets.details(told)

    def zoom(self, step: int) -> None:
        """One step larger (1), smaller (-1), or back to normal (0)."""
        self.shell.zoom(step)

    def copy_link(self) -> None:
        """Put the join link on the clipboard."""
        self.shell.copy(self.model.opened.join_link)
        self.tell(texts.LINK_COPIED)

    def sign_out(self) -> None:
        """End this session and go back to the form."""
        self.shell.sign_out()
