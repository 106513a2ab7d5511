"""A loan that is out, as it comes to be: asked for, promised, handed over, confirmed."""

from datetime import UTC, datetime

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges import handing, service
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.service import Wish
from marketplace.listings.models import Listing
from tests import factories

# Noon in Depok on the first of December.
NOON = datetime(2026, 12, 1, 5, tzinfo=UTC)


def ladder(owner: Member, **values) -> Listing:
    """An offer that is lent for a week at most."""
    defaults = {"gift": False, "loan": True, "loan_days_max": 7}
    title = values.pop("title", "Tangga")
    return factories.offer(owner, title, **(defaults | values))


def lent(lender: Member, borrower: Member, thing: Listing, **wish) -> Exchange:
    """Out since now; on a request the borrower owns ``thing`` and the lender answers it."""
    opener = lender if thing.direction == "request" else borrower
    wanted = Wish(**({"terms": "loan"} | wish))
    asked = service.ask(opener, thing.public_id, wanted, "Halo tetangga")
    if asked.state == "interested":
        service.promise(thing.owner, asked.public_id)
    handing.hand_over(lender, asked.public_id)
    return fresh(handing.confirm(borrower, asked.public_id))


def fresh(row):
    """The row as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(type(row), row.id)
