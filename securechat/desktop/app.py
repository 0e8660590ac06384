"""The program: wires window, pump, sessions, form and chat together. All of it runs in the Tk main thread.

Lifecycle: the form is up; `connect` makes a `Session`; if it opens, the chat replaces the form; when the client has
ended or the person signs out, the form comes back with a sentence. A call that crashes costs one sentence, never the
window.
"""

from __future__ import annotations

import logging
import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from securechat import __version__
from securechat.client.events import Event, HistoryLoaded, Progress
from securechat.client.preferences import Preferences
from securechat.client.sentences import explain
from securechat.desktop import texts
from securechat.desktop.client_port import CLOSE_S, ClientFactory, real_client
from securechat.desktop.form.connect_form import ConnectForm
from securechat.desktop.form.form_model import FormModel
from securechat.desktop.form.remembered import Remembered, field_to_mend
from securechat.desktop.look.emoji import emoji_kills, name_emoji
from securechat.desktop.pump import Pump
from securechat.desktop.shell import WindowShell
from securechat.desktop.window import Window
from securechat.errors import ChatError, FirstContact

if TYPE_CHECKING:
    # A chat needs some fifty modules more than the form. They are loaded while the person is being logged in, so that
    # the window is there at once.
    from securechat.desktop.chat.chat_control import ChatControl
    from securechat.desktop.chat.chat_view import ChatView
    from securechat.desktop.chat.view_model import Opened
    from securechat.desktop.notify.attention import Attention
    from securechat.desktop.notify.notifier import Notifier
    from securechat.desktop.session import Session

__all__ = ["App"]

log = logging.getLogger(__name__)


