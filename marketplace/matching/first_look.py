"""Whether somebody who puts up a new post is first shown what may already help: once for each.

Which drafts were shown stays in the member's own cookie, nowhere else.
"""

from flask import session

from marketplace.listings.quotas import listings_today
from marketplace.listings.rules import Draft
from marketplace.matching import typing
from marketplace.web import actor, parts

COOKIE_KEY = "first_looks"
KEPT = 12  # public ids; older drafts are long up


def is_due(public_id: str, draft: Draft) -> bool:
    """Whether something fits this draft well that its author was not shown yet.

    Nobody is led by the hand to a post that they may not put up today.
    """
    if public_id in session.get(COOKIE_KEY, ()) or listings_today(actor()).is_used_up:
        return False
    return typing.fits_well(typing.fitting(actor(), draft, parts().search_index))


def remember(public_id: str) -> None:
    """The author of this draft had the first look."""
    others = [one for one in session.get(COOKIE_KEY, ()) if one != public_id]
    session[COOKIE_KEY] = [public_id, *others][:KEPT]
