"""What is hidden is gone at once from results, counts, completions, map and API, while the index
still holds it: every answer is as if it had never been there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.models import Block, Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings import holding
from marketplace.listings import service as listings
from marketplace.listings.models import Listing
from marketplace.places.cells import place_of
from marketplace.privacy import erasure
from marketplace.search import service, sight, sweeps
from marketplace.search.completing import complete
from marketplace.search.service import SearchRequest
from tests import factories

Hide = Callable[[Member, Member, Member], None]  # bob, who is hidden; carol, who looks; staff
PAGE = 2
LIFE = timedelta(hours=1)  # of bob's posts
SHOWN = 2 * PAGE  # posts of alice, that everybody finds
HIS = "Blurik blurik zamrudan, kursi roda"
HIDDEN = SHOWN + 1  # posts of bob, better and nearer than hers


def _blocks(blocker: Member, blocked: Member) -> None:
    with transaction() as session:
        session.add(Block(blocker_id=blocker.id, blocked_id=blocked.id))


def _each(bob: Member, hide: Callable[[Listing], Any]) -> None:
    for listing in db.session.scalars(select(Listing).where(Listing.owner_id == bob.id)).all():
        hide(listing)


def _set(member: Member, **values: Any) -> None:
    with transaction():
        for name, value in values.items():
            setattr(member, name, value)


def _erase(member: Member) -> None:
    with transaction():
        erasure.erase(member, utcnow())


WAYS: dict[str, Hide] = {
    "held": lambda bob, carol, staff: _each(bob, lambda x: holding.hold_listing(staff, x, "spam")),
    "who blocked me": lambda bob, carol, staff: _blocks(bob, carol),
    "whom I blocked": lambda bob, carol, staff: _blocks(carol, bob),
    "withdrawn": lambda bob, carol, staff: _each(
        bob, lambda x: listings.withdraw_listing(bob, x.public_id)
    ),
    "given": lambda bob, carol, staff: _each(
        bob, lambda x: listings.fulfil_listing(bob, x.public_id)
    ),
    "run out": lambda bob, carol, staff: None,  # time does it
    "owner pauses": lambda bob, carol, staff: _set(bob, paused_at=utcnow()),
    "owner is suspended": lambda bob, carol, staff: _set(bob, suspended_at=utcnow()),
    "owner is leaving": lambda bob, carol, staff: _set(bob, erase_after=utcnow()),
    "owner is erased": lambda bob, carol, staff: _erase(bob),
}
SEEN_BY_VISITORS = {"who blocked me", "whom I blocked"}


def post(owner: Member, number: int, **more: Any) -> None:
    factories.offer(owner, f"Blurik {number}", category="kitchen", swap=True, **more)


def answers(app: Flask, actor: Member) -> dict[str, Any]:
    """Everything that a search tells the actor."""
    parts, place = app.extensions["marketplace"], place_of(actor)
    wanted = {"text": "blurik", "place": place, "count_within_km": (2.0, 30.0), "places": 50}
    found: dict[str, Any] = {}
    for sort in ("best", "nearest", "newest", "ending"):
        for offset in range(0, SHOWN + PAGE, PAGE):
            asked = SearchRequest(**wanted, sort=sort, offset=offset, limit=PAGE)
            page = service.find(parts, actor, asked)
            titles = [listing.title for listing in page.listings]
            found[f"{sort} {offset}"] = titles, page.total, sorted(page.places)
            found["facets"] = page.facets
    within = SearchRequest(**wanted, radius_km=5.0)
    found["within"] = service.find(parts, actor, within).total
    found["without words"] = service.find(parts, actor, SearchRequest(limit=50)).total
    found["completions"] = complete(parts, actor, "blur"), complete(parts, actor, "kursi ro")
    # A word of his own, misspelt, as it is, and beside one that others use.
    for text in ("zamrudam", "zamrudan", "blurik zamrudan"):
        page = service.find(parts, actor, SearchRequest(text=text, limit=PAGE))
        relaxed = "relaxed" in page.notices
        found[text] = page.asked.corrections, relaxed, page.whole, page.total
    return found


@pytest.fixture
def shown(app: Flask, alice: Member, bob: Member, carol: Member, staff: Member) -> dict[str, Any]:
    """What carol is answered before bob posts; then he does, and the index knows it."""

    def sync() -> None:
        while sweeps.sync(app.extensions["marketplace"]):
            pass

    for number in range(SHOWN):
        post(alice, number, point=factories.BOGOR if number % 2 else factories.NEAR_DEPOK)
    sync()
    before = answers(app, carol)
    for number in range(100, 100 + HIDDEN):
        post(bob, number, description=HIS, loan=True, expires_at=utcnow() + LIFE)
    sync()
    db.session.rollback()
    assert answers(app, carol) != before
    return before


@pytest.mark.parametrize("way", WAYS)
def test_every_answer_is_as_if_it_had_never_been_there(
    app: Flask, shown: dict[str, Any], bob: Member, carol: Member, staff: Member, way: str
) -> None:
    WAYS[way](bob, carol, staff)
    db.session.rollback()
    assert app.extensions["marketplace"].search_index.facts().documents == SHOWN + HIDDEN
    later = LIFE if way == "run out" else timedelta(seconds=1)
    with time_machine.travel(utcnow() + later, tick=False):
        assert answers(app, carol) == shown
        for offset in range(0, SHOWN, PAGE):
            assert len(shown[f"best {offset}"][0]) == PAGE
        if way not in SEEN_BY_VISITORS:
            client = app.test_client()
            api = client.get("/api/v1/search", query_string={"q": "blurik", "limit": 50}).get_json()
            assert len(api["items"]) == SHOWN
            page = client.get("/search", query_string={"q": "blurik", "view": "map"}).text
            assert "Blurik 10" not in page
            items = client.get("/search/completions", query_string={"q": "blur"}).get_json()
            assert "Blurik 10" not in str(items)


def test_more_hidden_posts_than_the_tail_reads_are_out_of_the_counts_too(
    app: Flask, shown: dict[str, Any], bob: Member, carol: Member, staff: Member,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sight, "TAIL_MOST", 3)
    WAYS["held"](bob, carol, staff)
    db.session.rollback()
    assert answers(app, carol) == shown
