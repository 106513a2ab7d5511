"""Both owners of a new match hear of it once, and of each post once a day."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import core, sweeps
from marketplace.matching.models import Match
from marketplace.notifications.models import Notification
from marketplace.web import parts
from tests import factories

SURE = core.GOOD
UNSURE = core.GOOD - 0.01


@pytest.fixture
def offer(alice: Member) -> Listing:
    return factories.offer(alice, "Mesin jahit")


@pytest.fixture
def need(bob: Member) -> Listing:
    return factories.request(bob, "Butuh mesin jahit")


def match(offer: Listing, need: Listing, score: float = SURE) -> Match:
    with transaction() as session:
        row = Match(offer_id=offer.id, request_id=need.id, score=score, offer_revision=1,
                    request_revision=1)  # fmt: skip
        session.add(row)
    return row


def tell() -> int:
    handled = sweeps.tell(parts())
    db.session.rollback()
    return handled


def told() -> list[tuple[str, str, str]]:
    rows = db.session.scalars(select(Notification).order_by(Notification.id))
    return [(row.member.name, row.params["other"], row.link) for row in rows]


def test_both_owners_are_told_once(offer: Listing, need: Listing) -> None:
    match(offer, need)
    assert (tell(), tell()) == (1, 0)
    assert told() == [
        ("Alice", "Butuh mesin jahit", f"/listings/{offer.public_id}/matches"),
        ("Bob", "Mesin jahit", f"/listings/{need.public_id}/matches"),
    ]
    assert {row.mail for row in db.session.scalars(select(Notification))} == {"digest"}


def test_of_one_post_the_best_is_told_and_only_once_a_day(
    offer: Listing, need: Listing, carol: Member
) -> None:
    better = factories.request(carol, "Mesin jahit untuk seragam")
    match(offer, need)
    match(offer, better, 0.99)
    tell()
    assert [who for who, _, _ in told()].count("Alice") == 1
    assert ("Alice", better.title, f"/listings/{offer.public_id}/matches") in told()
    with time_machine.travel(utcnow() + timedelta(days=1)):
        db.session.execute(update(Match).values(told_at=None))
        db.session.commit()
        tell()
    assert [who for who, _, _ in told()].count("Alice") == 2


def test_of_the_pairs_of_posts_that_were_told_today_nothing_more_is_asked(
    offer: Listing, bob: Member
) -> None:
    for number in range(2):
        match(offer, factories.request(bob, f"Mesin jahit {number}"))
    tell()
    asked = []
    for repeated in (select(Match.id).limit(1), select(Match.id)):
        db.session.execute(update(Match).where(Match.id.in_(repeated)).values(told_at=None))
        db.session.commit()
        counted: list[str] = []
        listen = (db.engine, "before_cursor_execute", lambda *of, to=counted: to.append(of[2]))
        event.listen(*listen)
        tell()
        event.remove(*listen)
        asked.append(len(counted))
    assert asked[0] == asked[1] < 8


def test_what_only_may_fit_is_no_news(offer: Listing, need: Listing) -> None:
    match(offer, need, UNSURE)
    assert (tell(), told()) == (1, [])


@pytest.mark.parametrize("why", ["withdrawn", "paused", "blocked"])
def test_nobody_is_told_of_what_they_may_not_see(
    offer: Listing, need: Listing, alice: Member, bob: Member, why: str
) -> None:
    match(offer, need)
    with transaction() as session:
        if why == "withdrawn":
            need.state = "withdrawn"
        elif why == "paused":
            bob.paused_at = utcnow()
        else:
            session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    tell()
    assert "Alice" not in {who for who, _, _ in told()}


def test_a_made_up_member_is_told_only_when_somebody_came_in_as_them(
    offer: Listing, need: Listing, alice: Member, bob: Member,
    as_member: Callable[[Member], FlaskClient],
) -> None:  # fmt: skip
    as_member(bob)
    with transaction():
        alice.is_demo = bob.is_demo = True
    match(offer, need)
    tell()
    assert {who for who, _, _ in told()} == {"Bob"}


def test_the_sweep_finds_what_refresh_stored_and_a_new_text_is_not_told_again(
    offer: Listing, need: Listing, settle: Callable[[], None]
) -> None:
    settle()
    assert {who for who, _, _ in told()} == {"Alice", "Bob"}
    with transaction():
        need.description, need.revision = "Untuk seragam sekolah", need.revision + 1
    settle()
    assert len(told()) == 2


def test_looking_at_the_matches_marks_what_told_of_them(
    offer: Listing, need: Listing, alice: Member, as_member: Callable[[Member], FlaskClient]
) -> None:
    match(offer, need)
    tell()
    browser = as_member(alice)
    assert "count-badge" in browser.get("/about").text
    browser.get(f"/listings/{offer.public_id}/matches")
    assert "count-badge" not in browser.get("/about").text
