"""First listings that have waited long enough go up, and their owners are told."""

from typing import TYPE_CHECKING

from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.listings import waiting
from marketplace.moderation import telling

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 50


def open_waiting(parts: "Parts") -> int:
    """Let one batch up; returns how many. One that has become incomplete goes on waiting."""
    opened = 0
    for listing in waiting.due_listings(BATCH):
        try:
            with transaction():
                waiting.open_listing(None, listing)
                telling.tell_opened(listing)
            opened += 1
        except Conflict:
            continue
    return opened
