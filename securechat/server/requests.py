"""What a logged-in client may ask: one table from frame type to record and handler, checked once for all.

A handler returns the record of the OK body, None for an empty one, or `LATER` if the journal will answer. What it may
not do it refuses with `RemoteProtocolError`; codes that close end the session after the ERR (docs/protocol.md §11).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from securechat.errors import ChatError, ErrorCode, ProtocolError, RemoteProtocolError, SealError, StoreError
from securechat.rules.conversations import LOBBY_ROSTER
from securechat.sealing import handshake, streams
from securechat.server.accounts import Accounts, User
from securechat.server.delivery import Delivery, Push
from securechat.server.directory import Directory
from securechat.server.journal import Journal
from securechat.server.lobby import ClientStream, Lobby
from securechat.server.options import Limits
from securechat.server.posts import PostWork
from securechat.server.presence import Member, Presence
from securechat.server.replies import Replies
from securechat.server.storage.messages_sql import MessagesSql
from securechat.server.throttle import Bucket, seconds_text
from securechat.wire import limits, messages
from securechat.wire.codec import Record
from securechat.wire.frames import Frame, FrameType, encode_frame
from securechat.wire.objects import Envelope, Grant, Header

__all__ = ["CHANGED_ELSEWHERE", "Requests", "Services"]

_log = logging.getLogger(__name__)

CHANGED_ELSEWHERE: Final = "The password of this account was changed on another device. Log in with the new password."
_SIGNED_OUT: Final = "You signed out this device from another one. Log in again to use it."
LATER: Final = object()
_TYPING_AUDIENCE = 32


@dataclass
class Services:
    """The parts of a server that a session uses; all of them thread-safe."""

    name: str
    cert_hash: bytes
    limits: Limits
    lobby: Lobby
    store: MessagesSql
    journal: Journal
    delivery: Delivery
    presence: Presence
    accounts: Accounts
    directory: Directory
    clock_ms: Callable[[], int]
    monotonic: Callable[[], float]
    logged_in: Callable[[Any], None]
    registered: Callable[[str], None]
    stopping: Callable[[], bool]
    debug: bool = False


class Client(Member, Protocol):
    """What a handler needs of the session."""

    proof: handshake.Session | None


class Requests:
    """The requests of one session; only its thread calls `handle`."""

    def __init__(self, services: Services, client: Client, user: User, replies: Replies) -> None:
        self._services, self._client, self._user, self._replies = services, client, user, replies
        self._streams: dict[bytes, ClientStream] = {}
        now, chosen = services.monotonic(), services.limits
        self._requests = Bucket(chosen.requests_per_second, chosen.requests_burst, now)
        self._posts = Bucket(chosen.posts_per_second, chosen.posts_burst, now)
        self._new_streams = Bucket(chosen.streams_per_minute / 60, chosen.streams_per_minute, now)
        self._new_grants = Bucket(chosen.grants_per_minute / 60, chosen.grants_per_minute, now)
        self._typing = Bucket(1 / (limits.TYPING_EVERY_S - 0.5), 1, now)  # half a second for the network's moods
        self._table: dict[int, tuple[type[Record] | None, Callable[[Any], Any]]] = {
            FrameType.PUT_VAULT: (messages.PutVault, self._put_vault),
            FrameType.GET_VAULT: (None, self._get_vault),
            FrameType.LIST_SESSIONS: (
                messages.GetSessions,
                lambda r: services.directory.sessions(r, client),
            ),
            FrameType.END_SESSIONS: (None, self._end_sessions),
            FrameType.GET_USER: (messages.GetUser, services.directory.user),
            FrameType.GET_KEYS: (messages.GetKeys, services.directory.keys),
            FrameType.LIST_USERS: (messages.GetUsers, services.directory.users),
            FrameType.SET_PRESENCE: (messages.SetPresence, self._set_presence),
            FrameType.STREAM: (Header, self._stream),
            FrameType.GRANT: (messages.Grants, self._grants),
            FrameType.POST: (Envelope, self._post),
            FrameType.GET_STREAM: (messages.GetStream, lambda r: services.directory.stream(r, user)),
            FrameType.LIST_CONVERSATIONS: (
                messages.GetConversations,
                lambda r: services.directory.conversations(r, user),
            ),
            FrameType.HISTORY: (messages.GetHistory, services.directory.history),
            FrameType.TYPING: (messages.Typing, self._tell_typing),
            FrameType.READ: (messages.SetRead, self._read),
            FrameType.PING: (None, lambda _: None),
        }
        self._request = 0

    def handle(self, frame: Frame) -> None:
        """Answer one request whose place in `replies` is open. ProtocolError with a closing code ends the session."""
        self._request = frame.request
        try:
            answer = self._carry_out(frame)
        except ProtocolError as error:
            self._refuse(frame.request, error.code, str(error))
            if error.code.closes:
                self._replies.wait_answered()
                raise
        except StoreError as error:
            if self._services.stopping():
                return  # not answered: the client sends it again to the next process
            _log.error("%s: %s", self._client, error)
            self._refuse(frame.request, ErrorCode.INTERNAL, "The server cannot store this now.")
        else:
            if answer is not LATER:
                body = b"" if answer is None else answer.encode()
                self._replies.fill(frame.request, encode_frame(FrameType.OK, frame.request, body))

    def _refuse(self, request: int, code: int, text: str) -> None:
        body = messages.Error(code, text).encode()
        self._replies.fill(request, encode_frame(FrameType.ERR, request, body))

    def _carry_out(self, frame: Frame) -> Any:
        if frame.type in (FrameType.HELLO, FrameType.LOGIN, FrameType.REGISTER):
            raise RemoteProtocolError("You are logged in already.")
        self._limit(self._requests)
        record, handler = self._table.get(frame.type, (None, None))
        if handler is None:
            raise RemoteProtocolError("This server does not know this request.", ErrorCode.UNSUPPORTED)
        if frame.type != FrameType.POST:
            # Carried out in the order sent: what looks something up sees the posts that were sent before it.
            self._replies.wait_answered_before(frame.request)
        if record is not None:
            return handler(record.decode(frame.body))
        if frame.body:
            raise RemoteProtocolError("This request has no body.")
        return handler(None)

    def _limit(self, bucket: Bucket, count: float = 1.0) -> None:
        wait = bucket.take(self._services.monotonic(), count)
        if wait > 0:
            raise RemoteProtocolError(seconds_text(wait), ErrorCode.RATE_LIMITED)

    def _require_lobby(self, conv: bytes) -> None:
        if conv != self._services.lobby.conv:
            raise RemoteProtocolError("There is nothing like this here.", ErrorCode.NOT_FOUND)

    # --- streams and posts --------------------------------------------------------------------------------------

    def _stream(self, header: Header) -> None:
        services, user = self._services, self._user
        stream_id = streams.stream_id_of(header)
        if stream_id in self._streams:
            return
        self._require_lobby(header.conv)
        try:
            streams.check_header(header, user.identity)
        except SealError as error:
            raise RemoteProtocolError("A signature is not right.") from error
        if header.roster != LOBBY_ROSTER:
            raise RemoteProtocolError("This is not the lobby's roster.", ErrorCode.CONFLICT)
        if services.store.get_stream(stream_id) is None:
            self._limit(self._new_streams)
            age = services.clock_ms() - header.created
            if not -limits.STREAM_MAX_EARLY_MS <= age <= limits.STREAM_MAX_AGE_MS:
                raise RemoteProtocolError("A stream's time is too far from the server's clock.", ErrorCode.FORBIDDEN)
            services.journal.call(lambda tx: self._put_stream(tx, stream_id, header))
        self._streams[stream_id] = ClientStream(header, stream_id)
        if len(self._streams) > limits.STREAM_POSTS:
            self._streams.pop(next(iter(self._streams)))

    def _put_stream(self, tx: Any, stream_id: bytes, header: Header) -> None:
        # Asked again here: after a reconnect the same header may be on its way from two connections.
        store = self._services.store
        if store.get_stream(stream_id, tx=tx) is None:
            store.put_stream(tx, stream_id, header.conv, header.author, header.roster, header.created, header.raw)

    def _grants(self, request: messages.Grants) -> None:
        wanted: dict[bytes, Grant] = {}  # taken together or not at all
        for grant in request.grants:
            stream = self._streams.get(grant.stream_id)
            if stream is None:
                raise RemoteProtocolError("There is no such stream of yours.", ErrorCode.NOT_FOUND)
            if grant.reader != self._services.lobby.keys.fp:
                raise RemoteProtocolError("Only the server reads a lobby stream.", ErrorCode.FORBIDDEN)
            if stream.grant is not None and stream.grant.raw == grant.raw:
                continue
            if stream.key is not None:
                raise RemoteProtocolError("A grant comes before the first post.", ErrorCode.FORBIDDEN)
            if stream.grant is not None or wanted.setdefault(grant.stream_id, grant).raw != grant.raw:
                raise RemoteProtocolError("This reader has another grant.", ErrorCode.CONFLICT)
        if wanted:
            self._limit(self._new_grants, len(wanted))
        for stream_id, grant in wanted.items():
            self._streams[stream_id].grant = grant

    def _post(self, envelope: Envelope) -> Any:
        services = self._services
        self._require_lobby(envelope.conv)
        stream = self._streams.get(envelope.stream_id)
        if stream is None:
            raise RemoteProtocolError("There is no such stream of yours.", ErrorCode.NOT_FOUND)
        self._limit(self._posts)
        post = services.lobby.open(stream, envelope, self._user.identity)
        request = self._request

        def answer(posted: messages.Posted | None, error: ChatError | None) -> None:
            if posted is not None:
                self._replies.fill(request, encode_frame(FrameType.OK, request, posted.encode()))
            elif isinstance(error, ProtocolError):
                self._refuse(request, error.code, str(error))
            elif not services.stopping():
                self._refuse(request, ErrorCode.INTERNAL, "The server cannot store this now.")

        services.journal.submit(
            PostWork(
                services.store, services.clock_ms, post, envelope.raw, self._client.username, self._client, answer
            )
        )
        return LATER

    # --- vault --------------------------------------------------------------------------------------------------

    def _get_vault(self, _: None) -> messages.StoredVault:
        account = self._services.accounts.credentials.get(self._client.username)
        if account is None:
            raise RemoteProtocolError("There is no such user.", ErrorCode.NOT_FOUND)
        return self._services.accounts.vault_of(account)

    def _put_vault(self, request: messages.PutVault) -> None:
        if self._client.proof is None:
            raise RemoteProtocolError("PUT_VAULT comes after a login.")
        self._services.accounts.put_vault(
            self._client.username, request, self._client.proof, lambda: self._end_others(CHANGED_ELSEWHERE)
        )
        body = messages.VaultChanged(request.version).encode()
        self._push_to_own(encode_frame(FrameType.VAULT_CHANGED, 0, body))

    def _others_of_mine(self) -> tuple[Member, ...]:
        mine = self._services.presence.sessions_of(self._client.username)
        return tuple(member for member in mine if member is not self._client)

    def _end_others(self, text: str) -> int:
        others = self._others_of_mine()
        for member in others:
            member.end(ErrorCode.KICKED, text)
        return len(others)

    def _end_sessions(self, _: None) -> messages.SessionsEnded:
        return messages.SessionsEnded(self._end_others(_SIGNED_OUT))

    def _push_to_own(self, frames: bytes) -> None:
        others = self._others_of_mine()
        if others:
            self._services.delivery.put([Push(others, frames)])

    # --- presence, typing, read marks ---------------------------------------------------------------------------

    def _set_presence(self, request: messages.SetPresence) -> None:
        self._services.presence.update(self._client, request.presence)

    def _tell_typing(self, request: messages.Typing) -> None:
        self._require_lobby(request.conv)
        if self._typing.take(self._services.monotonic()) > 0:
            return  # over its rate: OK, not passed on
        username = self._client.username
        others = tuple(m for m in self._services.presence.audience if m.username != username)
        if 0 < len(others) <= _TYPING_AUDIENCE:
            body = messages.TypingPush(request.conv, username).encode()
            self._services.delivery.put([Push(others, encode_frame(FrameType.PUSH_TYPING, 0, body))])

    def _read(self, request: messages.SetRead) -> None:
        services, username = self._services, self._client.username
        self._require_lobby(request.conv)

        def raise_mark(tx: Any) -> int:
            seq = min(request.seq, services.store.last_seq(tx, request.conv))
            services.store.raise_read_mark(tx, username, request.conv, seq)
            return services.store.read_mark(username, request.conv, tx=tx)

        seq = services.journal.call(raise_mark)
        body = messages.ReadPush(request.conv, username, seq).encode()
        self._push_to_own(encode_frame(FrameType.PUSH_READ, 0, body))
