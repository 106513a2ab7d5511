"""Is it still there? Asked with a tap, told to the owner once, answered by what becomes of it."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace.accounts.models import Block
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.listings import asking, lifecycle, service, sweeps
from marketplace.listings.answer_links import answer_token
from marketplace.listings.models import Listing
from marketplace.notifications.models import Notification
from marketplace.web import parts
from tests import factories

DAY = timedelta(days=1)


@pytest.fixture
def client(client):
    """A visitor who reads English."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def old_offer(owner, title="Mesin jahit", days=8, **values):
    began = utcnow() - days * DAY
    return factories.offer(owner, title, published_at=began, **values)


def told(member):
    db.session.rollback()
    rows = select(Notification.kind).where(Notification.member_id == member.id)
    return list(db.session.scalars(rows.order_by(Notification.id)))


def answer():
    while sweeps.answer(parts()):
        pass


def test_the_owner_is_asked_once_however_many_ask_and_not_told_who(alice, bob, carol):
    listing = old_offer(alice)
    for asker in (bob, bob, carol):
        asking.ask_if_there(asker, listing.public_id)
    assert told(alice) == ["listing_asked"]
    news = db.session.scalars(select(Notification)).one()
    assert "Bob" not in str(news.params)
    assert asking.standing(bob, listing) == asking.standing(carol, listing) == "waiting"
    assert asking.asked_about([listing]) == {listing.id}


def test_the_owner_is_asked_again_after_some_days(alice, bob, carol):
    listing = old_offer(alice)
    asking.ask_if_there(bob, listing.public_id)
    with time_machine.travel(utcnow() + 5 * DAY):
        asking.ask_if_there(carol, listing.public_id)
        assert told(alice) == ["listing_asked"] * 2


def test_yes_reaches_everybody_who_asked(alice, bob, carol):
    listing = old_offer(alice)
    for asker in (bob, carol):
        asking.ask_if_there(asker, listing.public_id)
    answer()
    assert told(bob) == []
    lifecycle.renew_listing(alice, listing.public_id)
    answer()
    answer()
    assert told(bob) == told(carol) == ["listing_there"]
    assert asking.standing(bob, listing) == ""


@pytest.mark.parametrize("end", [service.withdraw_listing, service.fulfil_listing])
def test_no_reaches_them_unless_it_is_undone_at_once(alice, bob, end):
    listing = old_offer(alice)
    asking.ask_if_there(bob, listing.public_id)
    end(alice, listing.public_id)
    answer()
    assert told(bob) == []
    with time_machine.travel(utcnow() + timedelta(minutes=11)):
        answer()
        assert told(bob) == ["listing_gone"]


def test_who_was_blocked_meanwhile_hears_nothing(alice, bob):
    listing = old_offer(alice)
    asking.ask_if_there(bob, listing.public_id)
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    lifecycle.renew_listing(alice, listing.public_id)
    answer()
    assert told(bob) == []


def test_no_answer_for_a_week_is_shown_to_the_asker_who_may_ask_again(alice, bob, carol):
    listing = old_offer(alice)
    asking.ask_if_there(bob, listing.public_id)
    with time_machine.travel(utcnow() + 7.1 * DAY):
        assert asking.standing(bob, listing) == "late"
        assert asking.standing(carol, listing) == "may_ask"
        asking.ask_if_there(bob, listing.public_id)
        assert asking.standing(bob, listing) == "waiting"


def test_what_is_new_or_was_confirmed_lately_is_not_asked_about(alice, bob):
    young = factories.offer(alice)
    confirmed = old_offer(alice, days=20)
    lifecycle.renew_listing(alice, confirmed.public_id)
    for listing in (young, confirmed):
        assert asking.standing(bob, listing) == ""
        with pytest.raises(Conflict):
            asking.ask_if_there(bob, listing.public_id)


def test_nobody_asks_themselves_and_nobody_asks_about_what_they_cannot_see(alice, bob):
    with pytest.raises(NotAllowed):
        asking.ask_if_there(alice, old_offer(alice).public_id)
    for state in ("draft", "held", "withdrawn"):
        with pytest.raises(NotFound):
            asking.ask_if_there(bob, old_offer(alice, state=state).public_id)
    assert asking.standing(None, old_offer(alice)) == ""


