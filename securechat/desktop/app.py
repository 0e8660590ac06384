"""The window as a whole: wires sessions, pump, form and chat together. All of it runs in the Tk main thread.

Lifecycle: the form is up; `connect` makes a `Session`; if it opens, the chat replaces the form; when the client has
ended or the person signs out, the form comes back with a sentence. A call that crashes costs one sentence, never the
window.
"""

from __future__ import annotations

import logging
import time
import tkinter as tk
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType

from securechat.client.events import Event, Progress
from securechat.client.sentences import explain
from securechat.client.settings import Settings
from securechat.desktop import texts
from securechat.desktop.chat_view import ChatView
from securechat.desktop.client_port import ClientFactory, real_client
from securechat.desktop.connect_form import ConnectForm
from securechat.desktop.emoji import emoji_kills, name_emoji
from securechat.desktop.form_model import ConnectRequest, FormModel
from securechat.desktop.palette import palette_for
from securechat.desktop.pump import Pump
from securechat.desktop.session import CLOSE_S, Session
from securechat.desktop.theme import ZOOMS, Theme
from securechat.desktop.view_model import ChatModel, Ended, Opened, check_text
from securechat.errors import ChatError, ConnectionClosed, ErrorCode, FirstContact, RequestRefused

__all__ = ["App"]

log = logging.getLogger(__name__)

SIZE = (1100, 720)  # design pixels of the first window
LEAST = (560, 420)


def _select_entry(entry: tk.Misc) -> str:
    if isinstance(entry, tk.Entry):
        entry.selection_range(0, "end")
        entry.icursor("end")
    return "break"


def _select_text(text: tk.Misc) -> str:
    if isinstance(text, tk.Text):
        text.tag_add("sel", "1.0", "end-1c")
    return "break"


