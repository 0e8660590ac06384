"""Sockets, selectors and TLS: bytes between this program and another. Nothing else in the project touches them.

Must not know frames, posts or people. ``TlsConnection`` carries bytes, ``connect`` and ``Listener`` make connections,
``Poller`` waits for full ones, ``certificate`` says what TLS is allowed. docs/threads.md tells who calls what.
"""

from securechat.net.certificate import client_context, make_self_signed, server_context
from securechat.net.connecting import Cancel, connect
from securechat.net.listener import Listener, lan_addresses, refuse
from securechat.net.poller import Poller
from securechat.net.tls_connection import TlsConnection

__all__ = [
    "Cancel",
    "Listener",
    "Poller",
    "TlsConnection",
    "client_context",
    "connect",
    "lan_addresses",
    "make_self_signed",
    "refuse",
    "server_context",
]
