"""The posts of ``bench.search``, each about a thing that others offer and ask for too, with what
only matching reads: how far owners go, hours, quantities, stored pairs, lines of members. The same
for a size, whatever the run."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from bench.search import data
from bench.search.data import NOW, SEED, Post
from bench.search.product import row_of
from marketplace.accounts.models import Block, Member, MemberSkill
from marketplace.accounts.reputation import Reputation
from marketplace.db import new_public_id
from marketplace.listings import hours
from marketplace.listings.models import Listing
from marketplace.matching.models import Match, SkillTerm
from marketplace.places import cells
from marketplace.search import reading
from marketplace.search.analysis import document_terms

REACHES_KM = (2, 5, 10, 10, 10, 25)  # most keep what the site proposes
SAYS_HOURS, SAYS_QUANTITY, SAYS_LAST_DAY = 0.4, 0.3, 0.05
IN_ENGLISH = 0.3
UNITS = ("piece", "kg", "portion", "seat")
WITH_LINES = 0.3  # of the members: they say what they can do, or would like to learn
LINES = 3
BLOCKED = 0.01  # of the members block another
KNOWN = 0.3  # of the members have been met before
PAIRS = 3  # stored for each post
THINGS = 3000  # the commonest of them in one post out of nine, as Zipf's law has it


@dataclass(frozen=True, slots=True)
class Thing:
    """What somebody has and somebody needs: two words, and where people file it."""

    words: tuple[str, str]
    kind: str
    category: str


def make_posts(size: int, first_id: int = 1) -> Iterator[Post]:
    """``first_id`` is also a seed: other posts have other ids."""
    rng = random.Random(SEED + first_id)
    things = _things()
    shares = list(accumulate(1 / rank for rank in range(1, len(things) + 1)))
    for post in data.make_posts(size, first_id):
        (thing,) = rng.choices(things, cum_weights=shares)
        title = (*thing.words, *post.title[2:])
        yield replace(post, title=title, kind=thing.kind, category=thing.category)


@cache
def _things() -> list[Thing]:
    """In words of the lexicon, kinds and categories as often as among all posts."""
    rng, words = random.Random(SEED), data.WORDS.read_text().split()
    like = data.make_posts(THINGS, first_id=10**6)
    return [Thing((rng.choice(words), rng.choice(words)), one.kind, one.category) for one in like]


def rows(posts: Sequence[Post]) -> Iterator[tuple[type[Any], Iterable[dict[str, Any]]]]:
    """What stands in the tables of a site where everything is matched, in the order of filling."""
    members = _members(posts)
    owners = [row["id"] for row in members]
    lines, terms = _lines(owners, posts)
    yield Member, members
    yield Block, _blocks(owners)
    yield Reputation, _reputations(owners)
    yield Listing, map(listing_row, posts)
    yield MemberSkill, lines
    yield SkillTerm, terms
    yield Match, _pairs(posts)


def listing_row(post: Post) -> dict[str, Any]:
    """The columns of a published listing that is matched."""
    rng = random.Random(f"{SEED} {post.id}")
    row = row_of(post)
    if rng.random() < IN_ENGLISH:
        read = reading.analysed(row["title"], row["description"], "en")
        row |= {"text_language": "en", **read._asdict()}
    said = rng.random() < SAYS_QUANTITY
    last_day = (NOW + timedelta(days=rng.randrange(3000, 3600))).date()
    return row | {
        "hours": _hours(rng) if rng.random() < SAYS_HOURS else None,
        "quantity": rng.randint(1, 20) if said else None,
        "unit": rng.choice(UNITS) if said else "",
        "available_until": last_day if rng.random() < SAYS_LAST_DAY else None,
        "loan_days_max": rng.choice((None, 3, 7)) if row["loan"] else None,
        "alerted_revision": 1,
        "matched_revision": 1,
    }


def _members(posts: Sequence[Post]) -> list[dict[str, Any]]:
    """Each lives where one of their posts is."""
    rng = random.Random(SEED)
    homes = {post.owner_id: post.cell for post in posts}
    return [
        {
            "id": owner,
            "name": f"Tetangga {owner}",
            "email": f"tetangga{owner}@example.org",
            "email_confirmed_at": NOW,
            "reach_km": rng.choice(REACHES_KM),
            **cells.place_columns(cells.Place.at(cell, zone="Asia/Jakarta")),
        }
        for owner, cell in sorted(homes.items())
    ]


def _blocks(owners: Sequence[int]) -> list[dict[str, Any]]:
    rng = random.Random(SEED)
    blockers = rng.sample(owners, int(len(owners) * BLOCKED))
    pairs = {(one, rng.choice(owners)) for one in blockers}
    return [{"blocker_id": one, "blocked_id": other} for one, other in pairs if one != other]


def _reputations(owners: Sequence[int]) -> list[dict[str, Any]]:
    rng = random.Random(SEED)
    known = rng.sample(owners, int(len(owners) * KNOWN))
    return [{"member_id": one, "score": rng.uniform(0.6, 0.95)} for one in known]


def _lines(
    owners: Sequence[int], posts: Sequence[Post]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Lines that were matched already, in the words of titles, and their terms."""
    rng = random.Random(SEED)
    read_as = reading.name()
    lines: list[dict[str, Any]] = []
    terms: list[dict[str, Any]] = []
    for owner in rng.sample(owners, int(len(owners) * WITH_LINES)):
        for _ in range(LINES):
            post = rng.choice(posts)
            text = " ".join(post.title)[:80]
            lines.append(
                {
                    "id": len(lines) + 1,
                    "public_id": new_public_id(),
                    "member_id": owner,
                    "direction": rng.choice(("offer", "request")),
                    "text": text,
                    "category": post.category,
                    "matched_at": NOW,
                    "reading": read_as,
                }
            )
            terms += [
                {"skill_id": len(lines), "term": term, "weight": weight}
                for term, weight in document_terms(text, "", "").items()
            ]
    return lines, terms


def _pairs(posts: Sequence[Post]) -> Iterator[dict[str, Any]]:
    """Pairs that were found and told before, between any open posts: what a table of pairs is
    when a site has run for a while. Whichever of them fits no more goes when a post changes."""
    rng = random.Random(SEED)
    requests = [post.id for post in posts if post.is_open and post.direction == "request"]
    for post in posts:
        if not post.is_open or post.direction == "request" or not requests:
            continue
        for request in {rng.choice(requests) for _ in range(PAIRS)}:
            yield {
                "public_id": new_public_id(),
                "offer_id": post.id,
                "request_id": request,
                "score": round(rng.uniform(0.3, 0.7), 6),
                "parts": {"words": 0.5, "category": 1.0},
                "reasons": [["same_category", {"category": post.category}]],
                "offer_revision": 1,
                "request_revision": 1,
                "told_at": NOW,
            }


def _hours(rng: random.Random) -> str | None:
    days = rng.sample(range(hours.DAYS), rng.randint(1, hours.DAYS))
    return hours.encode(hours.mask_of((day, rng.choice(tuple(hours.PARTS))) for day in days))
