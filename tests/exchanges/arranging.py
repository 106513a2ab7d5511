"""Exchanges of alice and bob that stand before, at or after a meeting, for tests."""

from datetime import timedelta
from typing import Any

from marketplace.accounts.models import Member
from marketplace.db import utcnow
from marketplace.exchanges import handing, meetings, service
from marketplace.exchanges.models import Exchange, Proposal
from marketplace.exchanges.proposals import Draft
from tests import factories

WHERE = "Perpustakaan desa"


def promised(alice: Member, bob: Member, terms: str = "gift", **listing: Any) -> Exchange:
    """What alice offers is promised to bob."""
    kinds = {"gift": terms == "gift", "loan": terms == "loan", "swap": terms == "swap"}
    offer = factories.offer(alice, "Mesin jahit", **(kinds | listing))
    wish = service.Wish(in_return="Pisang" if terms == "swap" else "")
    asked = service.ask(bob, offer.public_id, wish, "Halo, Bu.")
    return service.promise(alice, asked.public_id)


def draft(days: float = 3, **values: str) -> Draft:
    """A proposal so many days from now, by the clock of Jakarta."""
    local = (utcnow() + timedelta(days=days, hours=7)).replace(tzinfo=None)
    words = {"day": f"{local:%Y-%m-%d}", "clock": f"{local:%H:%M}", "place": WHERE}
    return Draft(**(words | values))


def proposed(by: Member, exchange: Exchange, days: float = 3, **values: str) -> Proposal:
    return meetings.propose(by, exchange.public_id, draft(days, **values))


def arranged(alice: Member, bob: Member, days: float = 3, **more: Any) -> Exchange:
    """Both agreed to meet in so many days."""
    exchange = promised(alice, bob, **more)
    return meetings.accept(alice, exchange.public_id, proposed(bob, exchange, days).public_id)


def lent(alice: Member, bob: Member) -> Exchange:
    """A loan that is out."""
    exchange = promised(alice, bob, "loan")
    handing.hand_over(alice, exchange.public_id)
    return handing.confirm(bob, exchange.public_id)
