"""A small server for the client's tests: honest by itself, and each answer can be replaced by a lie.

It keeps everything in memory, has no limits, and verifies little: the real server's rules have their own tests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import crypto_utils as crypto
from securechat.errors import ConnectionClosed, ErrorCode
from securechat.net import Listener, TlsConnection, server_context
from securechat.rules.conversations import LOBBY, LOBBY_ROSTER, lobby_id
from securechat.sealing import handshake
from securechat.sealing.identity import OwnKeys, OwnPrekey, PublicIdentity, accept_identity, accept_prekey
from securechat.sealing.streams import SendingStream, make_grant, open_envelope, open_grant, seal_post
from securechat.wire import limits, messages
from securechat.wire.frames import Frame, FrameDecoder, FrameType, encode_frame
from securechat.wire.objects import ZERO32, Envelope, Header, Post, PostKind
from tests.keys import rsa_key

NOW_MS = 1_700_000_000_000
WAIT_S = 10.0


class Refuse(Exception):
    """Raised by a handler: answer ERR."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(text)
        self.code, self.text = code, text


class Drop(Exception):
    """Raised by a handler: end the connection without a word."""


class Member:
    """Somebody with keys, who writes posts without having a client."""

    def __init__(self, name: str, number: int) -> None:
        self.keys = OwnKeys.make(name, crypto.SigningKey(bytes([number]) * 32), rsa_key(number), NOW_MS)
        self.prekey = OwnPrekey(1, NOW_MS, crypto.KemKey(bytes([number]) * 64))
        self.stream: SendingStream | None = None

    def post(
        self, conv: bytes, text: str | bytes, kind: int = PostKind.TEXT, time_ms: int = NOW_MS, after: bytes = ZERO32
    ) -> Post:
        """The next post of this member's stream."""
        if self.stream is None:
            self.stream = SendingStream(self.keys, conv, LOBBY_ROSTER, NOW_MS)
        body = text.encode() if isinstance(text, str) else text
        return self.stream.seal(after, time_ms, kind, body).post


@dataclass
class Account:
    """A registered user as the server keeps them."""

    identity: bytes
    prekey: bytes
    login_pub: bytes = b""
    version: int = 0
    vault: bytes = b""

    @property
    def public(self) -> PublicIdentity:
        return accept_identity(self.identity)


@dataclass(eq=False)
class Talk:
    """One connection."""

    tls: TlsConnection
    session: handshake.Session | None = None
    username: str = ""
    headers: dict[bytes, Header] = field(default_factory=dict)
    secrets: dict[bytes, object] = field(default_factory=dict)

    def push(self, frame_type: int, body: bytes) -> None:
        self.tls.send(encode_frame(frame_type, 0, body))

    def bye(self, code: int, text: str = "") -> None:
        self.push(FrameType.BYE, messages.Bye(code, text).raw)
        self.tls.flush(WAIT_S)
        self.tls.close()


Handler = Callable[[Talk, bytes], bytes]


