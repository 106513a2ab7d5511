"""Exchanges of alice (whose listing it is) and bob (who opened), brought to any state by the steps
that lead there."""

from datetime import timedelta

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import handing, loans, service
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import Details, exchange_of, move
from marketplace.listings.models import Listing
from tests import factories


def post(owner: Member, terms: str, direction: str = "offer", **values: object) -> Listing:
    """An open listing of that direction under these terms only."""
    only = {term: term == terms for term in ("gift", "loan", "swap")}
    return factories.listing(owner, "Sepeda anak", direction=direction, **(only | values))


def asked(opener: Member, listing: Listing, quantity: int = 1) -> Exchange:
    """An exchange that waits for an answer."""
    in_return = "Dua ikat bayam" if listing.swap else ""
    wish = service.Wish(quantity=quantity, in_return=in_return)
    return service.ask(opener, listing.public_id, wish, "Halo, saya tertarik.")


def arrange(actor: Member, exchange: Exchange, in_hours: float = 24) -> None:
    """As if both had agreed on a meeting so many hours from now."""
    with transaction():
        locked = exchange_of(actor, exchange.public_id, lock=True)
        move(actor, locked, "arrange", Details(write=lambda: _meet(locked, in_hours)))


def _meet(exchange: Exchange, in_hours: float) -> None:
    exchange.meets_at = utcnow() + timedelta(hours=in_hours)
    exchange.meets_zone, exchange.meets_where = "Asia/Jakarta", "Perpustakaan desa"


def reach(state: str, exchange: Exchange) -> Exchange:
    """Bring an asked exchange to ``state``; "met" is arranged with the meeting over, "back" a swap
    of which the second half was said first."""
    owner, opener, public_id = exchange.owner, exchange.opener, exchange.public_id
    giver, receiver = exchange.giver, exchange.receiver
    if state == "interested":
        return exchange
    if state == "declined":
        return service.decline(owner, public_id, "another")
    if state == "withdrawn":
        return service.withdraw(opener, public_id)
    service.promise(owner, public_id)
    if state == "promised":
        return exchange
    if state == "released":
        return service.call_off(owner, public_id, "not_possible")
    if state == "cancelled":
        return service.call_off(opener, public_id, "changed_mind")
    arrange(opener, exchange, 24 if state == "arranged" else -2)
    if state in ("arranged", "met"):
        return exchange
    if state == "did_not_happen":
        return service.report_failure(opener, public_id, "no_show")
    handing.hand_over(giver, public_id)
    if state == "handed_over":
        return exchange
    handing.confirm(receiver, public_id)
    if state in ("partly", "out"):
        return exchange
    if exchange.terms == "swap":
        handing.hand_over(giver, public_id, "back")
        return handing.confirm(receiver, public_id)
    if exchange.terms == "loan":
        loans.say_returned(receiver, public_id)
        if state == "returned":
            return exchange
        with transaction():
            locked = exchange_of(giver, public_id, lock=True)
            if state == "closed":
                loans.accept_return(giver, locked)
            else:
                move(giver, locked, "deny_return")
                move(giver, locked, "lose")
    db.session.refresh(exchange)
    return exchange
