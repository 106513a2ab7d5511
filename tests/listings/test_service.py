from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, new_public_id, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.listings import service
from marketplace.listings.models import Listing
from marketplace.listings.rows import draft_of
from marketplace.listings.rules import Draft, WishDraft
from marketplace.places.cells import Place, place_of
from marketplace.search.reading import analysed
from marketplace.site_settings import SiteValues, set_site_values
from tests import factories

NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)


@pytest.fixture
def draft(alice):
    return Draft(
        direction="offer",
        title="Mesin jahit Singer",
        description="Masih lancar.",
        category="machines",
        terms=frozenset({"loan", "swap"}),
        loan_days_max=14,
        wishes=(WishDraft("beras"),),
        quantity=2,
        unit="piece",
        place=place_of(alice),
    )


def publish(actor, draft):
    return service.publish_listing(actor, draft, analyse=analysed)


def seen_by(actor):
    return set(db.session.scalars(select(Listing.title).where(service.visible_to(actor))))


def test_publishing_writes_the_row_its_terms_and_the_event(alice, draft):
    listing = publish(alice, draft)
    assert (listing.state, listing.owner_id, listing.created_by_id) == ("open", alice.id, alice.id)
    assert listing.terms == {"loan", "swap"}
    assert listing.text_language == "id"
    assert listing.words
    assert [wish.text for wish in listing.wishes] == ["beras"]
    assert listing.revision > listing.indexed_revision
    event = listing.events[-1]
    assert (event.actor_id, event.from_state, event.to_state) == (alice.id, "draft", "open")


def test_what_is_wrong_is_told_at_once_and_nothing_is_written(alice, draft):
    with pytest.raises(Invalid) as caught:
        publish(alice, replace(draft, title="", terms=frozenset()))
    assert {problem.field for problem in caught.value.problems} == {"title", "terms"}
    assert db.session.scalar(select(Listing)) is None


def test_a_double_tap_publishes_once(alice, draft):
    draft = replace(draft, key=new_public_id())
    first = publish(alice, draft)
    revision = first.revision
    again = publish(alice, draft)
    assert again.id == first.id
    assert again.revision == revision
    assert len(again.events) == 1


def test_a_draft_is_kept_and_published_under_one_key(alice, draft):
    saved = service.save_draft(alice, replace(draft, title="", place=None))
    assert saved.state == "draft"
    published = publish(alice, replace(draft, key=saved.public_id))
    assert published.id == saved.id
    assert published.state == "open"


def test_the_language_is_guessed_from_the_text_that_is_published(alice, draft):
    saved = service.save_draft(alice, draft)
    assert saved.text_language == ""
    english = replace(
        draft_of(saved), title="Sewing machine", description="It is in good condition."
    )
    assert publish(alice, english).text_language == "en"


def test_a_draft_may_be_nearly_empty(alice):
    saved = service.save_draft(alice, Draft())
    assert (saved.state, saved.title, saved.place_kind) == ("draft", "", "unknown")


def test_somebody_elses_key_is_never_written_to(alice, carol, draft):
    mine = publish(alice, draft)
    theirs = service.save_draft(carol, replace(draft, key=mine.public_id, title="Bukan milikku"))
    assert theirs.public_id != mine.public_id
    assert service.get_own(alice, mine.public_id).title == "Mesin jahit Singer"


def test_a_stored_listing_comes_back_as_the_draft_it_was(alice, draft):
    listing = publish(alice, replace(draft, hours=0b111 << 6, text_language="en"))
    again = draft_of(listing)
    assert replace(again, key="") == replace(draft, hours=0b111 << 6, text_language="en")


def test_drafts_are_seen_by_their_owner_alone(alice, carol, staff, draft):
    service.save_draft(alice, draft)
    assert seen_by(alice) == {"Mesin jahit Singer"}
    assert seen_by(None) == seen_by(carol) == seen_by(staff) == set()


@pytest.mark.parametrize("state", ["pending", "held", "withdrawn", "fulfilled"])
def test_what_is_not_open_is_seen_by_owner_and_staff_alone(alice, carol, staff, state):
    factories.offer(alice, state=state)
    assert seen_by(alice) == seen_by(staff) == {"Mesin jahit"}
    assert seen_by(None) == seen_by(carol) == set()


def test_an_expired_listing_is_gone_for_strangers_at_once(alice, carol):
    listing = factories.offer(alice, expires_at=utcnow() + timedelta(seconds=60))
    assert seen_by(carol) == {"Mesin jahit"}
    with time_machine.travel(utcnow() + timedelta(seconds=61)):
        assert seen_by(carol) == seen_by(None) == set()
        assert seen_by(alice) == {"Mesin jahit"}
        assert service.find_closed(carol, listing.public_id)


@pytest.mark.parametrize("column", ["paused_at", "erased_at"])
def test_listings_of_a_paused_or_erased_member_are_hidden(alice, carol, column):
    listing = factories.offer(alice)
    with transaction() as session:
        setattr(session.get(Member, alice.id), column, utcnow())
    assert seen_by(carol) == seen_by(None) == set()
    with pytest.raises(NotFound):
        service.get_visible(carol, listing.public_id)


@pytest.mark.parametrize("who_blocks", ["owner", "reader"])
def test_a_block_hides_both_ways(alice, bob, carol, who_blocks):
    factories.offer(alice)
    ids = (alice.id, bob.id) if who_blocks == "owner" else (bob.id, alice.id)
    with transaction() as session:
        session.add(Block(blocker_id=ids[0], blocked_id=ids[1]))
    assert seen_by(bob) == set()
    assert seen_by(carol) == {"Mesin jahit"}


