"""Three questions: one tap each, for the two alone, and blind until both answered or two weeks."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import feedback, service
from marketplace.exchanges.afterwards import QUESTIONS
from marketplace.exchanges.models import Exchange, Feedback
from marketplace.notifications.models import Notification
from marketplace.privacy import export
from tests.exchanges import stories

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
As = Callable[[Member], FlaskClient]


@pytest.fixture
def done(app: Flask, alice: Member, bob: Member) -> Exchange:
    return stories.closed(alice, bob)


def address(exchange: Exchange, part: str = "") -> str:
    return f"/exchanges/{exchange.public_id}{part}"


def tap(client: FlaskClient, exchange: Exchange, **answers: str) -> list[int]:
    return [
        client.post(address(exchange, "/feedback"), data={question: said}).status_code
        for question, said in answers.items()
    ]


ALL_NO = dict.fromkeys(QUESTIONS, "no")
ALL_YES = dict.fromkeys(QUESTIONS, "yes")


def everything_known(member: Member, exchange: Exchange, as_member: As) -> str:
    """All that could tell the member of what the other said: page, chain, copy, API, news."""
    client = as_member(member)
    pages = [
        TOKEN.sub("", client.get(path).text.split("<main")[1])
        for path in (address(exchange), "/me", "/me/reliability", "/news", "/my-data")
        if client.get(path).status_code == 200
    ]
    api = client.get(f"/api/v1/listings/{exchange.listing.public_id}").text
    copy = export.copy_of(member, "", "")
    sections = {name: list(rows) for name, rows in copy.sections() if name != "notifications"}
    told = [
        (row.kind, row.params)
        for row in db.session.query(Notification).filter_by(member_id=member.id)
    ]
    return json.dumps([pages, api, sections["feedbacks"], sections["thanks"],
                       sections["exchanges"], told], default=str)  # fmt: skip


def test_nothing_leaks_before_both_have_answered(
    done: Exchange, alice: Member, bob: Member, as_member: As, settle: Callable[[], None]
) -> None:
    settle()
    before = everything_known(alice, done, as_member)
    assert tap(as_member(bob), done, **ALL_NO) == [303] * 3
    settle()
    assert everything_known(alice, done, as_member) == before
    tap(as_member(alice), done, came="yes", as_described="yes")
    assert feedback.said_in(alice, done).other is None, "one answer is missing"
    tap(as_member(alice), done, again="yes")
    assert feedback.said_in(alice, done).other == dict.fromkeys(QUESTIONS, False)
    assert feedback.said_in(bob, done).other == dict.fromkeys(QUESTIONS, True)
    page = as_member(alice).get(address(done)).text
    assert page.count(f"{bob.name}</span>: <b>No</b>") == 3


def test_two_weeks_after_the_end_it_is_shown_by_itself(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    tap(as_member(bob), done, came="yes")
    stories.days_later(done, 13.9)
    assert feedback.said_in(alice, done).other is None
    assert "Bob</span>: <b>Yes</b>" not in as_member(alice).get(address(done)).text
    stories.days_later(done, 0.2)
    assert feedback.said_in(alice, done).other == {
        "came": True,
        "as_described": None,
        "again": None,
    }
    assert "Bob</span>: <b>Yes</b>" in as_member(alice).get(address(done)).text


def test_an_answer_is_changed_or_taken_back_until_it_is_shown(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    client = as_member(bob)
    tap(client, done, came="yes")
    assert 'aria-pressed="true"' in client.get(address(done)).text
    assert tap(client, done, came="no") == [303]
    assert tap(client, done, came="none") == [303]
    assert feedback.said_in(bob, done).own["came"] is None
    tap(client, done, **ALL_YES)
    tap(as_member(alice), done, **ALL_YES)
    assert tap(client, done, came="no") == [409]
    assert tap(client, done, came="yes") == [303], "the same tap again changes nothing"
    assert feedback.said_in(bob, done).own["came"] is True


def test_after_two_weeks_only_what_was_not_answered_may_be_and_after_a_month_nothing(
    done: Exchange, bob: Member, as_member: As
) -> None:
    tap(as_member(bob), done, came="yes")
    stories.days_later(done, 15)
    assert tap(as_member(bob), done, came="no", again="yes") == [409, 303]
    stories.days_later(done, 15.1)
    assert tap(as_member(bob), done, as_described="yes") == [409]


@pytest.mark.parametrize("data", [{}, {"came": "perhaps"}, {"stars": "5"}])
def test_anything_else_is_refused(
    done: Exchange, bob: Member, as_member: As, data: dict[str, str]
) -> None:
    assert as_member(bob).post(address(done, "/feedback"), data=data).status_code == 422
    assert db.session.query(Feedback).count() == 0


def test_a_promise_that_ended_otherwise_may_be_spoken_of_too_and_mere_waiting_not(
    app: Flask, alice: Member, bob: Member, as_member: As
) -> None:
    released = stories.promised(alice, bob)
    service.call_off(alice, released.public_id, "changed_mind")
    assert tap(as_member(bob), released, came="no") == [303]
    declined = stories.asked(alice, bob, "Tangga")
    service.decline(alice, declined.public_id, "another")
    assert tap(as_member(bob), declined, came="no") == [409]


def test_who_waited_in_vain_says_so_with_one_tap_and_needs_to_write_nothing(
    app: Flask, alice: Member, bob: Member, as_member: As
) -> None:
    exchange = stories.arranged(alice, bob)
    with transaction() as session:
        session.get_one(Exchange, exchange.id).meets_at = utcnow()
    answer = as_member(alice).post(address(exchange, "/failure"), data={"reason": "no_show"})
    assert answer.status_code == 303
    assert db.session.get(Exchange, exchange.id).state == "did_not_happen"  # type: ignore[union-attr]
    page = as_member(alice).get(address(exchange)).text
    assert "<details><summary" in page.split('id="feedback"')[1], "the questions do not press"
