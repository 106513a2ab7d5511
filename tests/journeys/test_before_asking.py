"""Before you ask: bob, without scripts, writes a request that alice's offer already answers. He
looks at hers, asks her for it, and throws his own away."""

from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.exchanges.models import Exchange
from marketplace.listings.models import Listing
from tests import factories
from tests.sample_areas import load_sample

WORDS = {
    "en": ("Before you ask: these offers may already help", "The draft is deleted."),
    "id": ("Sebelum meminta: tawaran ini mungkin sudah bisa membantu", "Draf sudah dihapus."),
}


@pytest.mark.parametrize("language", ["en", "id"])
def test_an_offer_that_is_there_is_answered_instead_of_asking_anew(
    alice: Member,
    bob: Member,
    as_member: Callable[[Member], FlaskClient],
    settle: Callable[[], None],
    language: str,
) -> None:
    load_sample()
    with transaction():
        bob.language = language
    offer = factories.offer(alice, "Tangga lipat")
    settle()
    heading, deleted = WORDS[language]
    browser = as_member(bob)

    asked = {
        "direction": "request", "kind": "goods", "title": "Butuh tangga lipat",
        "description": "Untuk mengecat, satu hari.", "terms": ["gift", "loan"],
        "place": "Beji, Depok", "action": "publish",
    }  # fmt: skip
    step = browser.post("/listings/new", data=asked, follow_redirects=True)
    assert heading in unescape(step.text)
    assert f'href="/listings/{offer.public_id}"' in step.text

    looked = browser.get(f"/listings/{offer.public_id}")
    assert f"/listings/{offer.public_id}/exchanges" in looked.text
    answer = {"body": "Bu, boleh saya pakai?"}
    browser.post(f"/listings/{offer.public_id}/exchanges", data=answer)
    db.session.rollback()
    assert db.session.scalars(select(Exchange)).one().listing_id == offer.id

    (draft,) = db.session.scalars(select(Listing).where(Listing.owner_id == bob.id))
    assert (draft.state, draft.description) == ("draft", "Untuk mengecat, satu hari.")
    drafts = browser.get("/me/drafts").text
    assert f'href="/listings/{draft.public_id}/edit"' in drafts
    gone = browser.post(f"/listings/{draft.public_id}/withdrawal", follow_redirects=True)
    assert deleted in gone.text
    db.session.rollback()
    assert draft.state == "withdrawn"
