"""Boxes to read in: keys and wheel in them, how high they get, copying, and dumps of bytes."""

from __future__ import annotations

import tkinter as tk

import pytest

from securechat.desktop import texts
from securechat.desktop.look.theme import Theme
from securechat.desktop.sheets.reading_box import MOST, BytesBox, ReadingBox, hex_dump
from securechat.desktop.sheets.sheet import Sheet

LINES = "\n".join(f"line {number}" for number in range(60))


class Opened:
    """A sheet that is higher than the window, with a box at its top."""

    def __init__(self, root: tk.Tk, theme: Theme, content: str = LINES) -> None:
        self.root = root
        self.sheet = Sheet(root, theme, "A matter", lambda: None)
        self.box = ReadingBox(self.sheet.body, self.sheet, most=8)
        self.box.pack(fill="x")
        for _ in range(30):
            self.sheet.words("A line")
        self.box.show(content)
        self.sheet.ready(self.box.text)
        root.update()
        self.box.text.focus_force()
        root.update()

    def press(self, key: str, count: int = 1, **options: int) -> float:
        """How far the box is scrolled after these keys."""
        for _ in range(count):
            self.box.text.event_generate(key, **options)
        self.root.update()
        return self.box.text.yview()[0]

    def top(self) -> int:
        """Where the box stands in the window."""
        return self.box.winfo_rooty()


@pytest.fixture
def opened(bare: tuple[tk.Tk, Theme]) -> Opened:
    return Opened(*bare)


# ---------------------------------------------------------------------- keys
def test_tab_stops_at_it_with_a_ring_and_goes_on(opened: Opened) -> None:
    assert opened.root.focus_get() is opened.box.text
    assert opened.box.instate(["focus"])
    opened.box.text.event_generate("<Tab>")
    opened.root.update()
    assert opened.root.focus_get() is opened.sheet.close_button
    assert opened.box.instate(["!focus"])
    opened.sheet.close_button.event_generate("<Tab>")
    opened.root.update()
    assert opened.root.focus_get() is opened.box.text


def test_arrows_pages_home_and_end_scroll_it(opened: Opened) -> None:
    one = opened.press("<Down>")
    assert 0 < one < opened.press("<Next>")
    assert opened.press("<End>") > 0.8
    assert opened.press("<Home>") == 0.0
    opened.press("<End>")
    assert opened.press("<Up>") < opened.press("<End>")
    assert opened.press("<Prior>") < 0.8


def test_at_its_end_the_keys_move_the_sheet(opened: Opened) -> None:
    top = opened.top()
    opened.press("<Down>")
    assert opened.top() == top
    opened.press("<End>")
    opened.press("<Down>")
    assert opened.top() < top
    before = opened.top()
    opened.press("<Next>")
    assert opened.top() < before
    opened.press("<Home>")
    opened.press("<Prior>", 3)
    assert opened.top() == top


def test_the_wheel_scrolls_first_the_box_then_the_sheet(opened: Opened) -> None:
    top = opened.top()
    assert opened.press("<Button-5>") > 0 and opened.top() == top
    assert opened.press("<Button-4>", 3) == 0.0 and opened.top() == top
    opened.press("<End>")
    opened.press("<Button-5>")
    assert opened.top() < top


def test_escape_closes_the_sheet_from_in_it(opened: Opened) -> None:
    opened.box.text.event_generate("<Escape>")
    assert not opened.sheet.winfo_exists()


# ---------------------------------------------------------------------- reading
def test_nothing_can_be_typed_but_it_can_be_selected_and_copied(opened: Opened) -> None:
    opened.press("<x>")
    opened.press("<Delete>")
    assert opened.box.shown == LINES
    opened.box.text.tag_add("sel", "1.0", "1.end")
    opened.box.text.event_generate("<<Copy>>")
    assert opened.root.clipboard_get() == "line 0"


def test_shift_with_arrows_selects_instead_of_scrolling(opened: Opened) -> None:
    opened.box.text.mark_set("insert", "1.0")
    opened.press("<Down>", state=1)
    assert opened.box.text.get("sel.first", "sel.last") == "line 0\n"
    assert opened.box.text.yview()[0] == 0.0
    opened.press("<End>", state=1)
    assert opened.box.text.get("sel.first", "sel.last") == "line 0\nline 1"


def test_a_click_gives_it_the_focus(opened: Opened) -> None:
    opened.sheet.close_button.focus_force()
    opened.root.update()
    opened.box.text.event_generate("<Button-1>", x=5, y=5)
    opened.root.update()
    assert opened.root.focus_get() is opened.box.text


# ---------------------------------------------------------------------- height
@pytest.mark.parametrize(("content", "lines"), [("one", 1), ("one\ntwo\nthree", 3), (LINES, 8), ("W" * 16_000, 8)])
def test_it_is_as_high_as_its_text_up_to_a_limit(bare: tuple[tk.Tk, Theme], content: str, lines: int) -> None:
    assert int(str(Opened(*bare, content).box.text["height"])) == lines


def test_a_long_line_is_counted_as_it_is_broken(bare: tuple[tk.Tk, Theme]) -> None:
    box = Opened(*bare, "many words " * 20).box
    assert 2 < int(str(box.text["height"])) < 8
    assert box.text.yview() == (0.0, 1.0)


# ---------------------------------------------------------------------- bytes
def test_a_dump_has_offset_bytes_and_letters() -> None:
    assert hex_dump(b"Hello, \x00\xff\x7f world").split("\n") == [
        "0000  48 65 6c 6c 6f 2c 20 00 ff 7f 20 77  Hello, ··· w",
        "000c  6f 72 6c 64                          orld",
    ]
    assert hex_dump(b"abcd", 4) == "0000  61 62 63 64  abcd"
    assert hex_dump(b"") == ""


@pytest.mark.parametrize("per_line", [4, 12, 16])
def test_the_rest_of_many_bytes_is_counted(per_line: int) -> None:
    whole, cut = hex_dump(b"a" * MOST, per_line), hex_dump(b"a" * (MOST + 1000), per_line).split("\n")
    assert cut[:-1] == whole.split("\n")
    assert cut[-1] == texts.more_bytes(1000) == "… and 1,000 bytes more"


def test_a_dump_fits_the_width_it_has(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    for width in (900, 640, 440, 300):
        sheet = Sheet(root, theme, "A matter", lambda: None, width=1000)
        box = BytesBox(sheet.body, sheet, bytes(range(32, 96)), "none")
        box.pack(fill="x")
        sheet.ready()
        root.geometry(f"{width}x600")
        root.update()
        root.update()
        lines = box.shown.split("\n")
        assert int(str(box.text["height"])) == min(10, len(lines))  # none of them is broken
        assert theme.measure(theme.fixed(12), lines[0]) <= box.text.winfo_width()
        assert "".join(line.split("  ")[-1] for line in lines).strip().endswith("_")
        sheet.close()


def test_without_bytes_there_are_words(bare: tuple[tk.Tk, Theme]) -> None:
    sheet = Sheet(*bare, "A matter", lambda: None)
    assert BytesBox(sheet.body, sheet, b"", "Not known while offline.").shown == "Not known while offline."
