"""What may be said in one message, and when a member is told of it by mail. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from marketplace.errors import Problem
from marketplace.listings.rules import many_lines

BODY_MAX = 4000  # characters: about two pages, more than any neighbour reads on a phone
PHOTOS_MAX = 3  # in one message: the thing, its label, its flaw
CONTENT_LETTERS = 12  # at the end of a photo's name: of what it shows, not of chance
SAME_AGAIN = timedelta(seconds=60)  # the same words this soon are a second tap, not a message


@dataclass(frozen=True, slots=True)
class NewPhoto:
    """A cleaned picture whose files are stored, and which waits for its message."""

    name: str
    width: int
    height: int


def tidy(body: str) -> str:
    """The same words with white space put right and invisible characters out."""
    return many_lines(body)


def check(body: str, photos: int = 0) -> list[Problem]:
    """What stands in the way of sending a tidied body with so many photos; empty when nothing does.

    A photo may speak for itself.
    """
    problems = []
    if not body and not photos:
        problems.append(Problem("body", "message_missing"))
    if len(body) > BODY_MAX:
        problems.append(Problem("body", "too_long", {"max": BODY_MAX}))
    if photos > PHOTOS_MAX:
        problems.append(Problem("photos", "too_many_in_message", {"max": PHOTOS_MAX}))
    return problems


def shows_the_same(names: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two lists of names of photos stand for the same pictures."""
    return [_content(name) for name in names] == [_content(name) for name in others]


def mail_due(*, told_message_id: int, read_message_id: int) -> bool:
    """Whether to tell by mail: once, then not again before that message was read."""
    return told_message_id <= read_message_id


def _content(name: str) -> str:
    return name[-CONTENT_LETTERS - 1 :]
