"""Asking for an offer, offering help with a request: the form, the rule of giving, who is first."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.errors import Conflict
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.service import Wish, ask, call_off, promise
from marketplace.listings.models import Listing
from marketplace.listings.models import Wish as Wanted
from marketplace.matching.models import Match
from marketplace.messages.models import Message
from tests import factories
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]


@pytest.fixture(autouse=True)
def _places(app: Flask) -> None:
    load_sample()


def address(listing: Listing) -> str:
    return f"/listings/{listing.public_id}/exchanges"


def only() -> Exchange:
    db.session.rollback()
    return db.session.query(Exchange).one()


def paired(offer: Listing, request: Listing) -> None:
    with transaction() as session:
        session.add(
            Match(offer_id=offer.id, request_id=request.id, score=0.9,
                  offer_revision=1, request_revision=1)
        )  # fmt: skip


def test_a_gift_needs_no_more_than_a_message(alice: Member, bob: Member, as_member: As) -> None:
    page = as_member(bob).get(address(factories.offer(alice, "Sepeda anak")))
    assert page.status_code == 200
    assert "Hello Alice, I would like “Sepeda anak”" in page.text
    for absent in ('name="quantity"', 'name="terms"', 'name="loan_days"', 'name="in_return"'):
        assert absent not in page.text
    assert "Alice says who gets it" in page.text


def test_the_suggestion_fits_the_terms(alice: Member, bob: Member, as_member: As) -> None:
    browser = as_member(bob)
    loan = factories.offer(alice, "Tangga", gift=False, loan=True, loan_days_max=7)
    page = browser.get(address(loan)).text
    assert "may I borrow “Tangga”" in page
    assert "At most 7 days." in page
    swap = factories.offer(alice, "Bibit", gift=False, swap=True, wishes=[Wanted(text="telur")])
    page = browser.get(address(swap)).text
    assert "swap something for “Bibit”" in page
    assert "Alice would like: telur" in page
    need = factories.request(alice, "Pindahan")
    page = browser.get(address(need)).text
    assert "I can help with “Pindahan”" in page
    assert "Offer help" in page


def test_a_counted_offer_asks_how_many_in_its_unit(
    alice: Member, bob: Member, as_member: As
) -> None:
    books = factories.offer(alice, "Buku", quantity=30, unit="piece")
    browser = as_member(bob)
    page = browser.get(address(books)).text
    assert 'name="quantity"' in page
    assert "30 pieces" in page
    browser.post(address(books), data={"quantity": "12", "body": "Untuk kelas saya"})
    assert (only().asked, only().state) == (12, "interested")


def test_on_a_request_one_says_how_many_one_can_give(
    alice: Member, bob: Member, as_member: As
) -> None:
    need = factories.request(alice, "Butuh buku", quantity=30, unit="piece")
    browser = as_member(bob)
    assert "How many can you give?" in browser.get(address(need)).text
    browser.post(address(need), data={"quantity": "10", "body": "Saya ada"})
    assert (only().giver_id, only().receiver_id, only().asked) == (bob.id, alice.id, 10)


def test_every_error_stands_beside_its_field_and_what_was_typed_stays(
    alice: Member, bob: Member, as_member: As
) -> None:
    thing = factories.offer(
        alice, "Bor", quantity=3, gift=True, loan=True, swap=True, loan_days_max=7
    )
    sent = {
        "quantity": "banyak",
        "terms": "loan",
        "loan_days": "90",
        "in_return": "telur",
        "body": " ",
    }
    answer = as_member(bob).post(address(thing), data=sent)
    assert answer.status_code == 422
    for field in ("quantity", "loan_days", "body"):
        assert f'id="{field}-error"' in answer.text, field
    assert 'value="banyak"' in answer.text
    assert 'value="90"' in answer.text
    assert 'value="telur"' in answer.text
    assert db.session.query(Exchange).count() == 0


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"quantity": "4"}, "quantity"),
        ({"quantity": "0"}, "quantity"),
        ({"terms": ""}, "terms"),
        ({"terms": "swap", "in_return": ""}, "in_return"),
        ({"terms": "swap", "in_return": "x" * 121}, "in_return"),
        ({"terms": "loan", "loan_days": "soon"}, "loan_days"),
        ({"body": ""}, "body"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    alice: Member, bob: Member, as_member: As, sent: dict[str, str], field: str
) -> None:
    thing = factories.offer(alice, "Bor", quantity=3, loan=True, swap=True, loan_days_max=7)
    whole = {"quantity": "1", "terms": "gift", "body": "Halo"} | sent
    answer = as_member(bob).post(address(thing), data=whole)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text


def test_days_of_a_loan_do_not_matter_for_a_gift(alice: Member, bob: Member, as_member: As) -> None:
    thing = factories.offer(alice, "Bor", loan=True, loan_days_max=7)
    as_member(bob).post(address(thing), data={"terms": "gift", "loan_days": "90", "body": "Halo"})
    assert (only().terms, only().loan_days) == ("gift", None)


def test_a_post_of_ones_own_that_fits_can_be_met_with_it(
    alice: Member, bob: Member, as_member: As
) -> None:
    offer, need = factories.offer(alice, "Mesin jahit"), factories.request(bob, "Butuh mesin jahit")
    paired(offer, need)
    browser = as_member(bob)
    page = browser.get(address(offer)).text
    assert "It meets my own post as well: “Butuh mesin jahit”" in page
    browser.post(address(offer), data={"body": "Halo", "meets_own": "y"})
    assert only().counterpart_id == need.id


def test_a_post_that_is_met_already_is_not_offered_for_it(
    alice: Member, bob: Member, as_member: As
) -> None:
    offer, need = factories.offer(alice, "Mesin jahit"), factories.request(bob, promised=1)
    paired(offer, need)
    browser = as_member(bob)
    assert "my own post" not in browser.get(address(offer)).text
    browser.post(address(offer), data={"body": "Halo", "meets_own": "y"})
    assert only().counterpart_id is None


def test_signed_out_one_is_led_to_the_sign_in(app: Flask, alice: Member) -> None:
    answer = app.test_client().get(address(factories.offer(alice)))
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_ones_own_post_is_not_asked_for(alice: Member, as_member: As) -> None:
    offer = factories.offer(alice)
    assert as_member(alice).get(address(offer)).status_code == 403
    assert as_member(alice).post(address(offer), data={"body": "Halo"}).status_code == 403


def test_a_closed_post_says_so_in_words(alice: Member, bob: Member, as_member: As) -> None:
    offer = factories.offer(alice, state="fulfilled")
    answer = as_member(bob).post(address(offer), data={"body": "Halo"})
    assert answer.status_code == 409
    assert "This post is closed" in answer.text


def test_asking_twice_leads_to_the_first(alice: Member, bob: Member, as_member: As) -> None:
    offer, browser = factories.offer(alice), as_member(bob)
    first = browser.post(address(offer), data={"body": "Halo"})
    again = browser.post(address(offer), data={"body": "Halo lagi"})
    assert first.headers["Location"] == again.headers["Location"]
    assert browser.get(address(offer)).status_code == 303
    assert db.session.query(Exchange).count() == 1


def test_what_is_promised_can_be_waited_for(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer = factories.offer(alice, "Sepeda")
    promise(alice, ask(bob, offer.public_id, Wish(), "Halo").public_id)
    browser = as_member(carol)
    assert "Wait in the queue" in browser.get(f"/listings/{offer.public_id}").text
    page = browser.get(address(offer)).text
    assert "All of it is promised at present." in page
    assert "comes free again" in page
    shown = browser.post(address(offer), data={"body": "Saya menunggu"}, follow_redirects=True)
    assert "Your place in the queue: 1 of 1" in shown.text


def test_the_listing_page_says_how_it_stands(alice: Member, bob: Member, as_member: As) -> None:
    offer, browser = factories.offer(alice, "Sepeda"), as_member(bob)
    asking = browser.get(f"/listings/{offer.public_id}").text
    assert "I would like this" in asking
    assert "Only ask a question" in asking
    mine = ask(bob, offer.public_id, Wish(), "Halo")
    assert "Your place in the queue: 1 of 1" in browser.get(f"/listings/{offer.public_id}").text
    promise(alice, mine.public_id)
    assert "Promised" in browser.get(f"/listings/{offer.public_id}").text


def first_come(owner: Member, title: str = "Sepeda", **values: object) -> Listing:
    return factories.offer(owner, title, giving_rule="first", **values)


def test_where_the_first_has_it_asking_is_enough(alice: Member, bob: Member, as_member: As) -> None:
    offer = first_come(alice)
    assert "Whoever asks first has it at once." in as_member(bob).get(address(offer)).text
    as_member(bob).post(address(offer), data={"body": "Halo"})
    assert only().state == "promised"


def test_who_comes_too_late_may_wait_and_loses_nothing_typed(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer = first_come(alice, gift=True, swap=True)
    late, sent = (
        as_member(carol),
        {"terms": "swap", "in_return": "<telur>", "body": "Baris satu\nDua"},
    )
    ask(bob, offer.public_id, Wish(terms="gift"), "Halo")
    answer = late.post(address(offer), data=sent)
    assert answer.status_code == 409
    assert "It has just been promised to somebody else" in answer.text
    assert "Wait in the queue" in answer.text
    assert 'name="or_wait" value="y"' in answer.text
    assert "&lt;telur&gt;" in answer.text
    assert "Baris satu\nDua" in answer.text
    assert db.session.query(Message).count() == 1

    waits = late.post(address(offer), data=sent | {"or_wait": "y"}, follow_redirects=True)
    assert "Your place in the queue: 1 of 1" in waits.text
    kept = db.session.query(Exchange).filter_by(opener_id=carol.id).one()
    assert (kept.in_return, kept.terms) == ("<telur>", "swap")


def test_who_asks_for_more_than_is_left_is_offered_the_rest(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer = first_come(alice, "Buku", quantity=5, unit="piece")
    ask(bob, offer.public_id, Wish(quantity=3), "Halo")
    answer = as_member(carol).post(address(offer), data={"quantity": "4", "body": "Halo"})
    assert answer.status_code == 409
    assert "Take 2 pieces" in answer.text
    assert 'name="quantity" value="2"' in answer.text


def test_who_waited_comes_before_who_asks_only_now(
    alice: Member, bob: Member, carol: Member, staff: Member
) -> None:
    offer = first_come(alice)
    first = ask(bob, offer.public_id, Wish(), "Halo")
    ask(carol, offer.public_id, Wish(or_wait=True), "Halo")
    call_off(bob, first.public_id, "changed_mind")
    with pytest.raises(Conflict):  # before the sweep has passed it on
        ask(staff, offer.public_id, Wish(), "Halo")
