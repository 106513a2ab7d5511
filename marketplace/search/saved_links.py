"""Links that need no sign-in: one turns off the mail of one saved search, one opens its feed.

Sealed with the member's key like the links of ``notifications``, so that nothing secret is stored.
Each can do its one thing only, and opens for years.
"""

import hmac

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import NotFound
from marketplace.mail import SAVED_SEARCH
from marketplace.notifications import links
from marketplace.search import standing
from marketplace.search.models import SavedSearch
from marketplace.search.saved import set_how_often

FEED = "feed"  # purpose of a seal


def off_token(member: Member, row: SavedSearch) -> str:
    """For the mail in which the search tells of something."""
    return links.off_token(member, SAVED_SEARCH + row.public_id)


def of_mail(token: str) -> SavedSearch:
    """The search of a link in a mail. Raises NotFound for one that we did not make, and when the
    search is gone."""
    _, _, rest = token.partition(f".{SAVED_SEARCH}")
    row = _search(rest.partition(".")[0])
    if not links.read_off_token(row.member, token):
        raise NotFound("link")
    return row


def turn(token: str, on: bool) -> SavedSearch:
    """Turn its mail off, or on again as usual. Twice changes nothing more."""
    with transaction():
        row = of_mail(token)
        if not on:
            set_how_often(row, standing.NEVER, utcnow())
        elif row.how_often == standing.NEVER:
            set_how_often(row, standing.USUALLY, utcnow())
    return row


def feed_token(row: SavedSearch) -> str:
    """What stands in the secret address of its feed."""
    return f"{row.public_id}.{_feed_seal(row)}"


def of_feed(token: str) -> SavedSearch:
    """The search of a feed's address. Raises NotFound for one that we did not make, that was
    replaced by a new one, and when the search is gone."""
    public_id, _, seal = token.partition(".")
    row = _search(public_id)
    if not hmac.compare_digest(seal.encode(), _feed_seal(row).encode()):
        raise NotFound("feed")
    return row


def _feed_seal(row: SavedSearch) -> str:
    return links.signature(row.member, FEED, f"{row.public_id}.{row.feed_number}")


def _search(public_id: str) -> SavedSearch:
    row = db.session.scalar(
        select(SavedSearch)
        .join(SavedSearch.member)
        .where(
            SavedSearch.public_id == public_id,
            SavedSearch.removed_at.is_(None),
            Member.erased_at.is_(None),
        )
    )
    if row is None:
        raise NotFound("search")
    return row
