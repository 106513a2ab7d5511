"""Which words a step of an exchange is told in: the most fitting kind of news that has a sentence.

A kind is the step, then what it was about (the way back of a swap, one half of it, help, the
terms), then who reads it (owner, giver or receiver): ``exchange_promise_loan_receiver``. Whatever
has no sentence of its own falls back to the plain one, so that no sentence holds conditions.
"""

from collections.abc import Iterator

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.exchanges import rules
from marketplace.exchanges.models import Exchange, ExchangeEvent


def kind_of(event: ExchangeEvent, exchange: Exchange, member: Member) -> str:
    """The kind of news of one step, for the one of the two who reads it."""
    verb = event.verb
    if verb == "meet":  # at the door everything due is done at once: told as what it comes to
        verb = "accept_return" if event.from_state in ("out", "returned") else "confirm"
    by = "_drawn" if event.params.get("drawn") else "" if event.actor_id else "_by_site"
    base = f"exchange_{verb}{by}"
    return kind_for(base, exchange, member, way=str(event.params.get("way", "")))


def kind_for(base: str, exchange: Exchange, member: Member, *, way: str = "") -> str:
    """The most fitting kind that begins with ``base`` and has a sentence."""
    kinds = _candidates(base, exchange, member, way)
    return next((kind for kind in kinds if kind in wording.NEWS), base)


def _candidates(base: str, exchange: Exchange, member: Member, way: str) -> Iterator[str]:
    about = [
        *(["_back"] if way == rules.BACK else []),
        *(["_half"] if exchange.state == "partly" else []),
        *(["_help"] if exchange.listing.kind != "goods" else []),
        f"_{exchange.terms}",
        "",
    ]
    readers = [
        "_owner" if member.id == exchange.owner_id else "_opener",
        "_giver" if member.id == exchange.giver_id else "_receiver",
        "",
    ]
    return (f"{base}{one}{reader}" for one in about for reader in readers)
