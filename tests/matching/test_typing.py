"""What fits a post that is being written: who shows up, who never does, and what is left of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.listings.rules import Draft
from marketplace.matching import answers, typing
from marketplace.matching.models import Match
from marketplace.places.cells import Place, ancestor, place_of, snap
from marketplace.search.port import IndexUnusable
from tests import factories

Settle = Callable[[], None]
Titles = Callable[..., list[str]]
ASKS = Draft(direction="request", title="Butuh mesin jahit", place=None)
OFFERS = Draft(direction="offer", title="Mesin jahit", place=None)


@pytest.fixture
def titles(app: Flask, settle: Settle) -> Titles:
    """What somebody who writes a draft is shown, once the index knows everything."""

    def ask(actor: Member, draft: Draft = ASKS, **changes: object) -> list[str]:
        settle()
        db.session.rollback()
        draft = replace(draft, **{"place": place_of(actor)} | changes)
        found = typing.fitting(actor, draft, app.extensions["marketplace"].search_index)
        return [one.other.title for one in found]

    return ask


def test_a_request_meets_what_is_offered_with_the_reasons(app, alice, bob, settle):
    factories.offer(alice)
    settle()
    db.session.rollback()
    draft = replace(ASKS, place=place_of(bob))
    (found,) = typing.fitting(bob, draft, app.extensions["marketplace"].search_index)
    assert (found.other.title, found.grains) == ("Mesin jahit", 3)
    assert [reason.code for reason in found.reasons][:2] == ["same_words", "distance"]
    assert typing.fits_well([found])


def test_an_offer_meets_who_asks_for_it(alice, bob, titles):
    factories.request(bob)
    assert titles(alice, OFFERS) == ["Butuh mesin jahit"]


def test_the_words_of_the_text_count_too(alice, bob, titles):
    factories.offer(alice)
    assert titles(bob, title="Untuk tugas sekolah", description="Mesin jahit, boleh tua.") == [
        "Mesin jahit"
    ]


def test_of_those_that_fit_well_the_nearest_three_come_first(alice, bob, titles):
    for km in (9, 3, 6, 0):
        point = (factories.DEPOK[0] + km / 111, factories.DEPOK[1])
        factories.offer(alice, f"Mesin jahit {km}", point=point)
    assert titles(bob) == ["Mesin jahit 0", "Mesin jahit 3", "Mesin jahit 6"]


def test_nearer_comes_before_better_among_those_that_fit_well(alice, bob, titles):
    point = (factories.DEPOK[0] + 3 / 111, factories.DEPOK[1])
    factories.offer(alice, "Mesin jahit jauh", category="machines", point=point)
    factories.offer(alice, "Mesin jahit dekat", category="furniture")
    assert titles(bob, category="machines") == ["Mesin jahit dekat", "Mesin jahit jauh"]


def test_what_fits_very_well_comes_before_what_is_nearer_and_only_fits(alice, bob, titles):
    point = (factories.DEPOK[0] + 3 / 111, factories.DEPOK[1])
    factories.offer(alice, "Gergaji mesin", point=point)
    factories.offer(alice, "Mesin jahit")
    assert titles(bob, title="Butuh gergaji mesin") == ["Gergaji mesin", "Mesin jahit"]


def test_a_thing_that_is_asked_for_comes_before_nearer_help_with_such_things(alice, bob, titles):
    point = (factories.DEPOK[0] + 3 / 111, factories.DEPOK[1])
    factories.offer(alice, "Mesin jahit", point=point)
    factories.offer(alice, "Servis mesin jahit", kind="skill")
    assert titles(bob, kind="goods") == ["Mesin jahit", "Servis mesin jahit"]


def test_what_resembles_something_declined_fits_less_and_says_why(app, alice, bob, settle):
    index = app.extensions["marketplace"].search_index
    point = (factories.DEPOK[0] + 6 / 111, factories.DEPOK[1])
    factories.offer(alice, "Mesin jahit", category="machines", point=point)
    factories.request(bob, "Butuh mesin jahit", category="machines")
    settle()
    db.session.rollback()
    draft = replace(ASKS, place=place_of(bob), category="machines")
    (before,) = typing.fitting(bob, draft, index)
    answers.decline(bob, db.session.scalars(select(Match)).one().public_id, "too_far")
    (after,) = typing.fitting(bob, draft, index)
    assert (before.lowered, before.grains) == (None, 3)
    assert after.lowered.lesson.reason == "too_far"
    assert after.grains < 3


def test_what_only_may_fit_is_shown_when_nothing_fits_well(alice, bob, titles):
    factories.offer(alice, "Rak kayu", category="furniture")
    may = {"title": "Lemari jati besar", "category": "furniture"}
    assert titles(bob, **may) == ["Rak kayu"]
    factories.offer(alice, "Lemari jati")
    assert titles(bob, **may) == ["Lemari jati"]


@pytest.mark.parametrize(
    "draft",
    [
        Draft(direction="request", title="ab"),
        Draft(direction="request", title="--- !!", description="mesin jahit"),
        Draft(direction="request", title="Butuh", category="machines"),
        Draft(direction="", title="Mesin jahit"),
        Draft(direction="sideways", title="Mesin jahit"),
    ],
)
def test_too_little_asks_nothing(app, bob, draft):
    class Unasked:
        def __getattr__(self, name: str):
            raise AssertionError(f"the index was asked: {name}")

    queries = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: queries.append(call[2]))
    assert bob.language
    queries.clear()
    assert typing.fitting(bob, draft, Unasked()) == []
    assert [one for one in queries if "synonym" not in one] == []


def test_without_an_index_nothing_is_shown_and_nothing_fails(app, alice, bob):
    factories.offer(alice)

    class Broken:
        def __getattr__(self, name: str):
            raise IndexUnusable

    assert typing.fitting(bob, replace(ASKS, place=place_of(bob)), Broken()) == []


def test_ones_own_posts_never_show(alice, bob, titles):
    factories.offer(bob)
    assert titles(bob) == []


@pytest.mark.parametrize("by", ["alice", "bob"])
def test_a_block_either_way_hides_at_once_although_the_index_still_holds_it(
    request, alice, bob, titles, by
):
    factories.offer(alice)
    assert titles(bob) == ["Mesin jahit"]
    one, other = (alice, bob) if by == "alice" else (bob, alice)
    with transaction() as session:
        session.add(Block(blocker_id=one.id, blocked_id=other.id))
    assert titles(bob) == []


@pytest.mark.parametrize(
    "changes",
    [{"state": "held"}, {"state": "withdrawn"}, {"expires_at": utcnow() - timedelta(hours=1)}],
    ids=["held", "withdrawn", "run out"],
)
def test_what_is_hidden_or_over_never_shows_although_the_index_still_holds_it(
    app, alice, bob, settle, changes
):
    listing = factories.offer(alice)
    settle()
    with transaction():
        for name, value in changes.items():
            setattr(db.session.get_one(Listing, listing.id), name, value)
    draft = replace(ASKS, place=place_of(bob))
    assert typing.fitting(bob, draft, app.extensions["marketplace"].search_index) == []


def test_posts_of_somebody_who_pauses_do_not_show(alice, bob, titles):
    factories.offer(alice)
    assert titles(bob) == ["Mesin jahit"]
    with transaction():
        alice.paused_at = utcnow()
    assert titles(bob) == []


def test_a_place_is_no_must_and_what_is_out_of_reach_does_not_show(alice, bob, titles):
    factories.offer(alice, point=factories.BOGOR)
    far = Place.at(ancestor(snap(-7.2575, 112.7521), 8), zone="Asia/Jakarta")
    assert titles(bob, place=far) == []
    assert titles(bob, place=None) == ["Mesin jahit"]
    assert titles(bob, place=Place.online(), kind="skill") == ["Mesin jahit"]


def test_a_title_is_read_as_far_as_it_would_be_kept(alice, bob, titles):
    factories.offer(alice)
    assert titles(bob, title="Mesin jahit " + "x" * 100_000, description="y " * 100_000) == [
        "Mesin jahit"
    ]
    assert titles(bob, title="Gitar " + "x" * 80 + " mesin jahit") == []
