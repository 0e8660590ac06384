"""The colours of the window, and what the desktop around it prefers. Knows no widgets."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

__all__ = ["CONTRAST", "DARK", "LIGHT", "Palette", "palette_for", "system_prefers_dark"]


@dataclass(frozen=True)
class Palette:
    """Colours as ``#rrggbb``. ``people`` colours names and avatars.

    All that colours words (``fg``, ``dim``, ``accent``, ``ok``, ``warn``, ``err``, ``people``) can be read on ``bg``,
    ``side`` and ``card``; so can ``accent_fg`` on ``accent``, and ``bg`` on ``err``. ``line`` parts areas, and
    ``thumb`` is what is dragged in a scrollbar.
    """

    name: str
    bg: str
    side: str
    card: str
    line: str
    fg: str
    dim: str
    accent: str
    accent_hover: str
    accent_fg: str
    ok: str
    warn: str
    err: str
    selected: str
    entry: str
    hover: str
    thumb: str
    people: tuple[str, ...]


DARK = Palette(
    name="dark", bg="#15171c", side="#1b1e25", card="#22262f", line="#2f3541", fg="#e6e9ef", dim="#949cac",
    accent="#5a95ff", accent_hover="#82adff", accent_fg="#06101f", ok="#3fb950", warn="#e3b341", err="#ff6b61",
    selected="#252f43", entry="#1f232b", hover="#252a35", thumb="#6b7384",
    people=("#ee7c8f", "#e08a3c", "#4caf7d", "#4aa5de", "#a994f5", "#d97cca", "#74aaa2"),
)
LIGHT = Palette(
    name="light", bg="#ffffff", side="#f3f4f7", card="#f0f2f6", line="#d5dae3", fg="#1c2330", dim="#5c6576",
    accent="#215dd0", accent_hover="#1d4fb3", accent_fg="#ffffff", ok="#13702f", warn="#8a5a0c", err="#bf1d26",
    selected="#dfe8fb", entry="#ffffff", hover="#e9ecf2", thumb="#7c8596",
    people=("#bc2f4d", "#9c541a", "#227047", "#1c6a9e", "#6a4dd0", "#a23a92", "#40696a"),
)
CONTRAST = Palette(
    name="contrast", bg="#000000", side="#000000", card="#1a1a1a", line="#ffffff", fg="#ffffff", dim="#e4e4e4",
    accent="#ffe14d", accent_hover="#fff0a3", accent_fg="#000000", ok="#6dff8f", warn="#ffc266", err="#ffa8a1",
    selected="#303030", entry="#000000", hover="#2b2b2b", thumb="#ffffff",
    people=("#ffb0be", "#ffc07a", "#86e8b0", "#8fd2ff", "#cdbfff", "#ffaeea", "#a8e0d8"),
)
_NAMED = {palette.name: palette for palette in (LIGHT, DARK, CONTRAST)}


def palette_for(theme: str) -> Palette:
    """The palette of ``light``, ``dark``, ``contrast`` or ``system`` (asks the desktop; light if it does not say)."""
    if theme == "system":
        return DARK if system_prefers_dark() else LIGHT
    return _NAMED.get(theme, LIGHT)


def system_prefers_dark() -> bool:
    """True if the desktop says that it prefers dark windows. Takes at most a second; False if nobody answers."""
    if sys.platform == "win32":
        return _windows_prefers_dark()
    if sys.platform == "darwin":
        return "Dark" in _answer("defaults", "read", "-g", "AppleInterfaceStyle")
    return "dark" in _answer("gsettings", "get", "org.gnome.desktop.interface", "color-scheme")


def _answer(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1.0, check=False)  # noqa: S603 (two fixed commands)
    except (OSError, subprocess.SubprocessError):
        return ""  # no such tool on this desktop: it has no opinion
    return done.stdout


def _windows_prefers_dark() -> bool:
    if sys.platform != "win32":  # tells the type checker that winreg exists below
        return False
    import winreg

    path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
            return bool(winreg.QueryValueEx(key, "AppsUseLightTheme")[0] == 0)
    except OSError:
        return False
