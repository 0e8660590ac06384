"""The state of an open chat, without a display: people, typing, connection, and the open conversation's timeline.

`ChatModel.apply` takes an event of the client and answers with what changed on screen; the views draw that and nothing
else. Time comes in as parameters. Main thread only.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from securechat.client.events import (
    ConnectionState,
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
    StateChanged,
    TypingSeen,
)
from securechat.desktop import texts
from securechat.desktop.rows import Look
from securechat.desktop.timeline_model import Splice, Timeline
from securechat.wire import limits

__all__ = [
    "Banner", "Change", "ChatModel", "Ended", "Opened", "PeopleMoved", "PersonLine", "SentBack",
    "Told", "check_text",
]


@dataclass(frozen=True)
class Opened:
    """What is known of a chat at the moment it opens."""

    username: str
    server_name: str
    join_link: str
    own_fp: bytes
    fingerprint: str
    lobby: bytes
    messages: tuple[Message, ...]
    people: tuple[Person, ...]
    draft: str
    state: ConnectionState


@dataclass(frozen=True)
class PeopleMoved:
    """The list of people is another one now."""


@dataclass(frozen=True)
class Told:
    """A sentence for the person; ``alarm``: it stays until dismissed and looks like it."""

    text: str
    alarm: bool = False


@dataclass(frozen=True)
class SentBack:
    """The server refused a post of ours; ``text`` is what was written."""

    text: str


@dataclass(frozen=True)
class Ended:
    """The client is done for good; ``reason`` is a sentence with the next step."""

    reason: str


Change = Splice | PeopleMoved | Told | SentBack | Ended


@dataclass(frozen=True)
class Banner:
    """The line about a connection that is away. ``can_retry``: a try can be asked for now."""

    text: str
    can_retry: bool


@dataclass(frozen=True)
class PersonLine:
    """One line of the list of people. ``name`` is cleaned, with "(you)" for oneself."""

    name: str
    fp: bytes | None
    presence: Presence
    you: bool


def check_text(text: str) -> str:
    """Why ``text`` cannot be posted, as a sentence; "" if it can."""
    excess = len(text.encode("utf-8", "replace")) - limits.TEXT
    return texts.too_long(excess) if excess > 0 else ""


class ChatModel:
    """One logged-in account. ``clock``: seconds since 1970; ``monotonic``: seconds that never jump."""

    def __init__(
        self, opened: Opened, *, clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic, shield: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._clock, self._monotonic = clock, monotonic
        self.opened = opened
        self.conv = opened.lobby
        self.title = texts.conversation_title(texts.LOBBY)
        self.look = Look(self._today(), shield)
        self.timeline = Timeline(self.title, self.look)
        self.timeline.merge(opened.messages)
        self.state = opened.state
        self.reason = ""
        self.notices: list[Told] = []
        self.loading_older = False
        self._retry_at = 0.0
        self._older_not_before = 0.0
        self._people: dict[str, Person] = {person.username: person for person in opened.people}
        self._seen_keys: dict[str, bytes] = {}
        self._note_keys(opened.messages)
        self._typing: dict[tuple[bytes, str], float] = {}

    # ------------------------------------------------------------------ events
    def apply(self, event: Event) -> list[Change]:
        """Take one event; say what changed. Events of other conversations change nothing here yet."""
        match event:
            case MessageShown(message) | MessageChanged(message) if message.conv == self.conv:
                self._typing.pop((message.conv, message.author), None)
                return [*self.timeline.merge([message]), *self._note_keys([message])]
            case PostRefused(message, reason) if message.conv == self.conv:
                return [*self.timeline.change(message, reason), SentBack(message.text)]
            case HistoryLoaded(conv, messages, begins) if conv == self.conv:
                return [*self.timeline.merge(messages, begins=begins), *self._note_keys(messages)]
            case StateChanged():
                return self._state_changed(event)
            case PeopleListed(people):
                self._people = {person.username: person for person in people}
                return [PeopleMoved()]
            case PresenceChanged(changes):
                return self._presence_changed(changes)
            case TypingSeen(conv, username) if username != self.opened.username:
                self._typing[conv, username] = self._monotonic() + limits.TYPING_SHOWN_S
            case Notice(text, alarm):
                return self.tell(self.look.line(text), alarm=alarm)
            case _:
                pass
        return []

    def tell(self, text: str, *, alarm: bool = False) -> list[Change]:
        """Queue a sentence for the notice line; the oldest shows first, and none twice."""
        told = Told(text, alarm)
        if told in self.notices:
            return []
        self.notices.append(told)
        return [told]

    def dismiss(self) -> None:
        """The person has read the notice that shows."""
        del self.notices[:1]

    # ------------------------------------------------------------------ what shows
    def people(self) -> list[PersonLine]:
        """Everybody: who is here first, by name; oneself is here as long as the window is."""
        lines = []
        for person in self._people.values():
            you = person.username == self.opened.username
            name = self.look.line(person.username)
            fp = self.opened.own_fp if you else person.fp or self._seen_keys.get(person.username)
            lines.append(
                PersonLine(f"{name} {texts.YOU}" if you else name, fp, Presence.ONLINE if you else person.presence, you)
            )
        return sorted(lines, key=lambda line: (line.presence is Presence.OFFLINE, line.name))

    def count(self) -> str:
        """How many people are here, in words."""
        lines = self.people()
        return texts.online_count(sum(line.presence is not Presence.OFFLINE for line in lines), len(lines))

    def typing_line(self) -> str:
        """Who writes in the open conversation right now; "" if nobody."""
        now = self._monotonic()
        self._typing = {key: until for key, until in self._typing.items() if until > now}
        return texts.typing(sorted(self.look.line(name) for conv, name in self._typing if conv == self.conv))

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

    def new_day(self) -> list[Splice]:
        """To be asked now and then: midnight changes the day lines."""
        changed = self.timeline.new_day(self._today())
        self.look = self.timeline.look
        return changed

    # ------------------------------------------------------------------ older messages
    def may_load_older(self) -> bool:
        """True if asking for older messages now makes sense; the caller then says `older_asked`."""
        return (
            self.state is ConnectionState.ONLINE and not self.loading_older and not self.timeline.begins
            and self._monotonic() >= self._older_not_before
        )

    def older_asked(self) -> None:
        """A request for older messages is under way."""
        self.loading_older = True

    def older_done(self, more: bool | None) -> list[Splice]:
        """The request ended: ``more`` may exist, or not, or (None) it failed and may be tried again in a while."""
        self.loading_older = False
        if more is None:
            self._older_not_before = self._monotonic() + 5.0
        elif not more and not self.timeline.begins:
            return self.timeline.merge((), begins=True)
        return []

    # ------------------------------------------------------------------ inside
    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock()).date()

    def _state_changed(self, event: StateChanged) -> list[Change]:
        self.state = event.state
        self.reason = self.look.line(event.reason)
        self._retry_at = self._monotonic() + event.retry_in_s
        if event.state is ConnectionState.ONLINE:
            self._older_not_before = 0.0
        if event.state is ConnectionState.ENDED:
            return [Ended(self.reason)]
        return []

    def _presence_changed(self, changes: tuple[Person, ...]) -> list[Change]:
        came, left = [], []
        for person in changes:
            known = self._people.get(person.username)
            was_here = known is not None and known.presence is not Presence.OFFLINE
            is_here = person.presence is not Presence.OFFLINE
            fp = person.fp or (known.fp if known else None)
            self._people[person.username] = Person(person.username, person.presence, fp)
            if is_here and not was_here:
                came.append(person.username)
            elif was_here and not is_here:
                left.append(person.username)
                for key in [key for key in self._typing if key[1] == person.username]:
                    del self._typing[key]
        return [*self.timeline.presence(came, left, int(self._clock() * 1000)), PeopleMoved()]

    def _note_keys(self, messages: tuple[Message, ...] | list[Message]) -> list[Change]:
        """Keys of authors serve for avatars of people whose key nobody has asked for yet."""
        moved = False
        for message in messages:
            person = self._people.get(message.author)
            if message.author_fp and self._seen_keys.get(message.author) != message.author_fp:
                self._seen_keys[message.author] = message.author_fp
                moved = moved or (person is not None and person.fp is None)
        return [PeopleMoved()] if moved else []
