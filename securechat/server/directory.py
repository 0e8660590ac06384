"""Requests that only look something up: users, keys, own sessions, the lobby's stream, conversations, history.

Answers are cut at a whole item before the frame limit; the client asks again from the last one (docs/protocol.md §11).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from securechat.errors import ErrorCode, RemoteProtocolError
from securechat.sealing.identity import accept_prekey
from securechat.server.accounts import User
from securechat.server.lobby import Lobby
from securechat.server.presence import Member, Presence
from securechat.server.storage.credentials import Credentials
from securechat.server.storage.messages_sql import MessagesSql
from securechat.wire import limits
from securechat.wire.messages import (
    Conversation,
    Conversations,
    GetConversations,
    GetHistory,
    GetKeys,
    GetSessions,
    GetStream,
    GetUser,
    GetUsers,
    History,
    HistoryItem,
    KeyPair,
    Keys,
    SessionInfo,
    Sessions,
    StreamFound,
    UserPresence,
    Users,
)
from securechat.wire.objects import ZERO32

__all__ = ["Directory"]

# Room for an answer's items in one frame: type, request and the list's count are taken off, generously.
_ROOM = limits.FRAME_AFTER_LOGIN - 64
_CONVERSATIONS_PER_ANSWER = 1000


def _not_found() -> RemoteProtocolError:
    return RemoteProtocolError("There is nothing like this here.", ErrorCode.NOT_FOUND)


class Directory:
    """Read-only and thread-safe; each method answers one kind of request for one user."""

    def __init__(
        self, credentials: Credentials, store: MessagesSql, lobby: Lobby, presence: Presence
    ) -> None:
        self._credentials, self._store = credentials, store
        self._lobby, self._presence = lobby, presence

    def user(self, request: GetUser) -> KeyPair:
        """GET_USER: NOT_FOUND for unknown names and `@server`, which is known from SERVER_HELLO only."""
        account = self._credentials.get(request.username)
        if account is None:
            raise _not_found()
        return KeyPair(account.identity, account.prekey)

    def keys(self, request: GetKeys) -> Keys:
        """GET_KEYS: the first k of the asked, as many as fit."""
        found: list[KeyPair] = []
        size = 0
        for fp in request.fps:
            pair = self._keys_of(fp)
            size += 8 + len(pair.identity) + len(pair.prekey)
            if size > _ROOM:
                break
            found.append(pair)
        return Keys(tuple(found))

    def _keys_of(self, fp: bytes) -> KeyPair:
        account = self._credentials.by_fp(fp)
        if account is None:
            return KeyPair(b"", b"")
        if account.fp == fp:
            return KeyPair(account.identity, account.prekey)
        return KeyPair(account.former[account.former_fps.index(fp)], b"")

    def users(self, request: GetUsers) -> Users:
        """LIST_USERS: everyone by name, oneself included, from the name after the given one."""
        names = self._credentials.names()
        names = names[bisect_right(names, request.after) :]
        most = _ROOM // (4 + 32 + 1)  # bytes of the longest name's item
        return Users(tuple(UserPresence(name, self._presence.of(name)) for name in names[:most]))

    def sessions(self, request: GetSessions, asker: Member) -> Sessions:
        """LIST_SESSIONS: those of the asker's own account and no other, by id."""
        mine = sorted(self._presence.sessions_of(asker.username), key=lambda member: member.session_id)
        most = _ROOM // (8 + 8 + 4 + limits.STRING + 1)
        rest = [member for member in mine if member.session_id > request.after]
        return Sessions(tuple(self._session(member, member is asker) for member in rest[:most]))

    def _session(self, member: Member, this: bool) -> SessionInfo:
        address = member.address[0] if member.address else ""
        return SessionInfo(member.session_id, member.since_ms, address, int(this))

    def stream(self, request: GetStream, user: User) -> StreamFound:
        """GET_STREAM: this process's lobby stream, with a grant for the asker's newest prekey."""
        lobby = self._lobby
        if request.stream_id not in (ZERO32, lobby.stream_id):
            raise _not_found()
        account = self._credentials.get(user.account.username)
        if account is None:
            raise _not_found()
        prekey = accept_prekey(account.prekey, user.identity)
        return StreamFound(lobby.header.raw, lobby.grant_for(user.identity, prekey))

    def conversations(self, request: GetConversations, user: User) -> Conversations:
        """LIST_CONVERSATIONS, by conv."""
        found = self._store.conversation_list(user.account.username, request.after, _CONVERSATIONS_PER_ANSWER)
        return Conversations(
            tuple(Conversation(c.conv, c.kind, c.other, c.last_seq, c.read_seq) for c in found)
        )

    def history(self, request: GetHistory) -> History:
        """HISTORY: newest first, sealed in this process's stream; NOT_FOUND for what one may not read."""
        if not 1 <= request.limit <= limits.HISTORY_PAGE:
            raise RemoteProtocolError("A page of history has 1 to 100 posts.")
        if request.conv != self._lobby.conv:
            raise _not_found()
        return History(tuple(self._fitting(request, self._lobby.seal)))

    def _fitting(self, request: GetHistory, seal: Callable[[int, bytes], bytes]) -> list[HistoryItem]:
        items: list[HistoryItem] = []
        size = 0
        for row in self._store.history(request.conv, min(request.before, 2**63 - 1), request.limit):
            envelope = seal(row.seq, row.data)
            size += 8 + 8 + 4 + len(envelope)
            if size > _ROOM:
                break
            items.append(HistoryItem(row.seq, row.server_time, envelope))
        return items
