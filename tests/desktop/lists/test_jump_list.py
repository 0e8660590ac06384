"""The jump list: what fits in which order, without a display; and the list alone over a window."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from tkinter import ttk

import pytest

from securechat.client.events import ConversationKind, Presence
from securechat.desktop.lists.jump_list import JumpList, found, rank
from securechat.desktop.lists.line_list import Line
from securechat.desktop.lists.lines import ConversationLine, PersonLine
from securechat.desktop.look.theme import Theme

LOBBY = ConversationLine(b"l" * 16, ConversationKind.LOBBY, "# lobby", open=True)
RANDOM = ConversationLine(b"r" * 16, ConversationKind.ROOM, "# random")
DIRECT = ConversationLine(b"x" * 16, ConversationKind.DIRECT, "bob", 2)


def person(name: str, unread: int = 0) -> PersonLine:
    return PersonLine(name, name, None, Presence.ONLINE, False, unread=unread)


PEOPLE = [person("alice"), person("bob"), person("carol"), person("rob.ray"), person("zoe")]


def names(lines: list[Line] | tuple[Line, ...]) -> list[str]:
    return [line.title if isinstance(line, ConversationLine) else getattr(line, "name", "") for line in lines]


# --- what fits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "name", "fits"),
    [
        ("", "bob", 0), ("bo", "bob", 0), ("BO", "bob", 0), ("lob", "# lobby", 0), ("#lob", "# lobby", 0),
        ("# lobby", "# lobby", 0), ("ray", "rob.ray", 1), ("ob", "rob.ray", 2), ("ob", "foo.oboe-bob", 1),
        ("lby", "# lobby", 3), ("r y", "rob.ray", 3), ("byl", "# lobby", None), ("bobb", "bob", None), ("x", "", None),
        ("straße", "STRASSE", 0), ("  ", "bob", 0),
    ],
)
def test_how_well_a_name_fits(query: str, name: str, fits: int | None) -> None:
    assert rank(query, name) == fits


def test_a_hostile_name_or_query_takes_no_time() -> None:
    """Nothing here is worse than linear in what is looked at."""
    assert rank("ab" * 5000, "a" * 100_000) is None
    assert rank("b", "a." * 100_000) is None


def test_with_nothing_typed_what_names_us_and_what_is_unread_come_first() -> None:
    rooms = [replace(LOBBY, unread=9), replace(RANDOM, unread=1, mention=True), replace(RANDOM, title="# quiet")]
    found_lines = found("", rooms, [person("alice"), person("bob", 2)])
    assert names(found_lines) == ["# random", "# lobby", "bob", "# quiet", "alice"]


def test_the_better_fit_comes_before_the_unread() -> None:
    people = [person("carob", 5), person("rob"), person("bob")]
    assert names(found("ob", [LOBBY], people)) == ["carob", "# lobby", "rob", "bob"]
    assert names(found("ro", [LOBBY, RANDOM], people)) == ["rob", "carob", "# random"]


def test_a_direct_conversation_is_found_as_its_person() -> None:
    assert names(found("bob", [LOBBY, DIRECT], PEOPLE)) == ["bob"]


# --- the list in a window -----------------------------------------------------------------------------

Chosen = list[tuple[str, object]]
Open = Callable[..., tuple[JumpList, Chosen]]


@pytest.fixture
def open_list(bare: tuple[tk.Tk, Theme]) -> Open:
    """Opens a list over a window that has two buttons; the first one has the focus."""
    root, theme = bare

    def make(people: list[PersonLine] | None = None) -> tuple[JumpList, Chosen]:
        chosen: Chosen = []
        for name in ("first", "second"):
            ttk.Button(root, text=name, name=name).pack()
        root.nametowidget("first").focus_force()
        root.update()
        jump = JumpList(
            root, theme, [LOBBY, RANDOM], PEOPLE if people is None else people,
            on_conversation=lambda conv: chosen.append(("conversation", conv)),
            on_person=lambda username: chosen.append(("person", username)),
            on_close=lambda: chosen.append(("closed", None)),
        )
        root.update()
        return jump, chosen

    return make


def press(jump: JumpList, *keys: str) -> None:
    for key in keys:
        jump.entry.event_generate(key)
        jump.master.update()


def focus(root: tk.Misc) -> str:
    return str(root.tk.call("focus"))


def test_typing_and_return_open_a_conversation(open_list: Open, bare: tuple[tk.Tk, Theme]) -> None:
    jump, chosen = open_list()
    assert focus(jump) == str(jump.entry)
    press(jump, "r", "a", "n")
    assert names(jump.list.lines) == ["# random"]
    press(jump, "<Return>")
    assert chosen == [("closed", None), ("conversation", RANDOM.conv)]
    assert not jump.winfo_exists() and focus(bare[0]) == ".first"


def test_arrows_and_tab_choose_without_leaving_the_field(open_list: Open) -> None:
    jump, chosen = open_list()
    press(jump, "<Down>", "<Down>", "<Tab>", "<Up>", "<ISO_Left_Tab>", "<Down>", "<Next>", "<Prior>", "<Down>", "<Tab>")
    assert focus(jump) == str(jump.entry)
    assert jump.list.current == PEOPLE[0]
    press(jump, "<KP_Enter>")
    assert chosen == [("closed", None), ("person", "alice")]


def test_each_letter_puts_the_cursor_on_the_best(open_list: Open) -> None:
    jump, _ = open_list()
    press(jump, "<Down>", "<Down>", "o")
    assert names(jump.list.lines) == ["# lobby", "# random", "bob", "carol", "rob.ray", "zoe"]
    assert jump.list.cursor == 0
    press(jump, "<BackSpace>")
    assert len(jump.list.lines) == 7 and jump.list.cursor == 0


def test_pasted_text_filters_as_well(open_list: Open) -> None:
    jump, _ = open_list()
    jump.clipboard_clear()
    jump.clipboard_append("carol")
    press(jump, "<<Paste>>")
    assert names(jump.list.lines) == ["carol"]


def test_nothing_found_says_so_and_return_does_nothing(open_list: Open) -> None:
    jump, chosen = open_list()
    press(jump, "q", "q", "<Return>", "<Down>", "<Return>")
    assert jump.nothing.winfo_ismapped() and not chosen and jump.winfo_exists()
    press(jump, "<BackSpace>", "<BackSpace>")
    assert not jump.nothing.winfo_ismapped() and jump.list.lines


def test_escape_closes_once_and_gives_the_focus_back(open_list: Open, bare: tuple[tk.Tk, Theme]) -> None:
    jump, chosen = open_list()
    press(jump, "<Escape>")
    jump.close()
    assert chosen == [("closed", None)] and focus(bare[0]) == ".first"


def test_a_click_opens_what_is_under_it(open_list: Open) -> None:
    jump, chosen = open_list()
    jump.list.event_generate("<Button-1>", x=60, y=jump.list._theme.px(38 * 3 + 19))
    assert chosen == [("closed", None), ("person", "bob")]


def test_going_elsewhere_closes_it_and_leaves_the_focus_there(open_list: Open, bare: tuple[tk.Tk, Theme]) -> None:
    jump, chosen = open_list()
    bare[0].nametowidget("second").focus_force()
    bare[0].update()
    assert chosen == [("closed", None)] and not jump.winfo_exists() and focus(bare[0]) == ".second"


def test_it_stays_inside_a_small_window(open_list: Open, bare: tuple[tk.Tk, Theme]) -> None:
    root = bare[0]
    root.geometry("300x260")
    root.update()
    jump, _ = open_list()
    assert jump.winfo_x() >= 0 and jump.winfo_x() + jump.winfo_width() <= 300
    assert jump.winfo_y() + jump.winfo_height() <= 260


def test_thousands_of_people_are_filtered_and_only_those_in_sight_drawn(open_list: Open) -> None:
    jump, _ = open_list([person(f"user{n:04}") for n in range(3000)])
    assert len(jump.list.find_all()) < 100
    press(jump, *"1234")
    assert names(jump.list.lines) == ["user1234"]
