"""One end of TLS without a socket: bytes in, bytes out.

Owns the SSLObject and its two memory buffers, and the translation of OpenSSL's errors. Must not know sockets, locks or
threads: its owner calls it from one thread at a time, because an SSLObject cannot bear two.
"""

from __future__ import annotations

import hashlib
import ssl

from securechat.errors import ConnectionClosed
from securechat.net.certificate import ALPN

__all__ = ["TlsEngine"]

_READ_SIZE = 65_536  # more than a TLS record holds (16,384 bytes, RFC 8446 5.1): one read gives one record


class TlsEngine:
    """TLS for one connection. Any call may leave bytes for the peer in `take_output`."""

    def __init__(self, context: ssl.SSLContext, *, server_side: bool, server_hostname: str | None = None) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_hostname
        )
        self.ended = False  # the peer said close_notify
        self.failure: ConnectionClosed | None = None  # OpenSSL takes no more, in neither direction

    def feed(self, received: bytes) -> None:
        """Take bytes from the peer; b"" means that it sends no more."""
        if received:
            self._incoming.write(received)
        else:
            self._incoming.write_eof()

    def step_handshake(self) -> bool:
        """One step with what was fed; True when done. Raises ConnectionClosed if the peer cannot be talked to."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLCertVerificationError as error:
            raise ConnectionClosed(
                "The server's certificate is not from the authority that is configured here."
            ) from error
        except ssl.SSLError as error:
            raise ConnectionClosed("The other side does not speak Secure Chat's TLS.") from error
        if self._tls.selected_alpn_protocol() != ALPN:
            raise ConnectionClosed("The other side does not speak the protocol chat/1.")
        return True

    def encrypt(self, plaintext: bytes | memoryview) -> None:
        """Turn all of ``plaintext`` (at least 1 byte) into records. After a `failure` it is dropped."""
        view = memoryview(plaintext)
        try:
            while view and self.failure is None:
                view = view[self._tls.write(view) :]  # OpenSSL takes one record at a time
        except ssl.SSLError as error:
            self._fail("The connection can carry no more.", error)

    def decrypt(self) -> bytes:
        """The plaintext of all complete records fed so far; b"" if there is none. Sets `ended` or `failure`."""
        parts: list[bytes] = []
        try:
            while not self.ended and self.failure is None:
                part = self._tls.read(_READ_SIZE)
                if part:
                    parts.append(part)
                else:
                    self.ended = True
        except ssl.SSLWantReadError:
            pass  # the rest of a record is still to come
        except ssl.SSLEOFError as error:
            # Without a close_notify somebody on the way may have cut the end off (RFC 8446 6.1).
            self._fail("The connection broke off.", error, reset=True)
        except ssl.SSLError as error:
            self._fail("The other side sent what is not TLS.", error)
        return b"".join(parts)

    def _fail(self, text: str, cause: ssl.SSLError, *, reset: bool = False) -> None:
        self.failure = ConnectionClosed(text, reset=reset)
        self.failure.__cause__ = cause

    def end(self) -> None:
        """Say close_notify; the peer's own is not waited for."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            pass  # SSLWantRead is the good case; otherwise TLS is past saying anything

    @property
    def output_size(self) -> int:
        """Bytes waiting in `take_output`."""
        return self._outgoing.pending

    def take_output(self) -> bytes:
        """The bytes for the peer, once."""
        return self._outgoing.read()

    def peer_certificate_hash(self) -> bytes:
        """SHA-256 of the peer's certificate in DER (bytes, 32); b"" if it showed none."""
        der = self._tls.getpeercert(binary_form=True)
        return hashlib.sha256(der).digest() if der else b""
