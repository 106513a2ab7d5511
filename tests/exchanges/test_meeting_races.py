"""Two taps at the same moment: one of them counts, and the other is told."""

import threading
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges.models import PlaceView, Proposal
from tests import factories
from tests.exchanges.arranging import WHERE, arranged, draft, promised, proposed

ROUNDS = 5


def at_once(*posts: Callable[[], int]) -> list[int]:
    """The answers of posts that are sent together."""
    answers: list[int] = []
    start = threading.Barrier(len(posts))

    def send(post: Callable[[], int]) -> None:
        start.wait()
        answers.append(post())

    threads = [threading.Thread(target=send, args=(post,)) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return sorted(answers)


def browsers(app: Flask, *members: Member) -> list[FlaskClient]:
    return [factories.sign_in(app, member) for member in members]


def test_accepted_and_taken_back_at_once_only_one_counts(
    app: Flask, alice: Member, bob: Member
) -> None:
    owner, opener = browsers(app, alice, bob)
    for _round in range(ROUNDS):
        exchange = promised(alice, bob)
        proposal = proposed(bob, exchange)
        address = f"/exchanges/{exchange.public_id}/proposals/{proposal.public_id}"
        answers = at_once(
            lambda address=address: owner.post(f"{address}/acceptance").status_code,  # type: ignore[misc]
            lambda address=address: opener.post(f"{address}/withdrawal").status_code,  # type: ignore[misc]
        )
        assert answers == [303, 409]
        db.session.refresh(exchange)
        db.session.refresh(proposal)
        assert (proposal.state == "accepted") == (exchange.state == "arranged")


def test_both_propose_at_once_and_one_proposal_stays_open(
    app: Flask, alice: Member, bob: Member
) -> None:
    two = browsers(app, alice, bob)
    exchange = promised(alice, bob)
    address = f"/exchanges/{exchange.public_id}/proposals"
    for number in range(ROUNDS):
        said = draft(2 + number)
        data = {"day": said.day, "clock": said.clock, "place": WHERE}
        posts = [
            lambda browser=browser, data=data: browser.post(address, data=data).status_code
            for browser in two
        ]
        assert at_once(*posts) == [303, 303]
    open_ones = select(func.count(Proposal.id)).where(Proposal.state == "open")
    assert db.session.scalar(open_ones) == 1


def test_a_page_loaded_twice_at_once_is_one_look(app: Flask, alice: Member, bob: Member) -> None:
    exchange = arranged(alice, bob)
    [owner, *readers] = browsers(app, alice, bob, bob, bob)
    address = f"/exchanges/{exchange.public_id}/place"
    owner.post(address, data={"text": "Jalan Mawar 7"})
    posts = [lambda browser=browser: browser.get(address).status_code for browser in readers]
    assert at_once(*posts) == [200, 200, 200]
    assert db.session.scalar(select(func.count(PlaceView.id))) == 1
