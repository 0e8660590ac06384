"""Everything that opens over an open chat: settings, account, protection, export, people, help, questions, pickers.

Makes the sheets and connects them with the session. One is open at a time. Main thread only.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from securechat.atomic_file import atomic_write
from securechat.client.events import Message
from securechat.client.export import export
from securechat.client.preferences import Preferences
from securechat.client.protection import Protection
from securechat.client.sentences import explain
from securechat.desktop import texts
from securechat.desktop.chat.changes import Told
from securechat.desktop.chat.kept_text_sheet import KeptTextSheet
from securechat.desktop.lists.jump_list import JumpList
from securechat.desktop.lists.lines import PersonLine
from securechat.desktop.sheets.crash_sheet import CrashSheet
from securechat.desktop.sheets.earlier_sheet import EarlierSheet
from securechat.desktop.sheets.export_sheet import ExportSheet
from securechat.desktop.sheets.help_sheet import HelpSheet
from securechat.desktop.sheets.password_sheet import PasswordSheet
from securechat.desktop.sheets.person_sheet import PersonSheet
from securechat.desktop.sheets.protection_sheet import ProtectionSheet
from securechat.desktop.sheets.sessions_sheet import SessionsSheet
from securechat.desktop.sheets.settings_sheet import SettingsSheet
from securechat.desktop.sheets.sheet import Question, Sheet
from securechat.desktop.writing.emoji_picker import EmojiPicker
from securechat.errors import ChatError

if TYPE_CHECKING:
    from securechat.desktop.chat.chat_control import ChatControl

__all__ = ["ChatSheets"]


class ChatSheets:
    """Part of one `ChatControl`. ``open`` is the sheet or popup that shows, for tests."""

    def __init__(self, chat: ChatControl) -> None:
        self._chat = chat
        self.open: tk.Frame | None = None
        self._loading_all = False
        self._make: Callable[[], tk.Frame] | None = None  # what made it last

    @property
    def covering(self) -> bool:
        """True while a sheet hides the messages."""
        return isinstance(self.open, Sheet)

    def close(self) -> None:
        """Take away whatever is open."""
        if isinstance(self.open, Sheet):
            self.open.close()
        elif self.open is not None:
            self._closed()

    def _show(self, make: Callable[[], tk.Frame]) -> None:
        self.close()
        self._make = make
        self.open = make()

    def _closed(self) -> None:
        opened, self.open = self.open, None
        if opened is None:
            return
        if not isinstance(opened, Sheet) and opened.winfo_exists():
            opened.destroy()
        view = self._chat.view
        # Where the focus was before may be gone; with the window itself as its owner, no key would do anything.
        if view.winfo_exists() and view.focus_get() in (None, view.winfo_toplevel()):
            at_message = isinstance(opened, EmojiPicker) and view.timeline.current is not None
            (view.timeline.text if at_message else view.composer.text).focus_set()

    # ------------------------------------------------------------------ settings and account
    def settings(self, at: str = "") -> None:
        """What the person may choose. ``at``: the control to start at."""
        chat = self._chat
        self._show(lambda: SettingsSheet(
            chat.view, chat.view.theme, chat.shell.preferences, self, self._closed, profile=chat.shell.profile, at=at
        ))

    def leaving(self) -> Callable[[], None] | None:
        """The view is about to be drawn anew, without its sheet: what opens that again, None if there is none."""
        opened, make = self.open, self._make
        self.close()
        if isinstance(opened, SettingsSheet):
            at = opened.at  # the choice that was made last keeps the focus
            return lambda: self.settings(at)
        if isinstance(opened, SessionsSheet):
            return self.open_sessions
        return (lambda: self._show(make)) if isinstance(opened, Sheet) and make is not None else None

    def change(self, preferences: Preferences) -> None:
        """See `SettingsActions.change`."""
        self._chat.shell.change_preferences(preferences)

    def open_password(self) -> None:
        """See `SettingsActions.open_password`."""
        self._show(lambda: PasswordSheet(
            self._chat.view, self._chat.view.theme, self._change_password, self._closed,
            known=(self._chat.model.opened.username,),
        ))

    def _change_password(self, old: str, new: str) -> None:
        sheet = self.open

        def done(nothing: None) -> None:
            if self.open is sheet:
                self.close()
            self._chat.tell(texts.PASSWORD_CHANGED)

        def failed(error: BaseException) -> None:
            if isinstance(sheet, PasswordSheet) and self.open is sheet:
                sheet.show_error(explain(error))
            else:
                self._chat.failed(error)

        if isinstance(sheet, PasswordSheet):
            sheet.show_progress(texts.CHANGING_PASSWORD)
        self._chat.session.ask(lambda client: client.account.change_password(old, new), done, failed)

    def open_sessions(self) -> None:
        """See `SettingsActions.open_sessions`."""
        self._show(lambda: SessionsSheet(
            self._chat.view, self._chat.view.theme, time.time, self._end_others, self._closed
        ))
        self._list_sessions()

    def _list_sessions(self, told: str = "") -> None:
        sheet = self.open
        if not isinstance(sheet, SessionsSheet):
            return

        def failed(error: BaseException) -> None:
            if self.open is sheet:
                sheet.show_error(explain(error))

        self._chat.session.ask(
            lambda client: client.account.sessions(),
            lambda sessions: sheet.show(sessions, told) if self.open is sheet else None, failed,
        )

    def _end_others(self) -> None:
        sheet = self.open

        def failed(error: BaseException) -> None:
            if isinstance(sheet, SessionsSheet) and self.open is sheet:
                sheet.show_error(explain(error))

        if isinstance(sheet, SessionsSheet):
            sheet.show_progress(texts.ASKING_SESSIONS)
        self._chat.session.ask(
            lambda client: client.account.end_other_sessions(),
            lambda ended: self._list_sessions(texts.sessions_ended(ended)), failed,
        )

    # ------------------------------------------------------------------ about messages
    def protection(self, message: Message) -> None:
        """How a message is protected; asks the server for the bytes it holds."""
        self._chat.session.ask(
            lambda client: client.protection(message.post_id, message.conv), self._show_protection, self._chat.failed
        )

    def _show_protection(self, protection: Protection) -> None:
        chat = self._chat
        if self.covering:
            return  # the answer took its time, and the person does something else by now
        self._show(lambda: ProtectionSheet(chat.view, chat.view.theme, chat.model.look, protection, self._closed))

    def earlier(self, message: Message) -> None:
        """What an edited message said before."""
        chat = self._chat
        self._show(lambda: EarlierSheet(chat.view, chat.view.theme, chat.model.look, message, self._closed))

    def ask_delete(self, on_yes: Callable[[], None]) -> None:
        """Before an own message is taken back."""
        chat = self._chat
        self._show(lambda: Question(
            chat.view, chat.view.theme, texts.DELETE_TITLE, texts.DELETE_WORDS, texts.DELETE_YES, on_yes,
            self._closed, alarm=True,
        ))

    def pick_reaction(self, message: Message) -> None:
        """Choose an emoji to react with."""
        chat = self._chat

        def picked(emoji: str) -> None:
            self.close()
            chat.messages.react(message, emoji)

        def make() -> EmojiPicker:
            picker = EmojiPicker(chat.view, chat.view.theme, picked, self._closed)
            picker.place(relx=0.6, rely=0.5, anchor="center")
            picker.lift()
            picker.update_idletasks()  # what is not on the screen yet gets no focus, and keys typed now would go astray
            picker.focus_first()
            return picker

        self._show(make)

    def close_picker(self) -> None:
        """Another conversation is open now: a reaction would go to a message that is out of sight."""
        if isinstance(self.open, EmojiPicker):
            self.close()

    # ------------------------------------------------------------------ export
    def export(self) -> None:
        """Write the open conversation to a file."""
        chat, current = self._chat, self._chat.model.current
        self._show(lambda: ExportSheet(
            chat.view, chat.view.theme, current.title, len(current.timeline.messages), current.timeline.begins,
            self._export, self._closed, on_load_all=self._load_all,
        ))

    def _load_all(self) -> None:
        self._loading_all = True

    def tick(self) -> None:
        """Goes on with loading what an export waits for; called once per turn."""
        current = self._chat.model.current
        if not self._loading_all or not isinstance(self.open, ExportSheet):
            self._loading_all = False
            return
        self.open.show_loaded(len(current.timeline.messages), current.timeline.begins)
        if current.timeline.begins:
            self._loading_all = False
        elif self._chat.model.may_load_older():
            self._chat.load_older()

    def _export(self, form: str, path: Path) -> None:
        chat, sheet = self._chat, self.open
        current, opened = chat.model.current, chat.model.opened
        messages = tuple(current.timeline.messages)
        made_at_ms = int(time.time() * 1000)

        def write(client: object) -> None:
            content = export(
                messages, title=current.title, server_name=opened.server_name, username=opened.username,
                made_at_ms=made_at_ms, form=form,
            )
            atomic_write(path, content.encode("utf-8", "replace"))

        def done(nothing: None) -> None:
            if self.open is sheet:
                self.close()
            chat.tell(texts.exported(len(messages), str(path)))

        def failed(error: BaseException) -> None:
            if isinstance(sheet, ExportSheet) and self.open is sheet:
                sheet.show_error(explain(error) if isinstance(error, ChatError) else texts.not_exported(str(error)))

        chat.session.ask(write, done, failed)

    # ------------------------------------------------------------------ the rest
    def person(self, person: PersonLine) -> None:
        """Who somebody is."""
        chat = self._chat
        self._show(lambda: PersonSheet(chat.view, chat.view.theme, person, chat, self._closed))

    def help(self) -> None:
        """Keys and commands."""
        self._show(lambda: HelpSheet(self._chat.view, self._chat.view.theme, self._closed))

    def details(self, told: Told) -> None:
        """What a notice has to be copied: what went wrong inside the program, or a text of the person's."""
        chat, details = self._chat, told.details
        sheet = CrashSheet if told.alarm else KeptTextSheet
        self._show(lambda: sheet(chat.view, chat.view.theme, details, lambda: chat.shell.copy(details), self._closed))

    def jump(self) -> None:
        """The list that leads to a conversation by typing."""
        chat = self._chat

        self._show(lambda: JumpList(
            chat.view, chat.view.theme, chat.model.conversation_lines(), chat.model.people(),
            on_conversation=chat.open_conversation, on_person=chat.open_person, on_close=self._closed,
        ))
