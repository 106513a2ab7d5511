"""The buttons of an owner, and of those who look, over HTTP."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.db import db, utcnow
from marketplace.listings import service
from marketplace.listings.models import Question
from marketplace.listings.rules import Draft
from tests import factories

OWNER = ("renewal", "withdrawal", "fulfilment", "restoration", "copies")
READER = ("saving", "questions")


def old_offer(owner, **values):
    return factories.offer(owner, published_at=utcnow() - timedelta(days=9), **values)


@pytest.mark.parametrize("verb", [*OWNER, *READER])
def test_a_visitor_is_asked_to_sign_in(alice, client, verb):
    response = client.post(f"/listings/{old_offer(alice).public_id}/{verb}")
    assert response.status_code in (302, 303)
    assert "/sign-in" in response.location


@pytest.mark.parametrize("verb", OWNER)
def test_a_stranger_is_told_that_there_is_nothing(alice, carol, as_member, verb):
    listing = old_offer(alice)
    response = as_member(carol).post(f"/listings/{listing.public_id}/{verb}")
    assert response.status_code == 404
    db.session.rollback()
    assert (listing.state, listing.events) == ("open", [])


@pytest.mark.parametrize("verb", [*OWNER, *READER])
def test_each_is_posted_only(alice, as_member, verb):
    assert as_member(alice).get(f"/listings/{old_offer(alice).public_id}/{verb}").status_code == 405


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        ("renewal", "withdrawn"),
        ("withdrawal", "fulfilled"),
        ("fulfilment", "draft"),
        ("restoration", "open"),
        ("copies", "held"),
    ],
)
def test_the_wrong_state_is_a_conflict(alice, as_member, verb, state):
    listing = factories.offer(alice, state=state)
    assert as_member(alice).post(f"/listings/{listing.public_id}/{verb}").status_code == 409


def test_the_owner_sees_the_undo_and_it_works(alice, as_member):
    listing = factories.offer(alice)
    browser = as_member(alice)
    page = browser.post(f"/listings/{listing.public_id}/withdrawal", follow_redirects=True).text
    assert f"/listings/{listing.public_id}/restoration" in page
    page = browser.post(f"/listings/{listing.public_id}/restoration", follow_redirects=True).text
    assert "It is back as it was" in page
    assert "Mark as given" in page


@pytest.mark.parametrize("how", ["here", "outside", "nonsense"])
def test_to_whom_it_went_is_kept_as_one_of_two_words(alice, as_member, how):
    listing = factories.offer(alice)
    as_member(alice).post(f"/listings/{listing.public_id}/fulfilment", data={"how": how})
    db.session.rollback()
    assert listing.events[-1].reason == ("" if how == "nonsense" else how)


def test_a_copy_opens_in_the_form(alice, as_member):
    listing = factories.offer(alice)
    page = as_member(alice).post(f"/listings/{listing.public_id}/copies", follow_redirects=True)
    assert 'value="Mesin jahit"' in page.text
    assert "This is a copy" in page.text


def test_a_renewal_says_until_when_it_stays(alice, as_member):
    listing = factories.offer(alice, expires_at=utcnow() + timedelta(days=1))
    browser = as_member(alice)
    page = browser.post(f"/listings/{listing.public_id}/renewal", follow_redirects=True).text
    assert "It stays up until" in page
    back = browser.post(f"/listings/{listing.public_id}/renewal", data={"next": "/me"})
    assert back.location.endswith("/me")


def test_what_ran_out_is_put_up_again_from_my_page(alice, carol, as_member):
    listing = factories.offer(alice, expires_at=utcnow() - timedelta(days=1))
    browser = as_member(alice)
    assert "Put it up again" in browser.get("/me").text
    browser.post(f"/listings/{listing.public_id}/renewal", data={"next": "/me"})
    assert as_member(carol).get(f"/listings/{listing.public_id}").status_code == 200


def test_asking_is_offered_for_what_is_old_and_the_owner_sees_it(alice, bob, as_member):
    listing, young = old_offer(alice), factories.offer(alice, "Kursi")
    reader, owner = as_member(bob), as_member(alice)
    address = f"/listings/{listing.public_id}"
    assert "Ask if it is still there" in reader.get(address).text
    assert "Ask if it is still there" not in reader.get(f"/listings/{young.public_id}").text
    assert reader.post(f"/listings/{young.public_id}/questions").status_code == 409
    page = reader.post(f"{address}/questions", follow_redirects=True).text
    assert "You asked whether it is still there" in page
    assert "A neighbour asks" in owner.get(address).text
    assert "A neighbour asks" in owner.get("/me").text
    owner.post(f"{address}/renewal")
    assert "still there:" in reader.get(address).text


def test_too_many_questions_are_refused_in_words(alice, bob, as_member):
    reader = as_member(bob)
    for _ in range(5):
        reader.post(f"/listings/{old_offer(alice).public_id}/questions")
    refused = reader.post(f"/listings/{old_offer(alice).public_id}/questions")
    assert refused.status_code == 422
    assert "You have asked about 5 posts today" in refused.text
    assert len(db.session.scalars(select(Question)).all()) == 5


def test_the_page_of_drafts_goes_on_deletes_and_brings_back(alice, bob, as_member, client):
    browser = as_member(alice)
    assert "No drafts" in browser.get("/me/drafts").text
    draft = service.save_draft(alice, Draft(title="Setengah jadi"))
    page = browser.get("/me/drafts").text
    assert f"/listings/{draft.public_id}/edit" in page
    browser.post(f"/listings/{draft.public_id}/withdrawal")
    page = browser.get("/me/drafts").text
    assert "Recently deleted" in page
    assert "Setengah jadi" in page
    assert "Setengah jadi" not in as_member(bob).get("/me/drafts").text
    back = {"next": "/me/drafts"}
    browser.post(f"/listings/{draft.public_id}/restoration", data=back)
    assert "Recently deleted" not in browser.get("/me/drafts").text
    assert client.get("/me/drafts").status_code in (302, 303)


def test_my_page_shows_the_newest_draft_and_leads_to_the_others(alice, as_member):
    for title in ("Satu", "Dua", ""):
        service.save_draft(alice, Draft(title=title))
    page = as_member(alice).get("/me").text
    assert "Go on with: Dua" in page
    assert "Satu" not in page
    assert "All 2 drafts" in page
