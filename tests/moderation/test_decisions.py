"""What staff decide takes effect at once, once, is told with its reason, and can be undone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.models import AuditEvent, Member
from marketplace.db import db, new_public_id, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotAllowed
from marketplace.listings.models import Listing, ListingEvent
from marketplace.listings.service import withdraw_listing
from marketplace.messages.models import Conversation, Message
from marketplace.messages.service import reply
from marketplace.moderation import appeals, reports, service
from marketplace.moderation.models import Case, Decision
from marketplace.notifications.service import notify
from tests import factories
from tests.conftest import Outbox
from tests.moderation.conftest import case_about, do

Browser = Callable[[Member], FlaskClient]


def test_a_hidden_listing_is_gone_for_everybody_but_its_owner_and_staff(
    case: Case, listing: Listing, alice: Member, bob: Member, staff: Member,
    client: FlaskClient, as_member: Browser, settle: Callable[[], None],
) -> None:  # fmt: skip
    told = {"title": "x", "other": listing.title, "about": listing.public_id}
    notify(bob, "match", "new_match", told, link="/about")
    settle()
    assert "Mesin jahit" in as_member(bob).get("/notifications").text
    do(staff, case, "hide_listing")
    address = f"/listings/{listing.public_id}"
    assert "Mesin jahit" not in as_member(bob).get("/notifications").text
    assert client.get(address).status_code == 404
    assert as_member(bob).get(address).status_code == 404
    assert client.get(f"/api/v1{address}").status_code == 404
    assert "Mesin jahit" not in client.get("/").text
    assert "Hidden by the moderators" in as_member(alice).get(address).text
    assert as_member(staff).get(address).status_code == 200


def test_a_listing_that_is_shown_again_is_what_it_was_and_gets_its_time_back(
    case: Case, listing: Listing, staff: Member
) -> None:
    do(staff, case, "hide_listing")
    ended = listing.expires_at
    assert ended is not None
    with transaction():
        event = db.session.scalars(select(ListingEvent)).one()
        event.at -= timedelta(days=5)
    do(staff, case, "unhide_listing", reason="")
    listing = db.session.get_one(Listing, listing.id)
    assert listing.state == "open"
    assert listing.expires_at is not None
    assert listing.expires_at - ended >= timedelta(days=5)
    first, second = db.session.scalars(select(Decision).order_by(Decision.id))
    assert first.undone_at is not None
    assert second.action == "unhide_listing"


def test_a_double_tap_decides_once(
    case: Case, staff: Member, outbox: Outbox, settle: Callable[[], None]
) -> None:
    settle()
    key = new_public_id()
    one = do(staff, case, "warn", key=key)
    two = do(staff, case, "warn", key=key)
    assert one.id == two.id
    settle()
    assert len(outbox.to("alice@example.org")) == 1


def test_two_of_staff_do_not_hide_twice(case: Case, staff: Member, second: Member) -> None:
    do(staff, case, "hide_listing")
    with pytest.raises(Conflict):
        do(second, case, "hide_listing")


def test_a_decision_without_a_reason_is_refused(case: Case, staff: Member) -> None:
    with pytest.raises(Invalid):
        do(staff, case, "pause", reason="")
    assert db.session.scalar(select(func.count(Decision.id))) == 0


def test_nobody_decides_about_themselves_or_without_being_staff(
    app: object, alice: Member, bob: Member, staff: Member
) -> None:
    case = case_about(staff, alice)
    with pytest.raises(NotAllowed):
        do(staff, case, "warn")
    with pytest.raises(NotAllowed):
        do(bob, case, "warn")
    with pytest.raises(NotAllowed):
        service.dismiss(staff, case.public_id)


def test_a_paused_member_can_read_and_appeal_but_not_post_or_write(
    listing: Listing, conversation: Conversation, alice: Member, bob: Member, carol: Member,
    staff: Member, as_member: Browser, client: FlaskClient,
) -> None:  # fmt: skip
    other = factories.offer(carol, "Tangga")
    decision = do(staff, case_about(alice, bob), "pause", days=7)
    browser = as_member(alice)
    me = browser.get("/me").text
    assert "Your account is paused until" in me
    assert decision.public_id in me
    assert client.get(f"/listings/{listing.public_id}").status_code == 404
    assert client.get(f"/members/{alice.public_id}").status_code == 404
    assert browser.get(f"/members/{alice.public_id}").status_code == 200
    assert browser.get(f"/messages/{conversation.public_id}").status_code == 200
    refused = browser.post("/listings/new", data={"title": "Baru", "action": "save"})
    assert refused.status_code == 403
    assert "Your account is paused" in refused.text
    with pytest.raises(NotAllowed):
        reply(alice, conversation.public_id, "Halo")
    opening = browser.post(f"/listings/{other.public_id}/conversations", data={"body": "Halo"})
    assert opening.status_code == 403
    # Bob's running conversation with her says no more than that it is not possible now.
    text = as_member(bob).get(f"/messages/{conversation.public_id}").text
    assert "New messages are not possible in this conversation at present." in text
    assert "paused" not in text
    assert browser.post(
        f"/decisions/{decision.public_id}", data={"words": "Saya menyesal"}
    ).status_code == 303  # fmt: skip


def test_a_pause_ends_by_itself(
    listing: Listing, alice: Member, bob: Member, staff: Member, client: FlaskClient
) -> None:
    do(staff, case_about(alice, bob), "pause", days=3)
    assert client.get(f"/listings/{listing.public_id}").status_code == 404
    with transaction():
        alice.suspended_until = utcnow()
    assert client.get(f"/listings/{listing.public_id}").status_code == 200
    assert not alice.is_suspended


def test_who_was_paused_for_some_days_is_told_once_when_it_is_over(
    staff: Member, alice: Member, bob: Member, settle: Callable[[], None], outbox: Outbox
) -> None:
    decision = do(staff, case_about(alice, bob), "pause", days=3)
    settle()
    told = "Your account is no longer paused"
    assert told not in [mail["Subject"] for mail in outbox.to("alice@example.org")]
    with transaction() as session:
        yesterday = utcnow() - timedelta(days=1)
        session.get_one(Decision, decision.id).until = yesterday
        session.get_one(Member, alice.id).suspended_until = yesterday
    settle()
    settle()
    assert [mail["Subject"] for mail in outbox.to("alice@example.org")].count(told) == 1


def test_who_is_paused_again_meanwhile_is_not_told_that_it_is_over(
    staff: Member, alice: Member, bob: Member, settle: Callable[[], None], outbox: Outbox
) -> None:
    decision = do(staff, case_about(alice, bob), "pause", days=3)
    with transaction() as session:
        session.get_one(Decision, decision.id).until = utcnow() - timedelta(days=1)
    settle()
    assert not any("no longer" in mail["Subject"] for mail in outbox.to("alice@example.org"))


def test_a_pause_until_further_notice_is_ended_by_staff(
    alice: Member, bob: Member, staff: Member
) -> None:
    case = case_about(alice, bob)
    do(staff, case, "pause", days=0)
    assert alice.is_suspended
    assert alice.suspended_until is None
    do(staff, case, "end_pause", reason="")
    assert not alice.is_suspended


def test_a_hidden_message_shows_that_it_was_hidden_and_not_what_it_said(
    conversation: Conversation, alice: Member, bob: Member, staff: Member, as_member: Browser
) -> None:
    message = db.session.scalars(select(Message)).one()
    found = reports.reported_message(alice, conversation.public_id, message.id)
    case = reports.report(alice, found, "offensive", "").case
    do(staff, case, "hide_message")
    for who in (alice, bob):
        for address in (f"/messages/{conversation.public_id}", "/messages", "/me"):
            text = as_member(who).get(address).text
            assert "Halo Alice" not in text
        assert "Hidden by the moderators" in as_member(who).get("/messages").text
    do(staff, case, "unhide_message", reason="")
    assert "Halo Alice" in as_member(alice).get(f"/messages/{conversation.public_id}").text


def test_staff_see_a_few_messages_around_and_every_look_is_written_down(
    conversation: Conversation, alice: Member, bob: Member, staff: Member, as_member: Browser
) -> None:
    for number in range(1, 9):
        reply(bob, conversation.public_id, f"Pesan nomor {number}")
    message = db.session.scalars(select(Message).where(Message.body == "Pesan nomor 4")).one()
    found = reports.reported_message(alice, conversation.public_id, message.id)
    case = reports.report(alice, found, "spam", "").case
    browser = as_member(staff)
    assert browser.get(f"/messages/{conversation.public_id}").status_code == 404
    text = browser.get(f"/staff/reports/{case.public_id}").text
    seen = [number for number in range(1, 9) if f"Pesan nomor {number}" in text]
    assert seen == [2, 3, 4, 5, 6]
    looks = select(func.count(AuditEvent.id)).where(AuditEvent.action == "conversation.view")
    assert db.session.scalar(looks) == 1
    browser.get(f"/staff/reports/{case.public_id}")
    assert db.session.scalar(looks) == 2


def test_an_appeal_is_made_once_in_time_and_by_the_member_alone(
    case: Case, alice: Member, bob: Member, staff: Member, as_member: Browser
) -> None:
    decision = do(staff, case, "hide_listing")
    address = f"/decisions/{decision.public_id}"
    assert as_member(bob).get(address).status_code == 404
    assert as_member(bob).post(address, data={"words": "Halo"}).status_code == 404
    browser = as_member(alice)
    assert browser.post(address, data={"words": " "}).status_code == 422
    assert browser.post(address, data={"words": "Tidak benar"}).status_code == 303
    assert browser.post(address, data={"words": "Tidak benar"}).status_code == 303
    assert browser.post(address, data={"words": "Sungguh"}).status_code == 409
    warning = do(staff, case, "warn")
    with transaction():
        warning.made_at = utcnow() - timedelta(days=31)
    late = as_member(alice).post(f"/decisions/{warning.public_id}", data={"words": "Terlambat"})
    assert late.status_code == 409


def test_staff_alone_may_decide_their_own_appeal_and_are_told_so(
    case: Case, listing: Listing, alice: Member, staff: Member, as_member: Browser
) -> None:
    decision = do(staff, case, "hide_listing")
    appeals.appeal(alice, decision.public_id, "Tidak benar")
    address = f"/staff/appeals/{decision.public_id}"
    assert "with fresh eyes" in as_member(staff).get(address).text
    assert as_member(staff).post(address, data={"upheld": "no"}).status_code == 422
    done = as_member(staff).post(address, data={"upheld": "no", "words": "Tetap"})
    assert done.status_code == 303
    assert db.session.get_one(Listing, listing.id).state == "held"
    assert "The decision stands." in as_member(alice).get(f"/decisions/{decision.public_id}").text
    again = as_member(staff).post(address, data={"upheld": "yes"})
    assert again.status_code == 409


@pytest.mark.parametrize("action", ["hide_listing", "pause", "warn"])
def test_an_upheld_appeal_undoes_the_decision(
    case: Case, listing: Listing, alice: Member, staff: Member, second: Member, action: str
) -> None:
    decision = do(staff, case, action, days=0)
    appeals.appeal(alice, decision.public_id, "Tidak benar")
    appeals.decide_appeal(second, decision.public_id, True, "")
    assert db.session.get_one(Listing, listing.id).state == "open"
    assert not alice.is_suspended
    assert alice.warned_at is None
    assert decision.undone_at is not None


def test_an_appeal_about_a_post_that_was_withdrawn_meanwhile_leaves_it_withdrawn(
    case: Case, listing: Listing, alice: Member, staff: Member, second: Member
) -> None:
    decision = do(staff, case, "hide_listing")
    appeals.appeal(alice, decision.public_id, "Tidak benar")
    withdraw_listing(alice, listing.public_id)
    appeals.decide_appeal(second, decision.public_id, True, "")
    assert db.session.get_one(Listing, listing.id).state == "withdrawn"


def test_the_record_can_be_narrowed_and_names_who_and_about_whom(
    case: Case, alice: Member, bob: Member, staff: Member, second: Member, as_member: Browser
) -> None:
    do(staff, case, "hide_listing", words="Pertama")
    do(second, case_about(bob, alice), "warn", words="Kedua")
    browser = as_member(staff)
    both = browser.get("/staff/audit").text
    assert "Pertama" in both
    assert "Kedua" in both
    for query in (f"who={second.public_id}", f"about={bob.public_id}", "action=decision.warn"):
        text = browser.get(f"/staff/audit?{query}").text
        assert "Kedua" in text, query
        assert "Pertama" not in text, query


def test_the_overview_counts_what_waits(
    case: Case, alice: Member, staff: Member, as_member: Browser
) -> None:
    text = as_member(staff).get("/staff").text
    assert '<span class="count-badge">1</span>' in text
    assert "/staff/reports" in text
    assert "/staff/appeals" in text


def test_the_queue_shows_what_most_have_reported_first(
    alice: Member, bob: Member, carol: Member, staff: Member, as_member: Browser
) -> None:
    first = factories.offer(alice, "Sekali dilaporkan")
    often = factories.offer(alice, "Sering dilaporkan")
    for who, one in ((bob, first), (bob, often), (carol, often)):
        reports.report(who, reports.reported_listing(who, one.public_id), "spam", "")
    text = as_member(staff).get("/staff/reports").text
    assert text.index("Sering dilaporkan") < text.index("Sekali dilaporkan")
    assert "2 reports" in text


def test_a_decision_needs_what_is_missing_beside_its_field(
    case: Case, staff: Member, as_member: Browser
) -> None:
    address = f"/staff/reports/{case.public_id}/decisions"
    answer = as_member(staff).post(address, data={"words": "Sudah diketik"})
    assert answer.status_code == 422
    assert "Choose one of these." in answer.text
    assert "Sudah diketik" in answer.text
