"""The notation of docs/protocol.md §2 as Python: field kinds, and records that list their fields in wire order.

A record is written as::

    class Login(Record):
        username: str = wire(TEXT_FIELD)
        proof: bytes = wire(fixed(64))

and is then a frozen dataclass with `encode()` and `decode(data)`. Decoding is strict: short input, trailing bytes and
bad UTF-8 raise `RemoteProtocolError` MALFORMED, a field over its limit TOO_LARGE. Encoding something that no peer
may accept raises `LocalProtocolError`. A decoded record keeps the received bytes in `raw`: signatures are checked
over those. Everything here may be called from any thread.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, Self, TypeVar, dataclass_transform

from securechat.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from securechat.wire import limits

__all__ = [
    "REST",
    "STR",
    "U8",
    "U16",
    "U32",
    "U64",
    "Kind",
    "Reader",
    "Record",
    "choice",
    "fixed",
    "many",
    "nested",
    "sized",
    "text",
    "wire",
]

T = TypeVar("T")
R = TypeVar("R", bound="Record")


class Reader:
    """Takes fields from the front of received bytes."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes; MALFORMED if there are fewer."""
        end = self._position + count
        if end > len(self._data):
            raise RemoteProtocolError("A field is cut short.")
        piece = self._data[self._position : end]
        self._position = end
        return piece

    def rest(self) -> bytes:
        """Everything that is left."""
        piece = self._data[self._position :]
        self._position = len(self._data)
        return piece

    def end(self) -> None:
        """MALFORMED unless everything was taken."""
        if self._position != len(self._data):
            raise RemoteProtocolError("There are bytes after the last field.")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """How one field travels: `write` appends its bytes to a list, `read` takes them from a `Reader`."""

    write: Callable[[T, list[bytes]], None]
    read: Callable[[Reader], T]


def _integer(size: int) -> Kind[int]:
    def write(value: int, out: list[bytes]) -> None:
        if not 0 <= value < 1 << (8 * size):
            raise LocalProtocolError("A number does not fit its field.")
        out.append(value.to_bytes(size, "big"))

    def read(reader: Reader) -> int:
        return int.from_bytes(reader.take(size), "big")

    return Kind(write, read)


U8, U16, U32, U64 = _integer(1), _integer(2), _integer(4), _integer(8)


def choice(*allowed: int) -> Kind[int]:
    """A u8 of which only these values are known."""

    def write(value: int, out: list[bytes]) -> None:
        if value not in allowed:
            raise LocalProtocolError("This value is not one of the known ones.")
        U8.write(value, out)

    def read(reader: Reader) -> int:
        value = U8.read(reader)
        if value not in allowed:
            raise RemoteProtocolError("A field has an unknown value.")
        return value

    return Kind(write, read)


def fixed(size: int) -> Kind[bytes]:
    """`size` raw bytes."""

    def write(value: bytes, out: list[bytes]) -> None:
        if len(value) != size:
            raise LocalProtocolError(f"A field of {size} bytes has {len(value)}.")
        out.append(value)

    return Kind(write, lambda reader: reader.take(size))


def sized(limit: int, *allowed: int) -> Kind[bytes]:
    """`bytes`: u32 length and data of at most `limit` bytes; with `allowed`, of one of these lengths only."""

    def write(value: bytes, out: list[bytes]) -> None:
        if len(value) > limit or (allowed and len(value) not in allowed):
            raise LocalProtocolError("A field has a length that is not allowed.", ErrorCode.TOO_LARGE)
        out.append(len(value).to_bytes(4, "big"))
        out.append(value)

    def read(reader: Reader) -> bytes:
        length = U32.read(reader)
        if length > limit:
            raise RemoteProtocolError("A field is over its limit.", ErrorCode.TOO_LARGE)
        if allowed and length not in allowed:
            raise RemoteProtocolError("A field has a length that is not allowed.")
        return reader.take(length)

    return Kind(write, read)


def text(limit: int = limits.STRING) -> Kind[str]:
    """`str`: like `sized`, valid UTF-8. The writer normalizes to NFC, the reader does not."""
    raw = sized(limit)

    def write(value: str, out: list[bytes]) -> None:
        try:
            raw.write(unicodedata.normalize("NFC", value).encode("utf-8"), out)
        except UnicodeEncodeError as error:
            raise LocalProtocolError("A text cannot be written as UTF-8.") from error

    def read(reader: Reader) -> str:
        try:
            return raw.read(reader).decode("utf-8")
        except UnicodeDecodeError as error:
            raise RemoteProtocolError("A text is not valid UTF-8.") from error

    return Kind(write, read)


STR = text()

# Everything up to the end of the body, as one raw field.
REST: Kind[bytes] = Kind(lambda value, out: out.append(value), lambda reader: reader.rest())


def many(kind: Kind[T], count: Kind[int], limit: int) -> Kind[tuple[T, ...]]:
    """A count and that many items. Each item has at least one byte, so a count cannot exceed the body's size."""

    def write(value: tuple[T, ...], out: list[bytes]) -> None:
        if len(value) > limit:
            raise LocalProtocolError("A list is over its limit.", ErrorCode.TOO_LARGE)
        count.write(len(value), out)
        for item in value:
            kind.write(item, out)

    def read(reader: Reader) -> tuple[T, ...]:
        length = count.read(reader)
        if length > limit:
            raise RemoteProtocolError("A list is over its limit.")
        return tuple([kind.read(reader) for _ in range(length)])

    return Kind(write, read)


def wire(kind: Kind[Any]) -> Any:
    """Declare a field of a `Record`."""
    return field(metadata={"wire": kind})


@dataclass_transform(frozen_default=True, field_specifiers=(wire,))
class Record:
    """A frozen dataclass whose fields travel in the order in which they are written down."""

    _kinds: ClassVar[tuple[tuple[str, Kind[Any]], ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(frozen=True)(cls)
        cls._kinds = tuple((item.name, item.metadata["wire"]) for item in fields(cls))  # type: ignore[arg-type]

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take this record's fields from the reader, leaving the rest."""
        return cls(**{name: kind.read(reader) for name, kind in cls._kinds})

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The record that `data` is, exactly; RemoteProtocolError otherwise."""
        reader = Reader(data)
        made = cls.read(reader)
        reader.end()
        made.__dict__["_raw"] = data  # frozen against callers; this is the one place that fills the cache
        return made

    def encode(self) -> bytes:
        """The bytes of this record; LocalProtocolError if a field breaks its limit."""
        out: list[bytes] = []
        for name, kind in self._kinds:
            kind.write(getattr(self, name), out)
        return b"".join(out)

    @property
    def raw(self) -> bytes:
        """The bytes as received, or as encoded for a record that was made here."""
        raw: bytes | None = self.__dict__.get("_raw")
        if raw is None:
            raw = self.__dict__["_raw"] = self.encode()
        return raw


def nested(record: type[R]) -> Kind[R]:
    """A record in the place of a field, without a length."""

    def write(value: R, out: list[bytes]) -> None:
        out.append(value.encode())

    return Kind(write, lambda reader: record.read(reader))
