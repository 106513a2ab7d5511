"""What members wrote, as safe HTML: plain text, line breaks, links that vouch for nothing."""

import re

from markupsafe import Markup, escape

_LINK = re.compile(r"https?://[^\s<>\"'`{}|\\^\[\]]+", re.IGNORECASE)
_TRAILING = ".,;:!?)»”’"
_SHOWN_MAX = 60  # characters of an address; the rest only widens the page
_PARAGRAPH = re.compile(r"\n\s*\n")


def member_text(text: str | None) -> Markup:
    """Paragraphs with line breaks; http(s) addresses become links, everything else stays text."""
    paragraphs = [part for part in _PARAGRAPH.split((text or "").strip()) if part.strip()]
    html = Markup("\n").join(
        Markup("<p>{}</p>").format(_with_links(part.strip())) for part in paragraphs
    )
    return Markup(html)


def _with_links(text: str) -> Markup:
    pieces: list[Markup] = []
    position = 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(_TRAILING)
        pieces.append(_with_breaks(text[position : found.start()]))
        pieces.append(_link(address))
        position = found.start() + len(address)
    pieces.append(_with_breaks(text[position:]))
    return Markup("").join(pieces)


def _link(address: str) -> Markup:
    shown = address if len(address) <= _SHOWN_MAX else address[: _SHOWN_MAX - 1] + "…"
    return Markup('<a href="{}" rel="nofollow ugc noopener">{}</a>').format(address, shown)


def _with_breaks(text: str) -> Markup:
    return Markup("<br>\n").join(escape(line) for line in text.split("\n"))
