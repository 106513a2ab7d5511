"""Things a test needs, made through the models with sensible defaults.

Every factory takes keyword arguments for what the test is about, and nothing else.
"""

import itertools
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.login import hash_token
from marketplace.accounts.models import Credential, Member, SignIn
from marketplace.db import transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.notifications.models import MailHours
from marketplace.places import cells
from marketplace.search import reading
from marketplace.search.analysis import document_terms

PASSWORD = "kunci-rumah-tetangga"
DEPOK = (-6.3728, 106.8336)  # a public point: the campus lake
NEAR_DEPOK = (-6.3688, 106.8366)  # about 550 m further
BOGOR = (-6.5950, 106.7990)  # about 25 km south
_count = itertools.count(1)


def place(point: tuple[float, float] = DEPOK, resolution: int = 8) -> dict[str, Any]:
    """The place columns of the cell around a point."""
    cell = cells.ancestor(cells.snap(*point), resolution)
    return cells.place_columns(cells.Place.at(cell, zone="Asia/Jakarta"))


def member(name: str = "Somebody", *, point: tuple[float, float] = DEPOK, **values: Any) -> Member:
    """A member with a confirmed address and the password ``PASSWORD``.

    Without quiet hours, so that a test says the same by day and by night.
    """
    number = next(_count)
    values = {"email": f"member{number}@example.org", "language": "en"} | place(point) | values
    with transaction() as session:
        row = Member(name=name, email_confirmed_at=utcnow(), adult_stated_at=utcnow(), **values)
        session.add(row)
        session.flush()
        session.add(Credential(member_id=row.id, login=row.email, secret_hash="unset"))
        session.add(MailHours(member_id=row.id, quiet_from=0, quiet_until=0, digest_hour=7))
    return row


def sign_in(app: Flask, who: Member) -> FlaskClient:
    """A browser that holds a living sign-in of ``who``."""
    token = f"token-{next(_count)}"
    with transaction() as session:
        session.add(SignIn(token_hash=hash_token(token), member_id=who.id, user_agent="test"))
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return client


def listing(owner: Member, title: str = "Mesin jahit", **values: Any) -> Listing:
    """An open gift offer of goods in Depok, not yet indexed or matched."""
    point = values.pop("point", DEPOK)
    defaults: dict[str, Any] = {
        "direction": "offer",
        "kind": "goods",
        "description": "",
        "category": "",
        "gift": True,
        "state": "open",
        "text_language": "id",
        "published_at": utcnow(),
        "expires_at": utcnow() + timedelta(days=30),
    }
    values = defaults | place(point) | values
    with transaction() as session:
        values.setdefault(
            "words", document_terms(title, values["description"], values["text_language"])
        )
        values.setdefault("reading", reading.name())
        row = Listing(owner_id=owner.id, created_by_id=owner.id, title=title, **values)
        session.add(row)
    return row


def offer(owner: Member, title: str = "Mesin jahit", **values: Any) -> Listing:
    return listing(owner, title, direction="offer", **values)


def request(owner: Member, title: str = "Butuh mesin jahit", **values: Any) -> Listing:
    return listing(owner, title, direction="request", **values)
