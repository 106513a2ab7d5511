"""What somebody who types may be about to ask: concepts by their names, and titles of posts."""

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.listings.models import Listing
from marketplace.search import sight, synonyms
from marketplace.search.analysis import query_groups
from marketplace.search.asking import RARE, typed_so_far
from marketplace.search.lexicon import LEXICON
from marketplace.search.port import IndexUnusable, Query
from marketplace.search.sight import Sight
from marketplace.search.terms import CONCEPT_MARK
from marketplace.search.tokens import tokens

if TYPE_CHECKING:
    from marketplace import Parts

MOST = 8  # suggestions: as many as a phone shows above its keyboard
LATER = 1000  # place of a name that a site added among those of its concept
SHORTEST = 2  # letters
NAMES_LOOKED_AT = 400  # names of concepts with one beginning, of which those in use are shown
TITLES = 4  # of the suggestions at least these are left to titles, when there are any
WORDS = 20  # most frequent words that begin so, one of which a title has


def complete(parts: "Parts", actor: Member | None, text: str) -> list[str]:
    """Up to MOST suggestions that go on with ``text``: names of concepts that open posts speak of,
    the most frequent first, then titles. Nothing while the index is unusable."""
    synonyms.take_up()
    before, start = typed_so_far(text)
    if len(before) + len(start) < SHORTEST:
        return []
    try:
        seen = sight.from_index(parts.search_index, actor, utcnow())
        names = _names(seen, f"{before} {start}".strip())
        titles = _titles(seen, before, start)
    except IndexUnusable:
        return []
    titles = [one for one in titles if one.casefold() not in names]
    return [*names[: MOST - min(len(titles), TITLES)], *titles][:MOST]


def _names(seen: Sight, start: str) -> list[str]:
    """The usual name of each concept that begins so, if open posts speak of it."""
    names = _all_names(LEXICON.version)
    first, usual = bisect_left(names, (start,)), dict[str, tuple[int, str]]()
    for name, position, slug in names[first : first + NAMES_LOOKED_AT]:
        if name.startswith(start):
            usual[slug] = min((position, name), usual.get(slug, (position, name)))
    named = {CONCEPT_MARK + slug: name for slug, (_, name) in usual.items()}
    numbers = seen.frequencies(named.keys())
    used = [(-numbers[term], len(name), name, term) for term, name in named.items()]
    found: dict[str, None] = {}
    for number, _, name, term in sorted(used):
        if len(found) == MOST:
            break
        if number and name not in found and (-number > RARE or seen.holds_any({term})):
            found[name] = None
    return list(found)


@lru_cache(maxsize=2)
def _all_names(version: str) -> list[tuple[str, int, str]]:
    """(normalised name, its place among those of the concept, slug), by the alphabet; what a site
    added comes after the usual names. ``version`` is that of the lexicon."""
    if version:
        meant = LEXICON.added.items()
        added = ((" ".join(phrase), LATER, slug) for phrase, slugs in meant for slug in slugs)
        return sorted([*_all_names(""), *added])
    return sorted(
        (" ".join(tokens(phrase)), position, concept.slug)
        for concept in LEXICON.files.concepts.values()
        for position, phrase in enumerate(concept.phrases)
    )


def _titles(seen: Sight, before: str, start: str) -> list[str]:
    groups = query_groups(before)
    if start:
        beginning = seen.completions(start, WORDS)
        if not beginning:
            return []
        groups = (*groups, tuple((word, 1.0) for word in beginning))
    if not groups:
        return []
    query = Query(now=seen.now, groups=groups, needed=1.0, limit=MOST)
    ids = [hit.id for hit in seen.search(query).hits]
    rows = db.session.execute(select(Listing.id, Listing.title).where(seen.shown(ids)))
    titles = {row.id: row.title for row in rows}
    return _distinct(titles[one] for one in ids if one in titles)


def _distinct(titles: Iterable[str]) -> list[str]:
    return list({title.casefold(): title for title in titles if title}.values())
