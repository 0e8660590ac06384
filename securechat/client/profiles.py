"""Several accounts on one computer: each profile has a folder of its own below the program's.

Owns the rule for a profile's name and where its folder lies. Makes nothing on disk.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from securechat.client.settings import default_folder
from securechat.errors import LocalProtocolError

__all__ = ["profile_folder"]

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,30}[A-Za-z0-9_-])?")
# What Windows takes for a device in any folder, with every ending.
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def profile_folder(folder: Path | None, name: str) -> Path | None:
    """The folder of the profile `name` below `folder` (None: the system's place); "" is `folder` itself.

    LocalProtocolError, a sentence for the person, if the name cannot be one. Any thread.
    """
    if not name:
        return folder
    if _NAME.fullmatch(name) is None or _DEVICES.fullmatch(name) is not None:
        raise LocalProtocolError(
            "A profile's name has 1 to 32 letters, digits, dots, dashes or underscores and begins with a letter or "
            "digit, for example --profile work. Choose such a name."
        )
    return (default_folder() if folder is None else folder) / "profiles" / name
