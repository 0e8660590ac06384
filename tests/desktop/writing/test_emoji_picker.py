"""Picking an emoji by words, keys and pointer."""

from __future__ import annotations

import tkinter as tk

import pytest

from securechat.desktop import texts
from securechat.desktop.look import emoji
from securechat.desktop.look.emoji import emoji_kills, name_emoji
from securechat.desktop.look.theme import Theme
from securechat.desktop.writing.emoji_names import EMOJI
from securechat.desktop.writing.emoji_picker import COLUMNS, ROWS, EmojiPicker


class Popup:
    """A picker in a window, and what came of it."""

    def __init__(self, root: tk.Tk, theme: Theme) -> None:
        self.root = root
        self.picked: list[str] = []
        self.closed: list[bool] = []
        self.picker = EmojiPicker(root, theme, self.picked.append, lambda: self.closed.append(True))
        self.picker.place(x=10, y=10)
        root.update()
        self.picker.entry.focus_force()
        root.update()

    def press(self, *keys: str) -> None:
        """Press keys in the entry."""
        for key in keys:
            self.picker.entry.event_generate(f"<{key}>")
            self.picker.entry.event_generate("<KeyRelease>")
            self.root.update()

    @property
    def drawn(self) -> list[str]:
        """The texts in the grid."""
        canvas = self.picker.grid_canvas
        return [canvas.itemcget(item, "text") for item in canvas.find_all() if canvas.type(item) == "text"]

    @property
    def name(self) -> str:
        return self.picker.found[self.picker.current][0]


@pytest.fixture
def popup(bare: tuple[tk.Tk, Theme]) -> Popup:
    """A picker that has the focus."""
    return Popup(*bare)


def test_only_what_is_in_sight_is_drawn(popup: Popup) -> None:
    """The first rows of the table."""
    assert popup.drawn == list(EMOJI[: COLUMNS * ROWS])


def test_arrows_move_and_return_picks(popup: Popup) -> None:
    """Around the grid, never out of it."""
    popup.press("Right", "Down", "Left", "Left", "Return")
    assert popup.picked == [EMOJI[COLUMNS - 1]]
    popup.press("Up", "Up", "Left", "KP_Enter")
    assert popup.picked[-1] == EMOJI[0]
    assert popup.closed == []


def test_the_grid_scrolls_with_the_current_one(popup: Popup) -> None:
    """By pages and rows, to the end and back."""
    popup.press("Next")
    assert popup.picker.current == COLUMNS * ROWS
    assert popup.drawn == list(EMOJI[COLUMNS : COLUMNS * (ROWS + 1)])
    popup.press(*["Next"] * 9)
    assert popup.picker.current == len(EMOJI) - 1
    assert popup.drawn[-1] == EMOJI[-1]
    popup.press(*["Prior"] * 9)
    assert popup.drawn[0] == EMOJI[0] and popup.picker.current == 0


def test_words_find_emoji(popup: Popup) -> None:
    """Typed in the entry; the name of the current one stands below."""
    popup.press("h", "e", "a", "r", "t")
    assert popup.picker.found[0] == ("heart", "❤️")
    assert len(popup.drawn) == len(popup.picker.found) < 30
    popup.press("Return")
    assert popup.picked == ["❤️"]
    popup.press("q")
    assert popup.drawn == []
    popup.press("Return", "Right", "Down")
    assert popup.picked == ["❤️"]
    labels = [child["text"] for child in popup.picker.winfo_children()[0].winfo_children() if "text" in child.keys()]
    assert texts.EMOJI_NONE in labels


def test_escape_closes_and_tab_stays(popup: Popup) -> None:
    """The owner takes it away."""
    popup.press("Tab")
    assert popup.root.focus_get() is popup.picker.entry
    popup.press("Escape")
    assert popup.closed == [True] and popup.picked == []


def test_it_asks_to_be_closed_when_the_focus_goes_elsewhere(popup: Popup) -> None:
    """But takes nothing with it when it is destroyed just then."""
    other = tk.Entry(popup.root)
    other.pack()
    popup.root.update()
    other.focus_force()
    popup.root.update()
    assert popup.closed == [True]
    popup.picker.entry.focus_force()
    popup.root.update()
    failed: list[str] = []
    popup.root.tk.createcommand("bgerror", failed.append)
    popup.picker.entry.event_generate("<FocusOut>")
    other.focus_force()
    popup.picker.destroy()
    popup.root.update()
    popup.root.update()
    assert popup.closed == [True] and failed == []


def test_the_pointer_shows_names_and_picks(popup: Popup) -> None:
    """And the wheel scrolls; beside the emoji nothing happens."""
    canvas = popup.picker.grid_canvas
    cell = canvas.winfo_width() // COLUMNS
    canvas.event_generate("<Motion>", x=cell + 5, y=5)
    assert popup.picker.current == 1
    canvas.event_generate("<Button-5>", x=5, y=5)
    canvas.event_generate("<ButtonRelease-1>", x=5, y=5)
    assert popup.picked == [EMOJI[COLUMNS]]
    popup.picker.search("tada")
    canvas.event_generate("<ButtonRelease-1>", x=3 * cell, y=3 * cell)
    canvas.event_generate("<ButtonRelease-1>", x=canvas.winfo_width() + 5, y=5)
    assert len(popup.picked) == 1


def test_the_scrollbar_moves_the_rows(popup: Popup) -> None:
    """To a place, by pages, and never past the end."""
    canvas, bar = popup.picker.grid_canvas, str(popup.picker._bar["command"])
    call = popup.root.tk.call
    call(bar, "moveto", "1.0")
    assert popup.drawn[-1] == EMOJI[-1]
    call(bar, "scroll", "-1", "pages")
    call(bar, "scroll", "99", "units")
    assert popup.drawn[-1] == EMOJI[-1]
    call(bar, "moveto", "0.0")
    assert popup.drawn[0] == EMOJI[0] and canvas.winfo_ismapped()


def test_it_is_lower_in_a_low_window(bare: tuple[tk.Tk, Theme]) -> None:
    """All of it stays in sight."""
    root, theme = bare
    root.geometry("900x380")
    root.update()
    popup = Popup(root, theme)
    assert 2 * COLUMNS <= len(popup.drawn) < COLUMNS * ROWS
    assert popup.picker.winfo_height() < 380
    popup.press("Next", "Next", "Return")
    assert popup.picked == [EMOJI[len(popup.drawn) * 2]]


def test_names_stand_where_emoji_are_dangerous(bare: tuple[tk.Tk, Theme], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is picked is the emoji all the same."""
    monkeypatch.setattr(emoji, "xft_version", lambda: 20304)
    popup = Popup(*bare)
    assert popup.drawn[:2] == ["grinning", "smiley"] and all(words.isascii() or "…" in words for words in popup.drawn)
    popup.press("t", "a", "d", "a")
    assert popup.drawn == ["tada"]
    popup.press("Return")
    assert popup.picked == ["🎉"]


def test_everything_that_colour_fonts_draw_counts_as_emoji() -> None:
    """Signs that look like plain text are among them: a stranger may send one."""
    assert emoji_kills("win32") is False
    for sign in "☺❤⌚⭐▶◀™\u2139↔↩Ⓜ⤴〰〽㊗㊙‼⁉\U0001f600\U0001fae0\U000fe4e5":
        assert name_emoji(sign).isascii(), ascii(sign)
    assert name_emoji("1 © ® → ─ 漢 é") == "1 © ® → ─ 漢 é"
    assert name_emoji("🏴\U000e0067\U000e007f👍\U0001f3fd") == ":waving_black_flag::thumbs_up_sign:"
