"""The demo neighbourhood: there after one command, gone after another, nothing else touched."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from sqlalchemy import func, select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.demo import content, service
from marketplace.demo.exchanges import SCENES
from marketplace.exchanges import queues, rules
from marketplace.exchanges import service as exchanges
from marketplace.exchanges.models import Exchange, Thanks
from marketplace.exchanges.service import Wish
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings.models import Listing, ListingEvent, Photo
from marketplace.listings.service import visible_to
from marketplace.mail import OutgoingMail
from marketplace.matching.models import Match
from marketplace.messages import service as messages
from marketplace.messages.models import Conversation, Message
from marketplace.moderation.models import Appeal, Case, Decision, Report
from marketplace.notifications.models import Notification
from marketplace.search import lag, saved
from marketplace.search.models import SearchAlert
from tests import factories
from tests.demo.conftest import silent
from tests.exchanges.world import check_everything

Load = Callable[[], Any]


def count(model: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def test_loading_puts_the_whole_cast_there_open_and_placed(load_demo: Load) -> None:
    load_demo()
    assert service.has_demo()
    assert count(Member, Member.is_demo) == 60
    assert count(Listing, visible_to(None)) == len(content.posts())
    placed = count(Listing, Listing.place_kind == "cell", Listing.area_code.is_not(None))
    assert placed + count(Listing, Listing.place_kind == "online") == len(content.posts())
    assert all(db.session.scalars(select(Listing.words)))


def test_it_looks_lived_in_for_three_weeks(loaded: Any) -> None:
    now = utcnow()
    ages = [now - at for at in db.session.scalars(select(Listing.published_at)) if at]
    assert max(ages) < timedelta(days=21)
    assert max(ages) > timedelta(days=17)
    assert sum(age < timedelta(days=7) for age in ages) > 100
    assert all(row.at <= now for row in db.session.scalars(select(ListingEvent)))


def test_posts_that_have_just_come_in_are_not_late_however_old_they_look(load_demo: Load) -> None:
    """Until the worker reaches them, monitors and staff are not alarmed."""
    parts = load_demo()
    now = lag.measure(parts)
    assert now.unindexed == len(content.posts())
    assert not {"index_late", "alerts_late"} & set(now.problems)
    late = timedelta(seconds=lag.LATE_AFTER_SECONDS)
    with time_machine.travel(utcnow() + late, tick=False):
        assert "index_late" in lag.measure(parts).problems


def test_offers_share_the_files_of_a_drawing(loaded: Any) -> None:
    names = list(db.session.scalars(select(Photo.name)))
    assert len(names) > 100 > len(set(names)) >= 40
    for name in set(names):
        assert (loaded.settings.uploads_dir / name[:2] / f"{name}-480.webp").is_file()


def test_messages_are_dated_in_order_and_some_wait_to_be_read(loaded: Any) -> None:
    assert count(Conversation) == len(content.conversations()) + len(SCENES)
    for conversation in db.session.scalars(select(Conversation)):
        of_it = select(Message.created_at).where(Message.conversation_id == conversation.id)
        times = list(db.session.scalars(of_it.order_by(Message.id)))
        assert times == sorted(times)
        assert times[-1] == conversation.last_message_at < utcnow()
    cast = db.session.scalars(select(Member).where(Member.is_demo))
    assert 0 < sum(messages.unread_count(member) for member in cast) < 20
    assert count(OutgoingMail) == 0


def test_nobody_made_up_waits_for_news_or_mail(settled: None) -> None:
    """Sixty members with hundreds of matches, and nobody there to read of them."""
    assert count(Notification, Notification.topic.in_(("match", "message"))) == 0
    assert count(OutgoingMail, OutgoingMail.template == "digest") == 0


def test_loading_twice_adds_nothing(loaded: Any) -> None:
    assert service.load(loaded, silent) == 0
    assert count(Member) == 60


def test_removing_leaves_what_is_of_real_members(
    loaded: Any, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    parts = loaded
    own = factories.offer(alice, "Tangga lipat")
    ratna = db.session.scalars(select(Member).where(Member.email == "ratna@demo.example")).one()
    between = messages.open_conversation(bob, own.public_id, "Masih ada?").public_id
    messages.open_conversation(ratna, own.public_id, "Boleh saya pinjam?")
    demo_post = db.session.scalars(select(Listing).where(Listing.owner_id == ratna.id)).first()
    assert demo_post is not None
    messages.open_conversation(alice, demo_post.public_id, "Halo")
    with transaction() as session:
        session.add(Block(blocker_id=bob.id, blocked_id=ratna.id))
        session.add(ListingEvent(listing_id=own.id, actor_id=ratna.id, to_state="open"))
        alice.created_by_id = ratna.id
    settle()
    assert service.remove(parts, silent) == 60
    assert not service.has_demo()
    assert {member.name for member in db.session.scalars(select(Member))} == {"Alice", "Bob"}
    assert [row.title for row in db.session.scalars(select(Listing))] == ["Tangga lipat"]
    assert [row.public_id for row in db.session.scalars(select(Conversation))] == [between]
    assert count(Photo) == count(Block) == 0
    assert count(OutgoingMail, OutgoingMail.to.like("%demo.example")) == 0
    assert not list(parts.settings.uploads_dir.rglob("demo*"))
    assert set(parts.search_index.revisions()) == {own.id}


def test_a_reset_begins_anew(loaded: Any) -> None:
    before = set(db.session.scalars(select(Listing.public_id)))
    service.reset(loaded, silent)
    after = set(db.session.scalars(select(Listing.public_id)))
    assert len(after) == len(before)
    assert not after & before


def test_pairs_that_were_written_for_each_other_are_matched(settled: None) -> None:
    titles = {row.id: row.title for row in db.session.scalars(select(Listing))}
    matched = {
        (titles[match.offer_id], titles[match.request_id])
        for match in db.session.scalars(select(Match))
    }
    groups: dict[str, tuple[list[str], list[str]]] = {}
    for post in content.posts():
        for name in post.fits:
            if not name.endswith("~"):
                sides = groups.setdefault(name, ([], []))
                sides[post.direction == "request"].append(post.title)
    meant = {(one, two) for offers, wants in groups.values() for one in offers for two in wants}
    assert len(meant & matched) >= 0.7 * len(meant)


def test_staff_find_reports_and_an_appeal_and_all_of_it_goes_again(loaded: Any) -> None:
    assert count(Member, Member.is_demo, *Member.staff_here()) == 2
    assert count(Case, Case.closed_at.is_(None)) == 2
    assert count(Appeal, Appeal.decided_at.is_(None)) == 1
    assert count(Listing, visible_to(None)) == len(content.posts())
    service.remove(loaded, silent)
    assert count(Case) == count(Report) == count(Decision) == count(Appeal) == 0


def test_there_is_an_exchange_in_every_state_and_their_counters_add_up(settled: None) -> None:
    check_everything()
    found = db.session.scalars(select(Exchange)).all()
    assert {one.state for one in found} == set(rules.STATES)
    waiting = [one.listing_id for one in found if one.state == "interested"]
    assert max(waiting.count(one) for one in waiting) >= 3, "a queue of several"
    now = utcnow()
    assert any(one.due_on < now.date() for one in found if one.state == "out" and one.due_on)
    assert any(one.meets_at > now for one in found if one.state == "arranged" and one.meets_at)
    assert any(one.passes_on_id for one in found)
    assert count(Thanks, Thanks.by_public, Thanks.to_public) >= 8
    for one in found:
        times = [event.at for event in one.events]
        assert times == sorted(times)
        assert times[-1] < now


def test_a_draw_is_ahead_of_those_who_asked_for_the_bicycles(loaded: Any) -> None:
    window = db.session.scalars(select(GivingWindow)).one()
    assert window.is_open(utcnow())
    assert queues.waiting_count(window.listing) >= 3


def test_the_first_neighbour_has_something_of_everything_to_do(loaded: Any) -> None:
    ratna = db.session.scalars(select(Member).where(Member.email == "ratna@demo.example")).one()
    mine = db.session.scalars(select(Exchange).where(Exchange.of(ratna))).all()
    assert {one.state for one in mine} >= {
        "interested", "promised", "arranged", "handed_over", "partly", "out", "closed"
    }  # fmt: skip


def test_some_neighbours_keep_looking_and_something_new_was_found(loaded: Any) -> None:
    new = {key: [one.new for one in saved.searches_of(_member(key))] for key in ("ratna", "fajar")}
    assert all(sum(numbers) for numbers in new.values()), new
    assert count(SearchAlert, SearchAlert.outcome != "known") == 0


def _member(key: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == f"{key}@demo.example")).one()


def test_what_a_real_member_promised_to_somebody_made_up_is_there_again(
    loaded: Any, alice: Member
) -> None:
    own = factories.offer(alice, "Tangga lipat")
    ratna = db.session.scalars(select(Member).where(Member.email == "ratna@demo.example")).one()
    asked = exchanges.ask(ratna, own.public_id, Wish(terms="gift"), "Boleh?")
    exchanges.promise(alice, asked.public_id)
    service.remove(loaded, silent)
    db.session.refresh(own)
    assert (own.promised, own.given, own.state) == (0, 0, "open")
    assert count(Exchange) == 0
