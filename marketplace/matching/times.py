"""Weeks in which both sides can. Pure; masks as in ``listings.hours``."""

from marketplace.listings import hours

Spans = list[list[list[int] | list[str]]]


def shifted(mask: int, by: int) -> int:
    """The same instants in a zone that is ``by`` hours ahead; the week goes round."""
    by %= hours.HOURS_PER_WEEK
    return ((mask << by) | (mask >> (hours.HOURS_PER_WEEK - by))) & hours.FULL


def spans(mask: int) -> Spans:
    """[days, parts of the day] that have at least one hour in the mask, as JSON holds them.

    Empty when the hours lie outside every part that members can pick.
    """
    touched = [
        (day, part)
        for day in range(hours.DAYS)
        for part in hours.PARTS
        if mask & hours.mask_of([(day, part)])
    ]
    return [[list(span.days), list(span.parts)] for span in hours.spans(hours.mask_of(touched))]
