"""The text of a message as pieces: quote, rich text, marks of its state, reactions. Pure, a part of `rows`.

Whatever others wrote gets the tag "row" and tags of rich text only, so that none of it can look like a line of the
program (day line, name, mark, quiet line).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from securechat.client.events import Message, MessageState
from securechat.desktop import texts
from securechat.desktop.messages.harmless import calm, calm_line, cut, is_blank, narrow
from securechat.desktop.messages.rich_text import Span, is_marked, parse, plain, without_marks
from securechat.desktop.messages.row_values import (
    Earlier,
    Fold,
    Jump,
    Link,
    Look,
    MessageEntry,
    Moment,
    Piece,
    Place,
    React,
    local_time,
)

__all__ = ["draw_message", "full_moment", "has_words", "hidden", "readable"]

LONG_LINES, LONG_CHARS = 30, 3000  # a message over one of these is folded
LONG_ASTRAL = 60  # so are many characters beyond U+FFFF, most of them emoji: each takes long to be laid out
FOLDED_LINES, FOLDED_CHARS, FOLDED_ASTRAL = 12, 1200, 30  # to this
QUOTED_CHARS = 80
CHIPS = 24  # different reactions shown under one message
CHIPS_PER_LINE = 6
CHIP_CHARS = 12  # the longest family of emoji has ten
REASON_CHARS = 300
ACTION = "/me "
BAR = "▎ "


def full_moment(when: datetime | None) -> Moment | None:
    """The hover text of a local time."""
    if when is None:
        return None
    try:
        return Moment(texts.full_moment(when.astimezone()))
    except (OverflowError, ValueError, OSError):
        return None


def hidden(message: Message, look: Look, place: Place) -> bool:
    """True if one line stands for a message of somebody ignored."""
    return message.author in look.ignored and not message.mine and message.post_id not in place.unfolded


def readable(message: Message) -> bool:
    """True if there is a text to be read, searched and quoted."""
    return not (message.deleted or message.deleted_by_operator or message.newer or message.problem)


def has_words(message: Message, wanted: str) -> bool:
    """True if ``wanted`` (casefolded) is in the text as it is read, without marks."""
    if not readable(message):
        return False
    words = calm(message.text)
    folded = words.casefold()
    if wanted in folded and not is_marked(wanted):
        return True  # only marks are left out of what is read
    if not is_marked(words) or without_marks(wanted) not in without_marks(folded):
        return False  # as most: reading the marks is slow
    return wanted in _read(words)


@lru_cache(maxsize=1024)  # 16 MB at the very most
def _read(words: str) -> str:
    """As it is read, casefolded; kept, for each letter that is typed searches the same texts."""
    return plain(words).casefold()


def draw_message(entry: MessageEntry, look: Look, place: Place) -> list[Piece]:
    """All pieces below the head, the last with a line break."""
    message = entry.message
    pieces = _quote(message.reply_to, look, place) if message.reply_to and not message.deleted else []
    pieces += _text(message, look, place)
    marks = _marks(message, look)
    if marks and pieces[-1].text.endswith("\n"):
        marks[0] = Piece(marks[0].text.lstrip(), marks[0].tags, target=marks[0].target)
    pieces += marks
    if not pieces[-1].text.endswith("\n"):
        pieces.append(Piece("\n", ("row",)))
    if message.mine and message.state is MessageState.REFUSED:
        reason = cut(look.line(entry.reason), REASON_CHARS)
        pieces.append(Piece(f"{texts.refused(reason)}\n", ("row", "problem")))
    pieces += _chips(message, look)
    return pieces


# ---------------------------------------------------------------------- text
def _text(message: Message, look: Look, place: Place) -> list[Piece]:
    if message.deleted_by_operator:
        return [Piece(texts.DELETED_BY_OPERATOR, ("row", "soft"))]
    if message.deleted:
        return [Piece(texts.DELETED, ("row", "soft"))]
    if message.newer:
        return [Piece(texts.NEWER, ("row", "soft"))]
    text = calm(message.text)
    extra: tuple[str, ...] = ()
    if text.startswith(ACTION) and text[len(ACTION) :].strip():
        text, extra = text[len(ACTION) :], ("action",)
    spans = _trimmed(parse(text, look.me))
    if not spans:
        return [Piece(texts.EMPTY_TEXT, ("row", "soft"))]
    long = _is_long(spans)
    whole = not long or not message.post_id or message.post_id in place.unfolded
    if not whole:
        spans = _first_lines(spans)
    pieces = [_piece(span, look, extra) for span in spans]
    if extra:
        pieces.insert(0, Piece(texts.action(look.name(message.author), ""), ("row", "action")))
    if long and message.post_id:
        words = texts.SHOW_LESS if whole else texts.SHOW_MORE
        if not pieces[-1].text.endswith("\n"):
            pieces.append(Piece("\n", ("row",)))
        pieces.append(Piece(words, ("row", "fold"), target=Fold(message.post_id)))
    return pieces


def _piece(span: Span, look: Look, extra: tuple[str, ...]) -> Piece:
    shown = look.shield(span.text)
    target, styles = None, span.styles
    if span.url and shown == span.url:
        target = Link(span.url)
    elif "link" in styles:
        styles = tuple(style for style in styles if style != "link")
    return Piece(shown, ("row", *extra, *styles), target=target)


def _trimmed(spans: tuple[Span, ...]) -> list[Span]:
    """Without long runs of blanks outside of code, and without blank lines around the whole."""
    kept = [span if span.url or "code" in span.styles or "block" in span.styles else _narrowed(span) for span in spans]
    start, end = 0, len(kept)
    while start < end and is_blank(kept[start].text):
        start += 1
    while end > start and is_blank(kept[end - 1].text):
        end -= 1
    kept = kept[start:end]
    if kept and "block" not in kept[-1].styles:
        last = kept[-1]
        kept[-1] = Span(last.text.rstrip(), last.styles, last.url, last.mention)
    if kept and not kept[0].styles:
        kept[0] = Span(kept[0].text.lstrip("\n"))
    return kept


def _narrowed(span: Span) -> Span:
    text = narrow(span.text)
    return span if text == span.text else Span(text, span.styles, "", span.mention)


def _is_long(spans: list[Span]) -> bool:
    return (
        sum(span.text.count("\n") for span in spans) >= LONG_LINES
        or sum(len(span.text) for span in spans) > LONG_CHARS
        or sum(len(_astral(span.text)) for span in spans) > LONG_ASTRAL
    )


def _astral(text: str) -> list[int]:
    """Where characters beyond U+FFFF are."""
    return [] if text.isascii() else [place for place, char in enumerate(text) if char > "\uffff"]


def _first_lines(spans: list[Span]) -> list[Span]:
    """What a folded message shows. A link or name that is cut is one no more, a block still ends with its line."""
    lines, chars, astral = FOLDED_LINES, FOLDED_CHARS, FOLDED_ASTRAL
    kept: list[Span] = []
    for span in spans:
        places = _astral(span.text)
        most = min(chars, places[astral] if astral < len(places) else chars)
        part = cut("".join(span.text.splitlines(keepends=True)[:lines]), most) if most > 0 else ""
        if part == span.text:
            kept.append(span)
            lines -= part.count("\n")
            chars -= len(part)
            astral -= len(places)
            continue
        if "block" in span.styles and not part.endswith("\n"):
            part = f"{part}\n"
        if part:
            kept.append(Span(part, tuple(s for s in span.styles if s in ("bold", "italic", "code", "block"))))
        break
    return kept


# ---------------------------------------------------------------------- around the text
def _quote(post_id: bytes, look: Look, place: Place) -> list[Piece]:
    message = place.quoted(post_id)
    if message is None or message.problem:
        words = texts.QUOTE_UNKNOWN
    elif message.author in look.ignored and not message.mine:
        words = texts.ignored_message(look.name(message.author))
    else:
        words = texts.quote(look.name(message.author), _first_words(message, look))
    jump = Jump(post_id)
    return [
        Piece(BAR, ("row", "quote_bar"), target=jump), Piece(words, ("row", "quote"), target=jump),
        Piece("\n", ("row", "quote")),
    ]


def _first_words(message: Message, look: Look) -> str:
    if message.deleted_by_operator:
        return texts.DELETED_BY_OPERATOR
    if message.deleted:
        return texts.DELETED
    if message.newer:
        return texts.NEWER
    words = plain(calm(message.text[: 20 * QUOTED_CHARS])).removeprefix(ACTION)
    shown = cut(" ".join(calm_line(words).split()), QUOTED_CHARS)
    return texts.EMPTY_TEXT if is_blank(shown) else look.shield(shown)


def _marks(message: Message, look: Look) -> list[Piece]:
    """What stands behind the text: edited, late, waiting or stored; each piece begins with two blanks."""
    pieces = []
    if message.edited and readable(message):
        earlier = Earlier(message.post_id) if message.earlier else None
        pieces.append(Piece(f"  {texts.EDITED}", ("row", "mark"), target=earlier))
    if message.late:
        sent = local_time(message.time_ms)
        words = f"{texts.date_words(sent.date(), look.today)}, {sent:%H:%M}" if sent else texts.UNKNOWN_TIME
        pieces.append(Piece(f"  {texts.late(words)}", ("row", "late"), target=full_moment(sent)))
    if message.pending or (message.mine and message.state is MessageState.WAITING):
        pieces.append(Piece(f"  {texts.WAITING}", ("row", "mark")))
    elif message.mine and message.state is not MessageState.REFUSED:
        pieces.append(Piece(f"  {texts.STORED}", ("row", "mark")))
    return pieces


def _chips(message: Message, look: Look) -> list[Piece]:
    if not message.reactions or not readable(message):
        return []
    chips: list[Piece] = []
    for emoji, everybody in message.reactions:
        names = [name for name in everybody if name not in look.ignored or name == look.me]
        shown = look.shield(cut(" ".join(calm_line(emoji).split()), CHIP_CHARS))
        if not names or is_blank(shown):
            continue
        if len(chips) == CHIPS:
            chips.append(Piece(f" {texts.MORE_REACTIONS} ", ("row", "chip")))
            break
        words = texts.reacted(shown, [look.name(name) for name in names])
        tag = "chip_mine" if look.me in names else "chip"
        chips.append(Piece(f" {shown} {len(names)} ", ("row", tag), target=React(message.post_id, emoji, words)))
    if not chips:
        return []
    chips.append(Piece(f" {texts.REACT_MORE} ", ("row", "chip"), target=React(message.post_id, "")))
    # Tk may break a line beside a chip's round end, which would leave a stub; so many fit into a line of any window.
    ends = [" " if number % CHIPS_PER_LINE else "\n" for number in range(1, len(chips))] + ["\n"]
    return [piece for chip, end in zip(chips, ends, strict=True) for piece in (chip, Piece(end, ("row",)))]
