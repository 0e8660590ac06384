"""Small pictures made in pure Python: rounded boxes, ticks, dots and key-made avatars, as PNG bytes.

`png`, `rounded`, `ticked` and `avatar` know no Tk and are plain functions; `Images` keeps the PhotoImages of one root,
so that each picture is made once. Anti-aliased edges come from the distance of a pixel's centre to the edge.
"""

from __future__ import annotations

import itertools
import math
import struct
import tkinter as tk
import zlib
from collections.abc import Callable

__all__ = ["Images", "avatar", "pattern", "person_colour", "png", "rounded", "ticked"]

CELLS = 5  # an avatar is a 5 x 5 grid, mirrored left to right: 15 free cells


def png(width: int, height: int, rgba: bytes) -> bytes:
    """An 8-bit RGBA PNG file (RFC 2083). ``rgba``: bytes, 4 * width * height."""
    stride = width * 4
    raw = b"".join(b"\0" + rgba[y * stride : (y + 1) * stride] for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b"")


def rounded(width: int, height: int, radius: int, fill: str, border: str = "", border_px: int = 1) -> bytes:
    """A PNG of a rounded box with transparent corners, in pixels; ``border`` "" means none."""
    return png(width, height, _rounded_rgba(width, height, radius, fill, border, border_px))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _rounded_rgba(width: int, height: int, radius: int, fill: str, border: str, border_px: int) -> bytes:
    radius = max(0, min(radius, width // 2, height // 2))
    inner, outer = _rgb(fill), _rgb(border or fill)
    whole, plain, clear = (border_px if border else 0) + 0.5, bytes((*inner, 255)), bytes((*outer, 0))

    def pixel(inside: float) -> bytes:
        """``inside``: distance from the edge in pixels, positive within the box."""
        if inside >= whole:  # most of them; mixing is slow, and a theme waits for some 10,000 pixels
            return plain
        if inside <= -0.5:
            return clear
        cover = max(0.0, min(1.0, inside + 0.5))
        mix = max(0.0, min(1.0, inside - border_px + 0.5)) if border else 1.0
        red, green, blue = (round(o + (i - o) * mix) for i, o in zip(inner, outer, strict=True))
        return bytes((red, green, blue, round(cover * 255)))

    # Only one corner and one edge are computed: all else is a mirror image or a repetition of them.
    edge = [pixel(i + 0.5) for i in range(radius)]
    middle = [pixel(min(i, width - 1 - i) + 0.5) for i in range(width)]
    top_rows = []
    for y in range(radius):
        corner = [pixel(radius - math.hypot(radius - x - 0.5, radius - y - 0.5)) for x in range(radius)]
        top_rows.append(b"".join(corner) + edge[y] * (width - 2 * radius) + b"".join(reversed(corner)))
    body = b"".join(middle)
    rows = top_rows + [body] * (height - 2 * radius) + top_rows[::-1]
    if border and not radius:
        rows[0] = rows[-1] = pixel(0.5) * width
    return b"".join(rows)


def ticked(size: int, radius: int, fill: str, mark: str, kind: str) -> bytes:
    """A PNG of a box, ``size`` pixels square, with a sign in the colour ``mark``: ``kind`` is "tick" or "dot"."""
    pixels = bytearray(_rounded_rgba(size, size, radius, fill, "", 0))
    inner, sign = _rgb(fill), _rgb(mark)
    # In shares of the size: the two strokes of the tick, or the middle twice; then half the width of the stroke.
    corners = ((0.24, 0.52), (0.43, 0.70), (0.76, 0.32)) if kind == "tick" else ((0.5, 0.5), (0.5, 0.5))
    half = size * (0.07 if kind == "tick" else 0.2)
    strokes = list(itertools.pairwise(((x * size, y * size) for x, y in corners)))
    for y in range(size):
        for x in range(size):
            cover = half + 0.5 - min(_distance(x + 0.5, y + 0.5, *start, *end) for start, end in strokes)
            if cover > 0:
                share = min(1.0, cover)
                mixed = bytes(round(i + (s - i) * share) for i, s in zip(inner, sign, strict=True))
                pixels[4 * (size * y + x) : 4 * (size * y + x) + 3] = mixed
    return png(size, size, bytes(pixels))


def _distance(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """From a point to a stretch of a line."""
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    along = max(0.0, min(1.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length)) if length else 0.0
    return math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))


def pattern(fp: bytes) -> tuple[tuple[bool, ...], ...]:
    """The 5 rows of 5 cells that stand for a key: mirrored, from the fingerprint's first 15 bytes."""
    rows = []
    for y in range(CELLS):
        left = [bool(fp[3 * y + x] & 1) for x in range(3)]
        rows.append((left[0], left[1], left[2], left[1], left[0]))
    return tuple(rows)


def person_colour(fp: bytes | None, colours: tuple[str, ...]) -> int:
    """Index into ``colours`` for the owner of a key, 0 if the key is not known."""
    return fp[15] % len(colours) if len(fp or b"") > 15 and fp else 0


def avatar(size: int, fp: bytes | None, colour: str, gap: int = 0) -> bytes:
    """A PNG of ``size`` pixels square with the key's pattern, and ``gap`` transparent pixels to its right.

    Another key gives another picture; without a key it is a plain box.
    """
    pixels = bytearray(_rounded_rgba(size, size, max(2, size // 4), colour, "", 0))
    unit = max(1, (size - size // 4) // CELLS)
    offset = (size - CELLS * unit) // 2
    # Half as bright as white, or brighter: there only dark cells are seen.
    bright = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), _rgb(colour), strict=True)) > 180
    cell = (b"\x10\x10\x10\xff" if bright else b"\xff\xff\xff\xff") * unit
    for y, row in enumerate(pattern(fp) if fp else ()):
        for x, on in enumerate(row):
            if not on:
                continue
            for line in range(offset + y * unit, offset + (y + 1) * unit):
                start = 4 * (line * size + offset + x * unit)
                pixels[start : start + len(cell)] = cell
    if gap:
        lines = (bytes(pixels[4 * size * y : 4 * size * (y + 1)]) for y in range(size))
        return png(size + gap, size, b"".join(line + bytes(4 * gap) for line in lines))
    return png(size, size, bytes(pixels))


class Images:
    """The PhotoImages of one root, made on first use and kept (Tk forgets a picture nobody holds).

    Boxes and signs have names that begin with ``prefix``, the same each time: what was built from a picture shows it
    again once it was cleared and made anew. No two of these objects of one root may share a prefix.
    """

    def __init__(self, root: tk.Misc, prefix: str) -> None:
        self._root, self._prefix = root, prefix
        self._kept: dict[tuple[object, ...], tk.PhotoImage] = {}

    def box(
        self, width: int, height: int, radius: int, fill: str, border: str = "", border_px: int = 1
    ) -> tk.PhotoImage:
        """See `rounded`."""
        key = ("box", width, height, radius, fill, border, border_px)
        return self._get(key, lambda: rounded(width, height, radius, fill, border, border_px), self._name(key))

    def ticked(self, size: int, radius: int, fill: str, mark: str, kind: str) -> tk.PhotoImage:
        """See `ticked`."""
        key = ("ticked", size, radius, fill, mark, kind)
        return self._get(key, lambda: ticked(size, radius, fill, mark, kind), self._name(key))

    def avatar(self, size: int, fp: bytes | None, colour: str, gap: int = 0) -> tk.PhotoImage:
        """See `avatar`."""
        return self._get(("avatar", size, fp, colour, gap), lambda: avatar(size, fp, colour, gap))

    def clear(self) -> None:
        """Delete all pictures, in the main thread: otherwise the garbage collector would do it in any."""
        for image in self._kept.values():
            self._root.tk.call("image", "delete", image.name)
            image.name = ""  # a finalizer that comes late must not delete a later picture of that name
        self._kept.clear()

    def _name(self, key: tuple[object, ...]) -> str:
        return ".".join((self._prefix, *map(str, key)))

    def _get(self, key: tuple[object, ...], make: Callable[[], bytes], name: str | None = None) -> tk.PhotoImage:
        image = self._kept.get(key)
        if image is None:
            image = self._kept[key] = tk.PhotoImage(name, master=self._root, data=make(), format="png")
        return image
