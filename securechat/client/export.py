"""A conversation as a file for people: plain text, HTML or JSON, each message with what is known of its signature.

Owns the formats. Texts of others are cleaned first; HTML has no script and no outside address. Pure: writes nothing.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from securechat.client.events import Message, MessageState
from securechat.rules.clean_text import clean, one_line

__all__ = ["FORMS", "export"]

FORMS: Final = ("text", "html", "json")

_VALID: Final = "valid"
_UNVERIFIED: Final = "could not be verified"
_NOT_STORED: Final = "not stored yet"

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #1c2330; }}
article {{ margin: .8em 0; }} header {{ color: #626b7c; font-size: .85em; }} b {{ color: #1c2330; }}
pre {{ font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }}
.soft {{ color: #626b7c; font-style: italic; }} .bad {{ color: #cc2029; }}
blockquote {{ margin: .2em 0; padding-left: .6em; border-left: 3px solid #d5dae3; color: #626b7c; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p class="soft">{about}</p>
{messages}
</body>
</html>
"""


def export(
    messages: Sequence[Message], *, title: str, server_name: str, username: str, made_at_ms: int, form: str
) -> str:
    """The file's content. ``made_at_ms``: ms since 1970; ``form``: one of `FORMS`, else ValueError."""
    title, server_name = one_line(title), one_line(server_name)
    records = list(_records(messages))
    about = (
        f"{len(records):,} messages, exported by {one_line(username)} from {server_name} at {_iso(made_at_ms)}. "
        "This file is not encrypted."
    )
    if form == "text":
        return "\n".join([f"{title} · {server_name}", about, "", *map(_text, records)]) + "\n"
    if form == "html":
        articles = "\n".join(map(_article, records))
        return _PAGE.format(
            title=html.escape(f"{title} · {server_name}"), about=html.escape(about), messages=articles
        )
    if form == "json":
        content = {
            "format": "securechat-export", "version": 1, "conversation": title, "server": server_name,
            "exported_by": one_line(username), "exported_at": _iso(made_at_ms), "messages": records,
        }
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    raise ValueError(f"{form!r} is no form of an export")


def _iso(time_ms: int) -> str:
    """Local time with its zone; "" for a number that no calendar holds."""
    try:
        return datetime.fromtimestamp(time_ms / 1000).astimezone().isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""


def _records(messages: Iterable[Message]) -> Iterable[dict[str, Any]]:
    """Plain values per message, in order; a field is there only if it says something."""
    names: dict[bytes, tuple[str, str]] = {}
    for message in messages:
        names[message.post_id] = one_line(message.author), clean(message.text)
        yield _record(message, names)


def _record(message: Message, names: dict[bytes, tuple[str, str]]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "seq": message.seq, "time": _iso(message.time_ms) if message.time_ms else _iso(message.server_time_ms),
        "author": one_line(message.author), "signature": _signature(message),
    }
    if message.problem:
        return record | {"problem": one_line(message.problem)}
    record["author_fingerprint"] = message.author_fp.hex()
    record["text"] = clean(message.text)
    if message.late:
        record["arrived"] = _iso(message.server_time_ms)
    if message.reply_to:
        record["reply_to"] = message.reply_to.hex()
        if message.reply_to in names:
            record["quote"] = "{}: {}".format(*names[message.reply_to])[:120]
    if message.edited:
        record["earlier"] = [{"time": _iso(time_ms), "text": clean(text)} for time_ms, text in message.earlier]
    if message.deleted:
        record["deleted_by"] = "operator" if message.deleted_by_operator else "author"
    if message.newer:
        record["newer"] = True
    if message.reactions:
        record["reactions"] = {one_line(emoji): [one_line(name) for name in who] for emoji, who in message.reactions}
    return record | {"post_id": message.post_id.hex()}


def _signature(message: Message) -> str:
    if message.problem:
        return _UNVERIFIED
    return _VALID if message.state is MessageState.STORED else _NOT_STORED


def _marks(record: dict[str, Any]) -> list[str]:
    """What has to be said beside the text, in words."""
    marks = [] if record["signature"] == _VALID else [f"signature: {record['signature']}"]
    if "earlier" in record:
        marks.append("edited")
    if "arrived" in record:
        marks.append(f"arrived late, {record['arrived']}")
    return marks


def _body(record: dict[str, Any]) -> tuple[str, bool]:
    """(what stands in the message's place, whether those are the author's words)."""
    if "problem" in record:
        return record["problem"], False
    if "deleted_by" in record:
        return f"Deleted by the {record['deleted_by']}.", False
    if "newer" in record:
        return "Sent with a newer program.", False
    return record["text"], True


def _text(record: dict[str, Any]) -> str:
    body, _ = _body(record)
    marks = "".join(f" ({mark})" for mark in _marks(record))
    lines = [f"[{record['time']}] {record['author'] or '?'}{marks}:"]
    # Indented, so that no line of a message can pass for the head of another one.
    if "quote" in record:
        lines.append(f"    > {one_line(record['quote'])}")
    lines += [f"    {line}" for line in body.split("\n")]
    lines += [f"    {emoji} {', '.join(who)}" for emoji, who in record.get("reactions", {}).items()]
    return "\n".join(lines)


def _article(record: dict[str, Any]) -> str:
    body, own_words = _body(record)
    kind = "" if own_words else ' class="bad"' if "problem" in record else ' class="soft"'
    marks = "".join(f" · {html.escape(mark)}" for mark in _marks(record))
    quote = f"<blockquote>{html.escape(one_line(record['quote']))}</blockquote>" if "quote" in record else ""
    reactions = " · ".join(
        html.escape(f"{emoji} {', '.join(who)}") for emoji, who in record.get("reactions", {}).items()
    )
    foot = f"<footer>{reactions}</footer>" if reactions else ""
    return (
        f"<article><header><b>{html.escape(record['author'] or '?')}</b> {record['time']}{marks}</header>"
        f"{quote}<pre{kind}>{html.escape(body)}</pre>{foot}</article>"
    )
