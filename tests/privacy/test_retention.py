"""What is over by the table goes; what is not stays; and the table is the one that is published."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts.hardship import Hardship
from marketplace.accounts.models import (
    AccountEvent,
    AuditEvent,
    Consent,
    Member,
    OneTimeToken,
    RecoveryCode,
    SignIn,
)
from marketplace.config import PROJECT_ROOT
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import service
from marketplace.exchanges.models import Exchange, PlaceView, ReturnCheck
from marketplace.exchanges.service import Wish
from marketplace.listings.models import Listing
from marketplace.mail import OutgoingMail, queue_mail
from marketplace.messages.service import open_conversation
from marketplace.moderation.models import Case, Decision
from marketplace.notifications.models import Notification
from marketplace.privacy import ending, retention, sweeps
from marketplace.privacy.models import DataExport, ErasureRequest
from marketplace.privacy.retention import TERMS
from marketplace.search.models import SavedSearch
from marketplace.web import parts
from tests import factories
from tests.privacy.conftest import add_photo

Make = Callable[[Member, datetime], Any]


def _erased(at: datetime) -> Member:
    return factories.member("", erased_at=at)


def _mail(at: datetime, **values: Any) -> OutgoingMail:
    row = queue_mail("password_changed", to="a@example.org", language="id")
    for name, value in ({"created_at": at} | values).items():
        setattr(row, name, value)
    return row


def _exchange_of(member: Member) -> Exchange:
    """One that the member asked for, with somebody new each time."""
    listing = factories.offer(factories.member("Giver"))
    db.session.flush()
    return service.ask(member, listing.public_id, Wish(terms="gift"), "Boleh?")


MADE: dict[str, Make] = {
    "tokens": lambda m, at: OneTimeToken(
        member_id=m.id, purpose="x", token_hash=str(at), expires_at=at),
    "codes": lambda m, at: RecoveryCode(member_id=m.id, code_hash=str(at), ended_at=at),
    "sign_ins": lambda m, at: SignIn(member_id=m.id, token_hash=str(at), ended_at=at),
    "hardships": lambda m, at: Hardship(member_id=factories.member().id, ends_at=at),
    "account_events": lambda m, at: AccountEvent(member_id=m.id, kind="x", told_at=at),
    "sent_mails": lambda m, at: _mail(at, state="sent", sent_at=at),
    "unsent_mails": lambda m, at: _mail(at, state="failed"),
    "seen_news": lambda m, at: Notification(
        member_id=m.id, topic="match", kind="x", created_at=at, seen_at=at),
    "unseen_news": lambda m, at: Notification(
        member_id=m.id, topic="match", kind="x", created_at=at),
    "unseen_searches": lambda m, at: SavedSearch(
        member_id=m.id, name="x", same_as=str(at), seen_at=at),
    "removed_searches": lambda m, at: SavedSearch(
        member_id=m.id, name="x", same_as=str(at), removed_at=at),
    "place_views": lambda m, at: PlaceView(
        exchange_id=_exchange_of(m).id, member_id=m.id, seen_at=at),
    "reports": lambda m, at: Case(
        thing="member", key="x", member_id=m.id, closed_at=at, outcome="acted"),
    "decisions": lambda m, at: Decision(member_id=m.id, action="warn", made_at=at),
    "audit": lambda m, at: AuditEvent(action="x", at=at),
    "copies": lambda m, at: DataExport(member_id=m.id, made_at=at),
    "consents": lambda m, at: Consent(
        member_id=_erased(at).id, text="rules", version="1", language="id"),
    "erasure_requests": lambda m, at: ErasureRequest(
        member_id=m.id, erase_after=at, ended_at=at, outcome="kept"),
}  # fmt: skip


def test_every_term_is_kept_by_the_sweep() -> None:
    others = {"sign_ups", "tombstones", "unsent_words", "drafts", "closed_posts",
              "return_photos", "resting_searches"}  # fmt: skip
    files = {"photo_files", "mail_files"}
    assert {term.name for term in TERMS} == set(ending.DELETED) | others | files
    assert len(others) == len(ending.OTHERWISE)
    assert set(MADE) == set(ending.DELETED)


@pytest.mark.parametrize("name", MADE)
def test_what_is_over_goes_and_what_is_not_stays(app: Flask, alice: Member, name: str) -> None:
    days = next(term.days for term in TERMS if term.name == name)
    model, now = ending.DELETED[name][0], utcnow()
    with transaction() as session:
        old = MADE[name](alice, now - timedelta(days=days, hours=1))
        fresh = MADE[name](alice, now - timedelta(days=days, hours=-1))
        session.add_all([old, fresh])
        session.flush()
        fresh_id = fresh.id
    assert ending.delete_batch(name, utcnow()) == 1
    assert list(db.session.scalars(select(model.id))) == [fresh_id]
    assert ending.delete_batch(name, utcnow()) == 0


def test_the_published_table_is_the_one_that_the_sweep_keeps() -> None:
    assert retention.table() in (PROJECT_ROOT / "docs" / "privacy.md").read_text("utf-8")


def test_a_batch_is_bounded(app: Flask, alice: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending._batch, "__defaults__", (2,))
    old = utcnow() - timedelta(days=1000)
    with transaction() as session:
        session.add_all(AuditEvent(action="x", at=old) for _ in range(5))
    assert [ending.delete_batch("audit", utcnow()) for _ in range(4)] == [2, 2, 1, 0]


def test_a_search_that_nobody_looked_at_for_a_year_rests_and_its_member_is_told_once(
    app: Flask, alice: Member
) -> None:
    year = utcnow() - timedelta(days=366)
    with transaction() as session:
        for seen_at in (year, utcnow()):
            session.add(SavedSearch(member_id=alice.id, name="Mesin", same_as=str(seen_at),
                                    seen_at=seen_at))  # fmt: skip
    assert [ending.rest_searches(utcnow()) for _ in range(2)] == [1, 0]
    rows = db.session.scalars(select(SavedSearch).order_by(SavedSearch.seen_at)).all()
    assert [row.how_often for row in rows] == ["never", "daily"]
    (news,) = db.session.scalars(select(Notification)).all()
    assert (news.kind, news.link) == (
        "search_rests",
        f"/me/searches/{rows[0].public_id}/change",
    )


def test_a_sign_up_that_nobody_confirmed_goes_and_its_address_is_free(
    app: Flask, alice: Member
) -> None:
    weeks = utcnow() - timedelta(days=15)
    nobody, recent = factories.member("Nobody", created_at=weeks), factories.member("Recent")
    with transaction():
        nobody.email_confirmed_at = recent.email_confirmed_at = None
        alice.created_at = weeks
    assert ending.delete_sign_ups(utcnow()) == 1
    names = set(db.session.scalars(select(Member.name)))
    assert names == {"Recent", "Alice"}


def test_a_tombstone_goes_after_two_years_once_nothing_hangs_on_it(
    app: Flask, alice: Member, bob: Member
) -> None:
    long_ago = utcnow() - timedelta(days=800)
    kept = factories.offer(alice)
    open_conversation(bob, kept.public_id, "Halo")
    with transaction() as session:
        session.add(Member(name="", erased_at=long_ago))
        alice.erased_at = long_ago
    assert ending.delete_tombstones(utcnow()) == 1
    assert db.session.scalar(select(func.count(Member.id))) == 2


def test_mail_that_is_given_up_loses_its_words_before_its_row(app: Flask) -> None:
    with transaction():
        old = _mail(utcnow() - timedelta(days=8), state="failed", params={"name": "Alice"})
        new = _mail(utcnow(), state="failed", params={"name": "Alice"})
    assert ending.empty_unsent_words(utcnow()) == 1
    db.session.expire_all()
    assert (old.params, new.params) == ({}, {"name": "Alice"})
    assert ending.empty_unsent_words(utcnow()) == 0


def test_a_draft_of_last_year_goes(app: Flask, alice: Member) -> None:
    year = utcnow() - timedelta(days=366)
    factories.offer(alice, state="draft", published_at=None, updated_at=year)
    factories.offer(alice, "Baru", state="draft", published_at=None)
    factories.offer(alice, "Terbuka", updated_at=year)
    assert ending.delete_drafts(utcnow()) == 1
    assert set(db.session.scalars(select(Listing.title))) == {"Baru", "Terbuka"}


def test_a_post_that_ended_two_years_ago_loses_words_photos_and_place(
    app: Flask, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    with_talk, without, recent = (factories.offer(alice, f"Mesin {n}") for n in range(3))
    open_conversation(bob, with_talk.public_id, "Halo")
    photo = add_photo(with_talk, "mesinfoto")
    long_ago = utcnow() - timedelta(days=731)
    os.utime(photo, (long_ago.timestamp(),) * 2)
    with transaction():
        for row in (with_talk, without):
            row.state, row.updated_at = "withdrawn", long_ago
        recent.state = "withdrawn"
    kept, gone = with_talk.id, without.id
    settle()
    db.session.rollback()  # the sweeps have written meanwhile
    row = db.session.get_one(Listing, kept)
    assert (row.title, row.place_kind, row.cell, row.words) == ("", "unknown", None, {})
    assert not photo.exists()
    assert db.session.get(Listing, gone) is None
    assert db.session.get_one(Listing, recent.id).title == "Mesin 2"


def test_a_pause_that_goes_on_keeps_its_decision(app: Flask, alice: Member) -> None:
    long_ago = utcnow() - timedelta(days=800)
    with transaction() as session:
        alice.suspended_at = long_ago
        session.add(Decision(member_id=alice.id, action="pause", made_at=long_ago))
    assert ending.delete_batch("decisions", utcnow()) == 0
    with transaction():
        alice.suspended_at = None
    assert ending.delete_batch("decisions", utcnow()) == 1


def test_files_that_no_row_names_go_after_a_day(app: Flask, alice: Member) -> None:
    shown = add_photo(factories.offer(alice), "dipakai")
    waste = shown.with_name("disia-240.webp")
    young = shown.with_name("dibaru-240.webp")
    for path in (waste, young):
        path.write_bytes(b"nobody's")
    old = (utcnow() - timedelta(days=2)).timestamp()
    for path in (shown, waste):
        os.utime(path, (old, old))
    assert sweeps.retain(parts()) == 1
    assert [path.exists() for path in (shown, waste, young)] == [True, False, True]


def test_mail_in_files_goes_after_a_month(app: Flask) -> None:
    folder = parts().settings.mail_dir
    folder.mkdir(exist_ok=True)
    old, new = folder / "old.eml", folder / "new.eml"
    for path in (old, new):
        path.write_text("x")
    month = (utcnow() - timedelta(days=31)).timestamp()
    os.utime(old, (month, month))
    sweeps.retain(parts())
    assert [path.exists() for path in (old, new)] == [False, True]


def test_a_photo_of_what_came_back_goes_after_half_a_year_and_its_words_stay(
    app: Flask, alice: Member, bob: Member
) -> None:
    now = utcnow()
    checks = {}
    for name, days in (("kembali00001", 181), ("kembali00002", 179)):
        checks[name] = _exchange_of(bob)
        with transaction() as session:
            session.add(
                ReturnCheck(
                    exchange_id=checks[name].id, by_id=alice.id, condition="worn", words="Tergores",
                    photo_name=name, photo_width=4, photo_height=3, at=now - timedelta(days=days),
                )
            )  # fmt: skip
    assert ending.drop_return_photos(now) == 1
    assert ending.drop_return_photos(now) == 0
    rows = db.session.scalars(select(ReturnCheck).order_by(ReturnCheck.exchange_id)).all()
    assert [(row.photo_name, row.words) for row in rows] == [
        ("", "Tergores"), ("kembali00002", "Tergores")
    ]  # fmt: skip
    assert ending.photo_names({"kembali00001", "kembali00002"}) == {"kembali00002"}
