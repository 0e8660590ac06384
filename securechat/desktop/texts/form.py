"""Words of the form that connects and registers, and of fields for passwords wherever they are."""

from __future__ import annotations

__all__ = [
    "CAPS_LOCK", "STRENGTH_COMMON", "STRENGTH_LEVELS", "STRENGTH_LONGER", "STRENGTH_NAMED", "STRENGTH_REPEATS",
    "STRENGTH_WORDS", "strength",
]

CAPS_LOCK = "Caps Lock is on: letters come out as capitals."

# From the weakest to the strongest
STRENGTH_LEVELS = ("Very weak", "Weak", "Fair", "Strong", "Very strong")
STRENGTH_COMMON = "it is one of those that are tried first"
STRENGTH_NAMED = "it is made of a name that everybody knows"
STRENGTH_REPEATS = "it repeats itself or runs along the keyboard"
STRENGTH_LONGER = "make it longer"
STRENGTH_WORDS = "four or five words that do not belong together would be stronger"


def strength(level: int, advice: str) -> str:
    """The line under a new password; ``advice`` is one of the sentences above, or ""."""
    return f"{STRENGTH_LEVELS[level]}: {advice}." if advice else f"{STRENGTH_LEVELS[level]}."
