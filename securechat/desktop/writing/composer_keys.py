"""The keys of the composer, and what is pasted into it.

Connects events of the text to what the composer does; decides only which of two things a key means now.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk
from typing import TYPE_CHECKING

from securechat.desktop import texts
from securechat.wire import limits

if TYPE_CHECKING:
    from securechat.desktop.writing.composer import Composer

__all__ = ["MOST_PASTED", "connect"]

MOST_PASTED = 4 * limits.TEXT  # bytes; far more than can be sent, and Tk draws long lines slowly


def connect(composer: Composer, box: ttk.Frame) -> None:
    """Bind everything. ``box``: the frame that shows the focus ring of the text."""
    text = composer.text
    text.bind("<<Modified>>", lambda event: composer.modified())
    text.bind("<Configure>", lambda event: composer.grow())
    text.bind("<FocusIn>", lambda event: _focused(composer, box))
    text.bind("<FocusOut>", lambda event: _left(composer, box))
    back = "<ISO_Left_Tab>" if text.tk.call("tk", "windowingsystem") == "x11" else "<Shift-Tab>"
    for keys, call in (
        (("<Return>", "<KP_Enter>"), lambda: _list_takes(composer) or _done(composer.submit)),
        (("<Shift-Return>", "<Shift-KP_Enter>"), lambda: _done(lambda: composer.insert("\n"))),
        (("<Tab>",), lambda: _list_takes(composer) or _done(partial(_go_on, composer))),
        ((back,), lambda: _done(lambda: _focus(text.tk_focusPrev()))),
        (("<Up>", "<KP_Up>"), lambda: _list_moves(composer, -1) or composer.edit_last()),
        (("<Down>", "<KP_Down>"), lambda: _list_moves(composer, 1)),
        (("<Escape>",), composer.escape),
        (("<Control-a>",), lambda: _done(lambda: text.tag_add("sel", "1.0", "end-1c"))),
        (("<<Paste>>",), lambda: _refuses_paste(composer, "CLIPBOARD")),
        (("<<PasteSelection>>",), lambda: not _scrolled(text) and _refuses_paste(composer, "PRIMARY")),
    ):
        for key in keys:
            text.bind(key, partial(_answer, call))


def _answer(call: Callable[[], bool], event: tk.Event[tk.Misc]) -> str | None:
    """``call`` is True if the key is used up; else Tk does with it what it always does."""
    return "break" if call() else None


def _done(call: Callable[[], object]) -> bool:
    call()
    return True


def _focused(composer: Composer, box: ttk.Frame) -> None:
    box.state(["focus"])
    composer.close_picker()


def _left(composer: Composer, box: ttk.Frame) -> None:
    box.state(["!focus"])
    composer.completions.close()


def _list_takes(composer: Composer) -> bool:
    return composer.completions.open and _done(composer.completions.take)


def _list_moves(composer: Composer, step: int) -> bool:
    return composer.completions.open and _done(lambda: composer.completions.move(step))


def _go_on(composer: Composer) -> None:
    if composer.choices.buttons:
        composer.choices.focus_first()  # what is asked comes before everything else
    else:
        _focus(composer.text.tk_focusNext())


def _focus(widget: tk.Misc | None) -> None:
    if widget is not None:
        widget.focus_set()


def _scrolled(text: tk.Text) -> bool:
    """True if the middle button was moved while it was down, which scrolls and pastes nothing."""
    moved = text.tk.eval("expr {[info exists ::tk::Priv(mouseMoved)] && $::tk::Priv(mouseMoved)}")
    return bool(int(moved))


def _refuses_paste(composer: Composer, selection: str) -> bool:
    """Stop a paste that is far too long; any other is left to Tk."""
    try:
        pasted = str(composer.selection_get(selection=selection))  # type: ignore[no-untyped-call]
    except tk.TclError:  # nothing there, or no text
        return False
    size = len(pasted.encode("utf-8", "surrogatepass"))
    if size <= MOST_PASTED:
        return False
    composer.show_problem(texts.paste_too_long(size, limits.TEXT))
    return True
