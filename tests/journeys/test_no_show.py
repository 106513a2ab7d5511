"""Nobody comes, or nobody arranges: it is said with one tap, or lapses, and goes to the next."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges.models import Exchange
from marketplace.listings.models import Listing
from tests import factories
from tests.conftest import Outbox
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]
Settle = Callable[[], None]


@pytest.fixture
def bicycle(app: Flask, alice: Member) -> Listing:
    load_sample()
    return factories.offer(alice, "Sepeda anak")


def asks(browser: FlaskClient, listing: Listing) -> str:
    answer = browser.post(f"/listings/{listing.public_id}/exchanges", data={"body": "Boleh?"})
    return str(answer.headers["Location"])


def exchange_at(address: str) -> Exchange:
    db.session.rollback()
    return db.session.query(Exchange).filter_by(public_id=address.rsplit("/", 1)[1]).one()


def test_a_no_show_is_reported_and_it_goes_to_the_next_by_itself(
    bicycle: Listing,
    alice: Member,
    bob: Member,
    carol: Member,
    as_member: As,
    settle: Settle,
    outbox: Outbox,
) -> None:
    giver, first, second = as_member(alice), as_member(bob), as_member(carol)
    absent, patient = asks(first, bicycle), asks(second, bicycle)
    giver.post(f"{absent}/promise")
    with transaction():  # they agreed to meet an hour from now
        one = exchange_at(absent)
        one.state, one.meets_zone = "arranged", "Asia/Jakarta"
        one.meets_at = utcnow() + timedelta(hours=1)

    early = giver.post(f"{absent}/failure", data={"reason": "no_show"})
    assert early.status_code == 409
    assert "You have not met yet" in early.text

    with time_machine.travel(utcnow() + timedelta(hours=2)):
        assert giver.post(f"{absent}/failure", data={"reason": "no_show"}).status_code == 303
        settle()
        assert exchange_at(absent).state == "did_not_happen"
        assert exchange_at(patient).state == "promised"
        db.session.refresh(bicycle)
        assert (bicycle.promised, bicycle.given) == (1, 0)
        assert any("promised to you now" in mail["Subject"] for mail in outbox.to(carol.email))
        assert any("has your promise now" in mail["Subject"] for mail in outbox.to(alice.email))
        giver.post(f"{patient}/handover")
        second.post(f"{patient}/confirmation")
        assert exchange_at(patient).state == "closed"


def test_a_promise_that_nobody_arranges_lapses_and_goes_to_the_next(
    bicycle: Listing,
    alice: Member,
    bob: Member,
    carol: Member,
    as_member: As,
    settle: Settle,
    outbox: Outbox,
) -> None:
    giver = as_member(alice)
    silent, patient = asks(as_member(bob), bicycle), asks(as_member(carol), bicycle)
    giver.post(f"{silent}/promise")
    with time_machine.travel(utcnow() + timedelta(days=2, minutes=1)):
        settle()
        assert any("when do you two meet" in mail["Subject"] for mail in outbox.to(bob.email))
    with time_machine.travel(utcnow() + timedelta(days=4, minutes=1)):
        settle()
        assert exchange_at(silent).state == "released"
        assert exchange_at(patient).state == "promised"
        assert any("has lapsed" in mail["Subject"] for mail in outbox.to(bob.email))
        assert any("promised to you now" in mail["Subject"] for mail in outbox.to(carol.email))
