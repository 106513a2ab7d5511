"""The first posts of new members wait where the site says so; quotas stop floods alone."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import trust
from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.errors import Invalid
from marketplace.listings import review, service
from marketplace.listings.models import Listing
from marketplace.listings.rules import Draft
from marketplace.messages.service import open_conversation
from marketplace.places.cells import place_of
from marketplace.search.reading import analysed
from marketplace.site_settings import SiteValues, set_site_values
from tests import factories
from tests.conftest import Outbox

Browser = Callable[[Member], FlaskClient]
Settle = Callable[[], None]


def post(owner: Member, title: str = "Meja belajar") -> Listing:
    draft = Draft(
        direction="offer", kind="goods", title=title, terms=frozenset({"gift"}),
        place=place_of(owner),
    )  # fmt: skip
    return service.publish_listing(owner, draft, analyse=analysed)


@pytest.mark.parametrize(
    ("setting", "published", "verb"),
    [
        ("off", 0, "publish"),
        ("delay", 0, "submit"),
        ("delay", 2, "submit"),
        ("delay", 3, "publish"),
        ("review", 2, "submit"),
        ("review", 3, "publish"),
    ],
)
def test_the_first_ones_wait_where_the_site_looks_at_them(
    setting: str, published: int, verb: str
) -> None:
    assert review.verb_of(setting, 3, published) == verb


def test_nothing_waits_unless_it_was_set(alice: Member) -> None:
    assert post(alice).state == "open"


def test_a_delayed_post_goes_up_by_itself_and_its_owner_is_told(
    alice: Member, client: FlaskClient, as_member: Browser, outbox: Outbox, settle: Settle
) -> None:
    set_site_values(SiteValues(review="delay", review_delay_hours=2))
    listing = post(alice)
    address = f"/listings/{listing.public_id}"
    settle()
    assert listing.state == "pending"
    assert client.get(address).status_code == 404
    assert "wait 2 hours" in as_member(alice).get(address).text
    with time_machine.travel(utcnow() + timedelta(hours=2, seconds=1), tick=False):
        settle()
        db.session.rollback()  # the sweep has written beside this session
        assert client.get(address).status_code == 200
        assert "is up" in str(outbox.to("alice@example.org")[-1]["Subject"])


def test_a_reviewed_post_waits_until_staff_let_it_up(
    alice: Member, staff: Member, client: FlaskClient, as_member: Browser, settle: Settle
) -> None:
    set_site_values(SiteValues(review="review"))
    listing = post(alice)
    with time_machine.travel(utcnow() + timedelta(days=3), tick=False):
        settle()
        assert listing.state == "pending"
    address = f"/listings/{listing.public_id}"
    assert "A moderator looks at" in as_member(alice).get(address).text
    browser = as_member(staff)
    assert "Meja belajar" in browser.get("/staff/listings").text
    approval = f"/staff/listings/{listing.public_id}/approval"
    assert as_member(alice).post(approval).status_code == 404
    assert browser.post(approval).status_code == 303
    assert browser.post(approval).status_code == 303
    assert client.get(address).status_code == 200


def test_a_post_that_is_sent_back_is_a_draft_with_a_reason(
    alice: Member, staff: Member, as_member: Browser, outbox: Outbox, settle: Settle
) -> None:
    set_site_values(SiteValues(review="review"))
    listing = post(alice)
    address = f"/staff/listings/{listing.public_id}/refusal"
    browser = as_member(staff)
    assert browser.post(address, data={"words": "Apa ini"}).status_code == 422
    form = {"reason": "not_real", "words": "Tolong tambahkan keterangan."}
    assert browser.post(address, data=form).status_code == 303
    assert browser.post(address, data=form).status_code == 404
    settle()
    assert listing.state == "draft"
    mail = outbox.to("alice@example.org")[-1]
    assert "sent your post" in mail["Subject"]
    assert "Tolong tambahkan keterangan." in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    again = Draft(
        direction="offer", title="Meja belajar kayu", terms=frozenset({"gift"}),
        place=place_of(alice), key=listing.public_id,
    )  # fmt: skip
    assert service.publish_listing(alice, again, analyse=analysed).state == "pending"


def test_turning_it_off_lets_all_that_wait_up(alice: Member, settle: Settle) -> None:
    set_site_values(SiteValues(review="review"))
    listing = post(alice)
    set_site_values(SiteValues())
    settle()
    assert listing.state == "open"


def test_posts_of_staff_and_of_the_demo_do_not_wait(staff: Member) -> None:
    set_site_values(SiteValues(review="review"))
    assert post(staff).state == "open"
    assert post(factories.member("Demo", is_demo=True)).state == "open"


def test_a_seeded_spammer_is_stopped(alice: Member, bob: Member, as_member: Browser) -> None:
    """Twenty posts and forty messages in an hour: most of them never come out."""
    most, refused = trust.QUOTAS["new"], []
    others = [factories.offer(alice, f"Buku {number}").public_id for number in range(40)]
    tries: list[Callable[[], object]] = [
        partial(post, bob, f"Investasi pasti untung {number}") for number in range(20)
    ]
    tries += [partial(open_conversation, bob, one, "Untung") for one in others]
    for one in tries:
        try:
            one()
        except Invalid as invalid:
            refused += [problem.code for problem in invalid.problems]
    assert refused.count("too_many_listings") == 20 - most.listings
    assert refused.count("too_many_conversations") == 40 - most.conversations
    page = as_member(bob).get("/listings/new").text
    assert f"{most.listings} of {most.listings} today" in page


def test_an_honest_newcomer_is_not_stopped(alice: Member, carol: Member) -> None:
    for number in range(3):
        assert post(carol, f"Baju anak {number}").state == "open"
    for number in range(5):
        listing = factories.offer(alice, f"Panci {number}")
        assert open_conversation(carol, listing.public_id, "Halo, masih ada?")


def test_what_is_withdrawn_still_counts_for_its_day(bob: Member) -> None:
    for number in range(trust.QUOTAS["new"].listings):
        service.withdraw_listing(bob, post(bob, f"Barang {number}").public_id)
    with pytest.raises(Invalid):
        post(bob)
    with time_machine.travel(utcnow() + timedelta(days=1, seconds=1), tick=False):
        assert post(bob).state == "open"


def test_a_refused_post_is_kept_as_a_draft_and_says_when_there_is_room(
    bob: Member, as_member: Browser, answers: Callable[..., dict[str, Any]], areas: None
) -> None:
    for number in range(trust.QUOTAS["new"].listings):
        post(bob, f"Barang {number}")
    answer = as_member(bob).post("/listings/new", data=answers())
    assert answer.status_code == 422
    assert "Hours until you can put this up: 24" in answer.text
    assert any(one.state == "draft" for one in _all_of(bob))


def _all_of(owner: Member) -> list[Listing]:
    return list(db.session.scalars(select(Listing).where(Listing.owner_id == owner.id)))
