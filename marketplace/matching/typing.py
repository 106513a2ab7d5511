"""What fits a post while it is being written: the index is asked, nothing is kept.

The draft becomes a ``Side`` by the way of every stored listing and is ranked by the same core; it
is neither stored nor logged. What the actor may not see does not exist, whatever the index holds.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Member
from marketplace.accounts.reputation import Reputation
from marketplace.db import db, utcnow
from marketplace.listings import language, rules
from marketplace.listings.models import Listing
from marketplace.listings.rows import write_draft
from marketplace.listings.rules import Draft
from marketplace.listings.service import visible_to
from marketplace.matching import core, teaching
from marketplace.matching.candidates import COLUMNS, candidate_ids, side_of, word_stats
from marketplace.matching.lessons import Lowered, lowered
from marketplace.matching.loading import blocks_of, load_sides
from marketplace.matching.sides import Reason, Scored, Side
from marketplace.search import synonyms
from marketplace.search.analysis import document_terms
from marketplace.search.port import IndexUnusable, SearchIndex

SHOWN = 3
WELL = 2  # grains: it fits, and not only may
UNSAVED = 0  # the id of a draft among sides: no listing has it


OF_OWNER = [column for column in COLUMNS if getattr(column, "class_", None) is not Listing]


@dataclass(frozen=True, slots=True)
class Fitting:
    """A counterpart of a draft with the reasons. ``lowered``: by what the actor said no to."""

    other: Listing
    reasons: tuple[Reason, ...]
    score: float
    lowered: Lowered | None = None

    @property
    def grains(self) -> int:
        """1 to 3 say how well it fits."""
        return core.grains(self.score)


@dataclass(frozen=True, slots=True)
class Felt:
    """A pair as the core scores it, and what the actor's own noes take off."""

    scored: Scored
    lowered: Lowered | None

    @property
    def score(self) -> float:
        return self.scored.score * (self.lowered.factor if self.lowered else 1.0)


def fitting(actor: Member, draft: Draft, index: SearchIndex) -> list[Fitting]:
    """Of those that fit well, the nearest ``SHOWN`` (those that fit very well first, and what is of
    the same kind); of those that may fit, when none does.

    Empty while too little is written to say what it is, and while the index cannot answer: the
    form works on without.
    """
    draft = rules.fitting(rules.tidy(draft))
    if draft.direction not in rules.DIRECTIONS or not (words := _words(actor, draft)):
        return []
    now = utcnow()
    side = _side(actor, draft, words, now)
    try:
        return _load(_nearest(_felt(actor, side, index, now)))
    except IndexUnusable:
        return []


def fits_well(found: Collection[Fitting]) -> bool:
    """Whether there is one that more than may fit."""
    return any(one.grains >= WELL for one in found)


def _words(actor: Member, draft: Draft) -> dict[str, float]:
    """None while the title is too short to be one."""
    if sum(character.isalnum() for character in draft.title) < rules.TITLE_MIN:
        return {}
    synonyms.take_up()
    said = draft.text_language or language.guess(
        f"{draft.title} {draft.description}", actor.language
    )
    return document_terms(draft.title, draft.description, said)


def _side(actor: Member, draft: Draft, words: dict[str, float], now: datetime) -> Side:
    """As if the draft were a row of the database, so that both are read in one way."""
    listing = Listing(id=UNSAVED, owner_id=actor.id, revision=0, promised=0, given=0, words=words)
    write_draft(listing, draft)  # never added to a session
    own = (
        select(*OF_OWNER)
        .select_from(Member)
        .outerjoin(Reputation, Reputation.member_id == Member.id)
        .where(Member.id == actor.id)
    )
    row = SimpleNamespace(
        **{
            column.key: getattr(listing, column.key) for column in COLUMNS if column not in OF_OWNER
        },
        **db.session.execute(own).one()._mapping,
    )
    return side_of(row, blocks_of({actor.id}).get(actor.id, frozenset()), now)


def _felt(actor: Member, side: Side, index: SearchIndex, now: datetime) -> list[Felt]:
    """Best first. Only what the actor may see is ranked at all, whatever the index proposes."""
    proposed = candidate_ids(index, side, now)
    shown = select(Listing.id).where(Listing.id.in_(proposed), visible_to(actor))
    sides = {key: one for key, (one, _) in load_sides(db.session.scalars(shown).all(), now).items()}
    needs = [side] if side.direction == "request" else sides.values()
    stats = word_stats(index, needs)
    lessons = teaching.lessons_of(actor, now)
    return [
        Felt(one, lowered(teaching.look(side, sides[one.candidate_id]), lessons))
        for one in core.rank(side, sides.values(), now=now, stats=stats)
    ]


def _nearest(felt: list[Felt]) -> list[Felt]:
    """Those that fit very well before those that fit; of each first what is of the same kind (a few
    words say laptop, not whether the thing, its repair or lessons are meant), the nearest first."""
    well = [one for one in felt if core.grains(one.score) >= WELL]
    return sorted(well or felt, key=_order)[:SHOWN]


def _order(felt: Felt) -> tuple[float, float, float]:
    parts = felt.scored.parts
    return -core.grains(felt.score), -parts.kind, -parts.distance


def _load(chosen: list[Felt]) -> list[Fitting]:
    ids = [one.scored.candidate_id for one in chosen]
    rows = db.session.scalars(
        select(Listing).where(Listing.id.in_(ids)).options(joinedload(Listing.owner))
    )
    listings = {row.id: row for row in rows}
    return [
        Fitting(listings[key], one.scored.reasons, one.score, one.lowered)
        for key, one in zip(ids, chosen, strict=True)
    ]
