"""A bare client for the server's tests: each step by hand, so that any of them can be done wrong on purpose."""

from __future__ import annotations

import itertools
import time
from typing import Any

import crypto_utils as crypto
from securechat.errors import ConnectionClosed
from securechat.net.certificate import client_context
from securechat.net.connecting import connect
from securechat.rules.conversations import LOBBY_ROSTER, lobby_id
from securechat.sealing import handshake, streams
from securechat.sealing.identity import OwnKeys, OwnPrekey, PublicIdentity, accept_identity
from securechat.sealing.vault import VaultContents, open_vault, seal_vault
from securechat.wire import limits, messages
from securechat.wire.frames import Frame, FrameDecoder, FrameType, encode_frame
from securechat.wire.objects import ZERO32, Envelope, Grant, Header, Post, PostKind
from tests.keys import quick_stretch, rsa_key

PASSWORD = "a long enough password"
WAIT_S = 10.0


class RawClient:
    """Connects and says HELLO; `register` or `login`, then `request` and `wait_push`."""

    def __init__(self, port: int, *, hello: bool = True) -> None:
        self.connection = connect("127.0.0.1", port, client_context(), WAIT_S)
        self.decoder = FrameDecoder(limits.FRAME_AFTER_LOGIN)
        self.numbers = itertools.count(1)
        self.pushes: list[Frame] = []
        self.after_ok: list[bytes] = []
        self.username = ""
        if hello:
            self.hello()

    # --- frames ---------------------------------------------------------------------------------------------------

    def frame(self) -> Frame | None:
        """The next frame, None at the end of the connection."""
        while True:
            frame = self.decoder.next_frame()
            if frame is not None:
                return frame
            data = self.connection.receive(WAIT_S)
            if not data:
                return None
            self.decoder.feed(data)

    def send(self, frame_type: int, body: bytes = b"") -> int:
        number = next(self.numbers)
        self.connection.send(encode_frame(frame_type, number, body))
        return number

    def reply(self, number: int) -> Frame:
        while True:
            frame = self.frame()
            assert frame is not None, "the server closed the connection"
            if frame.request == number:
                return frame
            assert frame.request == 0, "replies come in the order of requests"
            self.pushes.append(frame)

    def request(self, frame_type: int, body: bytes = b"") -> Frame:
        return self.reply(self.send(frame_type, body))

    def ok(self, frame_type: int, body: bytes = b"") -> bytes:
        frame = self.request(frame_type, body)
        if frame.type == FrameType.ERR:
            raise AssertionError(f"refused: {messages.Error.decode(frame.body)}")
        return frame.body

    def error(self, frame_type: int, body: bytes = b"") -> int:
        frame = self.request(frame_type, body)
        assert frame.type == FrameType.ERR, "this should have been refused"
        return messages.Error.decode(frame.body).code

    def wait_push(self, frame_type: int) -> bytes:
        """The body of the next push of this type, kept ones first."""
        while True:
            for index, frame in enumerate(self.pushes):
                if frame.type == frame_type:
                    return self.pushes.pop(index).body
            frame_or_end = self.frame()
            assert frame_or_end is not None, "the server closed the connection"
            self.pushes.append(frame_or_end)

    def wait_end(self) -> int | None:
        """Read to the end; the code of BYE, if one came."""
        code = None
        try:
            while (frame := self.frame()) is not None:
                if frame.type == FrameType.BYE:
                    code = messages.Bye.decode(frame.body).code
        except ConnectionClosed:
            # TLS has no room for its own farewell behind ours if the socket is full.
            if code is None:
                raise
        return code

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # --- handshake ------------------------------------------------------------------------------------------------

    def hello(self) -> None:
        hello = messages.Hello(limits.VERSION, crypto.random_bytes(32))
        frame = self.request(FrameType.HELLO, hello.encode())
        assert frame.type == FrameType.SERVER_HELLO
        answer = messages.ServerHello.decode(frame.body)
        cert_hash = self.connection.peer_certificate_hash
        self.server, self.server_prekey = handshake.check_server_hello(answer, hello, cert_hash)
        self.server_id = handshake.server_id_of(self.server.fp)
        self.session = handshake.Session(self.server_id, answer.challenge, hello.nonce, cert_hash)
        self.lobby = lobby_id(self.server_id)

    def login_keys(self, username: str, password: str) -> handshake.LoginKeys:
        salt = handshake.login_salt(self.server_id, username)
        return handshake.LoginKeys.from_master(quick_stretch(password, salt))

    def make_register(
        self, username: str, *, key: int = 0, password: str = PASSWORD, invite: str = ""
    ) -> messages.Register:
        login = self.login_keys(username, password)
        now = int(time.time() * 1000)
        keys = OwnKeys.make(username, crypto.SigningKey(crypto.random_bytes(32)), rsa_key(key), now)
        prekey = OwnPrekey(1, now, crypto.generate_kem_key())
        self.contents = VaultContents(keys, 90, (prekey,))
        vault = seal_vault(self.contents, login.vault_key, self.server_id, 1)
        proof = handshake.sign_login(login.signing, self.session, username)
        self.login_key = login
        return messages.Register(
            username,
            invite,
            login.signing.public,
            keys.public.record.raw,
            prekey.record(keys).raw,
            vault,
            proof,
        )

    def register(self, username: str, **options: Any) -> messages.LoggedIn:
        answer = self.ok(FrameType.REGISTER, self.make_register(username, **options).encode())
        self.username, self.version = username, 1
        return messages.LoggedIn.decode(answer)

    def make_login(self, username: str, password: str = PASSWORD) -> messages.Login:
        self.login_key = self.login_keys(username, password)
        return messages.Login(username, handshake.sign_login(self.login_key.signing, self.session, username))

    def login(self, username: str, password: str = PASSWORD) -> messages.LoggedIn:
        answer = messages.LoggedIn.decode(self.ok(FrameType.LOGIN, self.make_login(username, password).encode()))
        self.username, self.version = username, answer.version
        self.contents = open_vault(answer.vault, self.login_key.vault_key, self.server_id, username, answer.version)
        return answer

    def make_put_vault(
        self,
        *,
        version: int | None = None,
        prekey: bytes = b"",
        new: handshake.LoginKeys | None = None,
        oldest: int = 1,
        signer: crypto.SigningKey | None = None,
    ) -> messages.PutVault:
        """The own contents sealed as the next version, with the vault key that will hold afterwards."""
        version = self.version + 1 if version is None else version
        login = self.login_key if new is None else new
        vault = seal_vault(self.contents, login.vault_key, self.server_id, version)
        login_pub = b"" if new is None else new.signing.public
        draft = messages.PutVault(version, vault, prekey, login_pub, oldest, bytes(64))
        return handshake.sign_put_vault(signer or self.login_key.signing, self.session, draft)

    def put_vault(self, **options: Any) -> messages.PutVault:
        request = self.make_put_vault(**options)
        assert self.ok(FrameType.PUT_VAULT, request.encode()) == b""
        self.version = request.version
        return request

    def new_prekey(self) -> bytes:
        """A prekey with the next id, kept in the own contents; its encoded public half."""
        prekey = OwnPrekey(self.contents.newest_prekey.id + 1, int(time.time() * 1000), crypto.generate_kem_key())
        self.contents = self.contents.with_prekey(prekey)
        return prekey.record(self.contents.keys).raw

    # --- the lobby ------------------------------------------------------------------------------------------------

    def open_stream(self) -> streams.SendingStream:
        """A stream of ours with its grant to `@server`, announced on this connection."""
        now = int(time.time() * 1000)
        self.stream = streams.SendingStream(self.contents.keys, self.lobby, LOBBY_ROSTER, now)
        self.announce(self.stream)
        return self.stream

    def announce(self, stream: streams.SendingStream) -> None:
        self.ok(FrameType.STREAM, stream.header.raw)
        grant = streams.make_grant(stream.stream_id, stream.secret, self.server, self.server_prekey)
        self.ok(FrameType.GRANT, messages.Grants((grant,)).encode())

    def post(self, text: str) -> messages.Posted:
        if not hasattr(self, "stream"):
            self.open_stream()
        sealed = self.stream.seal(ZERO32, int(time.time() * 1000), PostKind.TEXT, text.encode())
        return messages.Posted.decode(self.ok(FrameType.POST, sealed.envelope))

    def post_many(self, bodies: list[str]) -> list[int]:
        """Post all without waiting in between; their seqs."""
        if not hasattr(self, "stream"):
            self.open_stream()
        now = int(time.time() * 1000)
        numbers = [
            self.send(FrameType.POST, self.stream.seal(ZERO32, now, PostKind.TEXT, body.encode()).envelope)
            for body in bodies
        ]
        return [messages.Posted.decode(self.reply(number).body).seq for number in numbers]

    def open_lobby(self) -> streams.StreamKey:
        found = messages.StreamFound.decode(self.ok(FrameType.GET_STREAM, ZERO32))
        header = Header.decode(found.header)
        streams.check_header(header, self.server)
        grant = Grant.decode(found.grant)
        prekey = self.contents.prekey(grant.prekey_id)
        self.server_stream = streams.open_grant(grant, header, self.contents.keys, prekey)
        return self.server_stream

    def read(self, item: messages.HistoryItem) -> Post:
        """Open one delivered post and check its author's signature."""
        envelope = Envelope.decode(item.envelope)
        assert envelope.n == item.seq
        post = streams.open_envelope(self.server_stream, envelope)
        streams.verify_post(post, self.author(post.author))
        return post

    def author(self, fp: bytes) -> PublicIdentity:
        if fp == self.server.fp:
            return self.server
        found = messages.Keys.decode(self.ok(FrameType.GET_KEYS, messages.GetKeys((fp,)).encode()))
        return accept_identity(found.keys[0].identity, fp=fp)

    def delivered(self) -> tuple[int, str]:
        """(seq, text) of the next pushed post."""
        item = messages.Deliver.decode(self.wait_push(FrameType.DELIVER))
        return item.seq, self.read(item).body.decode()

    def history(self, before: int = 0, limit: int = 100) -> list[tuple[int, str]]:
        body = self.ok(FrameType.HISTORY, messages.GetHistory(self.lobby, before, limit).encode())
        return [(item.seq, self.read(item).body.decode()) for item in messages.History.decode(body).items]
