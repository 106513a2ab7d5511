"""Whom a step of an exchange is told, and in which words: one kind of news for each step."""

from marketplace.accounts.models import Member
from marketplace.exchanges import rules
from marketplace.exchanges.calendars import Change, news_params, spoken
from marketplace.exchanges.kinds import kind_for, kind_of
from marketplace.exchanges.lending import reminder_for
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.notifications.service import notify

TOPIC = "promise"


def link_to(exchange: Exchange) -> str:
    """The path of the exchange's page."""
    return f"/exchanges/{exchange.public_id}"


def tell(
    actor: Member | None, exchange: Exchange, event: ExchangeEvent, change: Change | None = None
) -> None:
    """Tell those whom the table names, in the caller's transaction; never who did it themselves.

    What the site does by itself has words of its own (``..._by_site``), and reaches both, but for
    what one of them has just heard of by message. Whose calendar changes besides (``change``) hears
    of that, even who did it: only a mail reaches a calendar. Each step is told a member once.
    """
    told, once = _told(actor, exchange, event), f"exchange_event:{event.id}"
    for member in (exchange.owner, exchange.opener):
        params = params_of(member, exchange, event)
        if change is not None:
            params |= news_params(change, member)
        if member in told:
            is_moved = change is not None and change.is_moved
            kind = "meeting_moved" if is_moved else kind_of(event, exchange, member)
            notify(member, TOPIC, kind, params, link=link_to(exchange), once=once)
        elif change is not None:
            noted = "meeting_off" if change.is_cancelled else "meeting_noted"
            notify(member, TOPIC, noted, params, link=link_to(exchange), once=once)


def remind(exchange: Exchange, kind: str) -> None:
    """A reminder of the site, to those of the two who can do something about it."""
    once = f"{kind}:{exchange.public_id}:{exchange.wake_at:%Y%m%d%H%M%S}"
    for member in _reminded(exchange, kind):
        notify(
            member,
            "reminder",
            kind_for(reminder_for(kind, lends=member.id == exchange.giver_id), exchange, member),
            params_of(member, exchange),
            link=link_to(exchange),
            once=once,
        )


def tell_free(exchange: Exchange) -> None:
    """The owner, who wants to choose: it is there again, and so many wait."""
    params = params_of(exchange.owner, exchange)
    kind = kind_for("exchange_free", exchange, exchange.owner)
    notify(exchange.owner, TOPIC, kind, params, link=queue_link(exchange))


def queue_link(exchange: Exchange) -> str:
    """The path of the page of those who wait."""
    return f"/listings/{exchange.listing.public_id}/queue"


def _reminded(exchange: Exchange, kind: str) -> list[Member]:
    """Whose turn it is: who was asked to agree, who has to bring back or to look at it."""
    if kind == "loan_due_soon":
        return [exchange.receiver]
    if kind == "return_waits":
        return [exchange.giver]
    if kind == "handover_waits":
        asked = {exchange.there_said_by_id, exchange.back_said_by_id}
        return [one for one in (exchange.owner, exchange.opener) if asked - {one.id, None}]
    return [exchange.owner, exchange.opener]


def params_of(
    member: Member, exchange: Exchange, event: ExchangeEvent | None = None
) -> dict[str, object]:
    """What sentences about an exchange may name, for the one of the two who reads them."""
    params: dict[str, object] = {
        "title": exchange.listing.title,
        "other": exchange.other(member).name,
        "quantity": exchange.quantity,
        "terms": exchange.terms,
        "gives": member.id == exchange.giver_id,
        "due": exchange.due_on.isoformat() if exchange.due_on else "",
    }
    params |= spoken(exchange.meets_at, exchange.meets_where, member)
    if member.id != exchange.owner_id:
        params["about"] = exchange.listing.public_id  # goes with the post: ``take_back``
    if event is not None:
        params |= {"reason": _told_reason(event), "state": event.to_state}
    if event is not None and event.verb == "promise" and exchange.asked > 1:
        asked = exchange.quantity if member.id == exchange.owner_id else exchange.asked
        params |= {"asked": asked, "unit": exchange.listing.unit}
    return params


def _told_reason(event: ExchangeEvent) -> str:
    """The reason as the other side may read it: never that somebody did not feel safe with them,
    which they could be made to pay for."""
    return "" if event.reason in rules.UNTOLD else event.reason


def _told(actor: Member | None, exchange: Exchange, event: ExchangeEvent) -> list[Member]:
    whom = rules.BY_VERB[event.verb].tells
    both = [exchange.owner, exchange.opener]
    if whom == "nobody":
        return []
    if actor is not None:
        chosen = {rules.OWNER: both[:1], rules.OPENER: both[1:]}.get(whom, both)
        return [one for one in chosen if one.id != actor.id]
    if event.verb == "decline" or event.params.get("at_once"):
        return [exchange.opener]  # the owner closed the post, or has the message of who asked
    return [one for one in both if _is_here(one)] if event.reason == "gone" else both


def _is_here(member: Member) -> bool:
    return not (member.erased_at or member.is_leaving or member.is_suspended)
