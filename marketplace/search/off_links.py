"""The link in a mail that turns off the mail of one saved search, without signing in.

The same seal as for the links of ``notifications``; it can do nothing else, and opens for years.
"""

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import NotFound
from marketplace.mail import SAVED_SEARCH
from marketplace.notifications.links import off_token, read_off_token
from marketplace.search import standing
from marketplace.search.models import SavedSearch
from marketplace.search.saved import set_how_often


def token(member: Member, row: SavedSearch) -> str:
    """For the mail in which the search tells of something."""
    return off_token(member, SAVED_SEARCH + row.public_id)


def linked(token: str) -> SavedSearch:
    """The search of a link. Raises NotFound for one that we did not make, and when it is gone."""
    _, _, rest = token.partition(f".{SAVED_SEARCH}")
    row = db.session.scalar(
        select(SavedSearch)
        .join(SavedSearch.member)
        .where(
            SavedSearch.public_id == rest.partition(".")[0],
            SavedSearch.removed_at.is_(None),
            Member.erased_at.is_(None),
        )
    )
    if row is None or not read_off_token(row.member, token):
        raise NotFound("link")
    return row


def turn(token: str, on: bool) -> SavedSearch:
    """Turn its mail off, or on again as usual. Twice changes nothing more."""
    with transaction():
        row = linked(token)
        if not on:
            set_how_often(row, standing.NEVER, utcnow())
        elif row.how_often == standing.NEVER:
            set_how_often(row, standing.USUALLY, utcnow())
    return row
