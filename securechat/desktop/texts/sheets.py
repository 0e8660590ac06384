"""Words of settings, account, sessions, passwords."""

from __future__ import annotations

__all__ = [
    "ACCOUNT", "ASKING_SESSIONS", "CHANGE_PASSWORD", "CHANGE_PASSWORD_ASK", "DO_NOT_DISTURB", "END_OTHERS",
    "END_OTHERS_ASK", "END_OTHERS_WHAT", "HIGH_CONTRAST", "LOOK", "NEED_NEW", "NEED_NEW_AGAIN", "NEED_OLD",
    "NEW_PASSWORD", "NEW_PASSWORD_AGAIN", "NOTICES", "NOTICES_NAME", "NOTICES_NOTHING", "NOTICES_TEXT", "OLD_PASSWORD",
    "ONLY_SESSION", "OTHER_SESSION", "PASSWORD_KEEPS", "PLAY_SOUND", "PRIVACY", "SAME_PASSWORD",
    "SEND_TYPING", "SESSIONS", "SESSIONS_ASK", "SESSIONS_WHAT", "SETTINGS", "SIZE", "THIS_SESSION",
    "UNKNOWN_ADDRESS", "ZOOM_IN", "ZOOM_OUT", "about", "session_line", "sessions_ended", "zoom_percent",
]

# Settings
SETTINGS = "Settings"
LOOK = "LOOK"
HIGH_CONTRAST = "High contrast"
SIZE = "Size"
ZOOM_OUT = "−"
ZOOM_IN = "+"
NOTICES = "NOTICES"
NOTICES_TEXT = "Who wrote, and the text"
NOTICES_NAME = "Only who wrote"
NOTICES_NOTHING = "None, unless you are named with @"
PLAY_SOUND = "Play a sound"
DO_NOT_DISTURB = "Do not disturb: no notices at all"
PRIVACY = "PRIVACY"
SEND_TYPING = "Let others see when you are typing"
ACCOUNT = "ACCOUNT"
CHANGE_PASSWORD_ASK = "Change password…"  # noqa: S105 (words, not a password)
SESSIONS_ASK = "Sessions…"

# Changing the password
CHANGE_PASSWORD = "Change password"  # noqa: S105
OLD_PASSWORD = "Your password now"  # noqa: S105
NEW_PASSWORD = "New password"  # noqa: S105
NEW_PASSWORD_AGAIN = "New password again"  # noqa: S105
NEED_OLD = "Type the password that you have now."
NEED_NEW = "Type the new password."
NEED_NEW_AGAIN = "Type the new password a second time."
SAME_PASSWORD = "The new password is the one you have; choose another."  # noqa: S105
PASSWORD_KEEPS = "Nothing you wrote is lost by this. On your other computers you log in with the new one."  # noqa: S105

# Sessions
SESSIONS = "Sessions"
SESSIONS_WHAT = (
    "Where you are logged in now. If you do not know one of these, sign out everywhere else and change your password."
)
ASKING_SESSIONS = "Asking the server…"
THIS_SESSION = "This window"
OTHER_SESSION = "Another computer or window"
ONLY_SESSION = "You are logged in nowhere else."
END_OTHERS = "Sign out everywhere else"
END_OTHERS_ASK = "Sign out everywhere else?"
END_OTHERS_WHAT = (
    "All other sessions end at once. What they had not sent yet stays on those computers. Whoever knows your password "
    "can log in again, so change it too if somebody else may know it."
)
UNKNOWN_ADDRESS = "an unknown address"


def zoom_percent(zoom: float) -> str:
    """The size of everything: 1.0 is "100 %"."""
    return f"{round(zoom * 100)} %"


def about(profile: str, product: str, version: str) -> str:
    """The last line of the settings; ``profile`` is "" for the usual one."""
    return f"Profile {profile}  ·  {product} {version}" if profile else f"{product} {version}"


def session_line(since: str, address: str) -> str:
    """Since when, and from where."""
    return f"since {since}, from {address}"


def sessions_ended(count: int) -> str:
    """After signing out everywhere else."""
    if count == 0:
        return "There was no other session to end."
    return "1 other session was ended." if count == 1 else f"{count} other sessions were ended."
