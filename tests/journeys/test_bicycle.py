"""20 people ask for one bicycle, over HTTP: one gets it, and all the others get an answer."""

from collections.abc import Callable
from datetime import timedelta

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.exchanges.models import Exchange
from tests import factories
from tests.conftest import Outbox
from tests.sample_areas import load_sample

NEIGHBOURS = 20
Settle = Callable[[], None]


def about(outbox: Outbox, member: Member, title: str) -> list[str]:
    return [mail["Subject"] for mail in outbox.to(member.email or "") if title in mail["Subject"]]


def test_twenty_ask_for_one_bicycle_and_all_twenty_get_an_answer(
    app: Flask,
    alice: Member,
    carol: Member,
    as_member: Callable[[Member], FlaskClient],
    settle: Settle,
    outbox: Outbox,
) -> None:
    load_sample()
    bicycle = factories.offer(alice, "Sepeda anak", category="toys")
    factories.offer(carol, "Sepeda anak roda tiga", category="toys")
    neighbours = [factories.member(f"Tetangga {number}") for number in range(NEIGHBOURS)]
    browsers = [as_member(one) for one in neighbours]
    for number, browser in enumerate(browsers, 1):
        page = browser.post(
            f"/listings/{bicycle.public_id}/exchanges",
            data={"body": f"Untuk anak saya yang ke-{number}"},
            follow_redirects=True,
        )
        assert f"Your place in the queue: {number} of {number}" in page.text

    giver, queue = as_member(alice), f"/listings/{bicycle.public_id}/queue"
    page = giver.get(queue).text
    assert "20 people wait" in page
    exchanges = db.session.query(Exchange).order_by(Exchange.id).all()
    ids = [one.public_id for one in exchanges]
    giver.post(queue, data={"exchange": ids[0], "answer": "yes"})
    assert "Your place in the queue: 1 of 19" in browsers[1].get(f"/exchanges/{ids[1]}").text
    settle()
    outbox.mails.clear()

    giver.post(f"/exchanges/{ids[0]}/handover")
    done = browsers[0].post(f"/exchanges/{ids[0]}/confirmation", follow_redirects=True)
    assert done.status_code == 200
    with time_machine.travel(utcnow() + timedelta(minutes=11)):
        settle()
        settle()

    db.session.rollback()
    states = [one.state for one in db.session.query(Exchange).order_by(Exchange.id)]
    assert states == ["closed"] + ["declined"] * (NEIGHBOURS - 1)
    for number in range(1, NEIGHBOURS):
        said = about(outbox, neighbours[number], "Sepeda anak")
        assert said == ["“Sepeda anak” is no longer to be had"], number
        page = browsers[number].get(f"/exchanges/{ids[number]}").text
        assert "Sepeda anak roda tiga" in page[page.index("Similar, and near you") :]
    assert browsers[1].get(f"/listings/{bicycle.public_id}").status_code == 410
    assert "Nobody waits just now" in giver.get(queue).text
