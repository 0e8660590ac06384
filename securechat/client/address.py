"""Where a server is, as a person writes it: a name, a name with port, or a join link (docs/protocol.md §3.1).

Owns the spelling of addresses and links. Knows nothing of pins and opens no connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from securechat.errors import LocalProtocolError
from securechat.wire import limits

__all__ = ["ServerAddress"]

_SCHEME = "chat://"
_PLACE = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:/#\[\]@]+))(?::(?P<port>[0-9]{1,5}))?")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ServerAddress:
    """`host` without brackets, `port` 1 to 65535, `fingerprint` of a join link: 64 hex digits, or ""."""

    host: str
    port: int
    fingerprint: str = ""

    @classmethod
    def parse(cls, text: str) -> ServerAddress:
        """Read "host", "host:port", "[v6]:port", a bare IPv6 address, or `chat://host:port/#fingerprint`.

        LocalProtocolError with a sentence if it is none of these. Any thread.
        """
        text = text.strip()
        fingerprint = ""
        if text.lower().startswith(_SCHEME):
            place, _, fingerprint = text[len(_SCHEME) :].partition("#")
            place = place.removesuffix("/")
            fingerprint = fingerprint.strip().lower()
            if not _FINGERPRINT.fullmatch(fingerprint):
                raise LocalProtocolError("This join link is incomplete. Copy the whole link from the server's console.")
        else:
            place = text
        if place.count(":") > 1 and not place.startswith("["):
            place = f"[{place}]"
        match = _PLACE.fullmatch(place)
        port = int(match["port"] or limits.DEFAULT_PORT) if match else 0
        if match is None or not 1 <= port <= 65535:
            raise LocalProtocolError(
                "This is not an address. Write it like chat.example.org, 192.168.1.20:5050, "
                "or paste the join link from the server's console."
            )
        return cls((match["v6"] or match["host"]).lower(), port, fingerprint)

    @property
    def place(self) -> str:
        """host:port in one spelling, IPv6 in brackets: the name of a pin."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def join_link(self, fingerprint: str) -> str:
        """The link that brings others here; `fingerprint` 64 hex digits."""
        return f"{_SCHEME}{self.place}/#{fingerprint}"
