"""An exchange as one of its two sides sees it: what comes next, in words."""

from dataclasses import dataclass
from datetime import timedelta

from marketplace.accounts.models import Member
from marketplace.db import utcnow
from marketplace.exchanges import next_steps, rules
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import is_asked, ways_of
from marketplace.wording.next_steps import Said, words_of

MEETING_LASTS = timedelta(hours=1)  # before that the two still stand at the door


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next for the reader, with its words."""

    main: next_steps.NextStep
    words: Said


def next_for(reader: Member, exchange: Exchange, name: str) -> Next:
    """What comes next for the reader; ``name`` is how the other one is called."""
    main = next_steps.next_step(sight_of(reader, exchange))
    return Next(main, words_of(main.code, variants_of(exchange), name))


def sight_of(reader: Member, exchange: Exchange) -> next_steps.Sight:
    """The facts on which it depends what comes next."""
    last = exchange.events[-1] if exchange.events and not exchange.runs else None
    theirs = [way for way in rules.ways_of(exchange.terms) if _is_open(reader, exchange, way)]
    listing = exchange.listing
    begun = exchange.meets_at is not None and exchange.meets_at + MEETING_LASTS <= utcnow()
    return next_steps.Sight(
        state=exchange.state,
        terms=exchange.terms,
        ways=ways_of(exchange),
        owns=reader.id == exchange.owner_id,
        gives=reader.id == exchange.giver_id,
        is_asked=is_asked(exchange, reader),
        theirs=theirs[0] if theirs else rules.THERE,
        has_met=begun,
        ended_it=last is not None and last.actor_id == reader.id,
        is_disputed=last is not None and last.verb == "dispute",
        felt_unsafe=last is not None and _felt_unsafe(reader, exchange),
        window=listing.giving_rule if listing.window_hours is not None else "",
        drawn=listing.giving_rule == "draw" and listing.window_hours is None,
    )


def variants_of(exchange: Exchange) -> tuple[str, ...]:
    """For whom words of their own may stand: the terms, help instead of a thing, a request."""
    listing = exchange.listing
    return (
        exchange.terms,
        *(("help",) if listing.kind != "goods" else ()),
        *(("request",) if listing.direction == "request" else ()),
    )


def _is_open(reader: Member, exchange: Exchange, way: str) -> bool:
    """Whether the other side said this way, and the reader has not answered yet."""
    said_by = getattr(exchange, f"{way}_said_by_id")
    return said_by not in (None, reader.id) and getattr(exchange, f"{way}_at") is None


def _felt_unsafe(reader: Member, exchange: Exchange) -> bool:
    return any(
        event.reason == "unsafe" and event.actor_id == reader.id for event in exchange.events
    )
