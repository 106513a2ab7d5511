"""40 people ask for one bicycle within a window, over HTTP: it is drawn, a stranger repeats the
draw from what is published, and all 40 are told."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.exchanges.models import Exchange
from tests import factories
from tests.conftest import Outbox
from tests.sample_areas import load_sample

TAKERS = 40
DOCS = Path(__file__).parents[2] / "docs" / "exchanges.md"


def test_forty_take_part_in_a_draw_that_a_stranger_repeats(
    app: Flask,
    alice: Member,
    carol: Member,
    as_member: Callable[[Member], FlaskClient],
    settle: Callable[[], None],
    outbox: Outbox,
) -> None:
    load_sample()
    bicycle = factories.offer(alice, "Sepeda anak", category="toys")
    post, giver = f"/listings/{bicycle.public_id}", as_member(alice)
    giver.post(f"{post}/giving-rule", data={"giving_rule": "draw", "window_hours": "2"})
    committed = app.test_client().get(f"{post}/draw.json").get_json()
    assert committed.keys() == {"protocol", "listing", "opened_at", "closed_at", "commitment"}

    takers = [factories.member(f"Tetangga {number}") for number in range(TAKERS)]
    aliases = {}
    for taker in takers:
        browser = as_member(taker)
        sent = {"body": "Untuk anak saya", "enters": "y"}
        page = browser.post(f"{post}/exchanges", data=sent, follow_redirects=True).text
        assert "You take part in the draw" in page
        aliases[taker.id] = page.partition("you are called ")[2].partition(".")[0]
    settle()
    outbox.mails.clear()

    with time_machine.travel(utcnow() + timedelta(hours=2, minutes=1)):
        settle()
        settle()
        stranger = as_member(carol)
        published = stranger.get(f"{post}/draw.json")

    facts = published.get_json()
    assert facts["commitment"] == committed["commitment"]
    program = DOCS.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    repeated = subprocess.run(
        [sys.executable, "-c", program], input=published.text, capture_output=True, text=True
    )
    assert repeated.returncode == 0, repeated.stderr
    assert repeated.stdout.split() == facts["order"]
    assert sorted(aliases.values()) == sorted(facts["order"])

    db.session.rollback()
    told = {taker.id: outbox.to(taker.email or "")[-1]["Subject"] for taker in takers}
    found = {one.opener_id: one for one in db.session.query(Exchange)}
    for place, alias in enumerate(facts["order"]):
        (who,) = [number for number, own in aliases.items() if own == alias]
        if place == 0:
            assert found[who].state == "promised"
            assert told[who] == "You were drawn: “Sepeda anak” is promised to you"
        else:
            assert found[who].state == "interested"
            said = f"“Sepeda anak” was drawn. You wait at place {place} of {TAKERS - 1}."
            assert told[who].rstrip(".") == said.rstrip(".")
