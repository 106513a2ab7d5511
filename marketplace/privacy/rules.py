"""Days of grace, limits, and who has to prove what. Pure."""

from datetime import datetime, timedelta

from marketplace.errors import Problem

GRACE = timedelta(days=7)  # between asking for deletion and the erasure
COPIES_PER_DAY = 3  # of one's own data; each is a whole walk through the database
COPIES_WITHIN = timedelta(days=1)


def erase_after(asked_at: datetime) -> datetime:
    """When an account that was asked to be deleted is erased."""
    return asked_at + GRACE


def copies_left(made_lately: int) -> int:
    """How many copies may still be made today, of those made within ``COPIES_WITHIN``."""
    return max(0, COPIES_PER_DAY - made_lately)


def check_copy(made_lately: int) -> list[Problem]:
    if copies_left(made_lately):
        return []
    return [Problem("password", "too_many_copies", {"max": COPIES_PER_DAY})]
