"""What the connect form holds and what is wrong with it, without a display.

The form checks only what needs no server and no key; everything else is the client's to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from securechat.desktop import texts
from securechat.wire import limits

__all__ = ["ConnectRequest", "FormModel", "fingerprint_groups"]


@dataclass(frozen=True, repr=False)
class ConnectRequest:
    """One wish to connect. No repr: it holds a password."""

    server: str
    username: str
    password: str
    register: bool
    invite: str
    accept_fingerprint: str = ""


@dataclass(repr=False)
class FormModel:
    """The fields as typed; they outlive the widgets. No repr: it holds a password."""

    server: str = ""
    username: str = ""
    password: str = ""
    again: str = ""
    invite: str = ""
    register: bool = False

    def problem(self) -> tuple[str, str]:
        """(field, sentence) of the first thing to mend, ("", "") if the form can be sent."""
        if not self.server.strip():
            return "server", texts.NEED_SERVER
        if not self.username.strip():
            return "username", texts.NEED_NAME
        if not limits.USERNAME.fullmatch(self.username.strip()):
            return "username", texts.BAD_NAME
        if not self.password:
            return "password", texts.NEED_PASSWORD
        if self.register and len(self.password) < limits.PASSWORD_CHARACTERS:
            return "password", texts.password_short(limits.PASSWORD_CHARACTERS)
        if self.register and not self.again:
            return "again", texts.NEED_AGAIN
        if self.register and self.again != self.password:
            return "again", texts.AGAIN_DIFFERS
        return "", ""

    def request(self, accept_fingerprint: str = "") -> ConnectRequest:
        """What to ask the client for. Call only if `problem` found nothing."""
        invite = self.invite.strip() if self.register else ""
        return ConnectRequest(
            self.server.strip(), self.username.strip(), self.password, self.register, invite, accept_fingerprint
        )

    def logged_in(self) -> None:
        """It worked: nobody needs the passwords here, and the account exists now."""
        self.password = self.again = self.invite = ""
        self.register = False


def fingerprint_groups(fingerprint: str) -> list[str]:
    """64 hex digits in groups of eight, as the server's console shows them; two to a line, four lines."""
    groups = [fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8)]
    return ["  ".join(groups[i : i + 2]) for i in range(0, len(groups), 2)]
