"""Index and database together: found by the next request, and never shown what is hidden."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, select, text, update

from marketplace.accounts.models import Block, Member
from marketplace.db import db, gather_statistics, is_postgresql, transaction, utcnow
from marketplace.listings import service as listings
from marketplace.listings.models import Listing
from marketplace.places.cells import Place, place_of
from marketplace.search import lag, service, sight, sweeps
from marketplace.search.service import SearchRequest
from tests import factories

Settle = Callable[[], None]


@pytest.fixture
def parts(app: Flask):
    return app.extensions["marketplace"]


@pytest.fixture
def settle(settle: Settle) -> Settle:
    """The sweeps, and then a new read transaction, as every request has."""

    def settled() -> None:
        settle()
        db.session.rollback()

    return settled


def titles(parts, actor: Member | None = None, text: str = "", **wanted: object) -> list[str]:
    found = service.find(parts, actor, SearchRequest(text=text, **wanted))
    return [listing.title for listing in found.listings]


def test_a_listing_is_found_by_the_next_request_before_any_sweep(
    parts, settle: Settle, alice: Member
) -> None:
    settle()
    factories.offer(alice, "Mesin jahit portabel")
    assert titles(parts, text="menjahit") == ["Mesin jahit portabel"]
    settle()
    assert titles(parts, text="menjahit") == ["Mesin jahit portabel"]


def test_the_unindexed_and_the_indexed_come_in_one_order(
    parts, settle: Settle, alice: Member
) -> None:
    for number in range(6):
        factories.offer(alice, f"Mesin jahit {number}")
    factories.offer(alice, "Kursi")
    settle()
    before = service.find(parts, None, SearchRequest(text="mesin jahit"))
    with transaction() as session:  # every second one is due again, unchanged
        session.execute(
            update(Listing).where(Listing.id % 2 == 0).values(revision=Listing.revision + 1)
        )
    after = service.find(parts, None, SearchRequest(text="mesin jahit"))
    assert [hit.id for hit in after.hits] == [hit.id for hit in before.hits]
    assert [hit.score for hit in after.hits] == pytest.approx(
        [hit.score for hit in before.hits], abs=1e-6
    )
    assert after.total == before.total == 6


def test_an_edited_listing_is_found_by_its_new_words_only_and_once(
    parts, settle: Settle, alice: Member
) -> None:
    listing = factories.offer(alice, "Mesin jahit")
    settle()
    with transaction():
        listing.title, listing.words = "Kursi", {"kursi": 2.0, "~kursi": 2.0}
        listing.revision += 1
    assert titles(parts, text="jahit") == []
    assert titles(parts, text="kursi") == ["Kursi"]
    assert titles(parts) == ["Kursi"]


def test_a_withdrawn_listing_is_gone_at_once(parts, settle: Settle, alice: Member) -> None:
    listing = factories.offer(alice)
    settle()
    listings.withdraw_listing(alice, listing.public_id)
    assert titles(parts, text="jahit") == []
    assert titles(parts, alice, text="jahit") == []
    settle()
    assert parts.search_index.revisions() == {}


def test_an_expired_listing_is_gone_at_its_very_instant(
    parts, settle: Settle, alice: Member
) -> None:
    factories.offer(alice, expires_at=utcnow() + timedelta(hours=1))
    settle()
    assert len(titles(parts, text="jahit")) == 1
    with time_machine.travel(utcnow() + timedelta(hours=1, seconds=1)):
        assert titles(parts, text="jahit") == []


def test_drafts_and_held_listings_are_never_found(parts, settle: Settle, alice: Member) -> None:
    settle()
    for state in ("draft", "pending", "held", "fulfilled", "withdrawn"):
        factories.offer(alice, state=state)
    assert titles(parts) == titles(parts, alice) == []
    assert service.find(parts, alice, SearchRequest()).total == 0
    settle()
    assert titles(parts) == titles(parts, alice) == []
    assert lag.measure(parts).unindexed == 0


def test_a_block_hides_both_ways_and_pages_stay_full(
    parts, settle: Settle, alice: Member, bob: Member, carol: Member
) -> None:
    for number in range(30):
        factories.offer((alice, bob)[number % 2], f"Mesin {number}")
    settle()
    with transaction() as session:
        session.add(Block(blocker_id=bob.id, blocked_id=carol.id))
    for actor, other in ((carol, bob), (bob, carol)):
        found = service.find(parts, actor, SearchRequest(text="mesin", limit=10))
        assert other.id not in {listing.owner_id for listing in found.listings}
        assert len(found.listings) == 10
    assert service.find(parts, carol, SearchRequest(text="mesin")).total == 15


def test_a_pause_hides_at_once_and_ends_at_once(
    parts, settle: Settle, alice: Member, bob: Member
) -> None:
    factories.offer(alice, "Mesin Alice")
    factories.offer(bob, "Mesin Bob")
    settle()
    with transaction():
        alice.paused_at = utcnow()
    assert titles(parts, text="mesin") == ["Mesin Bob"]
    with transaction():
        alice.paused_at = None
    assert sorted(titles(parts, text="mesin")) == ["Mesin Alice", "Mesin Bob"]


def test_pages_have_neither_gap_nor_overlap_when_rows_vanish_behind_the_index(
    parts, settle: Settle, alice: Member
) -> None:
    for number in range(40):
        factories.offer(alice, f"Mesin {number}")
    settle()
    with transaction() as session:  # the index is not told
        session.execute(update(Listing).where(Listing.id % 4 == 0).values(state="held"))
    seen = [
        listing.id
        for offset in range(0, 40, 10)
        for listing in service.find(
            parts, None, SearchRequest(text="mesin", offset=offset, limit=10)
        ).listings
    ]
    assert len(seen) == len(set(seen)) == 30
    first = service.find(parts, None, SearchRequest(text="mesin", limit=10))
    assert len(first.listings) == 10


def test_a_long_tail_is_cut_to_the_newest_and_says_so(
    parts, settle: Settle, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    monkeypatch.setattr(sight, "TAIL_MOST", 3)
    for number in range(5):
        factories.offer(alice, f"Mesin {number}", updated_at=utcnow() + timedelta(seconds=number))
    found = service.find(parts, None, SearchRequest(text="mesin"))
    assert found.notices == ("catching_up",)
    assert {listing.title for listing in found.listings} == {"Mesin 2", "Mesin 3", "Mesin 4"}
    settle()
    found = service.find(parts, None, SearchRequest(text="mesin"))
    assert (found.total, found.notices) == (5, ())


def test_filters_and_distance_act_alike_on_tail_index_and_database(
    parts, settle: Settle, alice: Member, bob: Member, lose_index: Callable[[], None]
) -> None:
    factories.offer(alice, "near", point=factories.NEAR_DEPOK, category="books")
    factories.offer(alice, "far", point=factories.BOGOR)
    factories.request(alice, "asked")
    factories.offer(alice, "lent", gift=False, loan=True, kind="skill")
    factories.offer(alice, "online", **{**_online(), "kind": "mentoring"})
    wanted = [
        {"direction": "request"},
        {"kinds": frozenset({"skill", "mentoring"})},
        {"terms": frozenset({"loan", "swap"})},
        {"place": place_of(bob), "radius_km": 5.0},
        {"place": place_of(bob), "radius_km": 5.0, "online": False},
        {"place": place_of(bob), "sort": "nearest"},
        {"sort": "newest"},
    ]

    def answers() -> list[list[str]]:
        return [titles(parts, bob, **one) for one in wanted]

    lose_index()
    from_database = answers()
    parts.search_index.rebuild([])
    from_tail = answers()
    settle()
    assert answers() == from_tail == from_database
    assert set(from_tail[0]) == {"asked"}
    assert set(from_tail[1]) == {"lent", "online"}
    assert set(from_tail[2]) == {"lent"}
    assert set(from_tail[3]) == {"near", "asked", "lent", "online"}
    assert set(from_tail[4]) == {"near", "asked", "lent"}
    assert from_tail[5][-2:] == ["far", "online"]


def _online() -> dict[str, object]:
    from marketplace.places.cells import place_columns

    return place_columns(Place.online("Asia/Jakarta"))


def test_words_that_say_nothing_show_everything_and_say_so(
    parts, settle: Settle, alice: Member
) -> None:
    factories.offer(alice)
    settle()
    found = service.find(parts, None, SearchRequest(text="butuh yang ada"))
    assert (found.total, found.notices) == (1, ("only_common_words",))


def test_sync_works_in_bounded_batches_until_nothing_is_due(
    parts, settle: Settle, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    monkeypatch.setattr(sweeps, "BATCH", 4)
    for _ in range(10):
        factories.offer(alice)
    assert [sweeps.sync(parts) for _ in range(4)] == [4, 4, 2, 0]
    assert len(parts.search_index.revisions()) == 10


def test_a_row_that_changes_during_the_commit_is_due_again(
    parts, settle: Settle, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    listing = factories.offer(alice)
    apply = type(parts.search_index).apply

    def changing(self, upserts, removals=()):
        apply(self, upserts, removals)
        with transaction() as session:
            session.execute(update(Listing).values(revision=Listing.revision + 1))

    monkeypatch.setattr(type(parts.search_index), "apply", changing)
    sweeps.sync(parts)
    monkeypatch.undo()
    assert lag.measure(parts).unindexed == 1
    settle()
    db.session.rollback()
    assert parts.search_index.revisions() == {listing.id: listing.revision}


def test_dying_between_the_commit_and_its_note_changes_nothing(
    parts, settle: Settle, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle()
    factories.offer(alice, "Mesin")

    def dying(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeps, "_note", dying)
    with pytest.raises(KeyboardInterrupt):
        sweeps.sync(parts)
    monkeypatch.undo()
    assert titles(parts, text="mesin") == ["Mesin"]
    settle()
    assert titles(parts, text="mesin") == ["Mesin"]
    assert parts.search_index.stats([]).documents == 1


def test_a_slow_process_never_takes_back_what_a_quick_one_noted(
    parts, settle: Settle, alice: Member
) -> None:
    listing = factories.offer(alice, revision=5)
    settle()
    sweeps._note({listing.id: 3})
    assert listing.indexed_revision == 5


def test_whose_posts_are_left_out_is_told_by_an_index_of_these_few(
    app: Flask, alice: Member, bob: Member
) -> None:
    for one, column in ((alice, "paused_at"), (bob, "suspended_at")):
        with transaction() as session:
            session.execute(update(Member).where(Member.id == one.id).values({column: utcnow()}))
    assert sight.hidden_owners(None) == {alice.id, bob.id}
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    if is_postgresql():
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
    chosen = select(Member.id).where(Member.hides_posts())
    compiled = chosen.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = db.session.execute(text(f"{explain} {compiled}".replace(":", "\\:"))).all()
    assert "ix_members_away" in str(plan)


def test_the_rows_of_a_page_are_read_by_their_ids_however_many_are_open(
    app: Flask, alice: Member
) -> None:
    if is_postgresql():
        pytest.skip("PostgreSQL gathers its statistics by itself")
    values = {"direction": "offer", "state": "open", "place_kind": "unknown"}
    values |= {"owner_id": alice.id, "created_by_id": alice.id}
    with transaction() as session:
        session.execute(insert(Listing), [values] * 300)
    assert gather_statistics() == 0
    db.engine.dispose()  # as another process
    with_dates = {"n": utcnow().isoformat()}
    plan = db.session.execute(
        text(
            "EXPLAIN QUERY PLAN SELECT id FROM listings WHERE id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10,"
            " 11, 12, 13, 14, 15) AND state = 'open' AND (expires_at IS NULL OR expires_at > :n)"
        ),
        with_dates,
    ).all()
    assert "PRIMARY KEY" in str(plan)


def test_an_engine_that_stops_counting_says_more_than_and_nothing_exact(
    parts, settle: Settle, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        factories.offer(alice, f"Mesin {number}")
    settle()
    monkeypatch.setattr(parts.search_index, "counts_to", 3)
    assert service.find(parts, None, SearchRequest(text="mesin")).more
    monkeypatch.setattr(parts.search_index, "counts_to", 4)
    assert not service.find(parts, None, SearchRequest(text="mesin")).more
