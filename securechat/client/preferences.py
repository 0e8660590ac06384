"""What a person chose about the window: its look, place and notices. Owns `preferences.json` of one folder.

Nothing in it is secret or protects anything, so a damaged file never stops the program: it is set aside and said.
Pins and names, which do protect, are `settings`' business.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from securechat.atomic_file import atomic_write, remove_leftovers
from securechat.client.file_lock import private_folder
from securechat.client.settings import default_folder

__all__ = ["NOTICES", "THEMES", "ZOOM_LEAST", "ZOOM_MOST", "PreferenceStore", "Preferences"]

THEMES: Final = ("light", "dark", "contrast", "system")
NOTICES: Final = ("text", "name", "nothing")
ZOOM_LEAST: Final = 0.8
ZOOM_MOST: Final = 2.0

_FILE: Final = "preferences.json"
_MOST_BYTES: Final = 1 << 16  # the real file has some 200
# As Tk writes it; a second sign is for a window left of, or above, the first screen.
_GEOMETRY: Final = re.compile(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}(?:[+-]-?[0-9]{1,5}){2}", re.ASCII)


@dataclass(frozen=True)
class Preferences:
    """The choices of one profile. ``theme`` one of THEMES, ``notices`` of NOTICES (what a desktop notice shows),
    ``zoom`` from ZOOM_LEAST to ZOOM_MOST, ``geometry`` "WxH+X+Y" or "" for where the system puts a window."""

    theme: str = "system"
    zoom: float = 1.0
    notices: str = "text"
    sound: bool = True
    do_not_disturb: bool = False
    send_typing: bool = True
    geometry: str = ""


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


_ALLOWED: Final[dict[str, Callable[[Any], bool]]] = {
    "theme": lambda value: value in THEMES,
    "zoom": lambda value: (
        isinstance(value, (int, float)) and not _is_bool(value) and ZOOM_LEAST <= value <= ZOOM_MOST
    ),
    "notices": lambda value: value in NOTICES,
    "sound": _is_bool,
    "do_not_disturb": _is_bool,
    "send_typing": _is_bool,
    "geometry": lambda value: isinstance(value, str) and (not value or _GEOMETRY.fullmatch(value) is not None),
}


class PreferenceStore:
    """The preferences of one folder (None: the system's place). Any thread, one at a time."""

    def __init__(self, folder: Path | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._path = (default_folder() if folder is None else folder) / _FILE
        self._clock = clock

    def load(self) -> tuple[Preferences, str]:
        """What was saved, and "" or a sentence for the person if the file could not be used. Never raises.

        A value that is not allowed falls to its default by itself; what is no preferences file at all is set aside.
        Call it at the start of the program, before any `save`: it removes what an interrupted one left.
        """
        remove_leftovers(self._path)
        try:
            with self._path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return Preferences(), ""
        except OSError as problem:
            return Preferences(), (
                f"Your preferences in {self._path} cannot be read: {problem.strerror}. The usual ones are used; check "
                "the permissions of the file, then start again."
            )
        content = _content(data)
        if content is None:
            return Preferences(), self._set_aside()
        names = [field.name for field in fields(Preferences)]
        return Preferences(**{name: content[name] for name in names if name in content and _fits(name, content)}), ""

    def save(self, preferences: Preferences) -> None:
        """Make these durable before returning. StoreError, FolderProblem if the disk refuses: the old ones stay."""
        private_folder(self._path.parent)
        atomic_write(self._path, json.dumps(asdict(preferences), indent=2, sort_keys=True).encode() + b"\n")

    def _set_aside(self) -> str:
        when = time.strftime("%Y%m%d-%H%M%S", time.localtime(self._clock()))
        aside = self._path.with_name(f"{_FILE}.damaged-{when}-{secrets.token_hex(2)}")
        try:
            self._path.replace(aside)
        except OSError as problem:
            return (
                f"The file {self._path} with your preferences is damaged and cannot be renamed: {problem.strerror}. "
                "The usual ones are used. Delete the file, then choose yours again in the settings."
            )
        return (
            f"The file with your preferences was damaged. It is kept as {aside}, and the usual ones are used. Choose "
            "yours again in the settings."
        )


def _content(data: bytes) -> dict[str, Any] | None:
    """The JSON object in `data`; None if it holds none."""
    if len(data) > _MOST_BYTES:
        return None
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _fits(name: str, content: dict[str, Any]) -> bool:
    return _ALLOWED[name](content[name])
