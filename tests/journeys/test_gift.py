"""A gift from the first word to the end, over HTTP: asked for, promised, handed over, confirmed."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges.models import Exchange
from tests import factories
from tests.conftest import Outbox
from tests.sample_areas import load_sample


def test_a_gift_is_asked_for_promised_and_handed_over(
    app: Flask,
    alice: Member,
    bob: Member,
    as_member: Callable[[Member], FlaskClient],
    settle: Callable[[], None],
    outbox: Outbox,
) -> None:
    load_sample()
    bicycle = factories.offer(alice, "Sepeda anak")
    giver, taker = as_member(alice), as_member(bob)

    page = taker.get(f"/listings/{bicycle.public_id}")
    assert f"/listings/{bicycle.public_id}/exchanges" in page.text
    asked = taker.post(
        f"/listings/{bicycle.public_id}/exchanges",
        data={"body": "Untuk anak saya, Bu."},
        follow_redirects=True,
    )
    assert asked.status_code == 200
    assert "Alice has not answered yet" in asked.text
    address = asked.request.path

    assert "Promise it" in giver.get(address).text
    assert giver.post(f"{address}/promise").status_code == 303
    settle()
    assert any("Alice says yes" in mail["Subject"] for mail in outbox.to("bob@example.org"))

    giver.post(f"{address}/handover")
    confirmed = taker.post(f"{address}/confirmation", follow_redirects=True)
    assert "It is done" in confirmed.text
    exchange = db.session.query(Exchange).one()
    assert exchange.state == "closed"
    db.session.refresh(bicycle)
    assert (bicycle.state, bicycle.promised, bicycle.given) == ("fulfilled", 0, 1)
