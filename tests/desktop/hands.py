"""The hands of a person in tests: keys that go to whatever has the focus, and clicks on words that are in sight."""

from __future__ import annotations

import itertools
import tkinter as tk
from typing import TypeVar

from securechat.desktop.sheets.sheet import Sheet
from tests.desktop.driver import Driver

SIGNS = {
    " ": "space", "/": "slash", "#": "numbersign", "!": "exclam", "?": "question", ".": "period", ":": "colon",
    "@": "at", "-": "minus", "_": "underscore", "+": "plus", "\n": "Return",
}
S = TypeVar("S", bound=Sheet)
_clicks = itertools.count(10_000, 10_000)  # ms: so far apart that none is a double click


def wake(driver: Driver) -> Driver:
    """Give this window the keyboard, with the cursor in the composer."""
    driver.chat.composer.text.focus_force()
    driver.until(lambda: driver.root.tk.call("focus"), "the window has the focus")
    driver.turns()
    return driver


def focused(driver: Driver) -> str:
    """The path of the widget that has the keys."""
    return str(driver.root.tk.call("focus"))


def press(driver: Driver, *keys: str) -> None:
    """Press keys ("<Return>") one after the other; each goes to what has the focus then."""
    for key in keys:
        driver.root.tk.call("event", "generate", focused(driver) or ".", key)
        driver.root.update()
    driver.turns(1)


def type_in(driver: Driver, words: str) -> None:
    """Type a text letter by letter."""
    for char in words:
        keysym = SIGNS.get(char, char)
        driver.root.tk.call("event", "generate", focused(driver), "<KeyPress>", "-keysym", keysym)
        driver.root.tk.call("event", "generate", focused(driver), "<KeyRelease>", "-keysym", keysym)
    driver.turns(1)


def place_of(driver: Driver, words: str, *, last: bool = False) -> tuple[int, int]:
    """The middle of the first letter of ``words`` in the list of messages; they have to be in sight."""
    text = driver.chat.timeline.text
    index = text.search(words, "end" if last else "1.0", "1.0" if last else "end", backwards=last)
    assert index, f"{words!r} is not in the list"
    box = text.bbox(index)
    assert box is not None, f"{words!r} is not in sight"
    return box[0] + box[2] // 2, box[1] + box[3] // 2


def click(driver: Driver, words: str, *, last: bool = False) -> None:
    """Click on ``words`` in the list of messages."""
    x, y = place_of(driver, words, last=last)
    text = driver.chat.timeline.text
    text.event_generate("<Motion>", x=x, y=y)
    text.event_generate("<Button-1>", x=x, y=y, time=next(_clicks))
    text.event_generate("<ButtonRelease-1>", x=x, y=y)
    driver.turns(1)


def in_sight(driver: Driver, words: str) -> bool:
    """True if ``words`` can be seen in the list of messages."""
    text = driver.chat.timeline.text
    index = text.search(words, "1.0", "end")
    return bool(index) and text.bbox(index) is not None


def menu_of(driver: Driver, words: str, *, last: bool = False) -> list[str]:
    """Click on ``words`` with the other button: the entries of the menu that comes, which is put away again."""
    x, y = place_of(driver, words, last=last)
    driver.chat.timeline.text.event_generate("<Button-3>", x=x, y=y)
    driver.root.update()
    menu = driver.chat.message_menu.menu
    menu.unpost()
    driver.turns(1)
    return entries_of(menu)


def entries_of(menu: tk.Menu) -> list[str]:
    """The words in a menu, without lines."""
    end = menu.index("end")
    indices = range(end + 1) if end is not None else range(0)
    return [menu.entrycget(index, "label") for index in indices if menu.type(index) != "separator"]


def choose(driver: Driver, menu: tk.Menu, words: str) -> None:
    """Choose an entry of a menu."""
    menu.invoke(next(
        index for index in range((menu.index("end") or 0) + 1)
        if menu.type(index) != "separator" and menu.entrycget(index, "label") == words
    ))
    driver.turns(1)


def to_message(driver: Driver, words: str) -> None:
    """Go to a message by keys: into the list, then up to the row that has ``words``."""
    timeline = driver.chat.timeline
    timeline.text.focus_set()
    driver.root.update()
    for _ in range(60):
        press(driver, "<Up>")
        if timeline.current is not None and words in driver.control.messages.row(timeline.current).text:
            return
    raise AssertionError(f"no row with {words!r} was reached")


def notices(driver: Driver) -> list[str]:
    """The sentences that wait in the notice line, the one that shows first."""
    return [told.text for told in driver.control.model.notices]


def opened(driver: Driver, kind: type[S]) -> S:
    """The sheet that is open, which must be of this kind."""
    sheet = driver.control.sheets.open
    assert isinstance(sheet, kind), sheet
    return sheet


def composing(driver: Driver) -> bool:
    """True if nothing covers the messages and one can write."""
    return driver.control.sheets.open is None and focused(driver) == str(driver.chat.composer.text)
