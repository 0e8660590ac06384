"""The menu of a message: which entries there are, and what they ask for."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.look.emoji import name_emoji
from securechat.desktop.look.theme import Theme
from securechat.desktop.messages.message_menu import COMMON_REACTIONS, MessageMenu
from securechat.desktop.messages.rows import Look
from tests.desktop.fake_client import START_MS, message

OTHERS = [
    texts.MENU_REPLY, texts.MENU_REACT, texts.MENU_COPY_TEXT, texts.MENU_PROTECTION, texts.menu_ignore("bob", False),
]
OWN = [
    texts.MENU_REPLY, texts.MENU_REACT, texts.MENU_EDIT, texts.MENU_DELETE, texts.MENU_COPY_TEXT, texts.MENU_PROTECTION,
]


class Asked:
    """Notes what is asked of it. Implements `MessageActions`."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self.calls.append((name, *arguments))


@pytest.fixture
def made(bare: tuple[tk.Tk, Theme]) -> Iterator[MessageMenu]:
    """A menu of alice, who ignores mallory."""
    root, theme = bare
    made = MessageMenu(root, theme, Asked(), Look(date(2026, 3, 2), me="alice", ignored=frozenset({"mallory"})))
    yield made
    made.menu.destroy()


def entries(menu: tk.Menu) -> list[str]:
    """The words of a menu; lines between are left out, and none stands at the end or beside another."""
    end = menu.index("end")
    kinds = [menu.type(index) for index in range(0 if end is None else end + 1)]
    lines = [index for index, kind in enumerate(kinds) if kind == "separator"]
    assert not any(index + 1 in lines for index in lines) and {0, len(kinds) - 1}.isdisjoint(lines)
    return [str(menu.entrycget(index, "label")) for index, kind in enumerate(kinds) if kind != "separator"]


def of_alice(**other: object) -> Message:
    return message(2, "alice", "hello", mine=True, **other)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (message(1, "bob", "hello"), OTHERS),
        (of_alice(), OWN),
        (of_alice(state=MessageState.WAITING), OWN),
        (of_alice(kind=7), OWN),
        (of_alice(kind=2), [words for words in OWN if words != texts.MENU_EDIT]),
        (of_alice(state=MessageState.REFUSED), [texts.MENU_COPY_TEXT]),
        (of_alice(deleted=True), [texts.MENU_PROTECTION]),
        (message(1, "bob", "", deleted_by_operator=True), OTHERS[3:]),
        (message(1, "bob", "", newer=True), [words for words in OTHERS if words != texts.MENU_COPY_TEXT]),
        (message(1, "", "", problem="It could not be verified.", post_id=b""), []),
        (message(1, "mallory", "hello"), [*OTHERS[:-1], texts.menu_ignore("mallory", True)]),
    ],
)
def test_there_is_what_can_be_done_and_nothing_else(made: MessageMenu, shown: Message, expected: list[str]) -> None:
    made.fill(shown)
    assert entries(made.menu) == expected


def test_earlier_texts_and_links_come_with_messages_that_have_them(made: MessageMenu) -> None:
    edited = message(1, "bob", "hello", edited=True, earlier=((START_MS, "helo"),))
    made.fill(edited, link="http://build.lan/")
    assert {texts.MENU_EARLIER, texts.MENU_COPY_LINK} <= set(entries(made.menu))
    made.fill(edited, can_older=False)
    assert {texts.MENU_EARLIER, texts.MENU_COPY_LINK}.isdisjoint(entries(made.menu))


def test_each_entry_asks_for_what_it_says(made: MessageMenu) -> None:
    asked: Any = made._actions
    shown = message(1, "bob", "hello", edited=True, earlier=((START_MS, "helo"),))
    made.fill(shown, link="http://build.lan/")
    for words in entries(made.menu):
        made.menu.invoke(words)
    assert asked.calls == [
        ("reply", shown), ("copy_text", shown), ("copy_words", "http://build.lan/"), ("earlier", shown),
        ("protection", shown), ("ignore", "bob", True),
    ]
    own = of_alice()
    asked.calls.clear()
    made.fill(own)
    made.menu.invoke(texts.MENU_EDIT)
    made.menu.invoke(texts.MENU_DELETE)
    made.fill(shown, ignored=True)
    made.menu.invoke(texts.menu_ignore("bob", True))
    assert asked.calls == [("edit", own), ("delete", own), ("ignore", "bob", False)]


def test_six_reactions_are_at_hand_and_all_others_behind_them(made: MessageMenu) -> None:
    asked: Any = made._actions
    shown = message(1, "bob", "hello")
    made.fill(message(9, "carol", "before"))
    made.fill(shown)  # and only once
    assert entries(made.reactions) == [*COMMON_REACTIONS, texts.MENU_MORE_REACTIONS]
    for index in range(len(COMMON_REACTIONS) + 1):
        made.reactions.invoke(index)
    assert asked.calls == [*(("react", shown, emoji) for emoji in COMMON_REACTIONS), ("react_more", shown)]


def test_names_and_emoji_are_shown_harmlessly(bare: tuple[tk.Tk, Theme]) -> None:
    """On a display that emoji kill, their names stand for them."""
    root, theme = bare
    menu = MessageMenu(root, theme, Asked(), Look(date(2026, 3, 2), name_emoji))
    menu.fill(message(1, "bob\u202e\n👍" + "x" * 500, "hello"))
    words = [*entries(menu.menu), *entries(menu.reactions)]
    assert not set("".join(words)) & {"\u202e", "\n", "👍", "😂"}
    assert max(map(len, words)) < 150 and ":thumbs_up_sign:" in words
    menu.menu.destroy()


def test_the_menu_pops_up_by_itself_and_goes_with_escape(made: MessageMenu, bare: tuple[tk.Tk, Theme]) -> None:
    root, _ = bare
    made.show(message(1, "bob", "hello"), root.winfo_rootx() + 20, root.winfo_rooty() + 20)
    root.update()
    assert made.menu.winfo_ismapped()
    made.menu.focus_force()
    made.menu.event_generate("<Escape>")
    root.update()
    assert not made.menu.winfo_ismapped()
    made.show(message(1, "", "", problem="It could not be verified.", post_id=b""), 20, 20)
    root.update()
    assert not made.menu.winfo_ismapped()
