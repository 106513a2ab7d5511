"""Reporting: what one may see, once, a few a day; and nobody learns by whom."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts import blocks, trust
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Invalid, NotAllowed, NotFound
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation, Message
from marketplace.moderation import reports, service
from marketplace.moderation.models import Case, Report
from tests import factories
from tests.conftest import Outbox

Browser = Callable[[Member], FlaskClient]


def _count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_one_case_for_a_thing_and_one_report_for_a_person(
    listing: Listing, bob: Member, carol: Member
) -> None:
    for who, reason in ((bob, "scam"), (bob, "spam"), (carol, "scam")):
        reports.report(who, reports.reported_listing(who, listing.public_id), reason, "")
    assert (_count(Case), _count(Report)) == (1, 2)
    own = db.session.scalars(select(Report).where(Report.reporter_id == bob.id)).one()
    assert own.reason == "spam"


def test_after_a_case_is_closed_the_same_thing_can_be_reported_again(
    case: Case, listing: Listing, bob: Member, staff: Member
) -> None:
    service.dismiss(staff, case.public_id)
    again = reports.report(bob, reports.reported_listing(bob, listing.public_id), "scam", "")
    assert again.case_id != case.id


def test_what_one_may_not_see_cannot_be_reported(
    listing: Listing, conversation: Conversation, alice: Member, bob: Member, carol: Member
) -> None:
    message = db.session.scalars(select(Message)).one()
    with pytest.raises(NotFound):  # not a party
        reports.reported_message(carol, conversation.public_id, message.id)
    other = factories.offer(carol, "Tangga")
    with transaction():
        other.state = "draft"
    with pytest.raises(NotFound):
        reports.reported_listing(bob, other.public_id)
    blocks.block_member(alice, bob)
    with pytest.raises(NotFound):
        reports.reported_listing(bob, listing.public_id)
    with pytest.raises(NotFound):
        reports.reported_member(bob, alice.public_id)
    # The messages of the two are still there to be reported.
    assert reports.reported_message(alice, conversation.public_id, message.id).member == bob


def test_a_message_belongs_to_the_conversation_of_its_address(
    conversation: Conversation, alice: Member, bob: Member, carol: Member
) -> None:
    from marketplace.messages.service import open_conversation

    other = open_conversation(bob, factories.offer(carol, "Tangga").public_id, "Rahasia")
    secret = db.session.scalars(select(Message).where(Message.body == "Rahasia")).one()
    with pytest.raises(NotFound):
        reports.reported_message(alice, conversation.public_id, secret.id)
    assert reports.reported_message(carol, other.public_id, secret.id).message == secret


def test_nobody_reports_what_is_their_own(
    listing: Listing, conversation: Conversation, alice: Member, bob: Member
) -> None:
    message = db.session.scalars(select(Message)).one()
    with pytest.raises(NotAllowed):
        reports.reported_listing(alice, listing.public_id)
    with pytest.raises(NotAllowed):
        reports.reported_member(alice, alice.public_id)
    with pytest.raises(NotAllowed):
        reports.reported_message(bob, conversation.public_id, message.id)


def test_reports_of_a_day_are_limited_and_shown(
    alice: Member, bob: Member, as_member: Browser, listing: Listing
) -> None:
    most = trust.QUOTAS["new"].reports
    for number in range(most):
        found = reports.reported_listing(bob, factories.offer(alice, f"Buku {number}").public_id)
        reports.report(bob, found, "spam", "")
    page = as_member(bob).get(f"/listings/{listing.public_id}/report").text
    assert f"{most} of {most} today" in page
    with pytest.raises(Invalid) as refused:
        reports.report(bob, reports.reported_listing(bob, listing.public_id), "spam", "")
    assert refused.value.problems[0].code == "too_many_reports"
    with transaction():
        first = db.session.scalars(select(Report).order_by(Report.id)).first()
        assert first is not None
        first.made_at = utcnow() - trust.DAY
    reports.report(bob, reports.reported_listing(bob, listing.public_id), "spam", "")


def test_the_form_keeps_what_was_typed_and_says_what_is_missing(
    listing: Listing, bob: Member, as_member: Browser
) -> None:
    address = f"/listings/{listing.public_id}/report"
    answer = as_member(bob).post(address, data={"words": "Barang ini tidak ada"})
    assert answer.status_code == 422
    assert "Choose one of these." in answer.text
    assert "Barang ini tidak ada" in answer.text
    assert "<title>Error: " in answer.text
    assert _count(Report) == 0


def test_each_kind_is_reported_from_its_own_page(
    listing: Listing, conversation: Conversation, alice: Member, bob: Member, as_member: Browser
) -> None:
    message = db.session.scalars(select(Message)).one()
    pages = {
        f"/listings/{listing.public_id}": (bob, f"/listings/{listing.public_id}/report"),
        f"/members/{alice.public_id}": (bob, f"/members/{alice.public_id}/report"),
        f"/messages/{conversation.public_id}": (
            alice,
            f"/messages/{conversation.public_id}/{message.id}/report",
        ),
    }
    for page, (who, address) in pages.items():
        browser = as_member(who)
        assert address in browser.get(page).text
        done = browser.post(address, data={"reason": "offensive"}, follow_redirects=True)
        assert done.status_code == 200
        assert "/block" in done.text
    assert _count(Case) == 3


def test_the_reporter_hears_what_became_of_it_and_the_reported_not_by_whom(
    case: Case, bob: Member, alice: Member, staff: Member, as_member: Browser,
    outbox: Outbox, settle: Callable[[], None],
) -> None:  # fmt: skip
    settle()
    service.dismiss(staff, case.public_id)
    settle()
    mail = outbox.to("bob@example.org")[-1]
    assert "looked at what you reported" in mail["Subject"]
    assert outbox.to("alice@example.org") == []
    address = f"/reports/{case.reports[0].public_id}"
    assert "found nothing that they have to do" in as_member(bob).get(address).text
    assert as_member(alice).get(address).status_code == 404


def test_staff_get_one_mail_until_the_queue_is_empty(
    alice: Member, bob: Member, staff: Member, outbox: Outbox, settle: Callable[[], None]
) -> None:
    for number in range(3):
        found = reports.reported_listing(bob, factories.offer(alice, f"Buku {number}").public_id)
        reports.report(bob, found, "spam", "")
    settle()
    assert len(outbox.to("staff@example.org")) == 1
