"""Under which keys a saved search is looked up when a post comes; made anew when words mean
something else, or the member moved."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, String, cast, delete, func, insert, literal, select, update

from marketplace.accounts.models import Member
from marketplace.db import changed, db, transaction
from marketplace.search import reading, standing, synonyms
from marketplace.search.models import SavedSearch, SavedSearchTerm
from marketplace.search.port import IndexUnusable, SearchIndex
from marketplace.search.scoring import terms_of
from marketplace.search.standing import Standing

if TYPE_CHECKING:
    from marketplace import Parts

BATCH = 100  # searches in one run


@dataclass(frozen=True, slots=True)
class Keyed:
    """The keys of a search, and of what they were made."""

    keys: frozenset[str]
    made_of: str


def keyed(index: SearchIndex, what: Standing, home: int | None) -> Keyed:
    """The keys of the word that the fewest posts hold: then few posts come to be judged."""
    made_of = f"{reading.name()}:{home or 0}"  # first: what changes meanwhile makes it out of date
    groups = standing.understood(what.text).groups
    rarest = 0
    if len(groups) > 1:
        numbers = _frequencies(index, terms_of(groups))
        held = [max(numbers.get(term, 0) for term, _ in group) for group in groups]
        rarest = held.index(min(held))
    return Keyed(frozenset(standing.keys(what, home, rarest)), made_of)


def write(search_id: int, found: Keyed) -> None:
    """In the caller's transaction, instead of the keys that were there."""
    db.session.execute(delete(SavedSearchTerm).where(SavedSearchTerm.search_id == search_id))
    rows = [{"search_id": search_id, "term": key} for key in sorted(found.keys)]
    db.session.execute(insert(SavedSearchTerm), rows)
    changed(
        update(SavedSearch)
        .where(SavedSearch.id == search_id)
        .values(keyed_as=found.made_of)
        .execution_options(synchronize_session=False)
    )


def refresh(parts: "Parts") -> int:
    """One batch of searches whose keys are out of date; how many there were."""
    synonyms.take_up(at_once=True)
    rows = db.session.execute(
        select(SavedSearch, Member.cell)
        .join(SavedSearch.member)
        .where(_out_of_date())
        .order_by(SavedSearch.id)
        .limit(BATCH)
    ).all()
    made = {row.id: keyed(parts.search_index, row.standing(), home) for row, home in rows}
    if made:
        with transaction() as session:
            there = select(SavedSearch.id).where(SavedSearch.id.in_(made)).with_for_update()
            for search_id in session.scalars(there).all():
                write(search_id, made[search_id])
    return len(made)


def _out_of_date() -> ColumnElement[bool]:
    home = cast(func.coalesce(Member.cell, 0), String(20))
    return SavedSearch.keyed_as != literal(f"{reading.name()}:").concat(home)


def _frequencies(index: SearchIndex, terms: Collection[str]) -> dict[str, int]:
    try:
        return dict(index.stats(terms).frequencies)
    except IndexUnusable:
        return {}  # any word does; another is only quicker
