"""The colours of the window, and what the desktop around it prefers. Knows no widgets."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "THEMES", "Palette", "palette_for", "system_prefers_dark"]

THEMES = ("light", "dark", "system")


@dataclass(frozen=True)
class Palette:
    """Colours as ``#rrggbb``. ``people`` colours names and avatars; all are readable on ``bg``."""

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
    people: tuple[str, ...]


DARK = Palette(
    name="dark", bg="#15171c", side="#1b1e25", card="#22262f", line="#2f3541", fg="#e6e9ef", dim="#8b93a3",
    accent="#4f8cff", accent_hover="#3b76e6", accent_fg="#ffffff", ok="#3fb950", warn="#e3b341", err="#ff6b61",
    selected="#2a3242", entry="#1f232b", hover="#252a35",
    people=("#e5647a", "#e08a3c", "#4caf7d", "#3e9bd6", "#9a82f0", "#cf66be", "#6b9f97"),
)
LIGHT = Palette(
    name="light", bg="#ffffff", side="#f3f4f7", card="#f0f2f6", line="#d5dae3", fg="#1c2330", dim="#626b7c",
    accent="#2f6fed", accent_hover="#2259c9", accent_fg="#ffffff", ok="#188a3d", warn="#b7791f", err="#cc2029",
    selected="#dfe8fb", entry="#ffffff", hover="#e9ecf2",
    people=("#c93a55", "#b3621a", "#2a8a58", "#2177b0", "#6f52d6", "#ad3f9c", "#4a776f"),
)


def palette_for(theme: str) -> Palette:
    """The palette of ``light``, ``dark`` or ``system`` (asks the desktop; light if it does not say)."""
    if theme == "system":
        return DARK if system_prefers_dark() else LIGHT
    return DARK if theme == "dark" else LIGHT


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