def test_there_are_so_many_questions_a_day_and_no_more(alice, bob):
    for _ in range(asking.ASKED_PER_DAY):
        asking.ask_if_there(bob, old_offer(alice).public_id)
    one_more = old_offer(alice)
    with pytest.raises(Invalid):
        asking.ask_if_there(bob, one_more.public_id)
    with time_machine.travel(utcnow() + 1.1 * DAY):
        asking.ask_if_there(bob, one_more.public_id)


# The link in the mail


def link(listing):
    return answer_token(listing.owner, listing.public_id, listing.expires_at)


def state(listing):
    db.session.rollback()
    return db.session.get_one(Listing, listing.id).state


@pytest.mark.parametrize(
    ("given", "becomes", "reason"),
    [
        ("yes", "open", "renewal by mail"),
        ("here", "fulfilled", "here"),
        ("outside", "fulfilled", "outside"),
        ("gone", "withdrawn", "gone"),
    ],
)
def test_one_tap_answers_without_signing_in(alice, client, given, becomes, reason):
    listing = factories.offer(alice, expires_at=utcnow() + DAY)
    token = link(listing)
    page = client.get(f"/answers/{token}")
    assert page.status_code == 200
    assert "Mesin jahit" in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page.headers["Cache-Control"]
    done = client.post(f"/answers/{token}", data={"answer": given})
    assert "Thank you for the answer" in done.text
    assert state(listing) == becomes
    assert listing.events[-1].reason == reason
    assert listing.events[-1].actor_id == alice.id


def test_opening_the_link_changes_nothing(alice, client):
    listing = factories.offer(alice)
    before = listing.expires_at
    for _ in range(3):
        client.get(f"/answers/{link(listing)}")
        client.head(f"/answers/{link(listing)}")
    db.session.rollback()
    assert (listing.state, listing.expires_at, listing.events) == ("open", before, [])


def test_a_used_link_shows_how_it_stands_and_does_nothing_more(alice, client):
    listing = factories.offer(alice, expires_at=utcnow() + DAY)
    token = link(listing)
    client.post(f"/answers/{token}", data={"answer": "yes"})
    again = client.post(f"/answers/{token}", data={"answer": "gone"})
    assert "answered already" in again.text
    assert "<button" not in again.text.split("<main")[1].split("</main>")[0]
    assert state(listing) == "open"


def test_a_link_is_good_for_its_listing_and_its_owner_alone(alice, bob, client):
    listing, other = factories.offer(alice), factories.offer(alice, "Kursi")
    public_id, stamp, signed = link(listing).split(".")
    for forged in (
        f"{other.public_id}.{stamp}.{signed}",
        f"{public_id}.0.{signed}",
        f"{public_id}.{stamp}.{'0' * 32}",
        f"{public_id}.{stamp}.",
        answer_token(bob, public_id, listing.expires_at),
        "x.y.z",
        "unknown",
    ):
        assert client.get(f"/answers/{forged}").status_code == 404, forged
        assert client.post(f"/answers/{forged}", data={"answer": "gone"}).status_code == 404
    assert state(listing) == "open"


def test_a_link_to_turn_mail_off_answers_for_nothing(alice, client):
    from marketplace.notifications.links import signature

    listing = factories.offer(alice)
    content = link(listing).rpartition(".")[0]
    token = f"{content}.{signature(alice, 'off', content)}"
    assert client.get(f"/answers/{token}").status_code == 404


def test_an_answer_that_is_none_is_asked_back(alice, client):
    listing = factories.offer(alice)
    assert client.post(f"/answers/{link(listing)}", data={"answer": "x"}).status_code == 422
    assert state(listing) == "open"


def test_the_link_works_after_the_end_but_not_for_ever(alice, client):
    listing = factories.offer(alice)
    token = link(listing)
    with time_machine.travel(utcnow() + 40 * DAY):
        assert "put it up again" in client.get(f"/answers/{token}").text
    with time_machine.travel(utcnow() + 61 * DAY):
        assert client.get(f"/answers/{token}").status_code == 404


def test_the_link_of_a_hidden_listing_puts_nothing_up(alice, client):
    listing = factories.offer(alice, state="held")
    client.post(f"/answers/{link(listing)}", data={"answer": "yes"})
    assert state(listing) == "held"
