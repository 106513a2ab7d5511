"""Planted coordinates come out nowhere: not for a visitor, a stranger, a party or the owner."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.messages.service import open_conversation
from tests import factories
from tests.foundation.routes import World, moderated, rules_with
from tests.sample_areas import load_sample

CANARY = (-6.372841, 106.833617)
TRACES = ("6.37284", "106.83361", "372841", "833617")


@pytest.fixture
def world(app: Flask, alice: Member, bob: Member, staff: Member) -> World:
    load_sample()
    listing = factories.offer(alice, point=CANARY, description="Masih bagus")
    factories.request(bob, point=CANARY)
    conversation = open_conversation(bob, listing.public_id, "Halo tetangga")
    return moderated(World(listing, conversation, alice), bob, staff)


def test_planted_coordinates_are_in_no_answer_of_any_route(
    app: Flask,
    world: World,
    alice: Member,
    bob: Member,
    carol: Member,
    staff: Member,
    as_member: Callable[[Member], FlaskClient],
    settle: Callable[[], None],
) -> None:
    settle()
    readers = [app.test_client(), *(as_member(who) for who in (alice, bob, carol, staff))]
    for reader in readers:
        reader.post("/places/point", data={"latitude": CANARY[0], "longitude": CANARY[1]})
    seen = 0
    for rule in rules_with(app, "GET"):
        for reader in readers:
            answer = reader.get(world.address(rule))
            assert answer.status_code < 500, rule.rule
            text = answer.get_data(as_text=False).decode("utf-8", "replace") + str(answer.headers)
            for trace in TRACES:
                assert trace not in text, (rule.rule, trace)
            seen += answer.status_code == 200
    assert seen > 60


def test_a_posted_point_is_answered_without_it_and_not_logged(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    load_sample()
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/places/point", data={"latitude": CANARY[0], "longitude": CANARY[1]})
    assert answer.status_code == 200
    for trace in TRACES:
        assert trace not in answer.text + str(answer.headers)
        assert trace not in caplog.text


def test_two_points_of_one_cell_publish_the_same_bytes(
    app: Flask, alice: Member, client: FlaskClient
) -> None:
    load_sample()
    near = (CANARY[0] + 0.0004, CANARY[1] + 0.0004)
    bodies = []
    for point in (CANARY, near):
        listing = factories.offer(alice, "Tangga lipat", point=point)
        answer = client.get(f"/api/v1/listings/{listing.public_id}").json
        assert answer is not None
        bodies.append({k: v for k, v in answer.items() if k not in ("id", "url", "created_at",
                       "published_at", "updated_at", "expires_at", "links")})  # fmt: skip
    assert bodies[0] == bodies[1]
