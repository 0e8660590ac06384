"""The settings: look, notices, privacy, and the ways to password and sessions. Each choice holds at once.

Draws `Preferences` and tells its owner of new ones; keeps and saves nothing. Knows no client.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from securechat import __version__
from securechat.client.preferences import NOTICES, THEMES, Preferences
from securechat.desktop import texts
from securechat.desktop.look.theme import ZOOMS, Theme
from securechat.desktop.sheets.sheet import Sheet

__all__ = ["SettingsActions", "SettingsSheet", "next_zoom"]

# The Tcl variables behind the choices
_THEME, _NOTICES = "securechat_settings_theme", "securechat_settings_notices"


class SettingsActions(Protocol):
    """What the settings ask of their owner. Main thread. Any may take the sheet away, to draw it anew."""

    def change(self, preferences: Preferences) -> None:
        """These hold from now on."""

    def open_password(self) -> None:
        """Change the password."""

    def open_sessions(self) -> None:
        """See where the account is logged in."""


def next_zoom(zoom: float, step: int) -> float:
    """The size ``step`` places from the one nearest to ``zoom``, within what there is."""
    place = min(range(len(ZOOMS)), key=lambda index: abs(ZOOMS[index] - zoom))
    return ZOOMS[max(0, min(len(ZOOMS) - 1, place + step))]


class SettingsSheet(Sheet):
    """``signed_in``: whether password and sessions can be reached. ``at``: the control to start at, by its name in
    ``controls``; while it is open ``at`` is the one used last, so that a sheet drawn anew can go on there.
    """

    def __init__(
        self, master: tk.Misc, theme: Theme, preferences: Preferences, actions: SettingsActions,
        on_close: Callable[[], None], *, profile: str = "", signed_in: bool = True, at: str = "",
    ) -> None:
        super().__init__(master, theme, texts.SETTINGS, on_close)
        self.preferences, self._actions, self.at = preferences, actions, at
        self.controls: dict[str, tk.Misc] = {}
        self.heading(texts.LOOK).pack_configure(pady=(0, theme.px(6)))
        self._radios(_THEME, "theme", THEMES, (texts.LIGHT, texts.DARK, texts.HIGH_CONTRAST, texts.SYSTEM), columns=2)
        self._build_zoom()
        self.heading(texts.NOTICES)
        self._radios(_NOTICES, "notices", NOTICES, (texts.NOTICES_TEXT, texts.NOTICES_NAME, texts.NOTICES_NOTHING))
        self._check("sound", texts.PLAY_SOUND)
        self._check("do_not_disturb", texts.DO_NOT_DISTURB)
        self.heading(texts.PRIVACY)
        self._check("send_typing", texts.SEND_TYPING)
        if signed_in:
            self.heading(texts.ACCOUNT)
            self.controls["password"], self.controls["sessions"] = self.buttons(
                (texts.CHANGE_PASSWORD_ASK, actions.open_password, "Plain.TButton"),
                (texts.SESSIONS_ASK, actions.open_sessions, "Plain.TButton"), at_left=True, gap=2,
            )
        self.words(texts.about(profile, texts.PRODUCT, __version__), 12, theme.palette.dim, gap=(16, 0))
        self.ready(self.controls.get(at) or self.controls[f"theme.{preferences.theme}"])

    # ------------------------------------------------------------------ building
    def _radios(
        self, variable: str, name: str, values: tuple[str, ...], words: tuple[str, ...], columns: int = 1
    ) -> None:
        frame = self.theme.frame(self.body)
        frame.pack(fill="x")
        self.setvar(variable, getattr(self.preferences, name))
        for place, (value, label) in enumerate(zip(values, words, strict=True)):
            key = f"{name}.{value}"
            radio = self.controls[key] = self.theme.radio(
                frame, label, value, variable, lambda value, key=key: self._change(key, **{name: value})  # type: ignore[misc]
            )
            radio.grid(row=place // columns, column=place % columns, sticky="w")
            frame.columnconfigure(place % columns, weight=1, uniform="choices")

    def _build_zoom(self) -> None:
        t = self.theme
        line = t.frame(self.body)
        line.pack(fill="x", pady=(t.px(8), 0))
        t.label(line, texts.SIZE, 13).pack(side="left", padx=(t.px(8), t.px(16)))
        smaller = self.controls["zoom.out"] = t.button(line, texts.ZOOM_OUT, lambda: self._zoom(-1), "Plain.TButton")
        self.zoom_label = t.label(line, texts.zoom_percent(self.preferences.zoom), 13, "", "bold")
        larger = self.controls["zoom.in"] = t.button(line, texts.ZOOM_IN, lambda: self._zoom(1), "Plain.TButton")
        for button in (smaller, larger):
            button.configure(width=2)
        self.zoom_label.configure(width=6, anchor="center")
        for widget in (smaller, self.zoom_label, larger):
            widget.pack(side="left")

    def _check(self, name: str, words: str) -> None:
        box = self.controls[name] = self.theme.check(
            self.body, words, getattr(self.preferences, name), lambda on: self._change(name, **{name: on})
        )
        box.pack(anchor="w")

    # ------------------------------------------------------------------ what is chosen
    def _zoom(self, step: int) -> None:
        zoom = next_zoom(self.preferences.zoom, step)
        self.zoom_label.configure(text=texts.zoom_percent(zoom))
        self._change("zoom.in" if step > 0 else "zoom.out", zoom=zoom)

    def _change(self, at: str, **values: Any) -> None:
        self.at = at
        self.preferences = replace(self.preferences, **values)
        self._actions.change(self.preferences)  # the last thing here: it may draw all anew
