"""Edits upon edits: in order whatever comes first, bounded in what is kept at hand, cheap to look at."""

from __future__ import annotations

import pytest

from securechat.client.effects import EDITS_SHOWN, Effects
from securechat.client.events import Message, MessageState
from securechat.client.timeline import message_of
from securechat.sealing.streams import post_id_of
from securechat.wire.objects import Post, PostKind
from tests.client.scripted_server import NOW_MS, Member

CONV = b"\1" * 32
BOB, CAROL = Member("bob", 2), Member("carol", 3)
MANY = 300


class Told:
    """One message by bob, and what is said about it."""

    def __init__(self, operator: bytes = b"") -> None:
        self.effects = Effects(operator)
        post = BOB.post(CONV, "first")
        self.message = message_of(post, post_id_of(post), "bob", mine=False, state=MessageState.STORED)

    def say(self, kind: int, target: bytes, words: str = "", after_ms: int = 0, who: Member = BOB) -> Post:
        post = who.post(CONV, target + words.encode(), kind, NOW_MS + after_ms)
        self.effects.add(post, post_id_of(post), who.keys.public.username)
        return post

    def edits(self, count: int = MANY) -> list[Post]:
        return [self.say(PostKind.EDIT, self.message.post_id, str(n), n) for n in range(1, count + 1)]

    def delete(self, post: Post, who: Member = BOB) -> Post:
        return self.say(PostKind.DELETE, post_id_of(post), who=who)

    def shown(self) -> Message:
        return self.effects.render(self.message)


def texts(message: Message) -> list[str]:
    return [text for _, text in message.earlier]


def test_of_many_edits_the_first_text_and_the_newest_are_kept_at_hand() -> None:
    told = Told()
    told.edits()
    assert told.shown().text == str(MANY)
    assert texts(told.shown()) == ["first", *(str(n) for n in range(MANY - EDITS_SHOWN, MANY))]


def test_no_text_is_left_out_before_the_bound() -> None:
    told = Told()
    told.edits(EDITS_SHOWN + 1)
    assert texts(told.shown()) == ["first", *(str(n) for n in range(1, EDITS_SHOWN + 1))]


def test_the_order_of_arrival_does_not_matter() -> None:
    """Edits and the deletions of some of them, in the order of their ids, which are as good as random."""
    told, effects = Told(), Effects(b"")
    posts = told.edits(20)
    posts += [told.delete(post) for post in posts[::3]]
    for post in sorted(posts, key=post_id_of):
        effects.add(post, post_id_of(post), "bob")
    assert effects.render(told.message) == told.shown()
    assert texts(told.shown()) == ["first", *(str(n) for n in range(1, 20) if (n - 1) % 3)]


@pytest.mark.parametrize("kind", [PostKind.EDIT, PostKind.REACTION])
def test_an_edit_or_reaction_whose_deletion_is_taken_back_stands_again(kind: int) -> None:
    told = Told()
    older = told.say(kind, told.message.post_id, "one", 1)
    newer = told.say(kind, told.message.post_id, "two", 2)
    full = told.shown()
    gone = told.delete(newer)
    assert told.shown() != full
    told.effects.withdraw(post_id_of(gone))
    assert told.shown() == full
    told.effects.withdraw(post_id_of(newer))
    told.effects.withdraw(post_id_of(older))
    assert told.shown() == told.message


def test_only_the_author_and_the_operator_take_an_edit_away() -> None:
    for operator, text in ((b"", "1"), (CAROL.keys.public.fp, "first")):
        told = Told(operator)
        told.delete(told.edits(1)[0], CAROL)
        assert told.shown().text == text


def test_a_look_costs_the_same_after_many_edits_and_deletions(monkeypatch: pytest.MonkeyPatch) -> None:
    told, asked = Told(), []
    for post in told.edits():
        told.delete(post)
    real = Effects._deleted_by
    monkeypatch.setattr(Effects, "_deleted_by", lambda *one: (asked.append(one), real(*one))[1])
    assert told.shown() == told.message
    assert len(asked) == 1
