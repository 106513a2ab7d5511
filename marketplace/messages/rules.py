"""What may be said in one message, and when a member is told of it by mail. Pure."""

from datetime import timedelta

from marketplace.errors import Problem
from marketplace.listings.rules import many_lines

BODY_MAX = 4000  # characters: about two pages, more than any neighbour reads on a phone
SAME_AGAIN = timedelta(seconds=60)  # the same words this soon are a second tap, not a message


def tidy(body: str) -> str:
    """The same words with white space put right and invisible characters out."""
    return many_lines(body)


def check(body: str) -> list[Problem]:
    """What stands in the way of sending a tidied body; empty when nothing does."""
    if not body:
        return [Problem("body", "message_missing")]
    if len(body) > BODY_MAX:
        return [Problem("body", "too_long", {"max": BODY_MAX})]
    return []


def mail_due(*, told_message_id: int, read_message_id: int) -> bool:
    """Whether to tell by mail: once, then not again before that message was read."""
    return told_message_id <= read_message_id
