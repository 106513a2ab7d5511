"""The owner's page of who waits, one's own place, and the rule of giving."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict
from marketplace.exchanges import giving, queues
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.service import Wish, ask, promise, withdraw
from marketplace.listings.models import Listing
from tests import factories
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]
NODES = 600


@pytest.fixture(autouse=True)
def _places(app: Flask) -> None:
    load_sample()


def page_of(listing: Listing) -> str:
    return f"/listings/{listing.public_id}/queue"


def waits(listing: Listing, member: Member, quantity: int = 1, words: str = "Halo") -> Exchange:
    return ask(member, listing.public_id, Wish(quantity=quantity), words)


def state_of(exchange: Exchange) -> str:
    db.session.rollback()
    db.session.refresh(exchange)
    return exchange.state


def nodes(html: str) -> int:
    return html.count("<") - html.count("</") - html.count("<!")


def test_the_queue_shows_who_waits_in_order_with_their_words(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    books = factories.offer(alice, "Buku", quantity=10, unit="piece")
    waits(books, bob, 3, "Untuk kelas saya di sekolah")
    waits(books, carol, 2, "Untuk taman bacaan")
    page = as_member(alice).get(page_of(books))
    assert page.status_code == 200
    found = [page.text.index(words) for words in (
        "2 people wait", "Bob</a>", "3 pieces", "Untuk kelas saya", "Carol</a>", "taman bacaan",
    )]  # fmt: skip
    assert found == sorted(found)


def test_who_only_looks_at_a_queue_holds_up_nobody(
    alice: Member, bob: Member, as_member: As
) -> None:
    books = factories.offer(alice)
    waits(books, bob)
    locking = []

    def note(statement: ORMExecuteState) -> None:
        if getattr(statement.statement, "_for_update_arg", None) is not None:
            locking.append(statement.statement)

    event.listen(db.session, "do_orm_execute", note)
    try:
        assert "Promise it" in as_member(alice).get(page_of(books)).text
    finally:
        event.remove(db.session, "do_orm_execute", note)
    assert locking == []


def test_an_empty_queue_teaches_what_will_stand_there(alice: Member, as_member: As) -> None:
    page = as_member(alice).get(page_of(factories.offer(alice)))
    assert "Nobody waits just now" in page.text
    assert "stands here in order" in page.text


@pytest.mark.parametrize(("path", "method"), [
    ("queue", "GET"), ("queue", "POST"), ("giving-rule", "POST"),
])  # fmt: skip
def test_the_queue_is_its_owners_alone(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: As, path: str, method: str
) -> None:
    offer = factories.offer(alice)
    waits(offer, bob)
    address = f"/listings/{offer.public_id}/{path}"
    for stranger in (bob, carol):
        assert as_member(stranger).open(address, method=method).status_code == 404
    assert app.test_client().open(address, method=method).status_code in (302, 303)


def test_addresses_that_change_something_take_no_get(alice: Member, as_member: As) -> None:
    offer = factories.offer(alice)
    assert as_member(alice).get(f"/listings/{offer.public_id}/giving-rule").status_code == 405


def test_the_owner_promises_from_the_queue(alice: Member, bob: Member, as_member: As) -> None:
    books = factories.offer(alice, "Buku", quantity=10, unit="piece")
    asked = waits(books, bob, 5)
    sent = {"exchange": asked.public_id, "answer": "yes", "quantity": "3"}
    answer = as_member(alice).post(page_of(books), data=sent, follow_redirects=True)
    assert "Promised to Bob." in answer.text
    assert (state_of(asked), asked.quantity, asked.asked) == ("promised", 3, 5)
    assert "Promised and under way" in answer.text


@pytest.mark.parametrize("quantity", ["0", "6", "some"])
def test_an_amount_that_cannot_be_is_said_beside_the_field(
    alice: Member, bob: Member, as_member: As, quantity: str
) -> None:
    books = factories.offer(alice, "Buku", quantity=10, unit="piece")
    asked = waits(books, bob, 5)
    sent = {"exchange": asked.public_id, "answer": "yes", "quantity": quantity}
    answer = as_member(alice).post(page_of(books), data=sent)
    assert answer.status_code == 422
    assert f'href="#quantity-{asked.public_id}"' in answer.text
    assert f'id="quantity-{asked.public_id}-error"' in answer.text
    assert f'value="{quantity}"' in answer.text
    assert state_of(asked) == "interested"


def test_the_owner_says_no_with_a_reason(alice: Member, bob: Member, as_member: As) -> None:
    offer, browser = factories.offer(alice), as_member(alice)
    asked = waits(offer, bob)
    sent = {"exchange": asked.public_id, "answer": "no"}
    refused = browser.post(page_of(offer), data=sent)
    assert refused.status_code == 422
    assert f'id="reason-{asked.public_id}-error"' in refused.text
    answer = browser.post(page_of(offer), data=sent | {"reason": "too_far"}, follow_redirects=True)
    assert "Bob hears your answer." in answer.text
    assert "Nobody waits just now" in answer.text
    assert state_of(asked) == "declined"


def test_promising_twice_says_in_words_that_it_is_gone(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer = factories.offer(alice)
    first, second = waits(offer, bob), waits(offer, carol)
    browser = as_member(alice)
    browser.post(page_of(offer), data={"exchange": first.public_id, "answer": "yes"})
    answer = browser.post(page_of(offer), data={"exchange": second.public_id, "answer": "yes"})
    assert answer.status_code == 409
    assert "There is not that much left" in answer.text
    assert f'href="/listings/{offer.public_id}"' in answer.text


def test_promising_to_who_no_longer_waits_says_that_it_moved_on(
    alice: Member, bob: Member, as_member: As
) -> None:
    offer = factories.offer(alice)
    asked = waits(offer, bob)
    withdraw(bob, asked.public_id)
    sent = {"exchange": asked.public_id, "answer": "yes"}
    answer = as_member(alice).post(page_of(offer), data=sent)
    assert answer.status_code == 409
    assert "It has moved on meanwhile" in answer.text


def test_an_unknown_exchange_is_not_found(alice: Member, as_member: As) -> None:
    sent = {"exchange": "nothing", "answer": "yes"}
    assert as_member(alice).post(page_of(factories.offer(alice)), data=sent).status_code == 404


def test_forty_who_wait_stay_a_light_page(alice: Member, as_member: As) -> None:
    books = factories.offer(alice, "Buku", quantity=99, unit="piece", loan=True)
    with transaction():
        crowd = [factories.member(f"Tetangga {number}") for number in range(40)]
        for member in crowd:
            ask(member, books.public_id, Wish(terms="gift", quantity=2), "Halo, " + "kata " * 80)
    browser = as_member(alice)
    page = browser.get(page_of(books)).text
    assert "40 people wait" in page
    assert "page=2" in page
    assert nodes(page) <= NODES, nodes(page)
    last = browser.get(f"{page_of(books)}?page=7").text
    assert "Tetangga 39" in last
    assert nodes(last) <= NODES
    assert browser.get(f"{page_of(books)}?page=99").status_code == 200


def test_the_own_place_is_shown_and_moves_up(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    offer = factories.offer(alice)
    first, second = waits(offer, bob), waits(offer, carol)
    mine = as_member(carol)
    page = mine.get(f"/exchanges/{second.public_id}").text
    assert "Your place in the queue: 2 of 2" in page
    assert "You hear of it either way" in page
    withdraw(bob, first.public_id)
    assert "Your place in the queue: 1 of 1" in mine.get(f"/exchanges/{second.public_id}").text
    owner = as_member(alice).get(f"/exchanges/{second.public_id}").text
    assert "1 person waits" in owner
    assert page_of(offer) in owner


def test_who_waits_asks_for_more_or_less_and_keeps_the_place(
    alice: Member, bob: Member, carol: Member, as_member: As
) -> None:
    books = factories.offer(alice, "Buku", quantity=10, unit="piece")
    mine = waits(books, bob, 5)
    waits(books, carol, 5)
    browser, address = as_member(bob), f"/exchanges/{mine.public_id}/amount"
    assert 'value="5"' in browser.get(address).text
    refused = browser.post(address, data={"quantity": "11"})
    assert refused.status_code == 422
    assert 'id="quantity-error"' in refused.text
    assert browser.post(address, data={"quantity": "7"}).status_code == 303
    assert (state_of(mine), mine.asked) == ("interested", 7)
    assert queues.place_of(mine) == queues.Place(1, 2)
    assert as_member(carol).get(address).status_code == 404
    assert as_member(alice).get(address).status_code == 409
    promise(alice, mine.public_id)
    assert browser.post(address, data={"quantity": "2"}).status_code == 409


def test_the_rule_of_giving_is_set_on_the_queue_and_read_on_the_post(
    alice: Member, bob: Member, as_member: As
) -> None:
    offer, owner = factories.offer(alice, "Sepeda"), as_member(alice)
    address = f"/listings/{offer.public_id}/giving-rule"
    for rule, words in (
        ("first", "Whoever asks first has it at once."),
        ("choice", "Alice chooses among those who ask."),
        ("order", "Alice says who gets it"),
    ):
        assert owner.post(address, data={"giving_rule": rule}).status_code == 303
        assert words in as_member(bob).get(f"/listings/{offer.public_id}").text
    refused = owner.post(address, data={"giving_rule": "lottery"})
    assert refused.status_code == 422
    assert 'id="giving_rule-error"' in refused.text


def test_help_is_never_taken_unseen(alice: Member, as_member: As) -> None:
    need = factories.request(alice)
    sent = {"giving_rule": "first"}
    answer = as_member(alice).post(f"/listings/{need.public_id}/giving-rule", data=sent)
    assert answer.status_code == 422


def test_the_rule_of_a_closed_post_stays(alice: Member, as_member: As) -> None:
    over = factories.offer(alice, state="fulfilled")
    sent = {"giving_rule": "first"}
    answer = as_member(alice).post(f"/listings/{over.public_id}/giving-rule", data=sent)
    assert answer.status_code == 409


def test_who_waits_already_has_it_when_from_now_on_the_first_does(
    alice: Member, bob: Member, carol: Member
) -> None:
    offer = factories.offer(alice)
    first, second = waits(offer, bob), waits(offer, carol)
    giving.set_rule(alice, offer.public_id, "first")
    assert (state_of(first), state_of(second)) == ("promised", "interested")


def test_only_who_may_have_it_is_next(
    app: Flask, alice: Member, bob: Member, carol: Member, staff: Member
) -> None:
    offer = factories.offer(alice)
    away, leaving, blocked = (factories.member(name) for name in ("Away", "Leaving", "Blocked"))
    suspended = factories.member("Suspended")
    for member in (away, leaving, blocked, suspended, bob):
        waits(offer, member)
    block_member(alice, blocked)
    with transaction():
        away.paused_at = leaving.erase_after = suspended.suspended_at = utcnow()
    found = queues.next_in(offer)
    assert found is not None
    assert found.opener_id == bob.id
    with transaction():
        alice.paused_at = utcnow()
    assert queues.next_in(offer) is None


def test_a_paused_owner_promises_nothing(alice: Member, bob: Member, as_member: As) -> None:
    offer = factories.offer(alice)
    asked = waits(offer, bob)
    with transaction():
        alice.suspended_at = utcnow()
    sent = {"exchange": asked.public_id, "answer": "yes"}
    assert as_member(alice).post(page_of(offer), data=sent).status_code == 403


def test_a_closed_post_is_not_promised(alice: Member, bob: Member, as_member: As) -> None:
    offer = factories.offer(alice)
    asked = waits(offer, bob)
    as_member(alice).post(f"/listings/{offer.public_id}/fulfilment", data={"how": "outside"})
    with pytest.raises(Conflict):
        promise(alice, asked.public_id)
