"""Listings from a file of JSON lines: each line whole or not at all, any number of times.

A line whose ``id`` is here already in its direction is passed over, so an import that was stopped
is simply run again. What a line says is judged by the same ``rules.check`` as a form; only the
place may be missing. A point is snapped to its cell at once and kept nowhere.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.errors import Invalid, NotFound, Problem
from marketplace.listings import language, rules
from marketplace.listings.import_lines import Line, read
from marketplace.listings.models import Listing, ListingEvent
from marketplace.listings.rows import DEFAULT_ZONE, expiry_of, write_draft
from marketplace.listings.rules import Analysed
from marketplace.listings.service import Analyse
from marketplace.permissions import require
from marketplace.places import service as places
from marketplace.places.cells import Place

BATCH = 200  # lines of one transaction: a quarter of a second
KEEPER_DOMAIN = "import.invalid"  # a reserved name: no mail can ever arrive there
AREAS_KEPT = 4096

Refuse = Callable[[int, tuple[Problem, ...]], None]


@dataclass(slots=True)
class Outcome:
    """How many lines became listings, were here already, were refused; how many of those that
    were imported mention a price, which only a form refuses."""

    imported: int = 0
    known: int = 0
    refused: int = 0
    priced: int = 0


def import_lines(
    lines: Iterable[bytes],
    owners: Mapping[str, Member],
    *,
    analyse: Analyse,
    refuse: Refuse,
    done: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Publish a listing for every new line, for the owner of its direction.

    ``refuse(number, problems)`` hears of every line that cannot be one, numbered from 1; ``done``
    of every batch. Empty lines do not count. The listing is dated from ``created_at`` but opened
    now: without ``expires_at`` its usual time begins with the import.
    """
    for owner in owners.values():
        require(owner, "listing.create")
    outcome = Outcome()
    understood = _understood(lines, outcome, refuse)
    while batch := list(islice(understood, BATCH)):
        found = [analyse(one.draft.title, one.draft.description, _language(one)) for one in batch]
        _save(list(zip(batch, found, strict=True)), owners, outcome)
        if done:
            done(outcome)
    return outcome


def keeper(direction: str, name: str) -> Member:
    """The organisation that owns what is imported for nobody; made when it is first needed.

    One for each direction, for what has one owner is never matched. Nobody can sign in as it.
    """
    address = f"{direction}s@{KEEPER_DOMAIN}"
    with transaction() as session:
        found = session.scalar(select(Member).where(Member.email == address))
        if found is None:
            found = Member(type="organisation", name=name, email=address, place_kind="unknown")
            session.add(found)
    return found


def find_place(area: str, point: tuple[float, float] | None) -> Place:
    """The place of a point in degrees, else of an area's code or name, else unknown.

    Raises Invalid for a point not on earth and for an area that nobody knows.
    """
    if point is not None:
        try:
            return places.place_of_point(*point)
        except (ValueError, OverflowError):
            raise Invalid([Problem("latitude", "point_unreadable")]) from None
    if not area:
        return Place.unknown()
    try:
        return places.place_of_area(area)
    except NotFound:
        found = places.resolve_place(text=area)
    if found.place is None:
        raise Invalid([replace(problem, field="area") for problem in found.problems])
    return found.place


def _understood(lines: Iterable[bytes], outcome: Outcome, refuse: Refuse) -> Iterator[Line]:
    """The lines that may be published; the others are refused on the way."""
    # Many lines name one area; a point is looked up for itself and not kept, not even here.
    area_of = lru_cache(AREAS_KEPT)(lambda area: find_place(area, None))
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = read(
                line, lambda area, point: find_place(area, point) if point else area_of(area)
            )
            yield _checked(found)
        except Invalid as refused:
            outcome.refused += 1
            refuse(number, refused.problems)


def _checked(line: Line) -> Line:
    """The line with a tidy draft. Raises Invalid unless it may be published."""
    line = replace(line, draft=rules.tidy(line.draft))
    zone = ZoneInfo(line.draft.place.zone or DEFAULT_ZONE)
    today = utcnow().astimezone(zone).date()
    if problems := rules.check(line.draft, today, place_needed=False, prices_refused=False):
        raise Invalid(problems)
    return replace(line, draft=replace(line.draft, text_language=_language(line)))


def _language(line: Line) -> str:
    draft = line.draft
    return draft.text_language or language.guess(f"{draft.title} {draft.description}", "id")


def _save(
    batch: list[tuple[Line, Analysed]], owners: Mapping[str, Member], outcome: Outcome
) -> None:
    """Add the new ones of a batch in one transaction; of equal ones the first counts.

    Equal are lines with one id and one direction: a message may offer one thing and ask for
    another, and then stands in both files.
    """
    with transaction() as session:
        here = _directions(session, batch)
        now, added = utcnow(), 0
        for line, analysed in batch:
            own, second = line.source_id, _second_id(line)
            if here.get(own) == line.draft.direction or second in here:
                continue
            source_id = second if own in here else own
            here[source_id] = line.draft.direction
            owner_id = owners[line.draft.direction].id
            session.add(_row(replace(line, source_id=source_id), analysed, owner_id, now))
            added += 1
            outcome.priced += bool(rules.check_prices(line.draft))
    outcome.imported += added
    outcome.known += len(batch) - added


def _directions(session: Any, batch: list[tuple[Line, Analysed]]) -> dict[str, str]:
    """The direction of every listing here that one of these lines may be, by its source id."""
    ids = [key for line, _ in batch for key in (line.source_id, _second_id(line))]
    known = select(Listing.source_id, Listing.direction).where(Listing.source_id.in_(ids))
    return {row.source_id: row.direction for row in session.execute(known)}


def _second_id(line: Line) -> str:
    """The source id of a line whose id belongs to a listing of the other direction."""
    return f"{line.source_id}#{line.draft.direction}"


def _row(line: Line, analysed: Analysed, owner_id: int, now: datetime) -> Listing:
    began = min(line.created_at or now, now)
    row = Listing(
        owner_id=owner_id,
        created_by_id=owner_id,
        source_id=line.source_id,
        state="open",
        promised=0,
        given=0,
        revision=1,
        words=analysed.words,
        reading=analysed.reading,
        created_at=began,
        published_at=began,
        updated_at=now,
        events=[ListingEvent(at=now, actor_id=owner_id, to_state="open", reason="import")],
    )
    write_draft(row, line.draft)
    row.expires_at = line.expires_at or expiry_of(row, now)
    return row