class App:
    """The program. ``root``: a window of the caller's, else one is made; ``server``: what the form begins with.

    For tests: ``client_factory`` (folder, on_event) makes the client, ``clock`` and ``monotonic`` are the time, and
    ``form``, ``chat``, ``session``, ``pump`` lead to all widgets. `close` may be called without `run`.
    """

    def __init__(
        self, root: tk.Tk | None = None, *, client_factory: ClientFactory = real_client, folder: Path | None = None,
        theme: str = "system", server: str = "", clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._owns_root = root is None
        self.root = root if root is not None else tk.Tk(className="SecureChat")
        self._factory, self._folder = client_factory, folder
        self._clock, self._monotonic = clock, monotonic
        self.theme_name, self.zoom_factor = theme, 1.0
        self.theme = Theme(self.root, palette_for(theme))
        self._shield: Callable[[str], str] = str
        self.windowing = str(self.root.tk.call("tk", "windowingsystem"))
        if emoji_kills(self.windowing):
            self._shield = name_emoji
        self.form: ConnectForm | None = None
        self.chat: ChatView | None = None
        self.session: Session | None = None
        self._ending: list[Session] = []
        self._early: list[Event] = []  # what happened before the chat was open
        self._kept_drafts: dict[tuple[str, str], str] = {}
        self._closed = False
        self.model = FormModel(server=server)
        problem = self._load_settings()
        self.pump = Pump(self.root, self._turn, self._crashed)
        self._prepare_window()
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

    def close(self) -> None:
        """Withdraw the window, end the session in its own thread, wait for that. Idempotent. Main thread."""
        if self._closed:
            return
        self._closed = True
        self.pump.stop()
        if self._owns_root:
            self.root.withdraw()
            self.root.update_idletasks()
        self._end_session()
        deadline = time.monotonic() + CLOSE_S
        for session in self._ending:
            if not session.join(max(0.0, deadline - time.monotonic())):
                log.debug("a session did not end in time")
        for view in (self.form, self.chat):
            if view is not None:
                view.destroy()
        self.form = self.chat = None
        self.theme.close()
        if self._owns_root:
            self.root.destroy()

    def _prepare_window(self) -> None:
        px, root = self.theme.px, self.root
        width = min(px(SIZE[0]), root.winfo_screenwidth())
        height = min(px(SIZE[1]), root.winfo_screenheight())
        if self._owns_root:
            root.geometry(f"{width}x{height}")
            root.minsize(min(px(LEAST[0]), width), min(px(LEAST[1]), height))
        root.protocol("WM_DELETE_WINDOW", self.close)
        # Tk looks this name up on the window for each call that raised.
        root.report_callback_exception = self._report
        for key in ("<Control-plus>", "<Control-equal>", "<Control-KP_Add>"):
            root.bind(key, lambda event: self.zoom(1))
        for key in ("<Control-minus>", "<Control-KP_Subtract>"):
            root.bind(key, lambda event: self.zoom(-1))
        root.bind("<Control-Key-0>", lambda event: self.zoom(0))
        if self.windowing == "x11":
            # There Tk's own meaning is "to the start of the line", which nobody expects of a text field any more.
            root.bind_class("TEntry", "<Control-a>", lambda event: _select_entry(event.widget))
            root.bind_class("Text", "<Control-a>", lambda event: _select_text(event.widget))

    def _turn(self) -> None:
        if self.chat is not None:
            self.chat.tick()

    # ------------------------------------------------------------------ form
    def _load_settings(self) -> str:
        """Prefill the form; returns a sentence if the settings cannot be read."""
        self._settings: Settings | None = None
        try:
            self._settings = Settings.load(self._folder)
        except ChatError as error:
            return explain(error)
        if not self.model.server:
            self.model.server = self._settings.last_server or texts.THIS_COMPUTER
        self.model.username = self._settings.last_username
        # Who was never logged in from here comes to register, most likely.
        self.model.register = not self.model.username
        return ""

    def _show_form(self, sentence: str = "", *, calm: bool = False) -> None:
        if self.chat is not None:
            self.chat.destroy()
            self.chat = None
        if self.form is not None:
            self.form.destroy()
        self.root.configure(bg=self.theme.palette.side)
        self.root.title(texts.PRODUCT)
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
        self.session = Session(
            self._factory, self._folder, self.model.request(accept_fingerprint), self.pump.post, on_open=self._opened,
            on_fail=self._failed, on_event=self._event, on_error=self._crashed, remember=self._remember, after=before,
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
            self.form.show_error(explain(error), self._field_to_mend(error))
        else:
            self._crashed(error)

    def _field_to_mend(self, error: ChatError) -> str:
        """The field of the form that ``error`` is about; "" if it is about none."""
        if not isinstance(error, (RequestRefused, ConnectionClosed)):
            return ""
        if error.code == ErrorCode.NAME_TAKEN:
            return "username"
        if error.code == ErrorCode.BAD_LOGIN:
            return "password"
        return "invite" if error.code == ErrorCode.REGISTRATION_REFUSED and self.model.register else ""

    def _remember(self, request: ConnectRequest) -> None:
        """On the session's worker, after it connected: one small write."""
        if self._settings is None:
            return  # they could not be read, so they are not overwritten either
        try:
            self._settings.remember(request.server, request.username)
        except (ChatError, OSError) as error:
            log.debug("the settings were not saved: %s", type(error).__name__)

    # ------------------------------------------------------------------ chat
    def _opened(self, session: Session, opened: Opened) -> None:
        if session is not self.session:
            return  # cancelled meanwhile
        kept = self._kept_drafts.pop((opened.fingerprint, opened.username), "")
        chat_model = ChatModel(opened, clock=self._clock, monotonic=self._monotonic, shield=self._shield)
        self._show_chat(chat_model, opened.draft or kept)
        if self.form is not None:
            self.form.destroy()
            self.form = None
        self.model.logged_in()
        early, self._early = self._early, []
        for event in early:
            self._event(session, event)

    def _show_chat(self, chat_model: ChatModel, draft: str) -> None:
        if self.chat is not None:
            self.chat.destroy()
        self.root.configure(bg=self.theme.palette.bg)
        self.chat = ChatView(self.root, self.theme, chat_model, self, self.theme_name, self._monotonic)
        self.chat.pack(fill="both", expand=True)
        self.chat.composer.set(draft)
        self.chat.composer.text.focus_set()
        server = chat_model.look.line(chat_model.opened.server_name)
        self.root.title(texts.window_title(chat_model.title, server))

    def _event(self, session: Session, event: Event) -> None:
        if session is not self.session:
            return  # of a session that is over
        if self.chat is None:
            if isinstance(event, Progress) and self.form is not None:
                self.form.show_progress(event.text)
            else:
                self._early.append(event)
            return
        changes = self.chat.model.apply(event)
        self.chat.show(changes)
        for change in changes:
            if isinstance(change, Ended):
                self._leave_chat(change.reason)
                return

    def _leave_chat(self, sentence: str, *, calm: bool = False) -> None:
        self._end_session()
        self._show_form(sentence, calm=calm)

    def _end_session(self) -> None:
        """Begin to end the session, if there is one; what is in the composer is kept as the draft."""
        session, self.session = self.session, None
        if session is None:
            return
        draft = None
        if self.chat is not None:
            draft = self.chat.composer.get()
            opened = self.chat.model.opened
            self._kept_drafts[opened.fingerprint, opened.username] = draft
        session.close(draft)
        self._ending = [*self._ending[-3:], session]

    # ------------------------------------------------------------------ what the chat asks for
    def send(self, text: str) -> str:
        """See `ComposerActions.send`."""
        if self.session is None:
            return ""
        problem = check_text(text)
        if problem:
            return problem
        try:
            self.session.send(text)
        except ChatError as error:
            return explain(error)
        return ""

    def typing(self) -> None:
        """See `ComposerActions.typing`."""
        self._ask(lambda session: session.typing())

    def save_draft(self, text: str) -> None:
        """See `ComposerActions.save_draft`."""
        self._ask(lambda session: session.save_draft(text))

    def retry_now(self) -> None:
        """See `ChatActions.retry_now`."""
        self._ask(lambda session: session.retry_now())

    def load_older(self) -> None:
        """See `ChatActions.load_older`."""
        if self.chat is not None and self.session is not None:
            self.chat.model.older_asked()
            self.session.load_older(partial(self._older_loaded, self.session))

    def _older_loaded(self, session: Session, more: bool | None) -> None:
        if session is self.session and self.chat is not None:
            self.chat.show(self.chat.model.older_done(more))

    def copy_link(self) -> None:
        """See `ChatActions.copy_link`."""
        if self.chat is not None:
            self.root.clipboard_clear()
            self.root.clipboard_append(self.chat.model.opened.join_link)
            self.chat.tell(texts.LINK_COPIED)

    def sign_out(self) -> None:
        """See `ChatActions.sign_out`."""
        self._leave_chat(texts.SIGNED_OUT, calm=True)

    def _ask(self, what: Callable[[Session], None]) -> None:
        if self.session is not None:
            what(self.session)

    # ------------------------------------------------------------------ look
    def set_theme(self, theme: str) -> None:
        """Draw everything anew in another theme."""
        self._redraw(theme, self.zoom_factor)

    def zoom(self, step: int) -> None:
        """One step larger (1), smaller (-1), or back to normal (0)."""
        place = min(range(len(ZOOMS)), key=lambda index: abs(ZOOMS[index] - self.zoom_factor))
        self._redraw(self.theme_name, 1.0 if step == 0 else ZOOMS[max(0, min(len(ZOOMS) - 1, place + step))])

    def _redraw(self, theme: str, zoom: float) -> None:
        if self.form is not None and (self.form.busy or self.form.panel is not None):
            return  # not while something is awaited or asked there
        self.theme_name, self.zoom_factor = theme, zoom
        old, self.theme = self.theme, Theme(self.root, palette_for(theme), zoom)
        if self.chat is not None:
            draft = self.chat.composer.get()
            self._show_chat(self.chat.model, draft)
        elif self.form is not None:
            self._show_form(str(self.form.error["text"]))
        old.close()

    # ------------------------------------------------------------------ when a call crashes
    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._crashed(error)

    def _crashed(self, error: BaseException) -> None:
        """One sentence for the person. The log gets the place and the kind, not the words: they may quote a message."""
        where = " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in
                           reversed(traceback.extract_tb(error.__traceback__)))
        log.debug("a call crashed: %s at %s", type(error).__name__, where)
        if self._closed:
            return
        if self.chat is not None:
            self.chat.tell(texts.CALLBACK_CRASH, alarm=True)
        elif self.form is not None:
            self._end_session()
            self.form.show_error(texts.CALLBACK_CRASH)
