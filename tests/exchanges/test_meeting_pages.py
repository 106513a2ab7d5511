"""The pages of meetings: every word in both languages, light enough for a cheap phone."""

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.exchanges import exact_places, meetings
from marketplace.web import PSEUDO_LANGUAGE
from tests import factories
from tests.exchanges.arranging import WHERE, arranged, lent, promised, proposed
from tests.foundation.test_languages import pseudo_app, unbracketed

__all__ = ["pseudo_app"]

HTML_BYTES_MAX = 10 * 1024
NODES_MAX = 400


def addresses(alice: Member, bob: Member) -> list[str]:
    """A page of every look that a meeting has, as alice sees it."""
    bare, theirs, mine = (promised(alice, bob) for _each in range(3))
    proposed(bob, theirs, words="Bawa tas")
    proposed(alice, mine)
    stands, moving, out = arranged(alice, bob), arranged(alice, bob), lent(alice, bob)
    exact_places.write(bob, stands.public_id, "Jalan Mawar 7")
    exact_places.show(bob, stands.public_id)
    proposed(bob, moving, 5, place="Balai RW")
    back = lent(alice, bob)
    meetings.accept(alice, back.public_id, proposed(bob, back, 5).public_id)
    with transaction():
        moving.listing.zone = "Asia/Jayapura"
    pages = [f"/exchanges/{one.public_id}" for one in (bare, theirs, mine, stands, moving, out)]
    forms = [f"{page}/proposals" for page in pages]
    places = [f"/exchanges/{one.public_id}/place" for one in (stands, moving, back)]
    return [*pages, f"/exchanges/{back.public_id}", *forms, *places]


@pytest.mark.one_database
def test_every_word_of_these_pages_goes_through_the_catalog(
    pseudo_app: Flask, alice: Member, bob: Member
) -> None:
    pages = addresses(alice, bob)
    with transaction() as session:
        session.execute(update(Member).values(language=PSEUDO_LANGUAGE))
    reader = factories.sign_in(pseudo_app, alice)
    own = {"Bob,", WHERE, "Balai RW", "Bawa tas", "Jalan Mawar 7", "Mesin jahit"}
    for page in pages:
        answers = [reader.get(page)]
        if page.endswith(("/proposals", "/place")):
            answers.append(reader.post(page, data={"day": "x", "clock": "x"}))
        for answer in answers:
            assert answer.status_code in (200, 422), page
            outside = set(unbracketed(answer.text)) - own
            assert outside == set(), page


def test_these_pages_are_light(app: Flask, alice: Member, bob: Member) -> None:
    reader = factories.sign_in(app, alice)
    for page in addresses(alice, bob):
        content = reader.get(page).get_data()
        assert len(gzip.compress(content)) <= HTML_BYTES_MAX, page
        assert len(re.findall(rb"<[a-z]", content)) <= NODES_MAX, page


def test_the_pages_of_a_meeting_work_after_their_title_is_gone(
    alice: Member, bob: Member, app: Flask
) -> None:
    exchange = arranged(alice, bob)
    with transaction():
        exchange.listing.title = ""
    reader: FlaskClient = factories.sign_in(app, bob)
    for rest in ("", "/proposals", "/place", "/calendar.ics"):
        assert reader.get(f"/exchanges/{exchange.public_id}{rest}").status_code == 200
