"""Thirty books, over HTTP: a request met by three givers, an offer shared by three takers.

After each step the counters are right and the rest stays open; at thirty the post closes by itself,
and whoever still waits is answered.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.exchanges.models import Exchange
from marketplace.listings.models import Listing
from marketplace.listings.times import GONE_TOLD_AFTER
from tests import factories
from tests.conftest import Outbox

As = Callable[[Member], FlaskClient]
Settle = Callable[[], None]
GIFT = {"quantity": 30, "unit": "piece"}


class Shelf:
    """The post with its owner's browser, and what is counted on it."""

    def __init__(self, post: Listing, owner: FlaskClient) -> None:
        self.post, self.owner = post, owner

    def counts(self) -> tuple[int, int, int]:
        """Promised, given, still to be promised."""
        db.session.rollback()
        db.session.refresh(self.post)
        return self.post.promised, self.post.given, self.post.left or 0

    def answer(self, browser: FlaskClient, number: int) -> str:
        """Somebody offers, or asks for, so many: the address of their exchange."""
        sent = browser.post(
            f"/listings/{self.post.public_id}/exchanges",
            data={"quantity": str(number), "body": f"Halo, {number} buku."},
            follow_redirects=True,
        )
        assert sent.status_code == 200
        assert "/exchanges/" in sent.request.path
        return sent.request.path

    def promise(self, address: str, number: int) -> Any:
        return self.owner.post(f"{address}/promise", data={"quantity": str(number)})

    def meet(self, address: str, sayer: FlaskClient, other: FlaskClient) -> None:
        """One says that it changed hands, the other agrees."""
        assert sayer.post(f"{address}/handover").status_code == 303
        assert other.post(f"{address}/confirmation").status_code == 303


def test_thirty_books_come_from_three_givers(
    alice: Member, bob: Member, carol: Member, as_member: As, settle: Settle, outbox: Outbox
) -> None:
    dewi, eka = factories.member("Dewi"), factories.member("Eka", email="eka@example.org")
    wanted = Shelf(factories.request(alice, "Butuh 30 buku bacaan", **GIFT), as_member(alice))
    givers = {who.name: as_member(who) for who in (bob, carol, dewi, eka)}

    from_bob = wanted.answer(givers["Bob"], 10)
    from_carol = wanted.answer(givers["Carol"], 12)
    from_dewi = wanted.answer(givers["Dewi"], 8)
    from_eka = wanted.answer(givers["Eka"], 5)
    assert wanted.counts() == (0, 0, 30)
    assert "4 people wait for your answer" in wanted.owner.get("/me").text

    wanted.promise(from_bob, 10)
    assert wanted.counts() == (10, 0, 20)
    wanted.promise(from_carol, 7)  # of her twelve for now: there is no more room on the shelf
    assert wanted.counts() == (17, 0, 13)
    settle()
    assert any("says yes to your help" in mail["Subject"] for mail in outbox.to("bob@example.org"))
    mail = outbox.to("carol@example.org")[-1].get_body(("plain",))
    assert "How much: 7 pieces of the 12 you asked about." in str(mail and mail.get_content())

    wanted.meet(from_bob, givers["Bob"], wanted.owner)
    assert wanted.counts() == (7, 10, 13)
    wanted.promise(from_dewi, 8)
    assert wanted.counts() == (15, 10, 5)
    wanted.meet(from_dewi, wanted.owner, givers["Dewi"])
    assert wanted.counts() == (7, 18, 5)

    wanted.meet(from_carol, givers["Carol"], wanted.owner)
    assert wanted.counts() == (0, 25, 5)
    assert wanted.post.state == "open"
    rest = wanted.answer(givers["Carol"], 5)
    assert rest != from_carol
    wanted.promise(rest, 5)
    assert wanted.counts() == (5, 25, 0)
    assert wanted.promise(from_eka, 5).status_code == 409
    assert wanted.counts() == (5, 25, 0)

    wanted.meet(rest, givers["Carol"], wanted.owner)
    assert wanted.counts() == (0, 30, 0)
    assert wanted.post.state == "fulfilled"
    everybody_has_an_answer(settle, outbox)


def test_thirty_books_go_to_three_takers(
    alice: Member, bob: Member, carol: Member, as_member: As, settle: Settle, outbox: Outbox
) -> None:
    dewi, eka = factories.member("Dewi"), factories.member("Eka", email="eka@example.org")
    offered = Shelf(factories.offer(alice, "30 buku bacaan", **GIFT), as_member(alice))
    takers = {who.name: as_member(who) for who in (bob, carol, dewi, eka)}

    to_bob = offered.answer(takers["Bob"], 10)
    to_carol = offered.answer(takers["Carol"], 12)
    to_dewi = offered.answer(takers["Dewi"], 8)
    to_eka = offered.answer(takers["Eka"], 5)
    offered.promise(to_bob, 10)
    offered.promise(to_carol, 12)
    offered.promise(to_dewi, 8)
    assert offered.counts() == (30, 0, 0)
    assert offered.promise(to_eka, 1).status_code == 409

    offered.meet(to_bob, offered.owner, takers["Bob"])
    assert offered.counts() == (20, 10, 0)
    takers["Carol"].post(f"{to_carol}/cancellation", data={"reason": "not_possible"})
    assert offered.counts()[:2] == (8, 10)
    settle()  # what came free goes to who waits next, as far as it was asked for
    assert offered.counts() == (13, 10, 7)
    assert any("is promised to you now" in one["Subject"] for one in outbox.to("eka@example.org"))
    offered.meet(to_dewi, takers["Dewi"], offered.owner)
    offered.meet(to_eka, takers["Eka"], offered.owner)
    assert offered.counts() == (0, 23, 7)
    assert offered.post.state == "open"

    again = offered.answer(takers["Carol"], 7)
    late = offered.answer(takers["Eka"], 2)
    offered.promise(again, 7)
    offered.meet(again, offered.owner, takers["Carol"])
    assert offered.counts() == (0, 30, 0)
    assert offered.post.state == "fulfilled"
    assert late
    everybody_has_an_answer(settle, outbox)


def everybody_has_an_answer(settle: Settle, outbox: Outbox) -> None:
    """Eka, who waited to the end, is told, and nobody waits any longer."""
    with time_machine.travel(utcnow() + GONE_TOLD_AFTER + timedelta(minutes=5), tick=True):
        settle()
    db.session.rollback()
    states = db.session.scalars(db.select(Exchange.state)).all()
    assert set(states) <= {"closed", "declined", "cancelled"}
    assert "declined" in states
    last = outbox.to("eka@example.org")[-1]
    assert "no longer" in last["Subject"]


@pytest.mark.parametrize("number", ["0", "-3", "31", "banyak"])
def test_a_number_that_cannot_be_is_said_beside_the_field(
    alice: Member, bob: Member, as_member: As, number: str
) -> None:
    books = factories.offer(alice, "30 buku bacaan", **GIFT)
    sent = as_member(bob).post(
        f"/listings/{books.public_id}/exchanges", data={"quantity": number, "body": "Halo tetangga"}
    )
    assert sent.status_code == 422
    assert "quantity-error" in sent.text
    db.session.refresh(books)
    assert (books.promised, db.session.query(Exchange).count()) == (0, 0)
