"""Fields and records: round trips, edges, and strict decoding."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.errors import ErrorCode, LocalProtocolError, ProtocolError, RemoteProtocolError
from securechat.wire import codec, limits, messages, objects
from securechat.wire.codec import STR, U8, U16, U32, U64, Kind, Reader, Record, choice, fixed, many, sized, text, wire

RECORDS = [
    item
    for module in (messages, objects)
    for item in vars(module).values()
    if isinstance(item, type) and issubclass(item, Record) and item is not Record and item._kinds
]


class Sample(Record):
    number: int = wire(U16)
    name: str = wire(text(8))
    items: tuple[bytes, ...] = wire(many(fixed(2), U8, 3))


def written(kind: Kind[Any], value: Any) -> bytes:
    out: list[bytes] = []
    kind.write(value, out)
    return b"".join(out)


def read(kind: Kind[Any], data: bytes) -> Any:
    reader = Reader(data)
    value = kind.read(reader)
    reader.end()
    return value


@pytest.mark.parametrize(("kind", "size"), [(U8, 1), (U16, 2), (U32, 4), (U64, 8)])
def test_integers_are_big_endian_and_bounded(kind: Kind[int], size: int) -> None:
    top = 256**size - 1
    assert written(kind, 1) == bytes(size - 1) + b"\1"
    assert read(kind, written(kind, top)) == top
    for value in (-1, top + 1):
        with pytest.raises(LocalProtocolError):
            written(kind, value)
    with pytest.raises(RemoteProtocolError):
        read(kind, bytes(size - 1))


@given(st.text(max_size=60))
def test_strings_are_written_in_nfc_and_read_as_they_are(value: str) -> None:
    try:
        data = written(STR, value)
    except LocalProtocolError:
        assert len(unicodedata.normalize("NFC", value).encode("utf-8", "surrogatepass")) > 255 or any(
            0xD800 <= ord(char) < 0xE000 for char in value
        )
        return
    assert read(STR, data) == unicodedata.normalize("NFC", value)


def test_reader_does_not_normalize() -> None:
    decomposed = "e\u0301"
    data = decomposed.encode()
    assert read(STR, len(data).to_bytes(4, "big") + data) == decomposed
    assert written(STR, decomposed) == b"\0\0\0\2" + "é".encode()


def test_string_limits_count_bytes() -> None:
    assert read(text(4), written(text(4), "éé")) == "éé"
    with pytest.raises(LocalProtocolError):
        written(text(3), "éé")
    with pytest.raises(RemoteProtocolError) as refused:
        read(text(3), b"\0\0\0\4" + "éé".encode())
    assert refused.value.code == ErrorCode.TOO_LARGE
    for bad in (b"\0\0\0\1\xff", b"\0\0\0\3\xed\xa0\x80", b"\0\0\0\2\xc0\x80"):
        with pytest.raises(RemoteProtocolError) as refused:
            read(STR, bad)
        assert refused.value.code == ErrorCode.MALFORMED
    with pytest.raises(LocalProtocolError):
        written(STR, "\ud800")


def test_sized_fields_at_their_edges() -> None:
    kind = sized(32, 0, 32)
    for size in (0, 32):
        assert read(kind, written(kind, bytes(size))) == bytes(size)
    with pytest.raises(LocalProtocolError):
        written(kind, bytes(31))
    for size, code in ((31, ErrorCode.MALFORMED), (33, ErrorCode.TOO_LARGE), (2**32 - 1, ErrorCode.TOO_LARGE)):
        with pytest.raises(RemoteProtocolError) as refused:
            read(kind, size.to_bytes(4, "big"))
        assert refused.value.code == code


def test_choices_lists_and_fixed_fields() -> None:
    assert read(choice(1, 2), b"\2") == 2
    with pytest.raises(RemoteProtocolError):
        read(choice(1, 2), b"\3")
    with pytest.raises(LocalProtocolError):
        written(choice(1, 2), 0)
    with pytest.raises(LocalProtocolError):
        written(fixed(2), b"abc")
    with pytest.raises(LocalProtocolError):
        written(many(U8, U8, 2), (1, 2, 3))
    with pytest.raises(RemoteProtocolError):
        read(many(U8, U8, 2), b"\3\1\2\3")


def test_count_without_items_does_not_cost_memory() -> None:
    """A count of four thousand million with nothing behind it is refused at once."""
    with pytest.raises(RemoteProtocolError):
        messages.Users.decode(b"\xff\xff\xff\xff")
    with pytest.raises(RemoteProtocolError):
        messages.Users.decode(b"\x00\x01\x00\x00")


# --- every record of the protocol -------------------------------------------------------------------------------


def value_of(kind: Kind[Any], draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """Something that this field may hold, found by reading random bytes."""
    for _ in range(50):
        head = draw(st.sampled_from([b"", b"\0", b"\1", b"\0\1", bytes(4), b"\0\0\0\1", b"\0\0\0\x20", b"\0\0\0\5"]))
        reader = Reader(head + draw(st.binary(min_size=0, max_size=40)) + bytes(2000))
        try:
            return kind.read(reader)
        except ProtocolError:
            continue
    return kind.read(Reader(bytes(4000)))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=12)
@given(data=st.data())
def test_records_survive_the_wire_and_refuse_every_cut(record: type[Record], data: st.DataObject) -> None:
    if record is objects.Envelope:
        cipher = bytes(16 + 256 * data.draw(st.integers(1, 3)))
        made: Record = objects.Envelope(bytes(32), bytes(32), data.draw(st.integers(0, 2**64 - 1)), cipher)
    else:
        try:
            made = record(**{name: value_of(kind, data.draw) for name, kind in record._kinds})
            encoded = made.encode()
        except ProtocolError:  # a text that grew over its limit when it was normalized
            return
    encoded = made.encode()
    again = record.decode(encoded)
    assert again.encode() == encoded and again.raw == encoded
    for cut in {0, 1, len(encoded) // 2, len(encoded) - 1, data.draw(st.integers(0, max(0, len(encoded) - 1)))}:
        shorter_envelope = record is objects.Envelope and cut > 88 and (cut - 88) % 256 == 0
        if 0 <= cut < len(encoded) and not shorter_envelope:
            with pytest.raises(RemoteProtocolError) as refused:
                record.decode(encoded[:cut])
            assert refused.value.code == ErrorCode.MALFORMED
    with pytest.raises(RemoteProtocolError):
        record.decode(encoded + b"\0")


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=25)
@given(noise=st.binary(max_size=120))
def test_noise_gives_records_or_documented_errors(record: type[Record], noise: bytes) -> None:
    """And what is read can be written again, byte for byte, but for texts that the writer normalizes."""
    try:
        made = record.decode(noise)
    except RemoteProtocolError as error:
        assert error.code in (ErrorCode.MALFORMED, ErrorCode.TOO_LARGE)
        return
    assert made.raw == noise
    try:
        assert record.decode(made.encode()).encode() == made.encode()
    except LocalProtocolError:
        pass


def test_raw_is_what_was_received() -> None:
    """Signatures are checked over those bytes, also where encoding again would give others."""
    received = b"\0\1" + b"\0\0\0\3" + b"e\xcc\x81" + b"\0"
    sample = Sample.decode(received)
    assert sample.raw == received != sample.encode()


def test_records_are_immutable() -> None:
    sample = Sample(1, "a", ())
    with pytest.raises(AttributeError):
        sample.number = 2  # type: ignore[misc]
    assert sample == Sample.decode(sample.encode())
    assert "codec" in codec.__name__


def test_sizes_are_the_documents() -> None:
    assert limits.HEADER == 216 and limits.GRANT == 1588 and limits.ENVELOPE == 16_728
    assert len(objects.Grant(bytes(32), bytes(32), 1, bytes(384), bytes(1088), bytes(48)).encode()) == limits.GRANT


@pytest.mark.parametrize(
    ("name", "good"), [("a" * 32, True), ("a" * 33, False), ("a\n", False), ("", False), ("@server", False)]
)
def test_usernames(name: str, good: bool) -> None:
    assert limits.is_username(name) is good


@pytest.mark.parametrize("padded", [0, 1, 255, 257, 65 * 256 + 256])
def test_envelopes_of_a_wrong_size(padded: int) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        objects.Envelope.decode(bytes(72 + 16 + padded))
    assert refused.value.code == (ErrorCode.TOO_LARGE if padded > 65 * 256 else ErrorCode.MALFORMED)


def test_largest_post_fits_the_largest_envelope() -> None:
    post = objects.Post(bytes(32), bytes(32), bytes(32), 0, bytes(32), 0, 7, bytes(32 + limits.TEXT), bytes(64))
    padded = -(-(len(post.encode()) + 1) // 256) * 256
    assert 72 + padded + 16 == limits.ENVELOPE
