"""A person's eyes: the pixels of the whole screen, and waiting until they change. Asks Xlib; needs no other program."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from types import TracebackType

from tests.e2e.program import WAIT_S

__all__ = ["MUCH", "Screen", "brightness"]

MUCH = 60  # lines of pixels: more than a blinking cursor or a line of text, less than anything that opens
STILL_S = 0.4  # longer than a step of a bar, shorter than a blinking cursor shows
_ALL_PLANES = ctypes.c_ulong(-1)
_PIXMAP = 2  # ZPixmap


class _Image(ctypes.Structure):
    """The beginning of XImage of Xlib.h."""

    _fields_ = (
        ("width", ctypes.c_int), ("height", ctypes.c_int), ("xoffset", ctypes.c_int), ("format", ctypes.c_int),
        ("data", ctypes.c_void_p), ("byte_order", ctypes.c_int), ("bitmap_unit", ctypes.c_int),
        ("bitmap_bit_order", ctypes.c_int), ("bitmap_pad", ctypes.c_int), ("depth", ctypes.c_int),
        ("bytes_per_line", ctypes.c_int),
    )  # fmt: skip


class Screen:
    """The display of this run. A picture is a list of its lines of pixels. To be used in one thread, and closed."""

    def __init__(self) -> None:
        x11 = self._x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XDefaultRootWindow.restype = ctypes.c_ulong
        x11.XGetImage.restype = ctypes.POINTER(_Image)
        self._display = ctypes.c_void_p(x11.XOpenDisplay(None))
        self._root = ctypes.c_ulong(x11.XDefaultRootWindow(self._display))

    def picture(self) -> list[bytes]:
        """What is on the screen now."""
        width, height = self._x11.XDisplayWidth(self._display, 0), self._x11.XDisplayHeight(self._display, 0)
        found = self._x11.XGetImage(self._display, self._root, 0, 0, width, height, _ALL_PLANES, _PIXMAP)
        image = found.contents
        data = ctypes.string_at(image.data, image.bytes_per_line * image.height)
        self._x11.XDestroyImage(found)
        return [data[at : at + image.bytes_per_line] for at in range(0, len(data), image.bytes_per_line)]

    def changed(self, before: list[bytes]) -> list[bytes]:
        """Wait until much of the screen looks different from `before`; the picture then."""
        return self._when(lambda now: _differing(before, now) > MUCH, "something to show")

    def still(self) -> list[bytes]:
        """Wait until all is drawn and no bar moves any more; the picture then. A cursor may blink."""
        since, last = time.monotonic(), self.picture()

        def quiet(now: list[bytes]) -> bool:
            nonlocal since, last
            if now != last:
                since, last = time.monotonic(), now
            return time.monotonic() - since > STILL_S

        return self._when(quiet, "the screen to be still")

    def back(self, before: list[bytes]) -> None:
        """Wait until the screen looks as in `before`, but for little things."""
        self._when(lambda now: _differing(before, now) <= MUCH, "the screen to look as before")

    def darker(self, before: list[bytes]) -> list[bytes]:
        """Wait until the screen is less than half as bright as in `before`."""
        return self._when(lambda now: brightness(now) < brightness(before) / 2, "a dark screen")

    def _when(self, condition: Callable[[list[bytes]], bool], what: str) -> list[bytes]:
        deadline = time.monotonic() + WAIT_S
        while not condition(now := self.picture()):
            assert time.monotonic() < deadline, f"waited in vain for {what}"
        return now

    def close(self) -> None:
        """Let go of the display."""
        self._x11.XCloseDisplay(self._display)

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _differing(one: list[bytes], other: list[bytes]) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def brightness(picture: list[bytes]) -> float:
    """From 0 to 255; of some of its pixels."""
    some = b"".join(line[::64] for line in picture[::8])
    return sum(some) / len(some)
