"""The sweeps of windows: they open once a post is up, and end in a draw or with the owner told.

Each window in a transaction of its own, its post locked before it: two workers, or one that dies in
between, make one draw, whole or not yet. One at which a sweep fails is left alone for a while.
"""

import logging
from typing import TYPE_CHECKING

from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import drawing, windows
from marketplace.exchanges.sweeps import RETRY_AFTER
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings.models import Listing

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 20

log = logging.getLogger(__name__)


def begin(parts: "Parts") -> int:
    """Open the windows of posts that are up now."""
    ids = db.session.scalars(windows.to_begin().with_only_columns(Listing.id).limit(BATCH)).all()
    for number in ids:
        with transaction() as session:
            still = windows.to_begin().where(Listing.id == number)
            listing = session.scalar(still.with_for_update(of=Listing, skip_locked=True))
            if listing is not None:
                windows.begin(listing)
    return len(ids)


def end(parts: "Parts") -> int:
    """Draw, or tell the owner, where the time for asking is over."""
    secret = parts.settings.secret_key.encode()
    columns = GivingWindow.id, GivingWindow.listing_id
    rows = db.session.execute(drawing.due().with_only_columns(*columns).limit(BATCH)).all()
    failure = None
    for row in rows:
        try:
            _end(row.id, row.listing_id, secret)
        except OperationalError:
            raise  # the database, not the row
        except Exception as error:
            log.exception("window %s could not be ended", row.id)
            _leave_alone(row.id)
            failure = error
    if failure is not None:
        raise failure
    return len(rows)


def _end(number: int, listing_id: int, secret: bytes) -> None:
    with transaction() as session:
        session.get(Listing, listing_id, with_for_update=True)
        still = drawing.due().where(GivingWindow.id == number)
        locked = still.with_for_update(of=GivingWindow, skip_locked=True)
        window = session.scalar(locked.execution_options(populate_existing=True))
        if window is not None:
            drawing.finish(window, secret)


def _leave_alone(number: int) -> None:
    with transaction() as session:
        later = update(GivingWindow).where(GivingWindow.id == number)
        session.execute(later.values(retry_at=utcnow() + RETRY_AFTER))
