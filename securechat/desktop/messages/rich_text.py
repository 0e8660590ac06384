"""The few marks that a message may have: **bold**, *italic*, `code`, fenced blocks, links and @names.

Pure: text in, spans out; knows no tags, no Tk and nobody's names but the one it is asked about. Marks work within one
line. Anything that is not clearly a mark stays as it was written, and nothing but marks is ever left out. Time is
linear in the length of the text, whatever it is. A text with very many marks keeps the later ones as written: a window
system takes long to lay out a line of hundreds of pieces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

__all__ = ["SPANS", "Span", "is_marked", "parse", "plain", "without_marks"]

SPANS: Final = 60  # of a text, or a few more; people write a tenth of that
_PARTS: Final = 6 * SPANS  # that are looked at: most of what might be a mark is none

_FENCE = re.compile(r"```[A-Za-z0-9+#.-]{0,20}[ \t]*")
# Not re.IGNORECASE: by that rule a Kelvin sign is a "k", and a host must be what it looks like.
_SCHEME = r"[Hh][Tt][Tt][Pp][Ss]?://"
# An address ends where something invisible, a blank or a character that browsers read in their own way stands.
_ADDRESS = _SCHEME + r"(?:[!#-;=?-\[\]_a-z~]|[^\W\x00-\x7f])+"
_NAME = r"(?<![\w@./-])@[A-Za-z0-9][A-Za-z0-9._-]{0,31}(?![\w.-])"
_TOKEN = re.compile(rf"(?<!\w)(?P<link>{_ADDRESS})|(?P<name>{_NAME})|(?P<ticks>`+)|(?P<marks>\*+|_+)")
_LABEL = r"[A-Za-z0-9-]+"
_HOST = re.compile(rf"{_SCHEME}(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?")
_MARKED = re.compile(r"[*_`]")
_NO_MARKS = str.maketrans("", "", "*_`\n")


@dataclass(frozen=True)
class Span:
    """Characters of one look. ``styles`` out of bold, italic, code, block, link, mention and mention_me (which always
    comes with mention). ``url`` is what a link leads to, and is what it shows. ``mention``: the username in small
    letters. A block's text is whole lines with their line breaks."""

    text: str
    styles: tuple[str, ...] = ()
    url: str = ""
    mention: str = ""


def parse(text: str, me: str = "") -> tuple[Span, ...]:
    """The spans of a cleaned ``text`` in their order; joined they are the text without its marks."""
    if _plain_throughout(text):
        return (Span(text),) if text else ()
    spans = _parsed(text, me.lower(), _PARTS)
    return tuple(spans if len(spans) <= SPANS else _parsed(text, me.lower(), SPANS))


def is_marked(text: str) -> bool:
    """True if there may be marks that `plain` takes away."""
    return _MARKED.search(text) is not None


def plain(text: str) -> str:
    """``text`` without its marks, as a person reads it."""
    if not is_marked(text):
        return text
    return "".join(span.text for span in parse(text))


def without_marks(text: str) -> str:
    """``text`` without any character that might be a mark, for a first quick comparison."""
    return text.translate(_NO_MARKS)


def _parsed(text: str, me: str, room: int) -> list[Span]:
    """The spans, joined; what comes after the first ``room`` parts stays as it was written."""
    spans: list[Span] = []
    for written, block in _blocks(text):
        if block and room > 0:
            spans.append(Span(block, ("block",)))
            room -= 2  # itself and what follows
            continue
        for text_line in written.splitlines(keepends=True):
            line = _Line(text_line, me, room)
            spans += (of_line := line.spans())
            if any(span.styles for span in of_line):
                room -= line.parts
    return _joined(spans)


def _plain_throughout(text: str) -> bool:
    return _MARKED.search(text) is None and "://" not in text and "@" not in text


def _joined(spans: list[Span]) -> list[Span]:
    """Neighbours of the same look as one."""
    joined: list[Span] = []
    run: list[str] = []
    for span in spans:
        if joined and span.styles == joined[-1].styles and not (span.url or span.mention or "block" in span.styles):
            run.append(span.text)
            continue
        if len(run) > 1:
            joined[-1] = Span("".join(run), joined[-1].styles)
        joined.append(span)
        run = [span.text]
    if len(run) > 1:
        joined[-1] = Span("".join(run), joined[-1].styles)
    return joined


def _blocks(text: str) -> list[tuple[str, str]]:
    """The text cut at its fences as (as written, what a block holds). A fence that is not closed, or encloses nothing,
    is text."""
    if "```" not in text:
        return [(text, "")]
    parts: list[tuple[str, str]] = []
    outside: list[str] = []
    opening = ""
    inside: list[str] | None = None
    for line in text.splitlines(keepends=True):
        if inside is None:
            if _FENCE.fullmatch(line.rstrip("\n")):
                opening, inside = line, []
            else:
                outside.append(line)
        elif line.strip() != "```":
            inside.append(line)
        elif "".join(inside).strip():
            held = "".join(inside)
            parts += [("".join(outside), ""), (f"{opening}{held}{line}", held)]
            outside, inside = [], None
        else:
            outside += [opening, *inside, line]
            inside = None
    if inside is not None:
        outside += [opening, *inside]
    parts.append(("".join(outside), ""))
    return [(written, block) for written, block in parts if written]


