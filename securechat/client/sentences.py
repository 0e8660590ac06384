"""Errors in words: one sentence with the next step, for whoever looks at a window or a terminal.

Owns the wording for refusals and closings. Texts that come from a server are cleaned and shown only where the
protocol gives them a meaning for people.
"""

from __future__ import annotations

import math
import re

from securechat.errors import (
    ChatError,
    ConnectionClosed,
    ErrorCode,
    RegistrationUnavailable,
    RemoteProtocolError,
    RequestRefused,
    SealError,
)
from securechat.rules.clean_text import one_line

__all__ = ["explain", "explain_closing", "explain_stream", "hold_up", "seconds_of"]

_SECONDS = re.compile(r"[0-9]{1,8}(\.[0-9]{1,8})?")

_REFUSALS: dict[int, str] = {
    ErrorCode.MALFORMED: "The server did not understand this program. Update whichever of the two is older.",
    ErrorCode.VERSION: "This program is too old or too new for the server. Update it, then connect again.",
    ErrorCode.BAD_LOGIN: "The name or the password is wrong. Check both and try again; if you have no account here, "
    "register first.",
    ErrorCode.NAME_TAKEN: "Somebody already has this name here. Choose another one, or log in if it is yours.",
    ErrorCode.REGISTRATION_REFUSED: "The server did not accept the registration. Ask its operator for an invite code, "
    "and check the name: small letters, digits, dot, dash and underscore.",
    ErrorCode.NOT_FOUND: "The server does not know what was asked for. It may have been removed.",
    ErrorCode.FORBIDDEN: "The server does not allow this. Its operator can say why, and change it.",
    ErrorCode.CONFLICT: "Something changed at the server meanwhile. Try again.",
    ErrorCode.TOO_LARGE: "This is larger than the server accepts. Shorten it and send it again.",
    ErrorCode.QUOTA: "Your space at the server is full. Ask its operator for more.",
    ErrorCode.BAD_KEY: "The server could not open what was sent, because its key had changed. Send it again.",
    ErrorCode.SHUTDOWN: "The server is stopping. Try again in a while.",
    ErrorCode.INTERNAL: "Something went wrong inside the server. Try again; if it stays, tell its operator.",
    ErrorCode.UNSUPPORTED: "The server is too old for this. Ask its operator to update it.",
}

_WRONG_CLOCK = (
    "The server does not take it, because this computer's clock is minutes or more away from its own. "
    "Set date, time and time zone of this computer, then send it again."
)

_CLOSINGS: dict[int, str] = {
    ErrorCode.MALFORMED: "The server did not understand this program and ended the connection. Update whichever of the "
    "two is older.",
    ErrorCode.VERSION: "This program is too old or too new for the server. Update it, then connect again.",
    ErrorCode.BAD_LOGIN: "The server refused the login too often. Check name and password, then connect again.",
    ErrorCode.BAD_KEY: "The server could not open a message, because its key had changed. It goes out again by itself.",
    ErrorCode.RATE_LIMITED: "The server is busy with too many requests. Try again in a while.",
    ErrorCode.SLOW: "The connection was too slow for what the server had to send. Missed messages are fetched now.",
    ErrorCode.KICKED: "The server ended your session. Log in again, or ask the operator if it happens at once.",
    ErrorCode.SHUTDOWN: "The server was stopped. The connection comes back by itself when it runs again.",
    ErrorCode.INTERNAL: "Something went wrong inside the server. If it happens again, tell its operator.",
}


def seconds_of(error: RequestRefused) -> float:
    """Seconds that a RATE_LIMITED asks to wait: 0.05 to 3600, 5 if the text is no decimal number."""
    if _SECONDS.fullmatch(error.text) is None:
        return 5.0
    return max(0.05, min(float(error.text), 3600.0))


def hold_up(pause_s: float) -> str:
    """What to say while the server makes messages wait, for another `pause_s` seconds at least."""
    return (
        f"The server does not take all of your messages at once; the next ones go out in {_seconds(pause_s)}. You need "
        "do nothing: they are kept here until then."
    )


def _seconds(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} second{'s' if whole != 1 else ''}"


def _with_reason(sentence: str, reason: str) -> str:
    said = one_line(reason).strip()
    return f"{sentence} The server says: {said}" if said else sentence


def _refusal(error: RequestRefused) -> str:
    if error.code == ErrorCode.RATE_LIMITED:
        return f"The server asks to wait: try again in {_seconds(seconds_of(error))}."
    sentence = _REFUSALS.get(error.code, f"The server refused this (code {int(error.code)}). Update this program.")
    if error.code in (ErrorCode.FORBIDDEN, ErrorCode.REGISTRATION_REFUSED, ErrorCode.VERSION):
        return _with_reason(sentence, error.text)
    return sentence


def explain_stream(error: RequestRefused) -> str:
    """Why a stream of posts was refused. Forbidden it is for its time alone (docs/protocol.md §11)."""
    return _WRONG_CLOCK if error.code == ErrorCode.FORBIDDEN else explain(error)


def explain_closing(error: ConnectionClosed) -> str:
    """Why a connection ended, in one or two sentences."""
    if error.code is None:
        return str(error)
    sentence = _CLOSINGS.get(error.code, "The server ended the connection.")
    reason = one_line(str(error)).strip()
    if error.code == ErrorCode.KICKED and reason:  # the reason first: it says more than we know
        return f"The server ended your session: {reason.rstrip('.')}. Log in again, or ask its operator."
    if error.code in (ErrorCode.KICKED, ErrorCode.SHUTDOWN, ErrorCode.VERSION):
        return _with_reason(sentence, str(error))
    return sentence


def explain(error: BaseException) -> str:
    """What happened and what to do next, for a person. Works for every error; never shows a traceback or a secret."""
    if isinstance(error, RegistrationUnavailable):
        return str(error)
    if isinstance(error, RequestRefused):
        return _refusal(error)
    if isinstance(error, ConnectionClosed):
        return explain_closing(error)
    if isinstance(error, SealError):
        return "Something that the server sent could not be verified. Try again; if it stays, ask the operator."
    if isinstance(error, RemoteProtocolError):
        return "The server sent something that this program does not accept. Update it; if it stays, ask the operator."
    if isinstance(error, ChatError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "The server did not answer in time. Check the network, then try again."
    return "Something went wrong inside this program. Start it again; if it stays, report it with the log."
