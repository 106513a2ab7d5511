"""Ends are told once before and once after; what nobody can bring back is cleared away."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from marketplace import picture_files
from marketplace.db import db, transaction, utcnow
from marketplace.listings import asking, lifecycle, photos, service, sweeps
from marketplace.listings.models import Listing, ListingEvent, Photo
from marketplace.listings.rules import Draft
from marketplace.notifications.models import Notification
from marketplace.web import parts
from tests import factories
from tests.listings.conftest import jpeg

DAY = timedelta(days=1)


@pytest.fixture
def folder(app):
    return parts().settings.uploads_dir


def run(sweep=sweeps.expire):
    while sweep(parts()):
        pass
    db.session.rollback()


def told(member):
    db.session.rollback()
    rows = select(Notification.kind).where(Notification.member_id == member.id)
    return list(db.session.scalars(rows.order_by(Notification.id)))


def after(days):
    return time_machine.travel(utcnow() + days * DAY)


def test_the_owner_is_warned_once_before_and_told_once_after_the_end(alice):
    factories.offer(alice)
    run()
    assert told(alice) == []
    with after(26.9):
        run()
        assert told(alice) == []
    for days in (27.1, 28, 29.9):
        with after(days):
            run()
            assert told(alice) == ["listing_expires"]
    for days in (30.1, 36, 80):
        with after(days):
            run()
            assert told(alice) == ["listing_expires", "listing_expired"]


def test_many_ends_of_one_owner_are_one_mail_with_a_link_for_each(alice, bob, settle, outbox):
    ends = [utcnow() + 30 * DAY, utcnow() + 30.5 * DAY, utcnow() + 36 * DAY]
    posts = [factories.offer(alice, f"Barang {n}", expires_at=at) for n, at in enumerate(ends)]
    factories.offer(bob, "Punya Bob", expires_at=ends[0])
    run()
    with after(27.1):
        run()
        assert told(alice) == ["listings_expire"]
        assert told(bob) == ["listing_expires"]
        settle()
        (mail,) = outbox.to("alice@example.org")
        assert mail["Subject"] == "2 of your posts end soon. Are they still there?"
        text = mail.get_body(("plain",)).get_content()
        links = re.findall(r"/answers/(\S+)", text)
        assert [link.split(".")[0] for link in links] == [one.public_id for one in posts[:2]]
        assert "Barang 2" not in text
        asking.answer_by_link(links[0], "yes")
        run()
        assert told(alice) == ["listings_expire"]
    with after(33.1):
        run()
        assert told(alice) == ["listings_expire", "listing_expired", "listing_expires"]


def test_what_was_warned_of_is_not_warned_of_again_with_others(alice):
    factories.offer(alice, "Satu", expires_at=utcnow() + 30 * DAY)
    factories.offer(alice, "Dua", expires_at=utcnow() + 32 * DAY)
    run()
    for days, expected in ((27.1, 1), (29.1, 2), (30.1, 3), (32.1, 4)):
        with after(days):
            run()
            assert len(told(alice)) == expected, days


def test_fresh_food_is_warned_of_a_day_before(alice):
    factories.offer(alice, category="cooked-food", expires_at=utcnow() + 3 * DAY)
    with after(1.9):
        run()
        assert told(alice) == []
    with after(2.1):
        run()
        assert told(alice) == ["listing_expires"]


def test_a_new_end_means_a_new_warning(alice):
    listing = factories.offer(alice)
    with after(28):
        run()
        lifecycle.renew_listing(alice, listing.public_id)
        run()
        assert told(alice) == ["listing_expires"]
    with after(56):
        run()
        assert told(alice) == ["listing_expires"] * 2


def test_a_worker_that_slept_tells_only_of_the_end(alice):
    factories.offer(alice)
    run()
    with after(31):
        run()
        assert told(alice) == ["listing_expired"]


def test_what_ran_out_long_ago_is_no_news(alice):
    factories.offer(alice, expires_at=utcnow() - 8 * DAY)
    run()
    assert told(alice) == []


def test_a_last_day_of_ones_own_choice_is_not_warned_of_before(alice):
    until = (utcnow() + 2 * DAY).date()
    factories.offer(alice, available_until=until, expires_at=utcnow() + 2 * DAY)
    run()
    with after(1.9):
        run()
        assert told(alice) == []
    with after(2.1):
        run()
        assert told(alice) == ["listing_expired"]


@pytest.mark.parametrize("end", [service.withdraw_listing, service.fulfil_listing])
def test_nothing_is_told_of_what_is_over_or_imported(alice, end):
    end(alice, factories.offer(alice).public_id)
    factories.offer(alice, source_id="export-1")
    with after(28):
        run()
    with after(31):
        run()
        assert told(alice) == []


def test_two_workers_tell_it_once(alice):
    listing = factories.offer(alice)
    run()
    with after(28):
        due = sweeps._due()
        sweeps._each(due, sweeps._tell)
        sweeps._each(due, sweeps._tell)
        assert told(alice) == ["listing_expires"]
        assert listing.notice_at == listing.expires_at


def touched(listing, ago):
    with transaction() as session:
        session.get_one(Listing, listing.id).updated_at = utcnow() - ago


def exist():
    db.session.rollback()
    return set(db.session.scalars(select(Listing.title)))


def test_empty_drafts_go_after_a_day_and_others_stay(alice):
    empty = service.save_draft(alice, Draft(direction="offer"))
    kept = service.save_draft(alice, Draft(title="Kursi"))
    young = service.save_draft(alice, Draft(direction="offer"))
    pictured = service.save_draft(alice, Draft(direction="offer"))
    with transaction() as session:
        session.add(Photo(listing_id=pictured.id, name="b" * 32, width=1, height=1))
    for draft in (empty, kept, pictured):
        touched(draft, 2 * DAY)
    run(sweeps.clear)
    left = set(db.session.scalars(select(Listing.id)))
    assert left == {kept.id, young.id, pictured.id}


def test_a_deleted_draft_is_erased_with_its_photos_after_a_week(alice, folder):
    draft = service.save_draft(alice, Draft(title="Coba"))
    photos.attach_photo(alice, draft.public_id, jpeg(), folder=folder)
    service.withdraw_listing(alice, draft.public_id)
    with after(6.9):
        run(sweeps.clear)
        assert exist() == {"Coba"}
    with after(7.1):
        run(sweeps.clear)
        assert exist() == set()
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert db.session.scalar(select(func.count(ListingEvent.id))) == 0


def test_what_was_public_once_stays_without_its_photos(alice, folder):
    listing = factories.offer(alice)
    photos.attach_photo(alice, listing.public_id, jpeg(), folder=folder)
    service.withdraw_listing(alice, listing.public_id)
    with after(7.1):
        run(sweeps.clear)
        assert exist() == {"Mesin jahit"}
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert db.session.scalar(select(func.count(Photo.id))) == 0


def test_what_waited_for_review_is_no_deleted_draft(alice):
    listing = factories.offer(alice, state="pending", published_at=None)
    service.withdraw_listing(alice, listing.public_id)
    with after(30):
        run(sweeps.clear)
        assert exist() == {"Mesin jahit"}


def test_the_files_of_a_removed_photo_go_with_the_last_row_that_names_them(alice, folder):
    draft = service.save_draft(alice, Draft(title="Coba"))
    name = photos.attach_photo(alice, draft.public_id, jpeg(), folder=folder).name
    other = factories.offer(alice)
    with transaction() as session:
        session.add(Photo(listing_id=other.id, position=1, name=name, width=1, height=1))
    photos.remove_photo(alice, draft.public_id, name)
    run(sweeps.clear)
    assert photos.removed_photo(draft)
    with after(1.1):
        run(sweeps.clear)
        assert photos.removed_photo(draft) is None
        assert picture_files.stored_file(folder, f"{name}.jpg")
        photos.remove_photo(alice, other.public_id, name)
    with after(2.3):
        run(sweeps.clear)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_copy_keeps_the_files_of_the_original(alice, folder):
    listing = factories.offer(alice)
    name = photos.attach_photo(alice, listing.public_id, jpeg(), folder=folder).name
    lifecycle.copy_listing(alice, listing.public_id)
    service.withdraw_listing(alice, listing.public_id)
    with after(8):
        run(sweeps.clear)
    assert picture_files.stored_file(folder, f"{name}.jpg")
