"""What the form knows from last time, and which of its fields an error is about. Never a password. No display."""

from __future__ import annotations

import logging
from pathlib import Path

from securechat.client.sentences import explain
from securechat.client.settings import Settings
from securechat.desktop import texts
from securechat.desktop.form.form_model import ConnectRequest, FormModel
from securechat.errors import ChatError, ConnectionClosed, ErrorCode, RequestRefused

__all__ = ["Remembered", "field_to_mend"]

log = logging.getLogger(__name__)


class Remembered:
    """The last server and name of one folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._settings: Settings | None = None

    def fill(self, model: FormModel) -> str:
        """Prefill the form; returns a sentence if the settings cannot be read. Main thread."""
        try:
            self._settings = Settings.load(self._folder)
        except ChatError as error:
            return explain(error)
        model.server = model.server or self._settings.last_server or texts.THIS_COMPUTER
        model.username = self._settings.last_username
        # Who was never logged in from here comes to register, most likely.
        model.register = not model.username
        return ""

    def note(self, request: ConnectRequest) -> None:
        """It worked with these: one small write, on the session's worker."""
        if self._settings is None:
            return  # they could not be read, so they are not overwritten either
        try:
            self._settings.remember(request.server, request.username)
        except (ChatError, OSError) as error:
            log.debug("the settings were not saved: %s", type(error).__name__)


def field_to_mend(error: ChatError, *, registering: bool) -> str:
    """The field of the form that ``error`` is about; "" if it is about none."""
    if not isinstance(error, (RequestRefused, ConnectionClosed)):
        return ""
    if error.code == ErrorCode.NAME_TAKEN:
        return "username"
    if error.code == ErrorCode.BAD_LOGIN:
        return "password"
    return "invite" if error.code == ErrorCode.REGISTRATION_REFUSED and registering else ""