@dataclass
class _Mark:
    """A run of one or three stars, or an underscore; what of it is used up as a mark is in ``used``."""

    text: str
    before: str
    after: str
    used: int = 0
    starts: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> tuple[str, ...]:
        return {"**": ("bold",), "*": ("italic",), "_": ("italic_",), "***": ("bold", "italic")}.get(self.text, ())

    @property
    def opens(self) -> bool:
        return not self.before.isalnum() and self.after != "" and not self.after.isspace()

    @property
    def closes(self) -> bool:
        return not self.after.isalnum() and self.before != "" and not self.before.isspace()


class _Line:
    """One line, with or without its line break. After ``room`` parts or a few more, the rest is text."""

    def __init__(self, line: str, me: str, room: int) -> None:
        self._line, self._me, self._room = line, me, room
        self._parts: list[Span | _Mark] = []

    @property
    def parts(self) -> int:
        """How many it was found to have; 0 if there are no marks."""
        return len(self._parts)

    def spans(self) -> list[Span]:
        if self._room <= 0 or _plain_throughout(self._line):
            return [Span(self._line)]
        self._read()
        self._match([part for part in self._parts if isinstance(part, _Mark)])
        return self._styled()

    # ------------------------------------------------------------------ reading
    def _read(self) -> None:
        line = self._line
        closing = self._closing_ticks()
        at = 0
        while len(self._parts) < self._room and (found := _TOKEN.search(line, at)):
            start, end = found.span()
            self._text(line[at:start])
            if found["link"]:
                end = start + self._link(found["link"])
            elif found["name"]:
                self._name(found["name"])
            elif found["marks"]:
                self._parts.append(_Mark(found["marks"], line[start - 1 : start], line[end : end + 1]))
            elif (until := closing.get(start)) is not None:
                self._parts.append(Span(line[end:until], ("code",)))
                end = until + end - start
            else:
                self._text(found["ticks"])
            at = end
        self._text(line[at:])

    def _text(self, text: str) -> None:
        if text:
            self._parts.append(Span(text))

    def _closing_ticks(self) -> dict[int, int]:
        """For each run of ticks where the next run of the same length begins, if there is one."""
        runs: dict[int, int] = {}
        nearest: dict[int, int] = {}
        for found in reversed(list(re.finditer("`+", self._line))):
            length = len(found[0])
            if length in nearest:
                runs[found.start()] = nearest[length]
            nearest[length] = found.start()
        return runs

    def _link(self, raw: str) -> int:
        """Add a link, or the text if it is none that can be trusted; returns how many characters were taken."""
        address = _without_tail(raw)
        host = _HOST.match(address)
        if host is None or address[host.end() : host.end() + 1] not in ("", "/", "?", "#"):
            # A name or password before the host, or letters that only look like a host: no link, and none inside it.
            self._text(address)
        else:
            self._parts.append(Span(address, ("link",), url=address))
        return len(address)

    def _name(self, raw: str) -> None:
        name = raw[1:].lower()
        shown = raw
        if name != self._me:
            shown = raw.rstrip("._-")
            name = shown[1:].lower()
        styles = ("mention", "mention_me") if name == self._me else ("mention",)
        self._parts.append(Span(shown, styles, mention=name))
        self._text(raw[len(shown) :])

    # ------------------------------------------------------------------ marks
    def _match(self, marks: list[_Mark]) -> None:
        """Pair what opens with what closes. What was opened inside of a pair and not closed there is no mark."""
        opened: dict[str, int] = {}
        for index, mark in enumerate(marks):
            ends = [kind for kind in mark.kinds if kind in opened] if mark.closes else []
            if ends and len(ends) == len(mark.kinds):
                for kind in sorted(ends, key=opened.__getitem__, reverse=True):  # the inner one first
                    start = opened.pop(kind)
                    self._pair(marks[start], mark, kind)
                    opened = {other: at for other, at in opened.items() if at <= start}
            elif mark.opens:
                opened.update(dict.fromkeys(mark.kinds, index))

    @staticmethod
    def _pair(first: _Mark, last: _Mark, kind: str) -> None:
        width = 2 if kind == "bold" else 1
        first.used += width
        last.used += width
        first.starts.append(kind)
        last.ends.append(kind)

    def _styled(self) -> list[Span]:
        active: dict[str, None] = {}
        spans: list[Span] = []
        for part in self._parts:
            if isinstance(part, _Mark):
                for kind in part.ends:
                    active.pop(kind, None)
                part_styles = _emphasis(active)
                if part.used < len(part.text):
                    spans.append(Span(part.text[part.used :], part_styles))
                active.update(dict.fromkeys(part.starts))
            elif "code" in part.styles:
                spans.append(part)
            else:
                spans.append(Span(part.text, _emphasis(active) + part.styles, part.url, part.mention))
        return spans


def _emphasis(active: dict[str, None]) -> tuple[str, ...]:
    bold = ("bold",) if "bold" in active else ()
    return (*bold, "italic") if "italic" in active or "italic_" in active else bold


def _without_tail(address: str) -> str:
    """Without the punctuation of the sentence that an address stands in. A bracket that it opened itself stays."""
    spare = {closing: address.count(closing) - address.count(opening) for opening, closing in ("()", "[]")}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in spare and spare[last] > 0:
            spare[last] -= 1
        elif last not in ".,;:!?'*_~":
            break
        end -= 1
    return address[:end]
