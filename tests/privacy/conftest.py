"""What the tests of privacy share: a member with something of everything."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.hardship import Hardship
from marketplace.accounts.models import Block, Consent, Member, OneTimeToken
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import (
    exact_places,
    handing,
    loans,
    meetings,
    moves,
    proposals,
    service,
)
from marketplace.exchanges.models import Exchange, Feedback, ReturnCheck, Thanks
from marketplace.exchanges.service import Wish
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings.models import Listing, ListingEvent, Photo
from marketplace.listings.models import Wish as WishRow
from marketplace.mail import queue_mail
from marketplace.matching.models import Match
from marketplace.messages.models import Conversation, Message, MessagePhoto
from marketplace.messages.service import open_conversation, reply
from marketplace.places.models import Area
from marketplace.search import saved
from marketplace.search.models import SearchAlert
from marketplace.search.service import SearchRequest
from marketplace.web import parts
from tests import factories, snapshots
from tests.sample_areas import load_sample

NAME, BIO, EMAIL = "Rukmini Kenanga", "Penenun kenanga dari Beji", "kenanga@example.org"
DRAW_SEED = "5eed" * 16
WORDS = "Lesung kenanga warisan"


PICTURES = ("kenangafoto1", "kenangabalik", "kenangapesan")
_kept: snapshots.Snapshot = {}


@pytest.fixture(autouse=True)
def _lived_before(request: pytest.FixtureRequest) -> None:
    """A full life is made once in a process, and copied into each other database before anybody
    else is in it."""
    if "full_life" not in request.fixturenames:
        return
    request.getfixturevalue("app")
    if _kept:
        snapshots.put(_kept)
    else:
        live()
        _kept.update(snapshots.take())
    for name in PICTURES:
        picture(name)


def who_is(name: str, email: str, **values: str) -> Member:
    """Whoever is here already, or comes now."""
    here = db.session.scalars(select(Member).where(Member.email == email)).one_or_none()
    return here or factories.member(name, email=email, **values)


@pytest.fixture
def rukmini(app: Flask) -> Member:
    """A member like carol, whose every trace carries the word kenanga or her name."""
    if db.session.scalars(select(Area.code).limit(1)).first() is None:
        load_sample()
    return who_is(NAME, EMAIL, bio=BIO, area_code="32.76.06")


@pytest.fixture
def alice(app: Flask) -> Member:
    return who_is("Alice", "alice@example.org")


@pytest.fixture
def bob(app: Flask) -> Member:
    return who_is("Bob", "bob@example.org")


@pytest.fixture
def full_life(app: Flask, rukmini: Member) -> Listing:
    """rukmini's post with everything around it; alice wrote to her about it, she to bob."""
    return db.session.scalars(select(Listing).where(Listing.title == WORDS)).one()


def live() -> None:
    """What a full life leaves, but for its pictures."""
    load_sample()
    rukmini = who_is(NAME, EMAIL, bio=BIO, area_code="32.76.06")
    alice, bob = who_is("Alice", "alice@example.org"), who_is("Bob", "bob@example.org")
    post = factories.offer(rukmini, WORDS, description="Milik nenek kenanga", source_id="kenanga-1")
    lonely = factories.request(rukmini, "Butuh benang kenanga")
    other = factories.offer(bob, "Benang katun")
    with transaction() as session:
        session.add_all([
            WishRow(listing_id=post.id, text="kain kenanga"),
            ListingEvent(listing_id=post.id, actor_id=rukmini.id,
                         to_state="open", reason="kenanga"),
            Consent(member_id=rukmini.id, text="rules", version="2026-11-24", language="id"),
            OneTimeToken(member_id=rukmini.id, purpose="reset_password", token_hash="kenanga-hash",
                         value=EMAIL, expires_at=utcnow() + timedelta(hours=1)),
            Hardship(member_id=rukmini.id, ends_at=utcnow() + timedelta(days=90)),
            Block(blocker_id=rukmini.id, blocked_id=factories.member("Blocked").id),
            drawn(post),
            Match(offer_id=other.id, request_id=lonely.id, score=0.5, offer_revision=1,
                  request_revision=1, reasons=[["same_words", {"words": "kenanga"}]]),
        ])  # fmt: skip
        queue_mail("password_changed", to=EMAIL, to_name=NAME, language="id", params={"name": NAME})
    look_for(rukmini, "Kain kenanga", other)
    look_for(alice, "Lesung", post)
    add_photo(post, PICTURES[0])
    conversation = open_conversation(alice, post.public_id, "Halo, masih ada?")
    reply(rukmini, conversation.public_id, "Masih, silakan datang.")
    open_conversation(rukmini, other.public_id, "Saya butuh benangnya.")
    exchanged(post, other, rukmini)


