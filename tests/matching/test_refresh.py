"""Stored matches follow what listings say now."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from marketplace.accounts.models import Block, Member
from marketplace.accounts.reputation import NEUTRAL_SCORE, Reputation
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.listings.service import fulfil_listing
from marketplace.matching import service, sweeps
from marketplace.matching.candidates import ASKED_TERMS, groups_of
from marketplace.matching.loading import load_sides
from marketplace.matching.models import Match
from marketplace.matching.sides import Side, WordStats
from marketplace.search.sweeps import sync
from tests import factories

Settle = Callable[[], None]


def titles(actor: Member | None, listing: Listing) -> list[str]:
    db.session.rollback()
    return [found.other.title for found in service.matches_of(actor, listing)]


def stored() -> int:
    db.session.rollback()  # see what the sweeps wrote meanwhile
    return db.session.scalar(select(func.count(Match.id))) or 0


def change(listing: Listing, **values: object) -> None:
    with transaction():
        for name, value in values.items():
            setattr(listing, name, value)
        listing.revision += 1


def test_a_fitting_offer_appears_on_both_sides(alice: Member, bob: Member, settle: Settle):
    offer, request = factories.offer(alice), factories.request(bob)
    settle()
    assert titles(alice, offer) == ["Butuh mesin jahit"]
    assert titles(bob, request) == ["Mesin jahit"]
    found = service.matches_of(bob, request)[0]
    assert [reason.code for reason in found.reasons] == ["same_words", "distance", "same_terms"]
    assert found.grains == 3


@pytest.mark.parametrize("first", ["offer", "request"])
def test_whoever_comes_last_finds_the_other(alice: Member, bob: Member, settle: Settle, first: str):
    makers = [lambda: factories.offer(alice), lambda: factories.request(bob)]
    for make in makers if first == "offer" else reversed(makers):
        make()
        settle()
    assert stored() == 1


def test_one_who_travels_is_found_by_one_who_does_not(alice: Member, bob: Member, settle: Settle):
    with transaction():
        alice.reach_km, bob.reach_km = 3, 40
    factories.request(bob, point=factories.BOGOR)
    settle()
    offer = factories.offer(alice)
    settle()
    assert titles(alice, offer) == ["Butuh mesin jahit"]


def test_settled_matches_are_not_calculated_again(app: Flask, alice: Member, settle: Settle):
    factories.offer(alice)
    settle()
    assert sweeps.refresh(app.extensions["marketplace"]) == 0


def test_an_open_listing_waits_for_the_index(app: Flask, alice: Member, settle: Settle):
    settle()
    listing = factories.offer(alice)
    assert sweeps.refresh(app.extensions["marketplace"]) == 0
    assert db.session.get_one(Listing, listing.id).matched_revision == 0


def test_matches_follow_an_edit(alice: Member, bob: Member, settle: Settle):
    offer, request = factories.offer(alice), factories.request(bob)
    settle()
    change(request, title="Butuh sepeda", words={"sepeda": 2.0})
    settle()
    assert titles(alice, offer) == []
    assert stored() == 0


def test_an_edit_that_changes_little_keeps_the_match(alice: Member, bob: Member, settle: Settle):
    offer = factories.offer(alice)
    factories.request(bob)
    settle()
    before = db.session.scalars(select(Match)).one()
    public_id, revision = before.public_id, before.offer_revision
    change(offer, description="Masih bagus")
    settle()
    after = db.session.scalars(select(Match)).one()
    assert after.public_id == public_id
    assert after.offer_revision == revision + 1


def test_a_closed_listing_never_shows_even_before_the_sweep(
    alice: Member, bob: Member, settle: Settle
):
    offer, request = factories.offer(alice), factories.request(bob)
    settle()
    fulfil_listing(alice, offer.public_id)
    assert titles(bob, request) == []
    assert titles(alice, offer) == []
    settle()
    assert stored() == 0


def test_an_expired_listing_never_shows(alice: Member, bob: Member, settle: Settle):
    offer, request = factories.offer(alice), factories.request(bob)
    settle()
    with transaction():
        db.session.get_one(Listing, offer.id).expires_at = utcnow() - timedelta(seconds=1)
    assert titles(bob, request) == []


def test_a_paused_owner_is_hidden_and_comes_back(alice: Member, bob: Member, settle: Settle):
    request = factories.request(bob)
    with transaction():
        alice.paused_at = utcnow()
    factories.offer(alice)
    settle()
    assert titles(bob, request) == []
    with transaction():
        alice.paused_at = None
    settle()
    assert titles(bob, request) == ["Mesin jahit"]


@pytest.mark.parametrize("by", ["alice", "bob"])
def test_a_block_separates_at_once_and_for_new_matches(
    alice: Member, bob: Member, settle: Settle, by: str
):
    offer, request = factories.offer(alice), factories.request(bob)
    settle()
    ids = (alice.id, bob.id) if by == "alice" else (bob.id, alice.id)
    with transaction() as session:
        session.add(Block(blocker_id=ids[0], blocked_id=ids[1]))
    assert titles(bob, request) == []
    assert titles(alice, offer) == []
    assert titles(None, offer) == []
    change(offer)
    settle()
    assert stored() == 0


def test_own_listings_are_not_matched_with_each_other(alice: Member, settle: Settle):
    factories.offer(alice)
    factories.request(alice)
    settle()
    assert stored() == 0


def test_drafts_are_neither_matched_nor_waited_for(alice: Member, bob: Member, settle: Settle):
    factories.offer(alice, state="draft")
    factories.request(bob)
    settle()
    assert stored() == 0


def test_only_the_best_are_stored_and_every_request_keeps_its_offer(
    alice: Member, bob: Member, settle: Settle
):
    for number in range(sweeps.KEPT + 5):
        factories.request(bob, f"Butuh mesin jahit {number}")
    settle()
    offer = factories.offer(alice)
    settle()
    assert stored() == sweeps.KEPT
    late = factories.request(bob, "Butuh mesin jahit obras", description="Benang juga boleh")
    settle()
    change(offer)
    settle()
    assert titles(bob, late) == ["Mesin jahit"]


def test_a_change_while_it_is_calculated_is_not_lost(
    app: Flask, alice: Member, bob: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch
):
    factories.request(bob)
    settle()
    offer = factories.offer(alice)
    rank_all = sweeps._rank_all

    def rank_while_somebody_edits(*arguments, **named):  # type: ignore[no-untyped-def]
        ranked = rank_all(*arguments, **named)
        with transaction() as session:
            session.execute(
                update(Listing).where(Listing.id == offer.id).values(revision=Listing.revision + 1)
            )
        monkeypatch.undo()
        return ranked

    monkeypatch.setattr(sweeps, "_rank_all", rank_while_somebody_edits)
    parts = app.extensions["marketplace"]
    sync(parts)
    assert sweeps.refresh(parts) == 1
    assert stored() == 0
    settle()
    assert stored() == 1
    row = db.session.get_one(Listing, offer.id)
    assert row.matched_revision == row.revision == 2


def test_a_kill_before_the_commit_loses_nothing(
    app: Flask, alice: Member, bob: Member, settle: Settle, monkeypatch: pytest.MonkeyPatch
):
    offer = factories.offer(alice)
    settle()
    factories.request(bob)

    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sweeps, "_upsert", die)
        with pytest.raises(KeyboardInterrupt):
            settle()
    db.session.rollback()
    assert stored() == 0
    settle()
    assert titles(alice, offer) == ["Butuh mesin jahit"]


def test_counts_are_of_what_is_shown(alice: Member, bob: Member, settle: Settle):
    offer, other = factories.offer(alice), factories.offer(alice, "Rak piring")
    first, second = factories.request(bob), factories.request(bob, "Perlu mesin jahit")
    settle()
    assert service.match_counts(alice, [offer, other]) == {offer.id: 2}
    fulfil_listing(bob, second.public_id)
    assert service.match_counts(alice, [offer, other]) == {offer.id: 1}
    assert service.match_counts(bob, [first]) == {first.id: 1}
    assert service.match_counts(bob, []) == {}


def test_a_visitor_sees_the_same_public_pairs(alice: Member, bob: Member, settle: Settle):
    offer = factories.offer(alice)
    factories.request(bob)
    settle()
    assert titles(None, offer) == ["Butuh mesin jahit"]


def test_another_member_sees_only_how_it_fits_their_own(
    alice: Member, bob: Member, carol: Member, settle: Settle
):
    offer = factories.offer(alice)
    factories.request(bob)
    settle()
    assert [found.other.owner_id for found in service.own_matches_of(bob, offer)] == [bob.id]
    assert service.own_matches_of(carol, offer) == []


def test_what_is_promised_meanwhile_is_no_longer_told_as_left(
    alice: Member, bob: Member, settle: Settle
):
    offer = factories.offer(alice, quantity=12, unit="kg")
    request = factories.request(bob, quantity=10, unit="kg")
    settle()

    def told() -> list[tuple[str, object]]:
        db.session.rollback()
        reasons = service.matches_of(bob, request)[0].reasons
        return [(one.code, one.params["left"]) for one in reasons if "enough" in one.code]

    assert told() == [("enough", 12)]
    with transaction():
        db.session.get_one(Listing, offer.id).promised = 5
    assert told() == [("not_enough", 7)]


def test_the_reputation_of_the_owner_is_read_and_newcomers_are_neutral(
    alice: Member, bob: Member, settle: Settle
):
    offer, request = factories.offer(alice), factories.request(bob)
    with transaction() as session:
        session.add(Reputation(member_id=alice.id, score=0.6))
    sides = load_sides([offer.id, request.id], utcnow())
    assert [sides[one.id][0].reliability for one in (offer, request)] == [0.6, NEUTRAL_SCORE]


def test_a_long_text_asks_with_its_rarest_words():
    common = {f"biasa{n:02}": 1.0 for n in range(30)}
    post = Side(id=1, owner_id=1, direction="request", words={**common, "zamrud": 1.0})
    stats = WordStats(5000, dict.fromkeys(common, 2000))
    asked = groups_of(post, stats)
    assert asked[0][0][0] == "zamrud"
    assert len(asked) == ASKED_TERMS
