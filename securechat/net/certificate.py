"""The server's certificate and the two TLS contexts.

Owns what TLS is allowed here: version 1.3, ALPN ``chat/1``, no tickets (docs/protocol.md §3). The certificate proves
nothing by itself: the server signs its hash with the identity key. Must not know connections or frames.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from Crypto.Util.asn1 import (
    DerBitString,
    DerBoolean,
    DerInteger,
    DerObject,
    DerObjectId,
    DerOctetString,
    DerSequence,
    DerSetOf,
)

from securechat.errors import ChatError

__all__ = ["ALPN", "client_context", "make_self_signed", "server_context"]

ALPN = "chat/1"

# Object identifiers: RFC 5480, RFC 5280 (appendix A) and X.520.
_ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
_COMMON_NAME = "2.5.4.3"
_SUBJECT_ALT_NAME = "2.5.29.17"
_KEY_USAGE = "2.5.29.15"
_BASIC_CONSTRAINTS = "2.5.29.19"
_EXT_KEY_USAGE = "2.5.29.37"
_SERVER_AUTH = "1.3.6.1.5.5.7.3.1"

_UTF8_STRING, _UTC_TIME, _GENERALIZED_TIME = 0x0C, 0x17, 0x18
_DAY_S = 86_400


def _extension(identifier: str, value: bytes, *, critical: bool = False) -> DerSequence:
    parts: list[DerObject] = [DerObjectId(identifier)]
    if critical:
        parts.append(DerBoolean(True))
    parts.append(DerOctetString(value))
    return DerSequence(parts)


def _extensions(common_name: str) -> DerSequence:
    dns_name = DerObject(0x02, common_name.encode("ascii"), implicit=2)  # GeneralName: dNSName [2] IA5String
    return DerSequence(
        [
            _extension(_BASIC_CONSTRAINTS, DerSequence([]).encode(), critical=True),  # not a CA
            # The BIT STRING by hand: named bits carry the count of unused ones, here 7 behind digitalSignature.
            _extension(_KEY_USAGE, bytes([0x03, 0x02, 0x07, 0x80]), critical=True),
            _extension(_EXT_KEY_USAGE, DerSequence([DerObjectId(_SERVER_AUTH)]).encode()),
            _extension(_SUBJECT_ALT_NAME, DerSequence([dns_name]).encode()),
        ]
    )


def make_self_signed(common_name: str = "securechat", *, clock: Callable[[], float] = time.time) -> tuple[bytes, bytes]:
    """A new P-256 key and an X.509 v3 certificate for it (RFC 5280), signed with ECDSA and SHA-256 by itself.

    Returns (certificate PEM, key PEM in PKCS #8, not encrypted). ``common_name``: 1 to 64 ASCII characters, also the
    one DNS name. It is valid from yesterday, for clients whose clock is behind, and never expires (RFC 5280 4.1.2.5):
    it lives as long as the server's process. Raises ValueError for another name. Any thread.
    """
    if not (1 <= len(common_name) <= 64 and common_name.isascii() and common_name.isprintable()):
        raise ValueError("a common name has 1 to 64 printable ASCII characters")
    key = ECC.generate(curve="P-256")
    algorithm = DerSequence([DerObjectId(_ECDSA_WITH_SHA256)])
    name_part = DerSequence([DerObjectId(_COMMON_NAME), DerObject(_UTF8_STRING, common_name.encode("ascii"))])
    name = DerSequence([DerSetOf([name_part.encode()])])
    not_before = time.strftime("%y%m%d%H%M%SZ", time.gmtime(clock() - _DAY_S))
    validity = DerSequence(
        [DerObject(_UTC_TIME, not_before.encode()), DerObject(_GENERALIZED_TIME, b"99991231235959Z")]
    )
    signed_part = DerSequence(
        [
            DerInteger(2, explicit=0),  # version 3
            DerInteger(secrets.randbits(158) + 1),  # positive and at most 20 bytes
            algorithm,
            name,
            validity,
            name,
            key.public_key().export_key(format="DER"),
            DerSequence([_extensions(common_name)], implicit=3),
        ]
    ).encode()
    signature = DSS.new(key, "fips-186-3", encoding="der").sign(SHA256.new(signed_part))
    der = DerSequence([signed_part, algorithm, DerBitString(signature)]).encode()
    return ssl.DER_cert_to_PEM_cert(der).encode(), key.export_key(format="PEM").encode() + b"\n"


def _first_certificate(pem: bytes) -> bytes:
    """The DER of the first certificate in a PEM file: the server's own, as `load_cert_chain` reads it."""
    head, tail = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
    start, end = pem.find(head), pem.find(tail)
    if start < 0 or end < start:
        raise ValueError("no certificate in the file")
    return ssl.PEM_cert_to_DER_cert(pem[start : end + len(tail)].decode("ascii"))


def _load_self_signed(context: ssl.SSLContext) -> bytes:
    """Make a certificate, load it, return its DER. OpenSSL reads keys from files only, so there is one for a moment."""
    certificate, key = make_self_signed()
    with tempfile.TemporaryDirectory(prefix="securechat-") as folder:  # made with mode 0700
        path = Path(folder, "certificate.pem")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(key + certificate)
        context.load_cert_chain(path)
    return _first_certificate(certificate)


def _load_files(context: ssl.SSLContext, cert_file: str, key_file: str | None) -> bytes:
    try:
        # With an empty password an encrypted key is refused; without one OpenSSL would ask on the terminal.
        context.load_cert_chain(cert_file, key_file, password="")
        return _first_certificate(Path(cert_file).read_bytes())
    except ssl.SSLError as error:
        raise ChatError(
            "The certificate and the key cannot be used: both must be PEM, belong together, and have no password."
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it holds no PEM certificate"
        raise ChatError(f"The certificate or key file cannot be read ({reason}): {cert_file}") from error


def server_context(cert_file: str | None = None, key_file: str | None = None) -> tuple[ssl.SSLContext, bytes]:
    """The server's context and cert_hash (bytes, 32: SHA-256 of the DER). Self-signed and new if no file is named.

    ``key_file`` may be left out if ``cert_file`` holds the key too. Raises ChatError if the files cannot be used.
    """
    if key_file is not None and cert_file is None:
        raise ChatError("A key file needs its certificate file: name both.")
    context = _tls13(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.num_tickets = 0
    der = _load_self_signed(context) if cert_file is None else _load_files(context, cert_file, key_file)
    return context, hashlib.sha256(der).digest()


def client_context(ca_file: str | None = None) -> ssl.SSLContext:
    """The client's context. Without ``ca_file`` any certificate is taken here: the signed cert_hash decides later.

    With it the chain and the host name are checked too. Raises ChatError if the file cannot be used.
    """
    context = _tls13(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if ca_file is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ChatError(f"The file of trusted certificates cannot be read: {ca_file}") from error
    return context


def _tls13(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols([ALPN])
    return context
