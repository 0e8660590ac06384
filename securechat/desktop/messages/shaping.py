"""Does this Tk put letters of all scripts in order and join them by itself? Texts for one that does not."""

from __future__ import annotations

import tkinter as tk
from typing import Final

from securechat.desktop.messages.right_to_left import needs, visual

__all__ = ["shapes_texts", "shown"]

_JOINED: Final = "\u0628\u0628\u0628"  # narrower than three of its letters apart
_FONT: Final = "TkDefaultFont"


def shapes_texts(widget: tk.Misc) -> bool:
    """False on X11, unless a Tk from 9 on is found to join letters. Main thread."""
    call = widget.tk.call
    if str(call("tk", "windowingsystem")) != "x11":
        return True
    if int(str(call("info", "patchlevel")).split(".")[0]) < 9:
        return False  # without loading a font to look
    joined, alone = (int(call("font", "measure", _FONT, text)) for text in (_JOINED, _JOINED[0]))
    return joined != len(_JOINED) * alone


def shown(widget: tk.Misc, text: str) -> str:
    """``text`` as it is put into a label or canvas beside ``widget``, so that it is read right. Not for what wraps."""
    return text if not needs(text) or shapes_texts(widget) else visual(text)
