"""Every error that Secure Chat raises on purpose, drawn as one tree.

::

    ChatError
    ├── ProtocolError
    │   ├── LocalProtocolError      we were about to say something the protocol forbids
    │   └── RemoteProtocolError     the peer said something the protocol forbids
    ├── RequestRefused              the peer answered a request with ERR
    │   └── RegistrationUnavailable its greeting already said that registering cannot succeed
    ├── SealError                   something could not be opened or verified (one message for all causes)
    ├── AuthError
    │   ├── FirstContact            no pin and no join link: the person must compare the fingerprint
    │   ├── ServerChanged           the server's fingerprint is not the pinned one
    │   └── PasswordProblem         the password cannot be used (too short)
    ├── StoreError
    │   ├── DamagedStore            a file is not what we wrote; it is left as it is
    │   ├── FolderInUse             another process holds the folder
    │   └── FolderProblem           a folder cannot be made, read or written
    └── ConnectionClosed            the connection ended; code and text if the peer said why

The text of an exception is a sentence that a person can read; it holds no secret, no message text and no
input bytes. Foreign exceptions are translated at the edge with ``raise ... from``.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = [
    "AuthError",
    "ChatError",
    "ConnectionClosed",
    "DamagedStore",
    "ErrorCode",
    "FirstContact",
    "FolderInUse",
    "FolderProblem",
    "LocalProtocolError",
    "PasswordProblem",
    "ProtocolError",
    "RegistrationUnavailable",
    "RemoteProtocolError",
    "RequestRefused",
    "SealError",
    "ServerChanged",
    "StoreError",
]


class ErrorCode(IntEnum):
    """Codes of ERR and BYE (docs/protocol.md §11)."""

    MALFORMED = 1
    VERSION = 2
    BAD_LOGIN = 3
    RATE_LIMITED = 4
    NAME_TAKEN = 5
    REGISTRATION_REFUSED = 6
    NOT_FOUND = 7
    FORBIDDEN = 8
    CONFLICT = 9
    TOO_LARGE = 10
    QUOTA = 11
    BAD_KEY = 12
    SLOW = 13
    KICKED = 14
    SHUTDOWN = 15
    INTERNAL = 16
    UNSUPPORTED = 17

    @property
    def closes(self) -> bool:
        """True if an ERR with this code is followed by BYE and the end of the connection."""
        return self in (ErrorCode.MALFORMED, ErrorCode.VERSION, ErrorCode.BAD_KEY)


class ChatError(Exception):
    """Root of all our errors."""


class ProtocolError(ChatError):
    """The rules of docs/protocol.md were broken by one side; ``code`` is what ERR would carry."""

    def __init__(self, text: str, code: ErrorCode = ErrorCode.MALFORMED) -> None:
        super().__init__(text)
        self.code = code


class LocalProtocolError(ProtocolError):
    """We were about to send something that no peer may accept."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that the protocol forbids."""


class RequestRefused(ChatError):
    """The peer answered ERR. ``code`` may be a plain int if a newer peer uses one we do not know."""

    def __init__(self, code: int, text: str = "") -> None:
        self.code: int = ErrorCode(code) if code in ErrorCode._value2member_map_ else code
        self.text = text
        super().__init__(text or f"The request was refused (code {int(code)}).")


class SealError(ChatError):
    """A box, grant, signature or key was not accepted. The text never says which check failed."""

    def __init__(self) -> None:
        super().__init__("This could not be opened or verified.")


class RegistrationUnavailable(RequestRefused):
    """The server's greeting says that registering cannot succeed; nothing was sent. The text is the whole sentence."""

    def __init__(self, text: str) -> None:
        super().__init__(ErrorCode.REGISTRATION_REFUSED, text)


_SERVER_CHANGED = (
    "The server's fingerprint is not the one known here. Somebody may be pretending to be your server. Ask the "
    "operator. Only if the server really has new keys, forget the old ones with `python client.py --forget-pin SERVER`."
)
_LINK_DIFFERS = (
    "The server at this address is not the one that the join link names: the link is wrong or old, or somebody is "
    "pretending to be your server. Ask the operator for a new link."
)


class AuthError(ChatError):
    """Trust between this person and this server could not be established."""


class FirstContact(AuthError):
    """No pin exists for this server yet. ``fingerprint`` is 64 hex digits to compare with the console."""

    def __init__(self, fingerprint: str, server_name: str) -> None:
        self.fingerprint = fingerprint
        self.server_name = server_name
        super().__init__(
            "This is the first contact with this server. Compare its fingerprint with the one that the "
            "server's console shows, then accept it; or use the join link, which says whom to trust."
        )


class ServerChanged(AuthError):
    """The server shows another fingerprint than the pinned one. ``expected``, ``shown``: 64 hex digits."""

    def __init__(self, expected: str, shown: str, *, by_link: bool = False) -> None:
        self.expected = expected
        self.shown = shown
        super().__init__(_LINK_DIFFERS if by_link else _SERVER_CHANGED)


class PasswordProblem(AuthError):
    """The password cannot be used; nothing was sent."""


class StoreError(ChatError):
    """Something on disk could not be used."""


class DamagedStore(StoreError):
    """A file is not what this program wrote. It is never overwritten."""


class FolderInUse(StoreError):
    """Another running program holds this folder."""


class FolderProblem(StoreError):
    """A folder cannot be made, read or written."""


class ConnectionClosed(ChatError):
    """The connection ended. ``code`` is the BYE code, or None if the peer gave none."""

    def __init__(self, text: str = "The connection ended.", code: int | None = None, *, reset: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.reset = reset
