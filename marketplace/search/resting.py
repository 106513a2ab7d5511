"""Searches whose results their member has not looked at for long: no more mail, and a word of it.

Nobody is to be mailed for years about what they no longer look for; whoever still does says so with
one tap.
"""

from datetime import datetime

from sqlalchemy import select

from marketplace.db import db, transaction, utcnow
from marketplace.notifications.digests import reads_news
from marketplace.notifications.service import notify
from marketplace.search import standing
from marketplace.search.models import SavedSearch
from marketplace.search.saved import link_of, set_how_often

BATCH = 50


def let_rest(before: datetime) -> int:
    """One batch of those that were looked at last before this; returns how many."""
    due = (
        SavedSearch.seen_at < before,
        SavedSearch.how_often != standing.NEVER,
        SavedSearch.removed_at.is_(None),
    )
    ids = db.session.scalars(select(SavedSearch.id).where(*due).limit(BATCH)).all()
    if not ids:
        return 0
    with transaction():
        chosen = select(SavedSearch).where(SavedSearch.id.in_(ids), *due).with_for_update()
        for row in db.session.scalars(chosen).all():
            set_how_often(row, standing.NEVER, utcnow())
            if reads_news(row.member):
                notify(
                    row.member,
                    "alert",
                    "search_rests",
                    {"search": row.name},
                    link=f"{link_of(row)}/change",
                    once=f"search_rests:{row.public_id}:{row.seen_at.date()}",
                )
    return len(ids)
