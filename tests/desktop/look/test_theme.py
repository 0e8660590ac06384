"""Palettes that can be read, and the widgets that a theme makes."""

from __future__ import annotations

import tkinter as tk
from itertools import product

import pytest

from securechat.client import preferences
from securechat.desktop.look import palette
from securechat.desktop.look.palette import CONTRAST, DARK, LIGHT, Palette, palette_for
from securechat.desktop.look.theme import DOT, ZOOMS, Theme

PALETTES = (LIGHT, DARK, CONTRAST)
GROUNDS = ("bg", "side", "card", "selected", "hover", "entry")
each_palette = pytest.mark.parametrize("colours", PALETTES, ids=[each.name for each in PALETTES])


def luminance(colour: str) -> float:
    """As WCAG 2 defines it: 0 for black, 1 for white."""

    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.03928 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_the_one_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@each_palette
def test_all_words_can_be_read_on_all_grounds(colours: Palette) -> None:
    """4.5 as WCAG asks of texts, 7 in the palette for who needs more."""
    least = 7 if colours is CONTRAST else 4.5
    words = {name: getattr(colours, name) for name in ("fg", "dim", "accent", "ok", "warn", "err")}
    words.update({f"person {place}": colour for place, colour in enumerate(colours.people)})
    grounds = {name: getattr(colours, name) for name in GROUNDS}
    bad = [
        (word, ground, round(contrast(words[word], grounds[ground]), 2))
        for word, ground in product(words, grounds) if contrast(words[word], grounds[ground]) < least
    ]
    assert bad == []
    for fill in (colours.accent, colours.accent_hover):
        assert contrast(colours.accent_fg, fill) >= least
    assert contrast(colours.bg, colours.err) >= least


@each_palette
def test_the_part_of_a_scrollbar_that_is_dragged_can_be_seen(colours: Palette) -> None:
    for ground in (colours.bg, colours.side, colours.card):
        assert contrast(colours.thumb, ground) >= 3
    if colours is CONTRAST:
        assert contrast(colours.line, colours.bg) >= 7  # there the edges of fields and cards as well


@pytest.mark.parametrize(("dark", "expected"), [(True, DARK), (False, LIGHT)])
def test_each_name_has_its_palette_and_system_asks_the_desktop(
    monkeypatch: pytest.MonkeyPatch, dark: bool, expected: Palette
) -> None:
    monkeypatch.setattr(palette, "system_prefers_dark", lambda: dark)
    assert [palette_for(name) for name in ("light", "dark", "contrast")] == [LIGHT, DARK, CONTRAST]
    assert palette_for("system") is expected
    assert palette_for("unknown") is LIGHT


def test_what_can_be_chosen_can_be_kept() -> None:
    """The window and the file of preferences have the same themes and sizes."""
    assert [palette_for(name).name for name in preferences.THEMES if name != "system"] == ["light", "dark", "contrast"]
    assert (min(ZOOMS), max(ZOOMS)) == (preferences.ZOOM_LEAST, preferences.ZOOM_MOST)
    assert list(ZOOMS) == sorted(ZOOMS) and 1.0 in ZOOMS


def test_a_box_tells_the_new_choice_by_mouse_and_by_return(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    told: list[bool] = []
    box = theme.check(root, "Play a sound", True, told.append)
    box.pack()
    root.update()
    assert box.instate(["selected"])
    box.invoke()
    box.focus_force()
    box.event_generate("<Return>")
    box.event_generate("<space>")
    assert told == [False, True, False] and not box.instate(["selected"])


def test_of_several_choices_one_is_taken(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    told: list[str] = []
    root.setvar("choice_of_test", "a")
    first, second = (theme.radio(root, value, value, "choice_of_test", told.append) for value in "ab")
    for radio in (first, second):
        radio.pack()
    root.update()
    assert first.instate(["selected"]) and not second.instate(["selected"])
    second.focus_force()
    second.event_generate("<Return>")
    assert told == ["b"]
    assert second.instate(["selected"]) and not first.instate(["selected"])


def test_a_hidden_field_shows_dots(bare: tuple[tk.Tk, Theme]) -> None:
    root, theme = bare
    assert (theme.entry(root, "words").get(), str(theme.entry(root, "words")["show"])) == ("words", "")
    assert str(theme.entry(root, secret=True)["show"]) == DOT


@pytest.mark.parametrize("name", ["light", "dark", "contrast"])
def test_every_theme_can_be_made_at_every_size(bare: tuple[tk.Tk, Theme], name: str) -> None:
    root, _ = bare
    widths = []
    for zoom in (ZOOMS[0], ZOOMS[-1]):
        theme = Theme(root, palette_for(name), zoom)
        button = theme.button(root, "Send", lambda: None, "Danger.TButton")
        box = theme.check(root, "Send", True, lambda on: None)
        widths.append((button.winfo_reqwidth(), box.winfo_reqwidth()))
        button.destroy()
        box.destroy()
        theme.close()
    assert all(large > 2 * small for small, large in zip(*widths, strict=True))
