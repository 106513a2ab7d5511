"""After a change of words or lexicon the posts are read anew: bounded, quietly, and nobody is told
of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from marketplace.accounts import rules as account_rules
from marketplace.accounts import skills
from marketplace.accounts.models import Member
from marketplace.db import db, is_postgresql, transaction, utcnow
from marketplace.listings import service as listings
from marketplace.listings.models import Listing
from marketplace.listings.rows import draft_of
from marketplace.matching import core
from marketplace.matching import sweeps as matching
from marketplace.matching.models import Match, SkillMatch
from marketplace.notifications.models import Notification
from marketplace.search import reading, rereading, service, sweeps, synonyms
from marketplace.search.service import SearchRequest
from marketplace.search.synonym_rules import SynonymDraft
from tests import factories

Settle = Callable[[], None]


@pytest.fixture
def parts(app: Flask):
    return app.extensions["marketplace"]


def add(staff: Member, words: str, same_as: str = "handphone"):
    return synonyms.add_synonym(staff, SynonymDraft(words, same_as))


def facts(listing: Listing) -> tuple[object, ...]:
    return listing.updated_at, listing.expires_at, listing.published_at, listing.confirmed_at


def test_only_posts_that_read_otherwise_go_to_index_and_matcher_again(
    parts, staff: Member, alice: Member, settle: Settle
) -> None:
    holds, other = factories.offer(alice, "Blurik bekas"), factories.offer(alice, "Kursi")
    settle()
    add(staff, "blurik")
    assert rereading.analyse(parts) == 2
    assert rereading.analyse(parts) == 0
    db.session.rollback()
    assert (holds.revision, other.revision) == (2, 1)
    assert "#phone" in holds.words
    assert {holds.reading, other.reading} == {reading.name()}


def test_it_is_no_edit_for_the_owner(parts, staff: Member, alice: Member, settle: Settle) -> None:
    listing = factories.offer(alice, "Blurik", updated_at=utcnow() - timedelta(days=9))
    settle()
    before, events = facts(listing), len(listing.events)
    add(staff, "blurik")
    settle()
    db.session.rollback()
    assert (facts(listing), len(listing.events), listing.revision) == (before, events, 2)


def test_every_open_hidden_or_waiting_post_is_read_in_bounded_batches(
    parts, staff: Member, alice: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    for state in ("open", "open", "held", "pending", "withdrawn", "fulfilled"):
        factories.offer(alice, "Blurik", state=state)
    settle()
    monkeypatch.setattr(rereading, "BATCH", 3)
    add(staff, "blurik")
    assert rereading.progress() == rereading.Progress(4, 4)
    assert [rereading.analyse(parts) for _ in range(3)] == [3, 1, 0]
    assert rereading.progress() == rereading.Progress(0, 4)


def test_the_next_posts_wait_until_the_index_has_followed(
    parts, staff: Member, alice: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        factories.offer(alice, "Blurik")
    settle()
    monkeypatch.setattr(rereading, "BATCH", 2)
    monkeypatch.setattr(rereading, "AHEAD", 4)
    add(staff, "blurik")
    assert [rereading.analyse(parts) for _ in range(3)] == [2, 2, 0]
    sweeps.sync(parts)
    assert [rereading.analyse(parts) for _ in range(2)] == [2, 0]


def test_a_post_that_is_edited_meanwhile_keeps_what_its_owner_wrote(
    parts, staff: Member, alice: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = factories.offer(alice, "Blurik bekas", category="electronics")
    settle()
    add(staff, "blurik")
    note = rereading._note

    def edited_before(rows, values):
        with transaction() as session:
            session.execute(update(Listing).values(title="Kursi", words={"kursi": 2.0}, revision=5))
        note(rows, values)

    monkeypatch.setattr(rereading, "_note", edited_before)
    rereading.analyse(parts)
    db.session.rollback()
    assert (listing.words, listing.revision) == ({"kursi": 2.0}, 5)
    monkeypatch.undo()
    settle()
    db.session.rollback()
    assert (listing.words["~kursi"], listing.reading) == (3.0, reading.name())


def test_dying_before_it_is_noted_loses_nothing(
    parts, staff: Member, alice: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.offer(alice, "Blurik")
    settle()
    add(staff, "blurik")

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rereading, "_note", dying)
    with pytest.raises(KeyboardInterrupt):
        rereading.analyse(parts)
    monkeypatch.undo()
    assert rereading.progress().left == 1
    settle()
    assert service.find(parts, None, SearchRequest(text="ponsel")).total == 1


def test_what_was_read_by_another_release_is_read_anew(
    parts, alice: Member, settle: Settle
) -> None:
    listing = factories.offer(alice, "Ponsel bekas", words={"ponsel": 2.0}, reading="")
    assert rereading.progress().left == 1
    settle()
    db.session.rollback()
    assert (listing.reading, "#phone" in listing.words) == (reading.name(), True)


def test_a_new_post_is_read_once(parts, alice: Member, settle: Settle) -> None:
    old = factories.offer(alice, "Kursi", category="furniture")
    settle()
    from dataclasses import replace

    draft = replace(draft_of(old), key="", title="Meja")
    new = listings.publish_listing(alice, draft, analyse=reading.analysed)
    assert new.reading == reading.name()
    edited = replace(draft, title="Meja kecil")
    listings.edit_listing(alice, new.public_id, edited, analyse=reading.analysed)
    assert rereading.analyse(parts) == 0


def test_nobody_is_told_again_of_a_match_while_its_posts_are_read_anew(
    parts, staff: Member, alice: Member, bob: Member, settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(core, "MIN_SCORE", 0.1)  # one concept in common is enough to be told
    monkeypatch.setattr(matching, "GOOD_GRAINS", 1)
    row = synonyms.add_synonym(staff, SynonymDraft("blurik", "zamzuri"))
    synonyms.take_up()
    offer, request = factories.offer(alice, "Blurik"), factories.request(bob, "Zamzuri")
    settle()
    db.session.rollback()
    match = db.session.scalars(select(Match)).one()
    told, match_id = match.told_at, match.id
    assert told is not None
    # The two are one concept of another name, and are read anew one after the other.
    synonyms.remove_synonym(staff, row.public_id)
    synonyms.add_synonym(staff, SynonymDraft("blurik", "zamzuri"))
    monkeypatch.setattr(rereading, "BATCH", 1)
    for _ in range(3):
        rereading.analyse(parts)
        sweeps.sync(parts)
        matching.refresh(parts)
    settle()
    db.session.rollback()
    assert offer.revision == request.revision == 2
    match = db.session.scalars(select(Match)).one()
    assert (match.id, match.told_at) == (match_id, told)
    news = select(func.count()).select_from(Notification).where(Notification.kind == "new_match")
    assert db.session.scalar(news) == 2


def test_a_post_that_is_put_up_meanwhile_is_matched_at_once(
    parts, staff: Member, alice: Member, bob: Member, settle: Settle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    factories.offer(alice, "Kursi rotan"), factories.offer(alice, "Blurik")
    settle()
    add(staff, "blurik")
    monkeypatch.setattr(rereading, "BATCH", 1)
    rereading.analyse(parts)
    assert rereading.is_under_way()
    factories.request(bob, "Butuh kursi rotan")
    sweeps.sync(parts)
    matching.refresh(parts)
    assert db.session.scalars(select(Match)).one()


def test_new_matches_come_of_new_words(
    parts, staff: Member, alice: Member, bob: Member, settle: Settle
) -> None:
    factories.offer(alice, "Blurik"), factories.request(bob, "Butuh ponsel")
    settle()
    assert db.session.scalars(select(Match)).all() == []
    add(staff, "blurik")
    settle()
    db.session.rollback()
    assert db.session.scalars(select(Match)).one().told_at is not None


def test_lines_of_members_follow(
    parts, staff: Member, alice: Member, bob: Member, settle: Settle
) -> None:
    draft = account_rules.SkillDraft(direction="offer", text="Blurik")
    skills.add_skill(alice, draft)
    factories.request(bob, "Ponsel", kind="skill")
    settle()
    assert db.session.scalars(select(SkillMatch)).all() == []
    add(staff, "blurik")
    settle()
    assert len(db.session.scalars(select(SkillMatch)).all()) == 1


def test_idle_it_asks_an_index_only(app: Flask, alice: Member) -> None:
    statement = select(Listing.id).where(rereading._due()).limit(1)
    literal = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    if is_postgresql():
        fill_with_read(factories.offer(alice).id)
    plan = str(db.session.execute(text(f"{explain} {literal}")).all())
    if is_postgresql():
        assert plan.count("ix_listings_state_reading") == 2
    else:
        assert "ix_listings_state_reading (state=? AND reading<?)" in plan
        assert "ix_listings_state_reading (state=? AND reading>?)" in plan


def fill_with_read(like: int) -> None:
    """Enough posts, in a transaction that never ends well, that PostgreSQL prefers an index."""
    listing = db.session.get_one(Listing, like)
    listing.reading = reading.name()
    db.session.flush()
    others = (column.name for column in Listing.__table__.c)
    copied = ", ".join(name for name in others if name not in ("id", "public_id"))
    db.session.execute(
        text(
            f"INSERT INTO listings (public_id, {copied}) SELECT 'copy' || number, {copied} "
            "FROM listings, generate_series(1, 2000) AS number"
        )
    )
    db.session.execute(text("ANALYZE listings"))
