"""When an owner is told that a listing ends, and for how long what was done can be undone. Pure."""

from datetime import datetime, timedelta

WARN_BEFORE = timedelta(days=3)
WARN_SHARE = 3  # of a short time the last third: fresh food is warned of a day before its end
TOLD_ALONG = timedelta(days=1)  # what is due within that goes along in one mail
OLD_NEWS = timedelta(days=7)  # that something ran out longer ago is told to nobody
UNDO = timedelta(days=7)  # a withdrawal, a mark as given, the deletion of a draft
PHOTO_UNDO = timedelta(days=1)
EMPTY_DRAFT = timedelta(days=1)  # a form that was opened and left
ASKED_AFTER = timedelta(days=7)  # what was confirmed within this needs no question
OWNER_ASKED_AGAIN = timedelta(days=4)  # however many members ask meanwhile
ANSWER_LATE = timedelta(days=7)
GONE_TOLD_AFTER = timedelta(minutes=10)  # an end by mistake is undone within that
LINK_WORKS = timedelta(days=30)  # after the end: the link in the mail about it
SAME_TAP = timedelta(minutes=1)


def warn_at(begun: datetime, expires: datetime) -> datetime:
    """When to warn the owner of a listing that is open from ``begun`` to ``expires``."""
    return expires - min(WARN_BEFORE, (expires - begun) / WARN_SHARE)


def plan(begun: datetime, expires: datetime, dated: bool, now: datetime) -> datetime | None:
    """When the owner is to be told next; None: no more.

    A listing that ends on a day of its owner's choice (``dated``) is not warned of before it.
    """
    if expires <= now - OLD_NEWS:
        return None
    return expires if dated or expires <= now else warn_at(begun, expires)


def may_be_restored(state: str, ended_at: datetime, now: datetime) -> bool:
    """Whether what ended at ``ended_at`` can still be brought back to the state before."""
    return state in ("withdrawn", "fulfilled") and now < ended_at + UNDO


def may_be_asked(last_confirmed: datetime | None, now: datetime) -> bool:
    """Whether it is long enough ago that its owner said it is there."""
    return last_confirmed is not None and last_confirmed <= now - ASKED_AFTER


def owner_is_told(asked_at: datetime | None, now: datetime) -> bool:
    """Whether a question reaches the owner, last told at ``asked_at``, or waits with others."""
    return asked_at is None or asked_at <= now - OWNER_ASKED_AGAIN
