"""When both sides of a match have said yes: they talk, and an exchange begins."""

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.exchanges import rules, service
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.telling import link_to
from marketplace.listings import asking
from marketplace.listings.models import Listing
from marketplace.listings.rules import WISH_MAX, one_line
from marketplace.matching import answers, states
from marketplace.matching.models import Match
from marketplace.messages import service as messages


def accept(actor: Member, match_public_id: str) -> tuple[Match, Exchange | None]:
    """Say yes to a match. Where the other had said so too, both are in an exchange from then on:
    whoever needs the thing has asked for it, and waits in its queue like everybody else.

    What came of it is theirs from then on: a yes said again begins nothing anew.
    Raises what ``matching.answers.accept`` and ``messages.answerable_listing`` raise.
    """
    with transaction():
        had_agreed = answers.match_of(actor, match_public_id, lock=True).state == states.AGREED
        match = answers.accept(actor, match_public_id)
        if had_agreed or match.state != states.AGREED:
            return match, exchange_of(match) if had_agreed else None
        exchange = exchange_of(match) or _begun(match)
        answers.tell_agreed(actor, match, link_to(exchange))
    return match, exchange


def exchange_of(match: Match) -> Exchange | None:
    """What already runs between the two about either of the two listings."""
    offerer, needer = match.offer.owner, match.request.owner
    return service.running_about(needer, match.offer.public_id) or service.running_about(
        offerer, match.request.public_id
    )


def _begun(match: Match) -> Exchange:
    offer, request = match.offer, match.request
    body = wording.matches.agreed_message(request.owner.language, offer.title)
    conversation = messages.open_conversation(request.owner, offer.public_id, body, invited=True)
    asking.answered_by_exchange(request.owner, offer)
    return service.begin(conversation, _wish(offer, request), request)


def _wish(offer: Listing, request: Listing) -> service.Wish:
    """As much as is needed and there, under the plainest terms on which both agree."""
    common = (offer.terms & request.terms) or offer.terms or request.terms
    terms = next((one for one in rules.TERMS if one in common), "gift")
    counted = [one for one in (request.unpromised, offer.unpromised) if one is not None]
    can_give = ", ".join(wish.text for wish in request.wishes)
    return service.Wish(
        terms=terms,
        quantity=max(1, min(counted, default=1)),
        in_return=one_line(can_give)[:WISH_MAX] if terms == "swap" else "",
        loan_days=request.loan_days_max if terms == "loan" else None,
        or_wait=True,
    )
