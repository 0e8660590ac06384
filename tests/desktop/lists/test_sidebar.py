"""The left column alone in a window: what it draws, and what it says was chosen by pointer and keys."""

from __future__ import annotations

import tkinter as tk
from dataclasses import replace

import pytest

from securechat.client.events import ConversationKind, Presence
from securechat.desktop import texts
from securechat.desktop.lists.line_list import LineList
from securechat.desktop.lists.lines import ConversationLine, PersonLine
from securechat.desktop.lists.sidebar import Sidebar
from securechat.desktop.look.theme import Theme

LOBBY = ConversationLine(bytes(16), ConversationKind.LOBBY, "# lobby", open=True)
DESIGN = ConversationLine(b"d" * 16, ConversationKind.ROOM, "# design", 3)
ALICE = PersonLine("alice", "alice (you)", b"a" * 32, Presence.ONLINE, True)
BOB = PersonLine("bob", "bob", b"b" * 32, Presence.AWAY, False, unread=2)
CAROL = PersonLine("carol", "carol", None, Presence.OFFLINE, False)


class Recorder:
    """Notes down what the column asks for."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def open_conversation(self, conv: bytes) -> None:
        self.asked.append(("conversation", conv))

    def open_person(self, username: str) -> None:
        self.asked.append(("person", username))

    def person_menu(self, username: str, x: int, y: int) -> None:
        self.asked.append(("menu", username, x, y))

    def open_jump(self) -> None:
        self.asked.append(("jump",))


@pytest.fixture
def actions() -> Recorder:
    return Recorder()


@pytest.fixture
def sidebar(bare: tuple[tk.Tk, Theme], actions: Recorder) -> Sidebar:
    root, theme = bare
    made = Sidebar(root, theme, "chat.example", "the server can read this lobby", actions)
    made.pack(side="left", fill="y")
    made.show([LOBBY, DESIGN], [ALICE, BOB, CAROL])
    root.update()
    return made


def written(canvas: tk.Canvas) -> dict[str, int]:
    """All words on it with their items, as one reads them."""
    items = [item for item in canvas.find_all() if canvas.type(item) == "text"]
    items.sort(key=lambda item: canvas.coords(item)[::-1])
    return {canvas.itemcget(item, "text"): item for item in items}


def drawn(canvas: tk.Canvas) -> list[str]:
    return list(written(canvas))


def y_of(canvas: tk.Canvas, words: str) -> int:
    """Where these words stand, as the pointer counts."""
    return round(canvas.coords(written(canvas)[words])[1] - canvas.canvasy(0))


def press(canvas: tk.Canvas, *keys: str) -> None:
    canvas.focus_force()
    canvas.update()
    for key in keys:
        canvas.event_generate(key)
    canvas.update()


def pictures(canvas: tk.Canvas) -> set[str]:
    return {canvas.itemcget(item, "image") for item in canvas.find_all() if canvas.type(item) == "image"}


def box(theme: Theme, sidebar: Sidebar, fill: str, border: str = "") -> str:
    """Name of the picture behind a line."""
    px = theme.px
    width = sidebar.list.winfo_width() - px(16)
    return str(theme.images.box(width, px(36), px(9), fill, border, px(2)))


def dot(theme: Theme, colour: str) -> str:
    """Name of the picture of a presence dot."""
    px = theme.px
    return str(theme.images.box(px(13), px(13), px(13) // 2, colour, theme.palette.side, px(2)))


def test_rooms_and_people_stand_under_their_heads_with_badges(sidebar: Sidebar) -> None:
    heads = [texts.ROOMS, "# lobby", "# design", "3", texts.PEOPLE, "alice (you)", "bob", "2", "carol"]
    assert drawn(sidebar.list) == heads


def test_only_what_is_unread_is_bold(sidebar: Sidebar) -> None:
    canvas = sidebar.list
    bold = {words for words, item in written(canvas).items() if "bold" in canvas.itemcget(item, "font")}
    assert bold == {texts.ROOMS, texts.PEOPLE, "# design", "bob", "3", "2"}


def test_a_section_without_entries_is_left_out(sidebar: Sidebar) -> None:
    sidebar.show([LOBBY], [])
    assert drawn(sidebar.list) == [texts.ROOMS, "# lobby"]
    sidebar.show([], [CAROL])
    assert drawn(sidebar.list) == [texts.PEOPLE, "carol"]


def test_a_direct_conversation_is_its_persons_line(sidebar: Sidebar) -> None:
    sidebar.show([LOBBY, ConversationLine(b"x" * 16, ConversationKind.DIRECT, "bob", 2)], [BOB])
    assert drawn(sidebar.list) == [texts.ROOMS, "# lobby", texts.PEOPLE, "bob", "2"]


def test_badges_say_more_and_mentions(sidebar: Sidebar) -> None:
    many, named = replace(DESIGN, unread=50, more=True), replace(DESIGN, conv=b"n", title="# news", mention=True)
    sidebar.show([many, named], [replace(CAROL, unread=700)])
    words = drawn(sidebar.list)
    assert "50+" in words and "99+" in words and texts.mention_badge("3") in words


def test_an_ignored_person_is_called_so(sidebar: Sidebar) -> None:
    sidebar.show([], [replace(BOB, ignored=True)])
    assert texts.ignored_name("bob") in drawn(sidebar.list)


def test_presence_dots_turn_grey_while_we_are_away(sidebar: Sidebar, bare: tuple[tk.Tk, Theme]) -> None:
    theme, p = bare[1], bare[1].palette
    coloured = {dot(theme, p.ok), dot(theme, p.warn)}
    assert coloured | {dot(theme, p.dim)} <= pictures(sidebar.list)
    sidebar.show([LOBBY, DESIGN], [ALICE, BOB, CAROL], offline=True)
    assert not coloured & pictures(sidebar.list)
    sidebar.show([LOBBY, DESIGN], [ALICE, BOB, CAROL])
    assert coloured <= pictures(sidebar.list)


def test_what_holds_is_green_only_if_it_is_good(sidebar: Sidebar, bare: tuple[tk.Tk, Theme]) -> None:
    p = bare[1].palette
    assert sidebar.holds["text"] == "the server can read this lobby" and str(sidebar.holds["fg"]) == p.dim
    sidebar.show_holds("end-to-end encrypted", ok=True)
    assert sidebar.holds["text"] == "end-to-end encrypted" and str(sidebar.holds["fg"]) == p.ok
    sidebar.show_holds("x" * 300, ok=False)
    assert str(sidebar.holds["text"]).endswith("…") and str(sidebar.holds["fg"]) == p.dim


def test_a_long_name_never_reaches_its_badge(sidebar: Sidebar) -> None:
    sidebar.show([], [replace(BOB, name="W" * 5000, unread=99)])
    canvas = sidebar.list
    (name, item), = ((words, item) for words, item in written(canvas).items() if words.startswith("W"))
    assert name.endswith("…") and canvas.bbox(item)[2] < canvas.bbox(written(canvas)["99"])[0]


def test_clicks_open_rooms_and_people_and_heads_do_nothing(sidebar: Sidebar, actions: Recorder) -> None:
    for words in (texts.ROOMS, "# design", "carol"):
        sidebar.list.event_generate("<Button-1>", x=40, y=y_of(sidebar.list, words))
    sidebar.list.event_generate("<Button-1>", x=40, y=sidebar.list.winfo_height() - 5)
    assert actions.asked == [("conversation", DESIGN.conv), ("person", "carol")]


def test_the_right_button_opens_the_menu_of_a_person_alone(sidebar: Sidebar, actions: Recorder) -> None:
    for words in ("# lobby", "bob"):
        sidebar.list.event_generate("<Button-3>", x=40, y=y_of(sidebar.list, words), rootx=70, rooty=300)
    assert actions.asked == [("menu", "bob", 70, 300)]


def test_keys_move_a_cursor_over_the_heads_and_open(sidebar: Sidebar, actions: Recorder) -> None:
    press(sidebar.list, "<Return>", "<Down>", "<Return>", "<Down>", "<Return>", "<End>", "<Return>", "<Up>", "<space>")
    assert [asked[1] for asked in actions.asked] == [LOBBY.conv, DESIGN.conv, "alice", "carol", "bob"]
    press(sidebar.list, "<Down>", "<Down>", "<Down>", "<KP_Enter>", "<Home>", "<Up>", "<Return>")
    assert [asked[1] for asked in actions.asked[5:]] == ["carol", LOBBY.conv]


def test_the_menu_key_opens_the_menu_beside_the_line(sidebar: Sidebar, actions: Recorder) -> None:
    press(sidebar.list, "<End>", "<Menu>", "<Shift-F10>", "<Home>", "<Menu>")
    (_, name, x, y), again = actions.asked
    assert (name, again) == ("carol", actions.asked[0])
    assert y - sidebar.list.winfo_rooty() == y_of(sidebar.list, "carol") + sidebar.list._theme.px(19)
    assert sidebar.list.winfo_rootx() < x < sidebar.list.winfo_rootx() + sidebar.list.winfo_width()


def test_the_cursor_shows_only_while_the_list_has_the_focus(sidebar: Sidebar, bare: tuple[tk.Tk, Theme]) -> None:
    theme, p = bare[1], bare[1].palette
    ring = box(theme, sidebar, p.side, p.accent)
    press(sidebar.list, "<End>")
    assert ring in pictures(sidebar.list)
    sidebar.jump.focus_force()
    sidebar.update()
    assert ring not in pictures(sidebar.list)


def test_the_cursor_stays_with_its_line_when_others_come(sidebar: Sidebar, actions: Recorder) -> None:
    press(sidebar.list, "<End>")
    sidebar.show([LOBBY], [CAROL, ALICE, replace(BOB, presence=Presence.ONLINE)])
    press(sidebar.list, "<Return>")
    assert actions.asked == [("person", "carol")]
    sidebar.show([LOBBY], [ALICE])
    press(sidebar.list, "<Return>")
    assert actions.asked[1:] == [("conversation", LOBBY.conv)], "its line is gone: it goes to what is open"


def test_the_line_under_the_pointer_is_marked(sidebar: Sidebar, bare: tuple[tk.Tk, Theme]) -> None:
    marked = box(bare[1], sidebar, bare[1].palette.hover)
    canvas = sidebar.list
    canvas.event_generate("<Motion>", x=40, y=y_of(canvas, "bob"))
    assert marked in pictures(canvas) and str(canvas["cursor"]) == "hand2"
    canvas.event_generate("<Motion>", x=40, y=y_of(canvas, texts.PEOPLE))
    assert marked not in pictures(canvas) and str(canvas["cursor"]) == ""
    canvas.event_generate("<Motion>", x=40, y=y_of(canvas, "bob"))
    canvas.event_generate("<Leave>")
    assert marked not in pictures(canvas)


def test_what_is_open_is_marked(sidebar: Sidebar, bare: tuple[tk.Tk, Theme]) -> None:
    marked = box(bare[1], sidebar, bare[1].palette.selected)
    assert marked in pictures(sidebar.list)
    sidebar.show([replace(LOBBY, open=False)], [CAROL])
    assert marked not in pictures(sidebar.list)
    sidebar.show([replace(LOBBY, open=False)], [replace(CAROL, is_open=True)])
    assert marked in pictures(sidebar.list)


def test_only_the_people_in_sight_are_drawn_wherever_one_scrolls(sidebar: Sidebar, actions: Recorder) -> None:
    sidebar.show([LOBBY], [replace(CAROL, username=f"u{n}", name=f"user{n:04}") for n in range(3000)])
    sidebar.update()
    canvas: LineList = sidebar.list
    assert "user0000" in drawn(canvas) and len(canvas.find_all()) < 100
    press(canvas, "<End>")
    assert "user2999" in drawn(canvas) and "user0000" not in drawn(canvas) and len(canvas.find_all()) < 100
    for _ in range(3):
        press(canvas, "<Prior>")
    assert canvas.current == sidebar.list.lines[-25]
    canvas.event_generate("<Button-1>", x=40, y=y_of(canvas, "user2985"))
    assert actions.asked == [("person", "u2985")]
    press(canvas, "<Home>")
    assert drawn(canvas)[0] == texts.ROOMS and canvas.canvasy(0) == 0
    canvas.event_generate("<Button-5>", x=40, y=100)
    assert canvas.canvasy(0) > 0
    bar, = (child for child in sidebar.winfo_children() if child.winfo_class() == "TScrollbar")
    sidebar.tk.call(bar["command"], "moveto", "0.5")
    assert "user1500" in drawn(canvas)
    sidebar.show([LOBBY], [CAROL])
    sidebar.update()
    assert not bar.winfo_ismapped()
    canvas.event_generate("<Button-5>", x=40, y=100)
    assert canvas.canvasy(0) == 0, "a list that fits does not scroll"


def test_drawing_nothing_new_costs_nothing(sidebar: Sidebar) -> None:
    before = sidebar.list.find_all()
    sidebar.show([LOBBY, DESIGN], [ALICE, replace(BOB), CAROL])
    assert sidebar.list.find_all() == before


def test_the_jump_box_is_a_button_by_pointer_and_keys(sidebar: Sidebar, actions: Recorder) -> None:
    assert drawn(sidebar.jump) == [texts.JUMP, texts.JUMP_KEYS]
    sidebar.jump.event_generate("<Button-1>", x=5, y=5)
    quiet = pictures(sidebar.jump)
    press(sidebar.jump, "<Return>", "<space>")
    assert actions.asked == [("jump",)] * 3
    assert pictures(sidebar.jump) != quiet, "the focus shows"
    assert sidebar.jump.tk_focusNext() is sidebar.list
