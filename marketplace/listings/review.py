"""Whether a new listing goes up at once, and when a waiting one goes up by itself. Pure."""

from datetime import datetime, timedelta


def verb_of(review: str, first: int, published: int) -> str:
    """ "publish", or "submit" for one that waits: among the ``first`` of a member who has
    ``published`` so many, where the site looks at those (``review`` "delay" or "review")."""
    waits = review in ("delay", "review") and published < first
    return "submit" if waits else "publish"


def goes_up_from(review: str, delay_hours: int, now: datetime) -> datetime | None:
    """What waits since this instant or longer goes up by itself; None: nothing does.

    Where the site no longer looks at first listings, all that wait go up.
    """
    if review == "review":
        return None
    return now if review == "off" else now - timedelta(hours=delay_hours)
