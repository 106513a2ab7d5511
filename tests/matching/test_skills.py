"""Lines of members as weak standing offers and requests: found from both sides, never a post."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import rules, service
from marketplace.accounts import skills as lines
from marketplace.accounts.models import Block, Member, MemberSkill
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.matching import skills
from marketplace.matching.models import Match, SkillMatch, SkillTerm
from tests import factories

Settle = Callable[[], None]


def can(member: Member, text: str = "Menjahit baju", **more: str) -> None:
    lines.add_skill(member, rules.SkillDraft(direction="offer", text=text, **more))


def would_like(member: Member, text: str = "Belajar menjahit") -> None:
    lines.add_skill(member, rules.SkillDraft(direction="request", text=text))


def need(owner: Member, title: str = "Butuh bantuan menjahit baju", **more: Any) -> Listing:
    return factories.request(owner, title, kind="skill", **more)


def shown_to(owner: Member, listing: Listing) -> list[str]:
    return [found.skill.text for found in skills.members_for(owner, listing)]


def led_to(member: Member) -> list[str]:
    return [found.listing.title for found in skills.posts_for(member)]


@pytest.mark.parametrize("first", ["line", "post"])
def test_a_skill_offered_meets_an_open_request_whichever_comes_last(
    app: Flask, alice: Member, bob: Member, settle: Settle, first: str
) -> None:
    if first == "line":
        can(alice)
        settle()
    request = need(bob)
    settle()
    if first == "post":
        can(alice)
        settle()
    assert shown_to(bob, request) == ["Menjahit baju"]
    assert led_to(alice) == ["Butuh bantuan menjahit baju"]
    assert shown_to(bob, request)
    assert led_to(bob) == []


@pytest.mark.parametrize("first", ["line", "post"])
def test_a_skill_wanted_meets_an_open_offer_whichever_comes_last(
    app: Flask, alice: Member, bob: Member, settle: Settle, first: str
) -> None:
    if first == "line":
        would_like(bob)
        settle()
    offer = factories.offer(alice, "Belajar menjahit bersama", kind="mentoring")
    settle()
    if first == "post":
        would_like(bob)
        settle()
    assert shown_to(alice, offer) == ["Belajar menjahit"]
    assert led_to(bob) == ["Belajar menjahit bersama"]


def test_a_line_weighs_less_than_a_post_that_says_the_same(
    app: Flask, alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    can(alice)
    factories.offer(carol, "Menjahit baju", kind="skill")
    need(bob, "Menjahit baju")
    settle()
    post = db.session.scalars(select(Match.score)).one()
    line = db.session.scalars(select(SkillMatch.score)).one()
    assert 0 < line < post


def test_lines_of_the_same_direction_or_of_other_words_or_ones_own_do_not_fit(
    app: Flask, alice: Member, bob: Member, settle: Settle
) -> None:
    would_like(alice, "Menjahit baju")
    can(alice, "Memperbaiki motor")
    can(bob)
    request = need(bob)
    settle()
    assert shown_to(bob, request) == []


def test_a_line_out_of_reach_does_not_fit(app: Flask, bob: Member, settle: Settle) -> None:
    far = factories.member("Far", point=factories.BOGOR)
    can(far)
    request = need(bob)
    settle()
    assert shown_to(bob, request) == []
    further = rules.ProfileDraft(name="Far", bio="", reach_km=50, language="id")
    from marketplace.places.cells import place_of

    service.edit_profile(far, further, place_of(far))
    settle()
    assert shown_to(bob, request) == ["Menjahit baju"], "whoever goes further is matched again"


@pytest.mark.parametrize("how", ["blocks", "is blocked", "pauses", "is leaving", "is erased"])
def test_who_is_hidden_is_not_shown_from_that_moment(
    app: Flask, alice: Member, bob: Member, settle: Settle, how: str
) -> None:
    can(alice)
    request = need(bob)
    settle()
    assert shown_to(bob, request)
    with transaction() as session:
        if how == "blocks":
            session.add(Block(blocker_id=alice.id, blocked_id=bob.id))
        elif how == "is blocked":
            session.add(Block(blocker_id=bob.id, blocked_id=alice.id))
        elif how == "pauses":
            alice.paused_at = utcnow()
        elif how == "is leaving":
            alice.erase_after = utcnow()
        else:
            alice.erased_at = utcnow()
    assert shown_to(bob, request) == []
    if "block" in how:
        assert led_to(alice) == []


def test_a_post_that_is_over_or_hidden_leads_nobody_to_it(
    app: Flask, alice: Member, bob: Member, settle: Settle
) -> None:
    can(alice)
    request = need(bob)
    settle()
    with transaction():
        bob.paused_at = utcnow()
    assert led_to(alice) == []
    with transaction():
        bob.paused_at, request.state = None, "withdrawn"
    assert led_to(alice) == []
    assert shown_to(bob, request) == []


def test_a_changed_post_and_a_removed_line_leave_nothing_behind(
    app: Flask, alice: Member, bob: Member, settle: Settle
) -> None:
    can(alice)
    request = need(bob)
    settle()
    with transaction() as session:
        from marketplace.search.analysis import document_terms

        request = session.get_one(Listing, request.id)
        request.title = "Butuh tangga panjang"
        request.words = document_terms(request.title, "", "id")
        request.revision += 1
    settle()
    assert db.session.scalars(select(SkillMatch)).all() == []
    skill = db.session.scalars(select(MemberSkill)).one()
    lines.remove_skill(alice, skill.public_id)
    assert db.session.scalars(select(SkillTerm)).all() == []


def test_running_the_sweep_again_changes_nothing(
    app: Flask, alice: Member, bob: Member, settle: Settle
) -> None:
    can(alice)
    need(bob)
    settle()
    assert skills.refresh(app.extensions["marketplace"]) == 0


def test_a_line_is_never_a_post_in_search_or_the_api(
    app: Flask, client: FlaskClient, alice: Member, settle: Settle
) -> None:
    can(alice, "Menganyam rotan")
    would_like(alice, "Menganyam bambu")
    settle()
    for path in ("/search?q=menganyam", "/api/v1/listings", "/api/v1/search?q=menganyam", "/"):
        answer = client.get(path)
        assert "rotan" not in answer.text, path
        assert "bambu" not in answer.text, path


def test_both_pages_say_it_in_words_of_their_own(
    app: Flask, alice: Member, bob: Member, as_member: Any, settle: Settle
) -> None:
    can(alice)
    request = need(bob)
    settle()
    page = as_member(bob).get(f"/listings/{request.public_id}/matches").text
    assert "Says they can: Menjahit baju" in page
    assert f"/members/{alice.public_id}" in page
    mine = as_member(alice).get("/me").text
    assert "You say you can: Menjahit baju" in mine
    assert f"/listings/{request.public_id}" in mine
