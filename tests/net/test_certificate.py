"""The certificate that the server makes, the files an operator may give, and what the contexts allow."""

from __future__ import annotations

import hashlib
import os
import ssl
import stat
import tempfile
from pathlib import Path

import pytest

from securechat.errors import ChatError, ConnectionClosed
from securechat.net.certificate import client_context, make_self_signed, server_context
from securechat.net.tls_connection import TlsConnection
from tests.net.pairs import DEADLINE_S, Background, Contexts, connected_sockets


def write(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def shake_hands(server_context: ssl.SSLContext, client_context: ssl.SSLContext, hostname: str) -> bytes:
    """A whole handshake; the certificate hash as the client saw it."""
    server_socket, client_socket = connected_sockets()
    server = TlsConnection(server_socket, server_context, server_side=True)
    client = TlsConnection(client_socket, client_context, server_side=False, server_hostname=hostname)
    shaking = Background(lambda: server.handshake(DEADLINE_S))
    try:
        client.handshake(DEADLINE_S)
        shaking.result()
        return client.peer_certificate_hash
    finally:
        client.close()
        shaking.thread.join(DEADLINE_S)
        server.close()


def test_openssl_trusts_the_certificate_for_its_name(folder: Path) -> None:
    certificate, key = make_self_signed("chat.example")
    ca_file = write(folder, "certificate.pem", certificate)
    context, cert_hash = server_context(ca_file, write(folder, "key.pem", key))
    assert shake_hands(context, client_context(ca_file), "chat.example") == cert_hash
    assert cert_hash == hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).digest()


def test_another_name_or_another_authority_is_refused(folder: Path) -> None:
    certificate, key = make_self_signed("chat.example")
    ca_file = write(folder, "certificate.pem", certificate)
    context, _ = server_context(ca_file, write(folder, "key.pem", key))
    other_file = write(folder, "other.pem", make_self_signed("chat.example")[0])
    for trusted, hostname in ((ca_file, "other.example"), (other_file, "chat.example")):
        with pytest.raises(ConnectionClosed, match="not from the authority"):
            shake_hands(context, client_context(trusted), hostname)


def test_openssl_reads_every_field_as_meant(folder: Path) -> None:
    certificate, _ = make_self_signed("chat.example", clock=lambda: 1_800_000_000.0)
    # What getpeercert() uses, without a connection.
    fields = ssl._ssl._test_decode_cert(write(folder, "certificate.pem", certificate))  # type: ignore[attr-defined]
    assert fields["version"] == 3
    assert fields["subject"] == fields["issuer"] == ((("commonName", "chat.example"),),)
    assert fields["subjectAltName"] == (("DNS", "chat.example"),)
    assert fields["notBefore"] == "Jan 14 08:00:00 2027 GMT"
    assert fields["notAfter"] == "Dec 31 23:59:59 9999 GMT"


def test_key_and_serial_are_new_each_time() -> None:
    assert len({make_self_signed() for _ in range(5)}) == 5
    assert len({make_self_signed()[1] for _ in range(5)}) == 5


@pytest.mark.parametrize("name", ["", "x" * 65, "é", "a\nb"])
def test_a_name_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="common name"):
        make_self_signed(name)


def test_the_private_key_is_on_disk_only_while_it_is_loaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    modes: list[int] = []

    real_load = ssl.SSLContext.load_cert_chain

    def load(context: ssl.SSLContext, certfile: Path) -> None:
        assert certfile.parent.parent == folder
        modes.extend(stat.S_IMODE(os.stat(path).st_mode) for path in (certfile, certfile.parent))
        real_load(context, certfile)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", load)
    server_context()
    assert modes == [0o600, 0o700]
    assert list(folder.iterdir()) == []


def test_one_file_may_hold_certificate_and_key(folder: Path) -> None:
    certificate, key = make_self_signed()
    _, cert_hash = server_context(write(folder, "both.pem", key + certificate))
    assert cert_hash == hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.decode())).digest()


def test_files_that_cannot_be_used_give_a_sentence(folder: Path) -> None:
    certificate, key = make_self_signed()
    good, key_file = write(folder, "good.pem", certificate), write(folder, "key.pem", key)
    with pytest.raises(ChatError, match=r"cannot be read \(No such file"):
        server_context(str(folder / "missing.pem"), key_file)
    with pytest.raises(ChatError, match="belong together"):
        server_context(good, write(folder, "other.pem", make_self_signed()[1]))
    with pytest.raises(ChatError, match="must be PEM"):
        server_context(write(folder, "noise.pem", b"noise"), key_file)
    with pytest.raises(ChatError, match="name both"):
        server_context(None, key_file)
    for name in ("missing.pem", "noise.pem"):
        with pytest.raises(ChatError, match="trusted certificates"):
            client_context(str(folder / name))


def test_contexts_allow_tls_13_alone_and_no_tickets(contexts: Contexts) -> None:
    for context in (contexts.server, contexts.client):
        assert context.minimum_version == context.maximum_version == ssl.TLSVersion.TLSv1_3
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.options & ssl.OP_NO_TICKET
    assert contexts.server.num_tickets == 0
    assert contexts.client.verify_mode == ssl.CERT_NONE
