"""Route x role: what each reader gets at each address, generated from the URL map.

The world: alice's draft, which nobody else may know of, and a conversation of alice and bob.
A new address with an id in it is covered by itself.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.messages.service import open_conversation
from marketplace.notifications.models import Notification
from tests import factories
from tests.foundation.routes import World, moderated, rules_with
from tests.sample_areas import load_sample

SIGN_IN = (302, 303)
HIDDEN = 404
PUBLIC = {"accounts.profile", "safety.block", "safety.report_member"}


@pytest.fixture
def world(app: Flask, alice: Member, bob: Member, staff: Member) -> World:
    load_sample()
    listing = factories.offer(alice, state="draft", published_at=None)
    shared = factories.offer(alice, "Tangga")
    conversation = open_conversation(bob, shared.public_id, "Halo")
    news = db.session.scalars(
        select(Notification.public_id).where(Notification.member_id == alice.id)
    ).one()
    return moderated(World(listing, conversation, alice, news), bob, staff)


def test_a_stranger_finds_nothing_that_is_not_theirs(
    app: Flask,
    world: World,
    bob: Member,
    carol: Member,
    as_member: Callable[[Member], FlaskClient],
) -> None:
    visitor, stranger = app.test_client(), as_member(carol)
    for method in ("GET", "POST"):
        for rule in rules_with(app, method):
            if "public_id" not in rule.arguments or rule.endpoint in PUBLIC:
                continue
            address = world.address(rule)
            says = f"{method} {rule.endpoint}"
            assert stranger.open(address, method=method).status_code == HIDDEN, says
            assert visitor.open(address, method=method).status_code in (*SIGN_IN, HIDDEN), says


def test_a_visitor_is_never_shown_a_members_page(app: Flask, world: World) -> None:
    visitor = app.test_client()
    for endpoint in ("pages.my_page", "messages.inbox", "listings.new", "accounts.edit_profile",
                     "accounts.sign_ins", "notifications.preferences", "privacy.my_data",
                     "privacy.deletion", "notifications.news", "safety.blocked"):  # fmt: skip
        rule = next(app.url_map.iter_rules(endpoint))
        answer = visitor.get(rule.rule)
        assert answer.status_code in SIGN_IN, endpoint
        assert "/sign-in" in answer.headers["Location"], endpoint


def test_addresses_that_only_take_posts_refuse_a_get(app: Flask, world: World) -> None:
    tried = 0
    client = app.test_client()
    gets = {rule.rule for rule in rules_with(app, "GET")}
    for rule in rules_with(app, "POST"):
        if rule.rule not in gets:
            assert client.get(world.address(rule)).status_code == 405, rule.rule
            tried += 1
    assert tried > 5