@pytest.mark.parametrize("verb", ["withdraw_listing", "fulfil_listing"])
def test_only_the_owner_ends_a_listing(alice, carol, staff, verb):
    listing = factories.offer(alice)
    for stranger in (carol, staff):
        with pytest.raises(NotFound):
            getattr(service, verb)(stranger, listing.public_id)
    before = listing.revision
    ended = getattr(service, verb)(alice, listing.public_id, "sudah diambil")
    assert ended.revision == before + 1
    assert (ended.events[-1].from_state, ended.events[-1].reason) == ("open", "sudah diambil")
    with pytest.raises(Conflict):
        getattr(service, verb)(alice, listing.public_id)


def test_a_stranger_cannot_edit(alice, carol, draft):
    listing = publish(alice, draft)
    with pytest.raises(NotFound):
        service.edit_listing(carol, listing.public_id, draft, analyse=analysed)


def test_editing_changes_words_and_revision(alice, draft):
    listing = publish(alice, draft)
    revision, words = listing.revision, listing.words
    changed = replace(draft, title="Setrika uap", terms=frozenset({"gift"}))
    listing = service.edit_listing(alice, listing.public_id, changed, analyse=analysed)
    assert listing.revision == revision + 1
    assert listing.words != words
    assert (listing.terms, list(listing.wishes), listing.loan_days_max) == ({"gift"}, [], None)


def test_what_is_over_is_not_edited(alice, draft):
    listing = publish(alice, draft)
    service.withdraw_listing(alice, listing.public_id)
    with pytest.raises(Conflict):
        service.edit_listing(alice, listing.public_id, draft, analyse=analysed)
    with pytest.raises(Conflict):
        publish(alice, replace(draft, key=listing.public_id))


def test_the_quantity_cannot_fall_below_what_is_promised(alice, draft):
    listing = publish(alice, replace(draft, quantity=5))
    with transaction() as session:
        session.get(Listing, listing.id).promised = 3
    with pytest.raises(Invalid):
        service.edit_listing(alice, listing.public_id, replace(draft, quantity=2), analyse=analysed)
    with pytest.raises(Invalid):
        service.edit_listing(
            alice, listing.public_id, replace(draft, quantity=None), analyse=analysed
        )


def test_a_listing_runs_out_after_its_usual_time(alice, draft):
    with time_machine.travel(NOON, tick=False):
        assert publish(alice, draft).expires_at == NOON + timedelta(days=30)
        food = replace(draft, category="cooked-food")
        assert publish(alice, food).expires_at == NOON + timedelta(days=3)
        ask = replace(draft, direction="request")
        assert publish(alice, ask).expires_at == NOON + timedelta(days=60)


def test_the_usual_time_is_what_staff_set_for_the_site(alice, draft):
    set_site_values(SiteValues(offer_days=10, food_days=2, request_days=21))
    with time_machine.travel(NOON, tick=False):
        assert publish(alice, draft).expires_at == NOON + timedelta(days=10)
        food = replace(draft, category="harvest")
        assert publish(alice, food).expires_at == NOON + timedelta(days=2)
        ask = replace(draft, direction="request")
        assert publish(alice, ask).expires_at == NOON + timedelta(days=21)


def test_a_listing_runs_out_after_its_last_day_in_the_zone_of_its_place(alice, draft):
    east = replace(draft.place, zone="Asia/Jayapura")
    with time_machine.travel(NOON, tick=False):
        listing = publish(alice, replace(draft, place=east, available_until=date(2026, 11, 26)))
    assert listing.expires_at == datetime(2026, 11, 26, 15, tzinfo=UTC)


def test_today_is_the_date_in_the_zone_of_the_place(alice, draft):
    late = datetime(2026, 11, 24, 16, tzinfo=UTC)  # already the 25th in Jayapura
    east = replace(draft, place=replace(draft.place, zone="Asia/Jayapura"))
    with time_machine.travel(late, tick=False):
        with pytest.raises(Invalid):
            publish(alice, replace(east, available_until=date(2026, 11, 24)))
        publish(alice, replace(draft, available_until=date(2026, 11, 24)))


def test_editing_an_expired_listing_opens_it_again(alice, draft):
    with time_machine.travel(NOON, tick=False):
        listing = publish(alice, draft)
    later = NOON + timedelta(days=40)
    with time_machine.travel(later, tick=False):
        listing = service.edit_listing(alice, listing.public_id, draft, analyse=analysed)
        assert listing.expires_at == later + timedelta(days=30)
        assert listing.is_open(later)


def test_a_mentoring_offer_may_be_online(alice, draft):
    online = replace(draft, kind="mentoring", place=Place.online("Asia/Jakarta"))
    assert publish(alice, online).place_kind == "online"


def test_closed_listings_of_a_blocked_owner_leave_no_trace(alice, bob, draft):
    listing = publish(alice, draft)
    service.withdraw_listing(alice, listing.public_id)
    assert service.find_closed(bob, listing.public_id)
    assert service.find_closed(None, listing.public_id)
    with transaction() as session:
        session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
    assert service.find_closed(bob, listing.public_id) is None


def test_a_withdrawn_draft_was_never_public(alice, carol, draft):
    saved = service.save_draft(alice, draft)
    service.withdraw_listing(alice, saved.public_id)
    assert service.find_closed(carol, saved.public_id) is None