class ScriptedServer:
    """Listens from its making. `handlers[FrameType.X]` may be replaced; `registration` is the byte of SERVER_HELLO."""

    def __init__(self, key: int = 15) -> None:
        self.keys = OwnKeys.make("@server", crypto.SigningKey(bytes([99]) * 32), rsa_key(key), NOW_MS)
        self.lobby = lobby_id(handshake.server_id_of(self.keys.fp))
        self.registration = 2
        self.accounts: dict[str, Account] = {}
        self.posts: list[Post] = []
        self.requests: list[int] = []  # types, in the order in which they came
        self.posted: list[bytes] = []  # envelopes of POSTs that arrived, repeated ones too
        self.changed = threading.Condition()  # guards all lists here; notified after each request
        self.talks: list[Talk] = []
        self.connections = 0
        self._threads: list[threading.Thread] = []
        self.handlers: dict[int, Handler] = {
            kind: getattr(self, f"on_{kind.name.lower()}")
            for kind in FrameType
            if hasattr(self, f"on_{kind.name.lower()}")
        }
        self.port = 0
        self.open()

    # --- life

    def open(self) -> None:
        """Begin a server process: new certificate, prekey and lobby stream, the same identity and port."""
        self._context, self._cert_hash = server_context()
        self.own_prekey = OwnPrekey(1, NOW_MS, crypto.generate_kem_key())
        self.stream = SendingStream(self.keys, self.lobby, LOBBY_ROSTER, NOW_MS)
        self._listener = Listener("127.0.0.1", self.port)
        self.port = self._listener.port
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name="scripted-server")
        self._threads.append(thread)
        thread.start()

    def drop_all(self) -> None:
        """End all connections; the server goes on."""
        with self.changed:
            talks, self.talks = self.talks, []
        for talk in talks:
            talk.tls.close()

    def close(self) -> None:
        self._listener.close()
        self.drop_all()
        for thread in list(self._threads):
            thread.join(WAIT_S)
            self.drop_all()
        self._threads.clear()

    def _accept(self) -> None:
        listener = self._listener
        while (accepted := listener.accept()) is not None:
            sock, address = accepted
            talk = Talk(TlsConnection(sock, self._context, server_side=True, address=address))
            with self.changed:
                self.talks.append(talk)
                self.connections += 1
            self._start(self._serve, talk)

    def _serve(self, talk: Talk) -> None:
        decoder = FrameDecoder(limits.FRAME_AFTER_LOGIN)
        try:
            talk.tls.handshake(WAIT_S)
            while data := talk.tls.receive(None):
                decoder.feed(data)
                while (frame := decoder.next_frame()) is not None:
                    self._answer(talk, frame)
        except (ConnectionClosed, Drop):
            pass
        talk.tls.close()

    def _answer(self, talk: Talk, frame: Frame) -> None:
        with self.changed:
            self.requests.append(frame.type)
        with self.changed:
            self.changed.notify_all()
        kind = FrameType.SERVER_HELLO if frame.type == FrameType.HELLO else FrameType.OK
        try:
            body = self.handlers[frame.type](talk, frame.body)
        except Refuse as refusal:
            kind, body = FrameType.ERR, messages.Error(refusal.code, refusal.text).raw
        talk.tls.send(encode_frame(kind, frame.request, body))
        with self.changed:
            self.changed.notify_all()

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Until `what` is true, looked at after each request."""
        with self.changed:
            assert self.changed.wait_for(what, WAIT_S), "it never happened"

    # --- content

    @property
    def fingerprint(self) -> str:
        return self.keys.fp.hex()

    @property
    def join_link(self) -> str:
        return f"chat://127.0.0.1:{self.port}/#{self.fingerprint}"

    def add(self, member: Member) -> Member:
        """Make a member known to GET_KEYS and LIST_USERS."""
        raw = member.keys.public.record.raw
        self.accounts[member.keys.username] = Account(raw, member.prekey.record(member.keys).raw)
        return member

    def envelope(self, post: bytes, n: int) -> bytes:
        """A post sealed in the server's stream."""
        return seal_post(self.stream.key, n, post)

    def publish(self, post: Post) -> int:
        """Number a post and push it to everybody; its seq."""
        self.posts.append(post)
        self.deliver(len(self.posts), self.envelope(post.raw, len(self.posts)))
        return len(self.posts)

    def deliver(self, seq: int, envelope: bytes, but: Talk | None = None) -> None:
        """Push an envelope, right or wrong, under this seq."""
        with self.changed:
            talks = [talk for talk in self.talks if talk.username and talk is not but]
        for talk in talks:
            talk.push(FrameType.DELIVER, messages.Deliver(seq, NOW_MS, envelope).raw)

    def item(self, seq: int) -> messages.HistoryItem:
        return messages.HistoryItem(seq, NOW_MS, self.envelope(self.posts[seq - 1].raw, seq))

    # --- the honest handlers

    def hello(self, body: bytes) -> messages.ServerHello:
        prekey = self.own_prekey.record(self.keys)
        hello = messages.Hello.decode(body)
        return handshake.make_server_hello(
            self.keys, prekey, "Test chat", self.registration, crypto.random_bytes(32), hello, self._cert_hash
        )

    def on_hello(self, talk: Talk, body: bytes) -> bytes:
        answer = self.hello(body)
        server_id = handshake.server_id_of(self.keys.fp)
        nonce = messages.Hello.decode(body).nonce
        talk.session = handshake.Session(server_id, answer.challenge, nonce, self._cert_hash)
        return answer.raw

    def on_login(self, talk: Talk, body: bytes) -> bytes:
        request = messages.Login.decode(body)
        account = self.accounts.get(request.username)
        try:
            assert account is not None and talk.session is not None
            handshake.check_login(account.login_pub, talk.session, request.username, request.proof)
        except Exception as error:
            raise Refuse(ErrorCode.BAD_LOGIN) from error
        talk.username = request.username
        return messages.LoggedIn(NOW_MS, account.version, account.vault).raw

    def on_register(self, talk: Talk, body: bytes) -> bytes:
        request = messages.Register.decode(body)
        if request.username in self.accounts:
            raise Refuse(ErrorCode.NAME_TAKEN)
        self.accounts[request.username] = Account(
            request.identity, request.prekey, request.login_pub, 1, request.vault
        )
        talk.username = request.username
        return messages.LoggedIn(NOW_MS, 1, b"").raw

    def on_put_vault(self, talk: Talk, body: bytes) -> bytes:
        request, account = messages.PutVault.decode(body), self.accounts[talk.username]
        assert talk.session is not None
        handshake.check_put_vault(account.login_pub, talk.session, request)
        if request.version != account.version + 1:
            raise Refuse(ErrorCode.CONFLICT)
        account.version, account.vault = request.version, request.vault
        account.prekey = request.prekey or account.prekey
        return b""

    def on_get_vault(self, talk: Talk, body: bytes) -> bytes:
        account = self.accounts[talk.username]
        return messages.StoredVault(account.version, account.vault).raw

    def on_get_keys(self, talk: Talk, body: bytes) -> bytes:
        known = {account.public.fp: account for account in self.accounts.values()}
        found = [known.get(fp) for fp in messages.GetKeys.decode(body).fps]
        pairs = [messages.KeyPair(one.identity, one.prekey) if one else messages.KeyPair(b"", b"") for one in found]
        return messages.Keys(tuple(pairs)).raw

    def on_list_users(self, talk: Talk, body: bytes) -> bytes:
        after = messages.GetUsers.decode(body).after
        online = {talk.username for talk in self.talks}
        names = sorted(name for name in self.accounts if name > after)[:2]  # short pages, so that paging is seen
        return messages.Users(tuple(messages.UserPresence(name, int(name in online)) for name in names)).raw

    def on_list_conversations(self, talk: Talk, body: bytes) -> bytes:
        if messages.GetConversations.decode(body).after >= self.lobby:
            return messages.Conversations(()).raw
        return messages.Conversations((messages.Conversation(self.lobby, LOBBY, "", len(self.posts), 0),)).raw

    def on_history(self, talk: Talk, body: bytes) -> bytes:
        asked = messages.GetHistory.decode(body)
        last = min(asked.before - 1, len(self.posts)) if asked.before else len(self.posts)
        return messages.History(tuple(self.item(seq) for seq in range(last, max(0, last - asked.limit), -1))).raw

    def grant(self, talk: Talk) -> bytes:
        account = self.accounts[talk.username]
        reader = account.public
        return make_grant(self.stream.stream_id, self.stream.secret, reader, accept_prekey(account.prekey, reader)).raw

    def on_get_stream(self, talk: Talk, body: bytes) -> bytes:
        if messages.GetStream.decode(body).stream_id not in (ZERO32, self.stream.stream_id):
            raise Refuse(ErrorCode.NOT_FOUND)
        return messages.StreamFound(self.stream.header.raw, self.grant(talk)).raw

    def on_stream(self, talk: Talk, body: bytes) -> bytes:
        header = Header.decode(body)
        talk.headers[crypto.hash_label("stream", header.signed)] = header
        return b""

    def on_grant(self, talk: Talk, body: bytes) -> bytes:
        for grant in messages.Grants.decode(body).grants:
            header = talk.headers[grant.stream_id]
            talk.secrets[grant.stream_id] = open_grant(grant, header, self.keys, self.own_prekey)
        return b""

    def on_post(self, talk: Talk, body: bytes) -> bytes:
        self.posted.append(body)
        seq = self.take(talk, body)
        return messages.Posted(seq, NOW_MS).raw

    def take(self, talk: Talk, body: bytes) -> int:
        """Store a POST as the real server does: its number must follow, the same again gets the first seq."""
        envelope = Envelope.decode(body)
        key = talk.secrets.get(envelope.stream_id)
        if key is None:
            raise Refuse(ErrorCode.BAD_KEY)
        post = open_envelope(key, envelope)  # type: ignore[arg-type]
        same = [(seq, old) for seq, old in enumerate(self.posts, 1) if old.stream_id == post.stream_id]
        for seq, old in same:
            if old.n == post.n:
                if old.raw == post.raw:
                    return seq
                raise Refuse(ErrorCode.CONFLICT)
        if post.n != len(same):
            raise Refuse(ErrorCode.CONFLICT)
        self.posts.append(post)
        self.deliver(len(self.posts), self.envelope(post.raw, len(self.posts)), but=talk)
        return len(self.posts)

    def on_ping(self, talk: Talk, body: bytes) -> bytes:
        return b""

    def on_typing(self, talk: Talk, body: bytes) -> bytes:
        return b""

    def on_read(self, talk: Talk, body: bytes) -> bytes:
        return b""
