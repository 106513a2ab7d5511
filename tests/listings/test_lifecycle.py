"""What becomes of a listing: renewed, given, taken back and brought back, posted again."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, NotFound
from marketplace.listings import lifecycle, service, times
from marketplace.listings.holding import hold_listing, release_listing
from marketplace.listings.models import Listing, Photo
from marketplace.listings.rules import Draft, WishDraft
from marketplace.site_settings import SiteValues, set_site_values
from tests import factories

NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)


def aged(alice, days=20, **values):
    """An offer of ``days`` ago that ends when its usual 30 days are over."""
    began = utcnow() - timedelta(days=days)
    return factories.offer(
        alice, published_at=began, expires_at=began + timedelta(days=30), **values
    )


def fresh(listing):
    db.session.rollback()
    return db.session.get_one(Listing, listing.id)


def test_renewing_keeps_it_for_its_usual_time_from_now(alice):
    listing = aged(alice)
    revision = listing.revision
    with time_machine.travel(utcnow(), tick=False):
        renewed = lifecycle.renew_listing(alice, listing.public_id)
        assert renewed.expires_at == utcnow() + timedelta(days=30)
        assert renewed.confirmed_at == utcnow()
    assert renewed.revision == revision + 1
    event = renewed.events[-1]
    assert (event.from_state, event.to_state, event.reason) == ("open", "open", "renewal")


def test_renewing_never_shortens(alice):
    listing = factories.offer(alice, expires_at=utcnow() + timedelta(days=90))
    before, revision = listing.expires_at, listing.revision
    renewed = lifecycle.renew_listing(alice, listing.public_id)
    assert (renewed.expires_at, renewed.revision) == (before, revision)
    assert renewed.confirmed_at


def test_renewing_takes_the_days_of_the_site(alice):
    set_site_values(SiteValues(offer_days=45))
    listing = aged(alice)
    with time_machine.travel(utcnow(), tick=False):
        renewed = lifecycle.renew_listing(alice, listing.public_id)
        assert renewed.expires_at == utcnow() + timedelta(days=45)


def test_a_last_day_that_was_given_stays_and_one_that_is_over_is_dropped(alice):
    with time_machine.travel(NOON, tick=False):
        ends = datetime(2026, 11, 25, 17, tzinfo=UTC)
        listing = factories.offer(alice, available_until=date(2026, 11, 25), expires_at=ends)
        assert lifecycle.renew_listing(alice, listing.public_id).expires_at == ends
    later = NOON + timedelta(days=5)
    with time_machine.travel(later, tick=False):
        renewed = lifecycle.renew_listing(alice, listing.public_id)
        assert (renewed.available_until, renewed.is_open(later)) == (None, True)


def test_one_that_ran_out_is_open_again(alice, carol):
    listing = aged(alice, days=40)
    with pytest.raises(NotFound):
        service.get_visible(carol, listing.public_id)
    lifecycle.renew_listing(alice, listing.public_id)
    assert service.get_visible(carol, listing.public_id)


@pytest.mark.parametrize("state", ["draft", "pending", "held", "fulfilled", "withdrawn"])
def test_only_what_is_open_is_renewed(alice, state):
    listing = factories.offer(alice, state=state)
    with pytest.raises(Conflict):
        lifecycle.renew_listing(alice, listing.public_id)


def test_changing_a_renewed_listing_does_not_shorten_its_time(alice):
    from marketplace.listings.rows import draft_of
    from marketplace.search.reading import analysed

    listing = aged(alice)
    expires = lifecycle.renew_listing(alice, listing.public_id).expires_at
    service.edit_listing(alice, listing.public_id, draft_of(listing), analyse=analysed)
    assert fresh(listing).expires_at == expires


@pytest.mark.parametrize("end", [service.withdraw_listing, service.fulfil_listing])
def test_an_end_is_undone_and_its_time_ran_on(alice, carol, end):
    listing = factories.offer(alice)
    expires = listing.expires_at
    end(alice, listing.public_id)
    back = lifecycle.restore_listing(alice, listing.public_id)
    assert (back.state, back.expires_at) == ("open", expires)
    assert back.events[-1].reason == "restoration"
    assert back.revision > back.indexed_revision
    assert service.get_visible(carol, listing.public_id)


def test_undo_leads_back_to_the_moderators_not_around_them(alice, carol):
    listing = factories.offer(alice, state="held")
    service.withdraw_listing(alice, listing.public_id)
    assert lifecycle.restore_listing(alice, listing.public_id).state == "held"


def test_what_was_withdrawn_and_brought_back_while_hidden_is_shown_again_by_staff(alice, staff):
    listing = factories.offer(alice)
    hold_listing(staff, listing)
    service.withdraw_listing(alice, listing.public_id)
    lifecycle.restore_listing(alice, listing.public_id)
    release_listing(staff, listing)
    assert fresh(listing).state == "open"


def test_undo_is_possible_for_a_week(alice):
    listing = factories.offer(alice, expires_at=utcnow() + timedelta(days=60))
    service.withdraw_listing(alice, listing.public_id)
    late = utcnow() + times.UNDO + timedelta(minutes=1)
    with time_machine.travel(late), pytest.raises(Conflict):
        lifecycle.restore_listing(alice, listing.public_id)


def test_what_somebody_else_ended_is_not_undone(alice, staff):
    listing = factories.offer(alice)
    service.withdraw_listing(alice, listing.public_id)
    with transaction() as session:
        session.get_one(Listing, listing.id).events[-1].actor_id = staff.id
    with pytest.raises(Conflict):
        lifecycle.restore_listing(alice, listing.public_id)


@pytest.mark.parametrize("state", ["open", "draft", "held"])
def test_there_is_nothing_to_undo_while_it_is_not_over(alice, state):
    listing = factories.offer(alice, state=state)
    with pytest.raises(Conflict):
        lifecycle.restore_listing(alice, listing.public_id)


def test_a_copy_says_the_same_and_is_a_draft_of_its_own(alice):
    listing = factories.offer(
        alice, description="Masih lancar.", category="machines", quantity=5, unit="piece",
        given=3, available_until=date(2026, 12, 1), swap=True,
    )  # fmt: skip
    with transaction() as session:
        row = session.get_one(Listing, listing.id)
        row.photos.append(Photo(position=1, name="a" * 32, alt="Depan", width=4, height=3))
    copy = lifecycle.copy_listing(alice, listing.public_id)
    assert copy.public_id != listing.public_id
    assert (copy.state, copy.given, copy.published_at, copy.expires_at) == ("draft", 0, None, None)
    assert (copy.title, copy.description, copy.quantity) == ("Mesin jahit", "Masih lancar.", 5)
    assert (copy.terms, copy.cell, copy.available_until) == (listing.terms, listing.cell, None)
    assert [(p.name, p.alt) for p in copy.photos] == [("a" * 32, "Depan")]


def test_two_taps_make_one_copy(alice):
    listing = factories.offer(alice)
    first, second = (lifecycle.copy_listing(alice, listing.public_id) for _ in range(2))
    assert first.id == second.id


@pytest.mark.parametrize("state", ["held", "draft"])
def test_what_moderators_hid_is_not_copied_around_them(alice, state):
    with pytest.raises(Conflict):
        lifecycle.copy_listing(alice, factories.offer(alice, state=state).public_id)


def test_drafts_are_listed_the_last_touched_first_without_empty_ones(alice, carol):
    for title in ("Satu", "Dua", ""):
        service.save_draft(alice, Draft(title=title, wishes=(WishDraft("beras"),)))
    service.save_draft(carol, Draft(title="Tiga"))
    assert [one.title for one in lifecycle.drafts(alice)] == ["Dua", "Satu"]


def test_a_deleted_draft_comes_back_as_a_draft(alice):
    draft = service.save_draft(alice, Draft(title="Coba"))
    service.withdraw_listing(alice, draft.public_id)
    assert [one.title for one in lifecycle.deleted_drafts(alice)] == ["Coba"]
    assert lifecycle.drafts(alice) == []
    assert lifecycle.restore_listing(alice, draft.public_id).state == "draft"
    assert lifecycle.deleted_drafts(alice) == []


def test_the_first_notice_comes_in_time_and_never_before_two_thirds_are_over():
    for days, before in ((30, 3), (60, 3), (9, 3), (3, 1), (1, 1 / 3)):
        expires = NOON + timedelta(days=days)
        assert expires - times.warn_at(NOON, expires) == timedelta(days=before)


@pytest.mark.parametrize("verb", ["renew_listing", "restore_listing", "copy_listing"])
def test_nobody_else_does_any_of_it(alice, carol, staff, verb):
    listing = factories.offer(alice)
    for stranger in (carol, staff):
        with pytest.raises(NotFound):
            getattr(lifecycle, verb)(stranger, listing.public_id)
    assert db.session.scalars(select(Listing)).one().events == []
