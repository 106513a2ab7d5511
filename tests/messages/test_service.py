"""Conversations of two members about a listing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts import trust
from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.listings.models import Listing
from marketplace.listings.service import fulfil_listing, withdraw_listing
from marketplace.mail import OutgoingMail
from marketplace.matching.models import Match
from marketplace.messages import rules, service, talks
from marketplace.messages.inbox import inbox
from marketplace.messages.models import Conversation, Message
from tests import factories


def block(one: Member, other: Member) -> None:
    with transaction() as session:
        session.add(Block(blocker_id=one.id, blocked_id=other.id))


def mails() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def read_all(member: Member, conversation: Conversation) -> None:
    talk = talks.talk(member, conversation)
    service.mark_read(member, conversation, talk.messages[-1].id)


@pytest.fixture
def offer(alice: Member) -> Listing:
    return factories.offer(alice)


@pytest.fixture
def running(bob: Member, offer: Listing) -> Conversation:
    return service.open_conversation(bob, offer.public_id, "Masih ada?")


def test_the_first_message_opens_a_conversation(alice: Member, bob: Member, offer: Listing):
    conversation = service.open_conversation(bob, offer.public_id, " Masih ada? ")
    assert (conversation.opener_id, conversation.owner_id) == (bob.id, alice.id)
    assert [one.body for one in talks.talk(alice, conversation).messages] == ["Masih ada?"]


def test_opening_again_returns_to_the_same_conversation(bob: Member, running: Conversation):
    again = service.open_conversation(bob, running.listing.public_id, "Halo lagi")
    assert again.id == running.id
    assert db.session.scalar(select(func.count(Conversation.id))) == 1
    assert len(talks.talk(bob, again).messages) == 2


def test_two_members_who_ask_have_two_conversations(
    alice: Member, carol: Member, running: Conversation
):
    other = service.open_conversation(carol, running.listing.public_id, "Saya juga mau")
    assert other.id != running.id
    assert [row.other.name for row in inbox(alice).rows] == ["Carol", "Bob"]


def test_a_conversation_knows_the_match_it_came_from(
    bob: Member, offer: Listing, settle: Callable[[], None]
):
    factories.request(bob)
    settle()
    db.session.rollback()
    conversation = service.open_conversation(bob, offer.public_id, "Halo")
    assert conversation.match_id == db.session.scalars(select(Match.id)).one()


def test_nobody_writes_to_themselves(alice: Member, offer: Listing):
    with pytest.raises(NotAllowed):
        service.open_conversation(alice, offer.public_id, "Halo")


@pytest.mark.parametrize("end", [fulfil_listing, withdraw_listing])
def test_a_closed_listing_cannot_be_answered(
    alice: Member,
    bob: Member,
    offer: Listing,
    end: Callable[[Member, str], Listing],
):
    end(alice, offer.public_id)
    with pytest.raises(Conflict):
        service.open_conversation(bob, offer.public_id, "Halo")


def test_a_draft_does_not_exist_for_others(alice: Member, bob: Member):
    draft = factories.offer(alice, state="draft", published_at=None)
    with pytest.raises(NotFound):
        service.open_conversation(bob, draft.public_id, "Halo")


def test_a_running_conversation_goes_on_after_closing(
    alice: Member, bob: Member, running: Conversation
):
    service.close_listing(alice, running.public_id)
    service.reply(bob, running.public_id, "Terima kasih")
    talk = talks.talk(bob, running)
    assert [one.body for one in talk.messages][-1] == "Terima kasih"
    assert not talk.listing_open


def test_only_the_owner_closes_and_only_once(alice: Member, bob: Member, running: Conversation):
    assert not talks.talk(bob, running).may_close
    assert talks.talk(alice, running).may_close
    with pytest.raises(NotFound):
        service.close_listing(bob, running.public_id)
    service.close_listing(alice, running.public_id)
    with pytest.raises(Conflict):
        service.close_listing(alice, running.public_id)


def test_only_the_two_see_it(carol: Member, staff: Member, running: Conversation):
    for stranger in (carol, staff):
        with pytest.raises(NotFound):
            service.conversation_of(stranger, running.public_id)
        with pytest.raises(NotFound):
            service.reply(stranger, running.public_id, "Halo")
        assert inbox(stranger).rows == []


@pytest.mark.parametrize("by", ["alice", "bob"])
def test_a_block_stops_new_messages_both_ways(
    alice: Member, bob: Member, running: Conversation, by: str
):
    block(*((alice, bob) if by == "alice" else (bob, alice)))
    for member in (alice, bob):
        assert not talks.talk(member, running).writable
        with pytest.raises(Conflict):
            service.reply(member, running.public_id, "Halo")


@pytest.mark.parametrize("by", ["alice", "bob"])
def test_a_block_stops_opening(alice: Member, bob: Member, offer: Listing, by: str):
    block(*((alice, bob) if by == "alice" else (bob, alice)))
    with pytest.raises(NotFound):
        service.open_conversation(bob, offer.public_id, "Halo")


def test_nobody_writes_to_somebody_who_left(alice: Member, bob: Member, running: Conversation):
    with transaction():
        alice.erased_at = utcnow()
    with pytest.raises(Conflict):
        service.reply(bob, running.public_id, "Halo")


@pytest.mark.parametrize("body", ["", "  \n ", "x" * (rules.BODY_MAX + 1)])
def test_what_is_no_message_is_refused_and_nothing_is_kept(
    bob: Member, offer: Listing, running: Conversation, body: str
):
    with pytest.raises(Invalid):
        service.reply(bob, running.public_id, body)
    assert db.session.scalar(select(func.count(Message.id))) == 1


def test_a_refused_first_message_opens_nothing(bob: Member, offer: Listing):
    with pytest.raises(Invalid):
        service.open_conversation(bob, offer.public_id, " ")
    assert db.session.scalar(select(func.count(Conversation.id))) == 0


def test_a_second_tap_is_not_a_second_message(bob: Member, running: Conversation):
    service.reply(bob, running.public_id, "Masih ada?")
    assert len(talks.talk(bob, running).messages) == 1


def test_the_same_words_later_are_a_message(bob: Member, running: Conversation):
    with time_machine.travel(datetime.now(UTC) + rules.SAME_AGAIN, tick=False):
        service.reply(bob, running.public_id, "Masih ada?")
    assert len(talks.talk(bob, running).messages) == 2


def test_unread_counts_what_the_other_wrote_until_it_is_read(
    alice: Member, bob: Member, carol: Member, running: Conversation
):
    service.reply(bob, running.public_id, "Untuk anak saya")
    assert [service.unread_count(one) for one in (alice, bob, carol)] == [2, 0, 0]
    assert inbox(alice).rows[0].unread == 2
    read_all(alice, running)
    assert service.unread_count(alice) == 0
    service.reply(alice, running.public_id, "Masih")
    assert [service.unread_count(one) for one in (alice, bob)] == [0, 1]


def test_a_read_mark_never_goes_back(alice: Member, bob: Member, running: Conversation):
    service.reply(bob, running.public_id, "Untuk anak saya")
    read_all(alice, running)
    service.mark_read(alice, running, 1)
    assert service.unread_count(alice) == 0


def test_the_writer_sees_how_far_the_other_has_read(
    alice: Member, bob: Member, running: Conversation
):
    assert talks.talk(bob, running).read_by_other == 0
    read_all(alice, running)
    talk = talks.talk(bob, running)
    assert talk.read_by_other == talk.messages[-1].id


def test_a_burst_makes_one_mail_until_it_is_read(alice: Member, bob: Member, running: Conversation):
    for body in ("Halo", "Saya di Depok", "Kapan bisa?"):
        service.reply(bob, running.public_id, body)
    assert [mail.to for mail in mails()] == [alice.email]
    read_all(alice, running)
    service.reply(bob, running.public_id, "Terima kasih")
    assert [mail.to for mail in mails()] == [alice.email] * 2


def test_each_side_is_told_of_the_other(alice: Member, bob: Member, running: Conversation):
    service.reply(alice, running.public_id, "Masih")
    assert [mail.to for mail in mails()] == [alice.email, bob.email]


def test_new_conversations_are_limited_and_running_ones_are_not(
    alice: Member, bob: Member, carol: Member, running: Conversation
):
    for number in range(trust.QUOTAS["new"].conversations - 1):
        service.open_conversation(bob, factories.offer(carol, f"Kursi {number}").public_id, "Halo")
    one_more = factories.offer(alice, "Meja")
    with pytest.raises(Invalid) as refused:
        service.open_conversation(bob, one_more.public_id, "Halo")
    assert [problem.code for problem in refused.value.problems] == ["too_many_conversations"]
    service.reply(bob, running.public_id, "Saya masih bisa menulis di sini")
    with time_machine.travel(utcnow() + timedelta(days=1, minutes=1), tick=False):
        service.open_conversation(bob, one_more.public_id, "Halo")


def test_the_latest_conversation_comes_first(
    alice: Member, bob: Member, carol: Member, running: Conversation
):
    service.open_conversation(carol, running.listing.public_id, "Halo")
    with time_machine.travel(utcnow() + timedelta(minutes=2), tick=False):
        service.reply(bob, running.public_id, "Bagaimana?")
    rows = inbox(alice).rows
    assert [(row.other.name, row.last.body) for row in rows] == [
        ("Bob", "Bagaimana?"),
        ("Carol", "Halo"),
    ]


def test_a_long_inbox_has_pages(alice: Member, offer: Listing):
    for number in range(21):
        asker = factories.member(f"Tetangga {number}")
        service.open_conversation(asker, offer.public_id, "Halo")
    first, second = inbox(alice), inbox(alice, 2)
    assert (len(first.rows), len(second.rows), first.pages) == (20, 1, 2)
    assert inbox(alice, 99).page == 2
    assert inbox(alice, -1).page == 1


def test_a_long_conversation_shows_the_latest_and_leads_to_the_earlier(
    bob: Member, running: Conversation
):
    count = talks.MESSAGES_SHOWN + 10
    for number in range(count):
        service.reply(bob, running.public_id, f"Pesan {number}")
    latest = talks.talk(bob, running)
    assert len(latest.messages) == talks.MESSAGES_SHOWN
    assert latest.messages[-1].body == f"Pesan {count - 1}"
    assert latest.until is None
    earlier = talks.talk(bob, running, latest.earlier)
    assert earlier.messages[0].body == "Masih ada?"
    assert earlier.earlier is None
    assert len(earlier.messages) + len(latest.messages) == count + 1
    assert earlier.until == latest.messages[0].created_at


def test_a_new_member_has_an_empty_inbox(app: Flask, alice: Member):
    assert inbox(alice).rows == []
    assert service.unread_count(alice) == 0


def test_five_taps_at_once_are_one_message_and_one_mail(app: Flask, bob: Member, offer: Listing):
    bob_id, public_id = bob.id, offer.public_id
    db.session.remove()

    def tap(_: int) -> str:
        with app.app_context():
            me = db.session.get_one(Member, bob_id)
            return service.open_conversation(me, public_id, "Masih ada?").public_id

    with ThreadPoolExecutor(5) as pool:
        opened = set(pool.map(tap, range(5)))
    assert len(opened) == 1
    assert db.session.scalar(select(func.count(Message.id))) == 1
    assert len(mails()) == 1
