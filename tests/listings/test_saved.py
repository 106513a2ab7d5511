"""What a member puts aside is theirs alone."""

import pytest

from marketplace.accounts.models import Block
from marketplace.db import db, transaction
from marketplace.errors import Invalid, NotAllowed, NotFound
from marketplace.listings import saved, service
from tests import factories


def titles(member):
    db.session.rollback()
    return [(row.listing.title, row.is_over) for row in saved.saved_listings(member)]


def test_saved_listings_are_found_again_the_newest_first(alice, bob, carol):
    for title in ("Kursi", "Meja"):
        listing = factories.offer(alice, title)
        saved.save_listing(bob, listing.public_id)
        saved.save_listing(bob, listing.public_id)
    assert titles(bob) == [("Meja", False), ("Kursi", False)]
    assert titles(carol) == titles(alice) == []


def test_what_is_over_is_marked_and_what_is_hidden_is_left_out(alice, bob, carol):
    over, held, blocked = (factories.offer(alice, name) for name in ("Kursi", "Meja", "Lampu"))
    theirs = factories.offer(carol, "Rak")
    for listing in (over, held, blocked, theirs):
        saved.save_listing(bob, listing.public_id)
    service.fulfil_listing(alice, over.public_id)
    with transaction():
        held.state = "held"
    assert titles(bob) == [("Rak", False), ("Lampu", False), ("Kursi", True)]
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    assert titles(bob) == [("Rak", False)]


def test_it_is_taken_out_again_whatever_became_of_it(alice, bob):
    listing = factories.offer(alice)
    saved.save_listing(bob, listing.public_id)
    service.withdraw_listing(alice, listing.public_id)
    saved.forget_listing(bob, listing.public_id)
    assert titles(bob) == []
    with pytest.raises(NotFound):
        saved.forget_listing(bob, listing.public_id)


def test_ones_own_and_what_one_cannot_see_is_not_saved(alice, bob):
    with pytest.raises(NotAllowed):
        saved.save_listing(alice, factories.offer(alice).public_id)
    with pytest.raises(NotFound):
        saved.save_listing(bob, factories.offer(alice, state="draft").public_id)


def test_there_is_room_for_so_many(alice, bob, monkeypatch):
    monkeypatch.setattr(saved, "SAVED_MAX", 2)
    for _ in range(2):
        saved.save_listing(bob, factories.offer(alice).public_id)
    with pytest.raises(Invalid):
        saved.save_listing(bob, factories.offer(alice).public_id)


def test_the_page_of_saved_listings_says_nothing_of_what_is_over(alice, bob, as_member):
    listing, over = factories.offer(alice, "Kursi goyang"), factories.offer(alice, "Meja lipat")
    browser = as_member(bob)
    assert "Nothing saved yet" in browser.get("/me/saved").text
    for one in (listing, over):
        browser.post(f"/listings/{one.public_id}/saving")
    assert "Saved" in browser.get(f"/listings/{listing.public_id}").text
    service.withdraw_listing(alice, over.public_id)
    page = browser.get("/me/saved").text
    assert "Kursi goyang" in page
    assert "Meja lipat" not in page
    assert "no longer available" in page
    browser.post(f"/listings/{over.public_id}/saving", data={"keep": "no"})
    assert "no longer available" not in browser.get("/me/saved").text
