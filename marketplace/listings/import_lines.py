"""One line of an import file into a draft, or into the reasons why not.

``id``, ``direction`` and one text (``title``, ``description`` or ``body``) are compulsory; the
rest may be missing. Knows nothing of rows; where places are is asked of ``find_place``.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, BinaryIO

from marketplace.errors import Invalid, Problem
from marketplace.listings import rules
from marketplace.listings.rules import Draft

LINE_MAX = 256 * 1024  # bytes; the longest description in the widest letters takes 48 KB
ID_MAX = 110  # characters; Listing.source_id leaves room for the direction
SENTENCE_MIN = 20  # characters; a shorter first sentence makes a poor title
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")
FIELDS = (
    *("id", "direction", "kind", "title", "description", "body", "category", "terms"),
    *("quantity", "unit", "latitude", "longitude", "area", "language", "created_at"),
    "expires_at",
)
GIFT = frozenset(("gift",))
FindPlace = Callable[[str, tuple[float, float] | None], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that was understood. Instants are aware; a time without a zone is UTC."""

    source_id: str
    draft: Draft
    created_at: datetime | None
    expires_at: datetime | None


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file without ever holding more than one; a longer one than LINE_MAX is
    given as its beginning, which is still too long."""
    while line := file.readline(LINE_MAX + 1):
        yield line
        while len(line) > LINE_MAX and not line.endswith(b"\n"):
            line = file.readline(LINE_MAX + 1)


def read(line: bytes, find_place: FindPlace) -> Line:
    """What the line says. Raises Invalid with every problem found.

    ``find_place(area, point)`` gives a Place (unknown for nothing) or raises Invalid.
    """
    reader = _Reader(_parsed(line))
    title, description = reader.texts()
    read_line = Line(
        source_id=reader.source_id(),
        draft=Draft(
            direction=reader.text("direction").lower(),
            kind=reader.text("kind").lower() or "goods",
            title=title,
            description=description,
            text_language=reader.text("language").lower().partition("-")[0],
            category=reader.text("category"),
            terms=reader.terms(),
            quantity=reader.quantity(),
            unit=reader.text("unit"),
            place=reader.place(find_place),
        ),
        created_at=reader.instant("created_at"),
        expires_at=reader.instant("expires_at"),
    )
    if reader.problems:
        raise Invalid(reader.problems)
    return read_line


def split_text(text: str) -> tuple[str, str]:
    """A title out of a text, and what remains for the description.

    A short text is its own title; of a longer one the first sentence or the first words, and the
    whole text stays below.
    """
    line = rules.one_line(text)
    if len(line) <= rules.TITLE_MAX:
        return line, ""
    for end in _SENTENCE_END.finditer(text.strip()[: rules.TITLE_MAX]):
        if end.start() >= SENTENCE_MIN:
            return rules.one_line(text.strip()[: end.start()]), text
    head = line[: rules.TITLE_MAX - 1]
    at_word = head.rpartition(" ")[0] if " " in head[SENTENCE_MIN:] else head
    return at_word.rstrip(" ,;:-") + "…", text


def _parsed(line: bytes) -> dict[str, Any]:
    if len(line) > LINE_MAX:
        raise Invalid([Problem("line", "line_too_long", {"max": LINE_MAX // 1024})])
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise Invalid([Problem("line", "not_json")])
    return {name: row[name] for name in FIELDS if row.get(name) is not None}


class _Reader:
    """Takes the values out of a row one by one and keeps what is wrong with them."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row, self.problems = row, list[Problem]()

    def wrong(self, field: str, code: str, **params: Any) -> None:
        self.problems.append(Problem(field, code, params))

    def text(self, name: str) -> str:
        value = self.row.get(name, "")
        if not isinstance(value, str) or not _storable(value):
            self.wrong(name, "not_text")
            return ""
        return value.strip()

    def source_id(self) -> str:
        value = self.row.get("id")
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        found = self.text("id")
        if not found and not any(problem.field == "id" for problem in self.problems):
            self.wrong("id", "required")
        if len(found) > ID_MAX:
            self.wrong("id", "too_long", max=ID_MAX)
        return found

    def texts(self) -> tuple[str, str]:
        """Title and description; a single text gives both."""
        before = len(self.problems)
        title, body = self.text("title"), self.text("description") or self.text("body")
        if title and body:
            return title, body
        if not title and not body and len(self.problems) == before:
            self.wrong("title", "text_missing")
        return split_text(title or body)

    def terms(self) -> frozenset[str]:
        """A list, or names with commas between; without any it is a gift."""
        value = self.row.get("terms") or ["gift"]
        names = value.split(",") if isinstance(value, str) else value
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            self.wrong("terms", "choose_terms")
            return GIFT
        return frozenset(name.strip().lower() for name in names if name.strip()) or frozenset(
            ("gift",)
        )

    def quantity(self) -> int | None:
        value = self.row.get("quantity")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            self.wrong("quantity", "whole_number")
            return None
        return value

    def place(self, find_place: FindPlace) -> Any:
        point = [self.row.get(name) for name in ("latitude", "longitude")]
        numbers = [n for n in point if isinstance(n, int | float) and not isinstance(n, bool)]
        if any(n is not None for n in point) and len(numbers) < 2:
            self.wrong("latitude", "point_unreadable")
            return None
        area = self.row.get("area", "")
        area = str(area) if isinstance(area, int | float) else self.text("area")
        try:
            return find_place(area, (numbers[0], numbers[1]) if numbers else None)
        except Invalid as refused:
            self.problems += refused.problems
            return None

    def instant(self, name: str) -> datetime | None:
        value = self.text(name)
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.wrong(name, "instant_unreadable")
            return None


def _storable(text: str) -> bool:
    """Whether every character of it exists: half of a pair does not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
