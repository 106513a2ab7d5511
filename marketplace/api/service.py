"""What the API answers: pages of listings as a visitor may see them.

Every listing is loaded through ``visible_to(None)``: a signed-in browser gets the same answer, so
that every answer may be cached by anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import selectinload

from marketplace.api import cursors
from marketplace.db import db
from marketplace.errors import Invalid, NotFound, Problem
from marketplace.listings import categories
from marketplace.listings.models import Listing
from marketplace.listings.service import get_visible, visible_to
from marketplace.matching import service as matching
from marketplace.places import cells
from marketplace.places import service as places
from marketplace.places.cells import Place
from marketplace.search import service as search

if TYPE_CHECKING:
    from marketplace import Parts

PAGING = {"cursor", "limit"}
DEEPEST = 5000  # results of a search that can be paged through; beyond, narrow the question


@dataclass(frozen=True, slots=True)
class Page:
    """``place``: where the distances of these listings begin, or None."""

    listings: Sequence[Listing]
    next: str | None
    total: int
    place: Place | None = None


def newest(parts: "Parts", args: Mapping[str, Any]) -> Page:
    """All open listings, newest first, one page. Pages neither repeat nor skip when some are
    posted meanwhile."""
    question = _question(args)
    shown = and_(visible_to(None), *_filters(args))
    after = shown
    if "cursor" in args:
        after = and_(shown, _older(cursors.unseal(_key(parts), question, args["cursor"])))
    rows = db.session.scalars(
        select(Listing)
        .where(after)
        .order_by(Listing.published_at.desc(), Listing.public_id.desc())
        .limit(args["limit"] + 1)
        .options(*_parts_of_listings())
    ).all()
    kept = rows[: args["limit"]]
    following = None
    if len(rows) > len(kept) and kept[-1].published_at:
        position = [kept[-1].published_at.isoformat(), kept[-1].public_id]
        following = cursors.seal(_key(parts), question, position)
    total = db.session.scalar(select(func.count()).select_from(Listing).where(shown)) or 0
    return Page(kept, following, total)


def found(parts: "Parts", args: Mapping[str, Any]) -> Page:
    """One page of a search, by the same service as the search page."""
    question, place = _question(args), _place(args)
    offset = 0
    if "cursor" in args:
        offset = int(cursors.unseal(_key(parts), question, args["cursor"])[0])
    limit = args["limit"]
    answer = search.find(
        parts,
        None,
        search.SearchRequest(
            text=args["q"],
            direction=args.get("direction", ""),
            kinds=frozenset(args.get("kind", ())),
            category=args.get("category", ""),
            terms=frozenset(args.get("terms", ())),
            place=place,
            radius_km=args.get("radius_km"),
            sort=args["sort"],
            offset=offset,
            limit=limit,
        ),
    )
    end = offset + limit
    following = None
    if end < min(answer.total, DEEPEST):
        following = cursors.seal(_key(parts), question, [end])
    return Page(_whole(answer.listings), following, answer.total, place)


def one(public_id: str) -> Listing:
    """An open listing; NotFound for any other."""
    return get_visible(None, public_id)


def matches(public_id: str) -> tuple[Listing, list[matching.Found]]:
    """An open listing and its counterparts, best first. Raises NotFound."""
    listing = one(public_id)
    counterparts = matching.matches_of(None, listing)
    _whole([match.other for match in counterparts])
    return listing, counterparts


def _key(parts: "Parts") -> str:
    return parts.settings.secret_key


def _question(args: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in args.items() if name not in PAGING}


def _filters(args: Mapping[str, Any]) -> list[Any]:
    filters: list[Any] = []
    if direction := args.get("direction"):
        filters.append(Listing.direction == direction)
    if kinds := args.get("kind"):
        filters.append(Listing.kind.in_(kinds))
    if category := args.get("category"):
        filters.append(Listing.category.in_(categories.with_children(category)))
    if terms := args.get("terms"):
        filters.append(or_(*(getattr(Listing, term).is_(True) for term in terms)))
    return filters


def _older(position: list[Any]) -> Any:
    """SQL: what comes after the last one of the page before."""
    at = datetime.fromisoformat(position[0]).astimezone(UTC)
    same = and_(Listing.published_at == at, Listing.public_id < position[1])
    return or_(Listing.published_at < at, same)


def _place(args: Mapping[str, Any]) -> Place | None:
    """Where distances begin. Raises Invalid for a place that does not exist, or that is missed."""
    if cell := args.get("cell"):
        try:
            return places.place_of_cell(cells.from_text(cell))
        except ValueError:
            raise Invalid([Problem("cell", "place_unknown")]) from None
    if area := args.get("area"):
        try:
            return places.place_of_area(area)
        except NotFound:
            meant = places.resolve_place(text=area)
        if meant.place is None:
            raise Invalid([Problem("area", problem.code) for problem in meant.problems])
        return meant.place
    wanting = [("radius_km", "radius_km" in args), ("sort", args["sort"] == "nearest")]
    if problems := [Problem(name, "needs_place") for name, is_wanting in wanting if is_wanting]:
        raise Invalid(problems)
    return None


def _whole(rows: Sequence[Listing]) -> Sequence[Listing]:
    """The same listings with owner, photos and wishes loaded; few queries for all."""
    if rows:
        ids = [row.id for row in rows]
        db.session.scalars(
            select(Listing).where(Listing.id.in_(ids)).options(*_parts_of_listings())
        ).all()
    return rows


def _parts_of_listings() -> tuple[Any, ...]:
    return tuple(selectinload(part) for part in (Listing.owner, Listing.photos, Listing.wishes))
