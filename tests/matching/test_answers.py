"""Both sides of a match answer it: two yeses begin an exchange, a no has a reason."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import agreeing
from marketplace.exchanges import service as exchanges
from marketplace.exchanges.models import Exchange
from marketplace.listings.models import Listing
from marketplace.listings.service import withdraw_listing
from marketplace.matching.models import Match
from marketplace.messages.models import Message
from marketplace.notifications.models import Notification
from tests import factories
from tests.exchanges.lending import ladder, lent

As = Callable[[Member], FlaskClient]


@pytest.fixture
def pair(alice: Member, bob: Member, settle: Callable[[], None]) -> tuple[Listing, Listing]:
    """alice's offer and bob's request, matched."""
    made = factories.offer(alice), factories.request(bob)
    settle()
    db.session.rollback()
    return made


@pytest.fixture
def match(pair: tuple[Listing, Listing]) -> Match:
    return db.session.scalars(select(Match)).one()


def say(client: FlaskClient, match: Match, what: str, status: int = 303, **data: str) -> str:
    answer = client.post(f"/matches/{match.public_id}/{what}", data=data)
    assert answer.status_code == status, answer.text
    db.session.rollback()
    return answer.location or unescape(answer.text)


def told(member: Member) -> list[str]:
    rows = select(Notification.kind).where(Notification.member_id == member.id)
    return list(db.session.scalars(rows.order_by(Notification.id)))


def test_a_match_accepted_by_both_becomes_an_exchange(
    as_member: As, alice: Member, bob: Member, match: Match
):
    say(as_member(bob), match, "acceptance")
    assert (match.state, db.session.scalars(select(Exchange)).all()) == ("accepted", [])
    assert "match_accepted" in told(alice)
    where = say(as_member(alice), match, "acceptance")
    exchange = db.session.scalars(select(Exchange)).one()
    assert (match.state, exchange.state) == ("agreed", "interested")
    assert (exchange.giver, exchange.receiver) == (alice, bob)
    assert exchange.counterpart_id == match.request_id
    assert where == f"/exchanges/{exchange.public_id}"
    assert told(bob)[-1] == "match_agreed"
    assert db.session.scalars(select(Message.sender_id)).all() == [bob.id]


def test_it_does_not_matter_who_says_yes_first(
    as_member: As, alice: Member, bob: Member, match: Match
):
    say(as_member(alice), match, "acceptance")
    say(as_member(bob), match, "acceptance")
    assert db.session.scalars(select(Exchange.opener_id)).all() == [bob.id]


def test_whoever_has_not_answered_finds_it_on_their_page(
    as_member: As, alice: Member, bob: Member, match: Match
):
    say(as_member(bob), match, "acceptance")
    waits = "says that your posts fit, and waits for your word"
    assert waits in as_member(alice).get("/me").text
    assert waits not in as_member(bob).get("/me").text


def test_a_neighbour_who_waits_in_two_pairs_is_counted_once(
    as_member: As, alice: Member, bob: Member, match: Match, settle: Callable[[], None]
):
    factories.request(bob, "Mesin jahit untuk kursus")
    settle()
    db.session.rollback()
    pairs = db.session.scalars(select(Match)).all()
    assert len(pairs) == 2
    for pair in pairs:
        say(as_member(bob), pair, "acceptance")
    assert "1 neighbour says that your posts fit" in as_member(alice).get("/me").text


def test_a_second_tap_tells_nobody_twice(as_member: As, alice: Member, bob: Member, match: Match):
    for _ in range(2):
        say(as_member(bob), match, "acceptance")
    assert told(alice).count("match_accepted") == 1


def test_what_came_of_a_match_is_not_begun_again_by_a_second_yes(
    as_member: As, alice: Member, bob: Member, match: Match
):
    for member in (bob, alice):
        say(as_member(member), match, "acceptance")
    exchange = db.session.scalars(select(Exchange)).one()
    exchanges.withdraw(bob, exchange.public_id)
    where = say(as_member(alice), match, "acceptance")
    assert where == f"/matches/{match.public_id}"
    assert len(db.session.scalars(select(Exchange)).all()) == 1
    assert len(db.session.scalars(select(Message)).all()) == 1, "nothing is said in bob's name"


def test_a_no_asks_for_a_reason_and_ends_the_pair_for_both(
    as_member: As, alice: Member, bob: Member, match: Match
):
    assert "error-summary" in say(as_member(bob), match, "refusal", 422)
    say(as_member(bob), match, "refusal", reason="too_far")
    assert (match.state, match.decline_reason) == ("declined", "too_far")
    for member in (alice, bob):
        assert "Nothing fits at the moment" in as_member(member).get("/me/matches").text
    say(as_member(alice), match, "acceptance", 409)


def test_a_no_can_be_taken_back(as_member: As, bob: Member, match: Match):
    say(as_member(bob), match, "refusal", reason="other")
    assert "You said it does not fit" in as_member(bob).get("/me/matches/past").text
    say(as_member(bob), match, "taking-back")
    assert match.state == "seen"
    assert "Mesin jahit" in as_member(bob).get("/me/matches").text


def test_a_no_is_not_taken_back_once_a_post_is_closed(
    as_member: As, alice: Member, bob: Member, pair: tuple[Listing, Listing], match: Match
):
    say(as_member(bob), match, "refusal", reason="too_far")
    withdraw_listing(alice, pair[0].public_id)
    page = as_member(bob).get(f"/matches/{match.public_id}").text
    assert "Change my mind" not in page
    assert "Forget this" in page, "what it taught can still be forgotten"
    say(as_member(bob), match, "taking-back", 409)
    assert match.state == "declined"


def test_who_put_a_post_up_for_somebody_sees_what_fits_but_does_not_answer_for_them(
    as_member: As, bob: Member, carol: Member, pair: tuple[Listing, Listing], match: Match
):
    with transaction():
        db.session.merge(pair[1]).created_by_id = carol.id
    for page in ("", "/matches"):
        address = f"/listings/{pair[1].public_id}{page}"
        assert "Yes, it fits" in as_member(bob).get(address).text
        text = as_member(carol).get(address).text
        assert "Mesin jahit" in text
        assert "Yes, it fits" not in text, "the button would lead nowhere"


def test_who_said_yes_hears_of_the_no_but_never_why(
    as_member: As, alice: Member, bob: Member, match: Match
):
    say(as_member(alice), match, "acceptance")
    say(as_member(bob), match, "refusal", reason="too_far")
    assert told(alice)[-1] == "match_declined"
    text = as_member(alice).get(f"/matches/{match.public_id}").text
    assert "Bob said it does not fit" in unescape(text)
    assert "Too far away" not in text


def test_who_said_nothing_yet_is_not_told_that_the_other_said_no(
    as_member: As, alice: Member, bob: Member, match: Match
):
    say(as_member(bob), match, "refusal", reason="too_far")
    assert "match_declined" not in told(alice)
    text = unescape(as_member(alice).get(f"/matches/{match.public_id}").text)
    assert "This pair is over" in text
    assert "said it does not fit" not in text


def test_a_match_of_a_closed_listing_cannot_be_accepted(
    as_member: As, alice: Member, bob: Member, pair: tuple[Listing, Listing], match: Match
):
    withdraw_listing(alice, pair[0].public_id)
    say(as_member(bob), match, "acceptance", 409)


def test_it_is_seen_when_its_side_looks(as_member: As, bob: Member, match: Match):
    assert match.state == "suggested"
    as_member(bob).get("/me/matches")
    db.session.rollback()
    assert match.state == "seen"
    assert match.request_seen_at is not None
    assert match.offer_seen_at is None


def test_what_a_browser_fetches_in_advance_counts_as_unread(
    as_member: As, alice: Member, bob: Member, pair: tuple[Listing, Listing], match: Match
):
    say(as_member(alice), match, "acceptance")
    pages = f"/matches/{match.public_id}", f"/listings/{pair[1].public_id}/matches"
    unread = select(Notification.kind).where(
        Notification.member_id == bob.id, Notification.seen_at.is_(None)
    )
    for headers, left in (({"Sec-Purpose": "prefetch"}, 2), ({}, 0)):
        for page in pages:
            as_member(bob).get(page, headers=headers)
        db.session.rollback()
        assert len(db.session.scalars(unread).all()) == left


def test_a_yes_ends_with_the_other_post_and_who_waits_is_told(
    as_member: As,
    alice: Member,
    bob: Member,
    pair: tuple[Listing, Listing],
    match: Match,
    settle: Callable[[], None],
):
    say(as_member(bob), match, "acceptance")
    withdraw_listing(alice, pair[0].public_id)
    text = unescape(as_member(bob).get("/me/matches/past").text)
    assert "Over: one of the two posts is closed" in text
    settle()
    db.session.rollback()
    assert match.state == "closed"
    assert told(bob)[-1] == "match_closed"


def test_what_staff_hid_ends_the_pair_and_no_news_names_it(
    as_member: As,
    bob: Member,
    pair: tuple[Listing, Listing],
    match: Match,
    settle: Callable[[], None],
):
    say(as_member(bob), match, "acceptance")
    with transaction():
        offer = db.session.merge(pair[0])
        offer.state, offer.revision = "held", offer.revision + 1
    settle()
    db.session.rollback()
    assert match.state == "closed"
    assert "match_closed" not in told(bob)
    assert as_member(bob).get(f"/matches/{match.public_id}").status_code == 404


def test_who_blocked_somebody_tells_them_nothing_by_a_no(
    as_member: As, alice: Member, bob: Member, match: Match
):
    say(as_member(bob), match, "acceptance")
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    say(as_member(alice), match, "refusal", reason="other")
    assert "match_declined" not in told(bob)


def test_who_has_a_loan_overdue_gets_no_other_by_way_of_a_match(
    app: Flask, alice: Member, bob: Member, carol: Member, settle: Callable[[], None]
):
    overdue = lent(carol, bob, ladder(carol, title="Bor listrik"))
    with transaction():
        overdue.due_on = utcnow().date() - timedelta(days=2)
    terms = {"gift": False, "loan": True}
    factories.offer(alice, giving_rule="first", **terms)
    factories.request(bob, **terms)
    settle()
    match = db.session.scalars(select(Match)).one()
    for member in (bob, alice):
        agreeing.accept(member, match.public_id)
    begun = db.session.scalars(select(Exchange).where(Exchange.id != overdue.id)).one()
    assert begun.state == "interested", "it waits until the other is back"