class App(WindowShell):
    """The program. ``root``: a window of the caller's, else one is made; ``server``: what the form begins with.

    For tests: ``client_factory`` (folder, on_event) makes the client, ``clock`` and ``monotonic`` are the time,
    ``notifier`` shows desktop notices, and ``form``, ``chat``, ``control``, ``session``, ``pump`` lead to all widgets.
    `close` may be called without `run`.
    """

    def __init__(
        self, root: tk.Tk | None = None, *, client_factory: ClientFactory = real_client, folder: Path | None = None,
        theme: str = "", server: str = "", profile: str = "", clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic, notifier: Notifier | None = None,
    ) -> None:
        self._factory, self._folder, self.profile = client_factory, folder, profile
        self._clock, self._monotonic = clock, monotonic
        self.form: ConnectForm | None = None
        self.chat: ChatView | None = None
        self.control: ChatControl | None = None
        self.session: Session | None = None
        self.attention: Attention | None = None
        self._notifier = notifier
        self.window = Window(root, folder, theme, self._may_redraw, self._redraw, self._say)
        self._shield: Callable[[str], str] = name_emoji if emoji_kills(self.window.windowing) else str
        self._ending: list[Session] = []
        self._early: list[Event] = []  # what happened before the chat was open
        self._kept_drafts: dict[tuple[str, str], dict[bytes, str]] = {}
        self._closed = self._showing_crash = False
        self.model, self._remembered = FormModel(server=server), Remembered(folder)
        problem = self._remembered.fill(self.model) or self.window.problem
        self.pump = Pump(self.root, self._turn, self._crashed)
        self.root.protocol("WM_DELETE_WINDOW", self.close)
        # Tk looks this name up on the window for each call that raised.
        self.root.report_callback_exception = self._report
        self._show_form(problem)
        self.pump.start()

    # ------------------------------------------------------------------ window
    def run(self) -> None:
        """Show the window until it is closed."""
        self.root.after_idle(log.debug, "the window is up")
        try:
            self.root.mainloop()
        finally:
            self.close()

    def request_close(self) -> None:
        """Close soon. Any thread, also a signal handler."""
        self.pump.post(self.close)

    def request_raise(self) -> bool:
        """Come up before other windows soon; False if it is closing. Any thread."""
        if self._closed:
            return False
        self.pump.post(self.raise_window)
        return True

    def close(self) -> None:
        """Withdraw the window, end the session in its own thread, wait for that. Idempotent. Main thread."""
        if self._closed:
            return
        self._closed = True
        self.pump.stop()
        self.window.remember_place()
        if self.window.owns_root:
            self.root.withdraw()
            self.root.update_idletasks()
        self._end_session()
        deadline = time.monotonic() + CLOSE_S
        for session in self._ending:
            if not session.join(max(0.0, deadline - time.monotonic())):
                log.debug("a session did not end in time")
        if self.attention is not None:
            self.attention.close()
        for view in (self.form, self.chat):
            if view is not None:
                view.destroy()
        self.form = self.chat = self.control = None
        self.theme.close()
        if self.window.owns_root:
            self.root.destroy()

    def _turn(self) -> bool:
        # An ended session holds its client, and with it what was read there.
        self._ending = [session for session in self._ending if not session.join(0.0)]
        if self.control is None or self.chat is None:
            return False
        self.control.tick()
        # The tick may have ended the chat.
        return self.control is not None and (self.control.model.working or self.chat.timeline.drawing)

    # ------------------------------------------------------------------ form
    def _show_form(self, sentence: str = "", *, calm: bool = False) -> None:
        if self.chat is not None:
            self.chat.destroy()
        self.chat = self.control = None
        if self.attention is not None:
            self.attention.toast = None  # it would keep the view, and that all messages
        if self.form is not None:
            self.form.destroy()
        self.root.configure(bg=self.theme.palette.side)
        self.set_title(texts.profile_title(self.profile))
        self.form = ConnectForm(self.root, self.theme, self.model, self, self._shield)
        self.form.pack(fill="both", expand=True)
        if sentence:
            self.form.show_error(sentence, calm=calm)
        self.form.focus_first()

    def connect(self, accept_fingerprint: str = "") -> None:
        """Connect with what the form holds; the waiting is done by the session's worker."""
        if self.form is None or self.session is not None:
            return
        self.form.show_progress(texts.CONNECTING_TO_SERVER)
        self._early.clear()
        before = self._ending[-1] if self._ending else None
        from securechat.desktop.session import Session

        self.session = Session(
            self._factory, self._folder, self.model.request(accept_fingerprint), self.pump.post, on_open=self._opened,
            on_fail=self._failed, on_event=self._event, on_error=self._crashed, remember=self._remembered.note,
            after=before,
        )

    def cancel_connect(self) -> None:
        """The person does not want to wait any longer."""
        if self.session is not None:
            self.session.cancel()
            self._end_session()
        if self.form is not None:
            self.form.show_error(texts.CANCELLED, calm=True)

    def _failed(self, session: Session, error: BaseException) -> None:
        if session is not self.session or self.form is None:
            return  # cancelled meanwhile
        self._end_session()
        if isinstance(error, FirstContact):
            self.form.show_first_contact(error.fingerprint, error.server_name)
        elif isinstance(error, ChatError):
            self.form.show_error(explain(error), field_to_mend(error, registering=self.model.register))
        else:
            self._crashed(error)

    # ------------------------------------------------------------------ chat
    def _opened(self, session: Session, opened: Opened) -> None:
        if session is not self.session:
            return  # cancelled meanwhile
        from securechat.desktop.chat.chat_control import ChatControl
        from securechat.desktop.chat.view_model import ChatModel

        kept = self._kept_drafts.pop((opened.fingerprint, opened.username), {})
        model = ChatModel(opened, clock=self._clock, monotonic=self._monotonic, shield=self._shield)
        for conversation in model.conversations.values():
            conversation.draft = conversation.draft or kept.get(conversation.conv, "")
        self.control = ChatControl(model, session, self, self._attention())
        self._show_chat()
        if self.form is not None:
            self.form.destroy()
            self.form = None
        self.model.logged_in()
        early, self._early = self._early, []
        for event in early:
            # What was there before the window opened shows as unread, and calls nobody to a window just opened.
            self._event(session, replace(event, older=True) if isinstance(event, HistoryLoaded) else event)

    def _show_chat(self) -> None:
        control = self.control
        if control is None:
            return
        from securechat.desktop.chat.chat_view import ChatView

        if self.chat is not None:
            old, self.chat = self.chat, None
            control.detach()
            old.destroy()
        self.root.configure(bg=self.theme.palette.bg)
        chat = ChatView(self.root, self.theme, control, self._monotonic)
        chat.pack(fill="both", expand=True)
        self.window.bind_keys(chat.window_keys, self._key)
        control.attention.attach(chat, self.theme)
        chat.update_idletasks()  # what is not on the screen yet takes no keys
        chat.composer.text.focus_set()
        control.attach(chat)  # an open search takes the focus back
        self.chat = chat  # not before it is whole

    def _key(self, key: str) -> None:
        if self.chat is not None:
            self.chat.press(key)

    def _event(self, session: Session, event: Event) -> None:
        if session is not self.session:
            return  # of a session that is over
        if self.control is None:
            if isinstance(event, Progress) and self.form is not None:
                self.form.show_progress(event.text)
            else:
                self._early.append(event)
            return
        self.control.show(self.control.model.apply(event))

    def _attention(self) -> Attention:
        if self.attention is None:
            from securechat.desktop.notify.attention import Attention
            from securechat.desktop.notify.notifier import Notifier

            self.attention = Attention(
                self.root, self._notifier or Notifier(on_failed=self._toast), lambda: self.preferences,
                lambda: self.focused, self.raise_window, self._monotonic,
            )
        return self.attention

    def leave_chat(self, sentence: str, *, calm: bool = False) -> None:
        """The session is over, or shall be: back to the form, which says ``sentence``."""
        self._end_session()
        self._show_form(sentence, calm=calm)

    def _end_session(self) -> None:
        """Begin to end the session, if there is one; what is in the composer is kept as the draft."""
        session, self.session = self.session, None
        if session is None:
            return
        drafts: dict[bytes, str] = {}
        if self.control is not None:
            drafts = self.control.drafts()
            opened = self.control.model.opened
            self._kept_drafts[opened.fingerprint, opened.username] = drafts
        session.close(drafts)
        self._ending.append(session)

    # ------------------------------------------------------------------ what the chat needs beside `WindowShell`
    def change_preferences(self, preferences: Preferences) -> None:
        """Take them, draw anew if the look changed, remember them."""
        self._say(self.window.change(preferences))

    def zoom(self, step: int) -> None:
        """See `Window.zoom`."""
        self._say(self.window.zoom(step))

    def sign_out(self) -> None:
        """End this session and go back to the form."""
        self.leave_chat(texts.SIGNED_OUT, calm=True)

    def _say(self, sentence: str) -> None:
        if sentence and self.control is not None:
            self.control.tell(sentence)
        elif sentence and self.form is not None:
            self.form.show_error(sentence)

    def _toast(self, title: str, body: str) -> None:
        """On the notifier's thread: the desktop has no notices."""
        self.pump.post(lambda: self._attention().show_toast(title, body))

    # ------------------------------------------------------------------ look
    def _may_redraw(self) -> bool:
        """Not while something is awaited or asked in the form."""
        return self.form is None or not (self.form.busy or self.form.panel is not None or self._showing_crash)

    def _redraw(self) -> None:
        if self.control is not None and self.chat is not None:
            written = self.chat.composer.get()
            reopen = self.control.sheets.leaving()
            focused = str(self.root.tk.call("focus", "-lastfor", "."))
            searching = focused.startswith(f"{self.chat.search_bar}.")
            self._show_chat()
            self.chat.composer.set(written)
            if searching:
                self.chat.search_bar.focus()
            if reopen is not None:
                reopen()
        elif self.form is not None:
            self._show_form(str(self.form.error["text"]))

    # ------------------------------------------------------------------ when a call crashes
    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._crashed(error)

    def _crashed(self, error: BaseException) -> None:
        """One sentence for the person, with details to copy. Neither they nor the log quote the error's words: these
        may hold a message."""
        from securechat.desktop.sheets.crash_sheet import CrashSheet, crash_details

        details = crash_details(error, __version__)
        log.debug("a call crashed: %s", details)
        if self._closed or self._showing_crash:
            return
        if self.control is not None and self.chat is None:  # while the chat was drawn: half of it is no use
            for child in self.root.winfo_children():
                child.destroy()
            self.form = None
            self.leave_chat("")
        if self.control is not None and self.chat is not None:
            self.control.tell(texts.CALLBACK_CRASH, alarm=True, details=details)
        elif self.form is not None:
            self._end_session()
            self.form.show_error(texts.CALLBACK_CRASH)
            self._showing_crash = True
            CrashSheet(self.root, self.theme, details, lambda: self.copy(details), self._crash_seen)

    def _crash_seen(self) -> None:
        self._showing_crash = False
