"""Colours, sizes and shapes of all widgets: plain ttk ``clam`` with our palette and rounded 9-slice pictures.

Every size goes through `Theme.px` and every font has a negative (pixel) size, so one number scales the whole window for
HiDPI and zoom. There is a `Theme` for each palette and zoom; its ttk style names carry its number. ttk keeps elements
for ever, so a theme that is needed again is to be opened again, not made anew. Knows no chat.

No part of the window makes ``tk.Variable`` or ``tkfont.Font`` objects: their finalizers call Tk, and Python may run a
finalizer in whichever thread happens to collect garbage. Pictures have one too, so `Theme.close` deletes them by hand.
"""

from __future__ import annotations

import itertools
import tkinter as tk
from collections.abc import Callable
from tkinter import font as tkfont
from tkinter import ttk

from securechat.desktop.look.images import Images
from securechat.desktop.look.palette import Palette

__all__ = ["DOT", "ZOOMS", "Theme"]

DOT = "•"  # stands for each character of a hidden text

ZOOMS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
# Between its corners a picture is repeated, and each repetition with transparency costs a question to the X server:
# pictures much smaller than the widgets made the form take seconds. Design pixels, width and height.
INSIDE = (240, 30)
_FAMILIES = ("Segoe UI", "SF Pro Text", "Inter", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans")
_FIXED = ("Cascadia Mono", "Consolas", "Menlo", "Noto Sans Mono", "DejaVu Sans Mono")
_numbers = itertools.count(1)


class Theme:
    """``zoom``: 1.0 is the size that the screen's resolution asks for."""

    def __init__(self, root: tk.Misc, palette: Palette, zoom: float = 1.0) -> None:
        self.root, self.palette, self.zoom = root, palette, zoom
        # macOS counts 72 to the inch, and nobody has a screen coarser than 96.
        self.scale = max(1.0, min(4.0, root.winfo_fpixels("1i") / 96)) * zoom
        have = set(tkfont.families(root))
        self.family = _first(_FAMILIES, have, "TkDefaultFont", root)
        self.fixed_family = _first(_FIXED, have, "TkFixedFont", root)
        self._prefix = f"t{next(_numbers)}"
        self.images = Images(root, self._prefix)
        self._elements: set[str] = set()
        self._is_open = False
        self.open()

    def open(self) -> None:
        """Make the pictures again after `close`, and be the look of all widgets made from now on. Main thread."""
        if not self._is_open:
            self._is_open = True
            self._build()

    def close(self) -> None:
        """Delete the pictures, when no widget shows them any more. Main thread."""
        self._is_open = False
        self.images.clear()

    # ------------------------------------------------------------------ sizes
    def px(self, size: float) -> int:
        """``size`` of the design (at 96 dpi) in pixels of this screen, at least 1."""
        return max(1, round(size * self.scale))

    def font(self, size: float, *style: str) -> tuple[str, int, str]:
        """A font of ``size`` design pixels; ``style``: "bold", "italic"."""
        return (self.family, -self.px(size), " ".join(style))

    def fixed(self, size: float) -> tuple[str, int, str]:
        """The same with letters of one width."""
        return (self.fixed_family, -self.px(size), "")

    def measure(self, font: tuple[str, int, str], text: str) -> int:
        """Width of ``text`` in pixels."""
        return int(self.root.tk.call("font", "measure", font, text))

    def name(self, style: str) -> str:
        """The ttk style name of ``style`` ("Accent.TButton") in this theme."""
        return f"{self._prefix}.{style}"

    # ------------------------------------------------------------------ widgets
    def label(self, master: tk.Misc, text: str = "", size: float = 13, colour: str = "", *style: str) -> tk.Label:
        """A label on its master's background; ``colour`` "" means the text colour."""
        return tk.Label(
            master, text=text, font=self.font(size, *style), fg=colour or self.palette.fg, bg=str(master["bg"]),
            anchor="w", justify="left", bd=0, padx=0, pady=0, highlightthickness=0,
        )

    def frame(self, master: tk.Misc, colour: str = "") -> tk.Frame:
        """A frame; ``colour`` "" means the window's background."""
        return tk.Frame(master, bg=colour or self.palette.bg, bd=0, highlightthickness=0)

    def button(self, master: tk.Misc, text: str, command: object, style: str = "Ghost.TButton") -> ttk.Button:
        """A button that Return presses too, as people expect beside Space."""
        made = ttk.Button(master, text=text, command=command, style=self.name(style))  # type: ignore[arg-type]
        made.bind("<Return>", lambda event: made.invoke())
        return made

    def entry(self, master: tk.Misc, text: str = "", *, secret: bool = False) -> ttk.Entry:
        """A field for one line; ``secret``: drawn as dots."""
        made = ttk.Entry(master, style=self.name("Round.TEntry"), font=self.font(14), show=DOT if secret else "")
        made.insert(0, text)
        return made

    def check(self, master: tk.Misc, text: str, on: bool, command: Callable[[bool], object]) -> ttk.Checkbutton:
        """A box to tick; ``command`` is told the new choice."""
        made = ttk.Checkbutton(master, text=text, style=self.name("Check.TCheckbutton"), onvalue=1, offvalue=0)
        variable = str(made)  # a name for Tcl, free again with the widget's own
        made.setvar(variable, int(on))  # type: ignore[arg-type]
        made["variable"] = variable
        made.configure(command=lambda: command(made.instate(["selected"])))
        made.bind("<Return>", lambda event: made.invoke())
        return made

    def radio(
        self, master: tk.Misc, text: str, value: str, variable: str, command: Callable[[str], object]
    ) -> ttk.Radiobutton:
        """One of several choices, those with the same Tcl ``variable``; the owner sets that first, with `setvar`."""
        made = ttk.Radiobutton(
            master, text=text, value=value, variable=variable,  # type: ignore[arg-type]
            style=self.name("Radio.TRadiobutton"), command=lambda: command(value),
        )
        made.bind("<Return>", lambda event: made.invoke())
        return made

    def card(self, master: tk.Misc, style: str, pad: tuple[int, int]) -> ttk.Frame:
        """A rounded frame; ``pad``: design pixels left and right, above and below (a ttk frame ignores its style's)."""
        return ttk.Frame(master, style=self.name(style), padding=(self.px(pad[0]), self.px(pad[1])))

    def menu(self, master: tk.Misc) -> tk.Menu:
        """An empty menu in our colours."""
        p = self.palette
        return tk.Menu(
            master, tearoff=False, bg=p.card, fg=p.fg, activebackground=p.accent, activeforeground=p.accent_fg, bd=0,
            activeborderwidth=1, relief="flat", font=self.font(13), selectcolor=p.accent,
        )

    # ------------------------------------------------------------------ styles
    def _build(self) -> None:
        p, style = self.palette, ttk.Style(self.root)
        style.theme_use("clam")
        style.configure(
            ".", background=p.bg, foreground=p.fg, fieldbackground=p.entry, bordercolor=p.line, lightcolor=p.line,
            darkcolor=p.line, troughcolor=p.bg, font=self.font(13), insertcolor=p.fg, selectbackground=p.accent,
            selectforeground=p.accent_fg, focuscolor=p.accent,
        )
        # focus ring: the text colour around filled buttons, the accent around everything else
        self._button("Accent.TButton", p.accent, p.accent_hover, p.fg, p.accent_fg, bold=True, pad=(16, 8))
        self._button("Danger.TButton", p.err, p.err, p.fg, p.bg, bold=True, pad=(16, 8))
        self._button("Ghost.TButton", p.bg, p.hover, p.accent, p.dim, pad=(10, 7))
        self._button("Plain.TButton", p.card, p.hover, p.accent, p.fg, pad=(14, 8), border=p.line)
        self._button("Strip.TButton", p.card, p.hover, p.accent, p.accent, pad=(10, 4), behind=p.card)
        self._button("Ghost.TMenubutton", p.bg, p.hover, p.accent, p.dim, pad=(10, 7))
        self._button("Tab.TRadiobutton", p.side, p.hover, p.accent, p.fg, pad=(14, 8), chosen=p.selected)
        self._choice("Check.TCheckbutton", "tick", 4)
        self._choice("Radio.TRadiobutton", "dot", 9)
        self._entry("Round.TEntry", p.entry)
        self._card("Box.TFrame", p.entry, p.accent, p.bg)
        self._card("Card.TFrame", p.bg, p.line, p.side)
        self._scrollbar()
        bar = self.name("Slim.Horizontal.TProgressbar")
        style.layout(bar, style.layout("Horizontal.TProgressbar"))
        style.configure(
            bar, background=p.accent, troughcolor=p.card, arrowsize=self.px(5), gripcount=0, bordercolor=p.card,
            lightcolor=p.accent, darkcolor=p.accent,
        )

    def _create(self, name: str, plain: tk.PhotoImage, *states: tuple[str, tk.PhotoImage], **options: object) -> str:
        """An element out of pictures. One that was made before `close` shows the pictures that have its old names."""
        element = f"{self._prefix}.{name}"
        if element not in self._elements:
            self._elements.add(element)
            ttk.Style(self.root).element_create(element, "image", plain, *states, **options)  # type: ignore[call-overload]
        return element

    def _element(self, name: str, *states: tuple[str, tk.PhotoImage], plain: tk.PhotoImage, border: int) -> str:
        # width and height are the least that it asks for; without them that would be the picture's own size
        return self._create(
            f"{name}.face", plain, *states, border=border, padding=0, sticky="nsew", width=2 * border,
            height=2 * border,
        )

    def _face(
        self, fill: str, border: str = "", border_px: float = 1, inside: tuple[int, int] = INSIDE
    ) -> tk.PhotoImage:
        radius = self.px(9)
        width, height = (2 * radius + self.px(size) for size in inside)
        return self.images.box(width, height, radius, fill, border, self.px(border_px))

    def _button(
        self, style: str, fill: str, hover: str, ring: str, text: str, *, bold: bool = False, pad: tuple[int, int],
        border: str = "", chosen: str = "", behind: str = "",
    ) -> None:
        kind = style.rsplit(".T", 1)[1].capitalize()
        states = [("focus", self._face(chosen or fill, ring, 2))] if not chosen else [
            # ttk takes the first that fits: chosen and focused, focused, chosen
            ("selected focus", self._face(chosen, ring, 2)), ("focus", self._face(fill, ring, 2)),
            ("selected", self._face(chosen, self.palette.line)),
        ]
        # A filled button that cannot be pressed looks like an empty one: grey words on its own colour are unreadable.
        off = [("disabled", self._face(self.palette.card, self.palette.line))] if bold else []
        face = self._element(style, *off, *states, ("active", self._face(hover, border)),
                             plain=self._face(fill, border), border=self.px(9))
        label = [(f"{kind}.padding", {"sticky": "nsew", "children": [(f"{kind}.label", {"sticky": "nsew"})]})]
        name, tk_style = self.name(style), ttk.Style(self.root)
        tk_style.layout(name, [(face, {"sticky": "nsew", "children": label})])  # type: ignore[list-item]
        tk_style.configure(
            name, padding=tuple(map(self.px, pad)), foreground=text, anchor="center",
            background=behind or self.palette.bg, font=self.font(13, "bold") if bold else self.font(13),
        )
        # clam colours disabled and hovered widgets by itself, which would show in the transparent corners
        ground = behind or self.palette.bg
        states_of_ground = [(state, ground) for state in ("disabled", "pressed", "active")]
        tk_style.map(name, foreground=[("disabled", self.palette.dim)], background=states_of_ground)

    def _choice(self, style: str, kind: str, radius: int) -> None:
        """Words behind a box or circle; the focus ring goes round both."""
        p, size = self.palette, self.px(18)
        face = self._element(
            style, ("focus", self._face(p.bg, p.accent, 2)), ("active", self._face(p.hover)), plain=self._face(p.bg),
            border=self.px(9),
        )
        widget = style.split(".T")[1].capitalize()
        empty = self.images.box(size, size, self.px(radius), p.entry, p.dim, self.px(1.5))
        chosen = self.images.ticked(size, self.px(radius), p.accent, p.accent_fg, kind)
        tk_style = ttk.Style(self.root)
        indicator = self._create(
            f"{style}.indicator", empty, ("selected", chosen), sticky="w", width=size + self.px(10), height=size
        )
        inner = [(indicator, {"side": "left", "sticky": ""}), (f"{widget}.label", {"side": "left", "sticky": "w"})]
        padding = [(f"{widget}.padding", {"sticky": "nsew", "children": inner})]
        name = self.name(style)
        tk_style.layout(name, [(face, {"sticky": "nsew", "children": padding})])  # type: ignore[list-item]
        tk_style.configure(name, padding=(self.px(8), self.px(6)), foreground=p.fg, background=p.bg)
        tk_style.map(
            name, foreground=[("disabled", p.dim)],
            background=[("focus", p.bg), ("disabled", p.bg), ("active", p.hover)],
        )

    def _entry(self, style: str, fill: str) -> None:
        p = self.palette
        face = self._element(style, ("focus", self._face(fill, p.accent, 2)), plain=self._face(fill, p.line),
                             border=self.px(9))
        inner = [("Entry.padding", {"sticky": "nsew", "children": [("Entry.textarea", {"sticky": "nsew"})]})]
        name, tk_style = self.name(style), ttk.Style(self.root)
        tk_style.layout(name, [(face, {"sticky": "nsew", "children": inner})])  # type: ignore[list-item]
        tk_style.configure(name, padding=(self.px(12), self.px(8)), foreground=p.fg)
        tk_style.map(
            name, foreground=[("disabled", p.dim)], background=[("disabled", p.bg), ("readonly", p.bg)],
            # clam has a grey of its own for what is selected while the focus is elsewhere
            selectbackground=[("!focus", p.selected)], selectforeground=[("!focus", p.fg)],
        )

    def _card(self, style: str, fill: str, focused: str, behind: str) -> None:
        """A rounded frame; its owner sets the state "focus" when something in it has the focus."""
        inside = (INSIDE[0], INSIDE[0])
        plain = self._face(fill, self.palette.line, 1, inside)
        face = self._element(style, ("focus", self._face(fill, focused, 2, inside)), plain=plain, border=self.px(9))
        name, tk_style = self.name(style), ttk.Style(self.root)
        tk_style.layout(name, [(face, {"sticky": "nsew"})])
        tk_style.configure(name, background=behind)

    def _scrollbar(self) -> None:
        p, tk_style = self.palette, ttk.Style(self.root)
        thumb = self.images.box(self.px(8), self.px(24), self.px(4), p.thumb)
        active = self.images.box(self.px(8), self.px(24), self.px(4), p.dim)
        # ttk knows the part that shows the position, and is dragged, by the end of its name
        element = self._create(
            "Vertical.Scrollbar.thumb", thumb, ("active", active), border=(0, self.px(5)), sticky="ns"
        )
        name = self.name("Slim.Vertical.TScrollbar")
        trough = {"sticky": "ns", "children": [(element, {"expand": "1", "sticky": "nswe"})]}
        tk_style.layout(name, [("Vertical.Scrollbar.trough", trough)])  # type: ignore[list-item]
        tk_style.configure(name, troughcolor=p.bg, bordercolor=p.bg, lightcolor=p.bg, darkcolor=p.bg)


def _first(wanted: tuple[str, ...], have: set[str], named: str, root: tk.Misc) -> str:
    for family in wanted:
        if family in have:
            return family
    return tkfont.nametofont(named, root).actual("family")
