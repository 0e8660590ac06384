"""The state of an open chat, without a display: conversations, people, typing, connection.

`ChatModel.apply` takes an event of the client and answers with what changed on screen; the views draw that and nothing
else. Only the open conversation's splices are told. Time comes in as parameters. Main thread only.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from securechat.client.effects import CONTROL_KINDS
from securechat.client.events import (
    ConnectionState,
    ConversationKind,
    Event,
    HistoryLoaded,
    Message,
    MessageChanged,
    MessageShown,
    Notice,
    PeopleListed,
    Person,
    PostRefused,
    Presence,
    PresenceChanged,
    ReadChanged,
    StateChanged,
    TypingSeen,
)
from securechat.desktop import texts
from securechat.desktop.chat.changes import Arrived, Change, EditRefused, Ended, ListsMoved, SentBack, Told
from securechat.desktop.chat.conversation_model import ConversationModel, OpenedConversation
from securechat.desktop.lists.lines import ConversationLine, PersonLine
from securechat.desktop.messages.rows import Look
from securechat.desktop.messages.timeline_model import Splice
from securechat.desktop.notify.notices import mentions
from securechat.wire import limits
from securechat.wire.objects import PostKind

__all__ = [
    "Arrived", "Banner", "Change", "ChatModel", "EditRefused", "Ended", "ListsMoved", "Opened", "SentBack", "Told",
]


@dataclass(frozen=True)
class Opened:
    """What is known of a chat at the moment it opens; at least one conversation, the first is shown."""

    username: str
    server_name: str
    join_link: str
    own_fp: bytes
    fingerprint: str
    conversations: tuple[OpenedConversation, ...]
    people: tuple[Person, ...]
    state: ConnectionState


@dataclass(frozen=True)
class Banner:
    """The line about a lost connection. ``can_retry``: a pause is running that a button may end."""

    text: str
    can_retry: bool


class ChatModel:
    """One logged-in account. ``clock``: seconds since 1970; ``monotonic``: seconds that never jump."""

    def __init__(
        self, opened: Opened, *, clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic, shield: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._clock, self._monotonic = clock, monotonic
        self.opened = opened
        self._people: dict[str, Person] = {person.username: person for person in opened.people}
        self.look = Look(self._today(), shield, me=opened.username, ignored=self.ignored())
        self.conversations = {
            known.conversation.conv: ConversationModel(
                known, self.look, mentions=lambda text: mentions(text, opened.username), ignored=self.ignored
            )
            for known in opened.conversations
        }
        self.current = next(iter(self.conversations.values()))
        self.state = opened.state
        self.reason = ""
        self.notices: list[Told] = []
        self._retry_at = 0.0
        self._seen_keys: dict[str, bytes] = {}
        for known in opened.conversations:
            self._note_keys(known.messages)
        self._typing: dict[tuple[bytes, str], float] = {}

    # ------------------------------------------------------------------ events
    def apply(self, event: Event) -> list[Change]:
        """Take one event; say what changed. Conversations that are not known here change nothing."""
        match event:
            case MessageShown(message):
                return self._shown(message)
            case MessageChanged(message):
                self._stopped_typing(message)
                return self._told(message.conv, lambda model: model.changed(message), [message])
            case PostRefused(message, reason):
                return self._refused(message, reason)
            case HistoryLoaded(conv, messages, begins, older):
                known = self.conversations.get(conv)
                fresh = known.fresh(messages) if known is not None and not older else ()
                taken = self._told(conv, lambda model: model.take(messages, begins=begins), messages)
                return [*taken, Arrived(fresh)] if fresh else taken
            case ReadChanged(conv, seq):
                model = self.conversations.get(conv)
                return [ListsMoved()] if model is not None and model.read_to(seq) else []
            case StateChanged():
                return self._state_changed(event)
            case PeopleListed(people):
                self._people = {person.username: person for person in people}
                return [ListsMoved(), *self._ignoring()]
            case PresenceChanged(changes):
                return self._presence_changed(changes)
            case TypingSeen(conv, username) if username not in (self.opened.username, *self.ignored()):
                self._typing[conv, username] = self._monotonic() + limits.TYPING_SHOWN_S
            case Notice(text, alarm):
                return list(self.tell(self.look.line(text), alarm=alarm))
            case _:
                pass
        return []

    def tell(self, text: str, *, alarm: bool = False, details: str = "", answer: bool = False) -> list[Told]:
        """Queue a sentence for the notice line; the oldest shows first, and none twice.

        ``answer``: the person did something and waits for this, so it shows at once, before what stood there.
        """
        if any(told.text == text for told in self.notices):
            return []
        told = Told(text, alarm, details)
        self.notices.insert(0 if answer else len(self.notices), told)
        return [told]

    def dismiss(self) -> None:
        """The person has read the notice that shows."""
        del self.notices[:1]

    def work(self) -> list[Change]:
        """Go on with what was too long for one turn: midnight, long batches."""
        changes: list[Change] = []
        today = self._today()
        if today != self.look.today:
            for model in self.conversations.values():
                changes += self._if_open(model, model.timeline.new_day(today))
            self.look = self.current.timeline.look
        for model in self.conversations.values():
            if model.working:
                changes += self._if_open(model, model.work())
                break
        return changes

    def watch(self, looking: bool) -> None:
        """``looking``: the person sees the newest end of the open conversation; nothing there needs a "new" line."""
        for model in self.conversations.values():
            model.watched = looking and model is self.current

    @property
    def working(self) -> bool:
        """True while some long batch is not all in."""
        return any(model.working for model in self.conversations.values())

    # ------------------------------------------------------------------ what shows
    def conversation_lines(self) -> list[ConversationLine]:
        """The lobby and the rooms; direct conversations show with their person."""
        return [
            model.line(is_open=model is self.current)
            for model in self.conversations.values() if model.kind is not ConversationKind.DIRECT
        ]

    def people(self) -> list[PersonLine]:
        """Everybody: who is here first, by name; oneself is here as long as the window is."""
        direct = {
            model.conversation.name: model for model in self.conversations.values()
            if model.kind is ConversationKind.DIRECT
        }
        lines = [self._person_line(person, direct.get(person.username)) for person in self._people.values()]
        return sorted(lines, key=lambda line: (line.presence is Presence.OFFLINE, line.name))

    def _person_line(self, person: Person, direct: ConversationModel | None) -> PersonLine:
        you = person.username == self.opened.username
        name = self.look.name(person.username)
        return PersonLine(
            person.username, f"{name} {texts.YOU}" if you else name,
            self.opened.own_fp if you else person.fp or self._seen_keys.get(person.username),
            Presence.ONLINE if you else person.presence, you, person.ignored,
            direct.conv if direct else None, direct.unread().count if direct else 0, direct is self.current,
        )

    def unread_total(self) -> int:
        """Unread posts of all conversations, for the window's title."""
        return sum(model.unread().count for model in self.conversations.values())

    def usernames(self) -> list[str]:
        """Everybody's name but one's own, sorted."""
        return sorted(name for name in self._people if name != self.opened.username)

    def ignored(self) -> frozenset[str]:
        """Names of whom one ignores."""
        return frozenset(person.username for person in self._people.values() if person.ignored)

    def count(self) -> str:
        """How many people are here, in words."""
        lines = self.people()
        return texts.online_count(sum(line.presence is not Presence.OFFLINE for line in lines), len(lines))

    def typing_line(self) -> str:
        """Who writes in the open conversation right now; "" if nobody."""
        now = self._monotonic()
        self._typing = {key: until for key, until in self._typing.items() if until > now}
        return texts.typing(sorted(self.look.name(name) for conv, name in self._typing if conv == self.current.conv))

    def banner(self) -> Banner | None:
        """The line about a lost connection, None while all is well."""
        if self.state is ConnectionState.WAITING:
            seconds = math.ceil(self._retry_at - self._monotonic())
            if seconds <= 0:
                return Banner(texts.BANNER_RETRYING, False)
            return Banner(texts.waiting_banner(self.reason, seconds), True)
        if self.state in (ConnectionState.CONNECTING, ConnectionState.OFFLINE):
            return Banner(texts.BANNER_CONNECTING, False)
        return None

    def may_load_older(self) -> bool:
        """True if asking for older posts of the open conversation now makes sense."""
        return self.state is ConnectionState.ONLINE and self.current.may_load_older(self._monotonic())

    def older_done(self, conv: bytes, more: bool | None) -> list[Change]:
        """A request for older posts ended, see `ConversationModel.older_done`."""
        return self._told(conv, lambda model: model.older_done(more, self._monotonic()))

    # ------------------------------------------------------------------ inside
    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock()).date()

    def _if_open(self, model: ConversationModel, splices: list[Splice]) -> list[Splice]:
        return splices if model is self.current else []

    def _told(
        self, conv: bytes, change: Callable[[ConversationModel], list[Splice]], messages: Iterable[Message] = (),
    ) -> list[Change]:
        """Make a change in a conversation; its splices if it is open, and that the lists moved."""
        model = self.conversations.get(conv)
        if model is None:
            return []
        before = model.unread()
        splices = self._if_open(model, change(model))
        moved = self._note_keys(messages) or model.unread() != before
        return [*splices, ListsMoved()] if moved else [*splices]

    def _shown(self, message: Message) -> list[Change]:
        self._stopped_typing(message)
        changes = self._told(message.conv, lambda model: model.shown(message), [message])
        return changes if message.mine or message.conv not in self.conversations else [*changes, Arrived((message,))]

    def _refused(self, message: Message, reason: str) -> list[Change]:
        known = self.conversations.get(message.conv)
        if known is None:
            return []
        if message.kind not in CONTROL_KINDS:
            changes = self._told(message.conv, lambda model: model.timeline.change(message, reason))
            return [*changes, SentBack(message.text)] if known is self.current else changes
        # What changes another post has no row of its own: it is only told of.
        words = self.look.line(reason)
        if message.kind == PostKind.EDIT:
            return [EditRefused(message.conv, message.reply_to, message.text, words)]
        say = texts.deletion_refused if message.kind == PostKind.DELETE else texts.reaction_refused
        return [*self.tell(say(known.title, words))]

    def _stopped_typing(self, message: Message) -> None:
        self._typing.pop((message.conv, message.author), None)

    def _ignoring(self) -> list[Splice]:
        ignored = self.ignored()
        if ignored == self.look.ignored:
            return []
        splices: list[Splice] = []
        for model in self.conversations.values():
            splices += self._if_open(model, model.ignoring(ignored))
        self.look = self.current.timeline.look
        return splices

    def _state_changed(self, event: StateChanged) -> list[Change]:
        self.state = event.state
        self.reason = self.look.line(event.reason)
        self._retry_at = self._monotonic() + event.retry_in_s
        if event.state is ConnectionState.ONLINE:
            for model in self.conversations.values():
                model.online()
        if event.state is ConnectionState.ENDED:
            return [Ended(self.reason)]
        return [ListsMoved()]

    def _presence_changed(self, changes: tuple[Person, ...]) -> list[Change]:
        came, left = [], []
        for person in changes:
            known = self._people.get(person.username)
            was_here = known is not None and known.presence is not Presence.OFFLINE
            is_here = person.presence is not Presence.OFFLINE
            fp = person.fp or (known.fp if known else None)
            ignored = person.ignored or (known is not None and known.ignored)
            self._people[person.username] = Person(person.username, person.presence, fp, ignored)
            if is_here and not was_here:
                came.append(person.username)
            elif was_here and not is_here:
                left.append(person.username)
                for key in [key for key in self._typing if key[1] == person.username]:
                    del self._typing[key]
        splices: list[Splice] = []
        for model in self.conversations.values():
            if model.kind is ConversationKind.LOBBY:
                splices += self._if_open(model, model.timeline.presence(came, left, int(self._clock() * 1000)))
        return [*splices, ListsMoved()]

    def _note_keys(self, messages: Iterable[Message]) -> bool:
        """Keys of authors serve for avatars of people whose key nobody has asked for yet. True if a list shows it."""
        moved = False
        for message in messages:
            person = self._people.get(message.author)
            if message.author_fp and self._seen_keys.get(message.author) != message.author_fp:
                self._seen_keys[message.author] = message.author_fp
                moved = moved or (person is not None and person.fp is None)
        return moved
