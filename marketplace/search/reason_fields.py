"""Why a listing was found, in words: a few for its card, everything when it is asked for."""

from collections.abc import Iterator, Sequence

from flask_babel import format_decimal, gettext
from markupsafe import Markup, escape

from marketplace.listings.models import Listing
from marketplace.search import explaining
from marketplace.search.explaining import Part
from marketplace.search.port import Hit
from marketplace.search.service import Found
from marketplace.search.tokens import in_own_words

SHOWN = 3  # reasons on a card


def reasons(listing: Listing, found: Found, is_nearest: bool) -> list[Markup]:
    """The reasons on a card: how its words answer those asked, and whether it is the nearest."""
    parts = explaining.parts_of(listing.title, listing.description, found.asked)
    said = _sentences(parts, found.asked.text)
    if is_nearest:
        said.append(escape(gettext("the nearest on this page")))
    return said[:SHOWN]


def full_reasons(listing: Listing, hit: Hit, found: Found) -> list[Markup]:
    """Everything that counted, with what it gave to the order *best*."""
    if found.query is None or found.stats is None:
        return []
    text = (listing.title, listing.description)
    all_of_it = explaining.explain(
        text, listing.words, asked=found.asked, hit=hit, query=found.query, stats=found.stats
    )
    said = [
        Markup("{} ({})").format(_sentence(how, asked, found_there), _number(share))
        for how, asked, found_there, share in _together(all_of_it.parts, found.asked.text)
    ]
    if all_of_it.missing:
        missing = gettext("not in this post: %(words)s")
        words = ", ".join(in_own_words(word, found.asked.text) for word in all_of_it.missing)
        said.append(Markup(missing) % {"words": words})
    plain = [
        (gettext("words: %(number)s"), all_of_it.words),
        (gettext("nearness: %(number)s"), all_of_it.near),
        (gettext("newness: %(number)s"), all_of_it.fresh),
        (gettext("together: %(number)s"), all_of_it.score),
    ]
    return [*said, *(escape(words % {"number": _number(value)}) for words, value in plain)]


def _number(value: float) -> str:
    return format_decimal(value, format="0.00")


def _sentences(parts: list[Part], typed: str) -> list[Markup]:
    """A sentence for each place where words stand as asked, and for each other answer."""
    said = []
    for place in (explaining.TITLE, explaining.TEXT):
        if same := [part.found for part in parts if part.how == place]:
            words = " ".join(dict.fromkeys(same))
            said.append(_sentence(place, words, words))
    others = [part for part in parts if part.how not in (explaining.TITLE, explaining.TEXT)]
    said += [_sentence(how, asked, there) for how, asked, there, _ in _together(others, typed)]
    return said


def _together(parts: Sequence[Part], typed: str) -> Iterator[tuple[str, str, str, float]]:
    """Parts with one answer as one: how, words asked for as they were typed, what was found, share
    of all."""
    groups: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        groups.setdefault((part.how, part.found), []).append(part)
    for (how, there), same in groups.items():
        asked = in_own_words(" ".join(part.asked for part in same), typed)
        yield how, asked, there, sum(part.share for part in same)


def _sentence(how: str, asked: str, found: str) -> Markup:
    words = {
        explaining.TITLE: gettext("%(found)s is in the title"),
        explaining.TEXT: gettext("%(found)s is in the description"),
        explaining.FORM: gettext("%(found)s is related to %(asked)s"),
        explaining.MEANING: gettext("%(found)s means the same as %(asked)s"),
        explaining.NARROWER: gettext("%(found)s is one kind of %(asked)s"),
        explaining.RELATED: gettext("%(found)s resembles %(asked)s"),
    }[how]
    return Markup(words) % {"asked": _marked(asked), "found": _marked(found)}


def _marked(word: str) -> Markup:
    return Markup("<mark>{}</mark>").format(word)