def drawn(post: Listing) -> GivingWindow:
    """A draw of a post that was."""
    at = utcnow() - timedelta(days=1)
    return GivingWindow(listing_id=post.id, rule="draw", opens_at=at, closes_at=at, ended_at=at,
                        outcome="drawn", seed=DRAW_SEED, alias_key=DRAW_SEED[::-1])  # fmt: skip


def look_for(member: Member, text: str, found: Listing) -> None:
    """A saved search of the member, which found a post."""
    wanted = SearchRequest(text=text, kinds=frozenset(["goods"]), direction="offer")
    row = saved.save_search(parts(), member, wanted, text)
    with transaction() as session:
        session.merge(SearchAlert(search_id=row.id, listing_id=found.id, outcome="told"))


def exchanged(post: Listing, other: Listing, rukmini: Member) -> None:
    """alice got rukmini's post as a loan, met her, brought it back and thanked her; bob promised
    her something, and they are to meet."""
    alice, bob = conversation_about(post).opener, other.owner
    with transaction():
        post.loan = post.swap = True
    wish = Wish(terms="loan", loan_days=5)
    lent = service.ask(alice, post.public_id, wish, "Boleh saya pinjam?")
    service.promise(rukmini, lent.public_id)
    got = service.ask(rukmini, other.public_id, Wish(terms="gift"), "Boleh?")
    service.promise(bob, got.public_id)
    for exchange, writer, reader in ((lent, rukmini, alice), (got, rukmini, bob)):
        day = (utcnow() + timedelta(days=2)).date().isoformat()
        draft = proposals.Draft(day=day, clock="09:30", place="Balai kenanga", words="Kenanga")
        proposal = meetings.propose(writer, exchange.public_id, draft)
        meetings.accept(reader, exchange.public_id, proposal.public_id)
        exact_places.write(writer, exchange.public_id, "Jalan Kenanga 3")
        exact_places.show(reader, exchange.public_id)
    exact_places.show(rukmini, lent.public_id)
    handing.meet(alice, lent.public_id, handing.own_code(rukmini, lent.public_id))
    loans.say_returned(alice, lent.public_id)
    message_id = db.session.scalars(
        select(Message.id).where(Message.sender_id == rukmini.id).order_by(Message.id)
    ).first()
    with transaction() as session:
        moves.move(
            rukmini, session.get_one(Exchange, lent.id, with_for_update=True), "accept_return"
        )
        session.add_all([
            ReturnCheck(exchange_id=lent.id, by_id=rukmini.id, condition="worn",
                        words="Kenanga layu", photo_name=PICTURES[1], photo_width=4,
                        photo_height=3),
            Thanks(exchange_id=lent.id, by_id=rukmini.id, to_id=alice.id, words="Dari kenanga"),
            Thanks(exchange_id=lent.id, by_id=alice.id, to_id=rukmini.id, words="Untuk kenanga",
                   by_public=True, to_public=True),
            Feedback(exchange_id=lent.id, by_id=alice.id, about_id=rukmini.id, came=True),
            Feedback(exchange_id=lent.id, by_id=rukmini.id, about_id=alice.id, came=True),
            MessagePhoto(message_id=message_id, name=PICTURES[2], width=4, height=3),
        ])  # fmt: skip


def add_photo(listing: Listing, name: str) -> Path:
    """A photo of the post, with its file."""
    with transaction() as session:
        session.add(Photo(listing_id=listing.id, name=name, alt="kenanga", width=4, height=3))
    return picture(name)


def picture(name: str) -> Path:
    """A file of a photo with this name."""
    path: Path = parts().settings.uploads_dir / name[:2] / f"{name}-240.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")
    return path


def conversation_about(listing: Listing) -> Conversation:
    return db.session.query(Conversation).filter_by(listing_id=listing.id).one()


@pytest.fixture
def pass_days(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let days pass: a member who asked to leave has asked so much earlier."""

    def pass_(days: float) -> None:
        with transaction() as session:
            for member in session.query(Member).filter(Member.erase_after.is_not(None)):
                member.erase_after -= timedelta(days=days)

    return pass_
