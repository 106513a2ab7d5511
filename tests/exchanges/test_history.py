"""What happened to an exchange stands between the messages of its conversation."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import history, meetings, proposals, rules, service
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.service import Wish, ask
from marketplace.messages.service import open_conversation, reply
from marketplace.messages.talks import MESSAGES_SHOWN, talk
from marketplace.wording import exchange_line, exchange_sign
from marketplace.wording.history import LINES, line_key
from tests import factories

As = Callable[[Member], FlaskClient]


@pytest.fixture
def asked(alice: Member, bob: Member) -> Exchange:
    return ask(bob, factories.offer(alice, "Buku", quantity=12, unit="set").public_id,
               Wish(quantity=2), "Halo")  # fmt: skip


def page(client: FlaskClient, exchange: Exchange) -> str:
    answer = client.get(f"/messages/{exchange.conversation.public_id}")
    assert answer.status_code == 200
    return unescape(answer.text)


@pytest.mark.parametrize("verb", [*rules.BY_VERB, "ask"])
@pytest.mark.parametrize("by", ["me", "other", "site"])
def test_every_step_has_a_line_for_whoever_took_it(
    app: Flask, alice: Member, asked: Exchange, verb: str, by: str
) -> None:
    actor_id = {"me": alice.id, "other": asked.opener_id, "site": None}[by]
    event = ExchangeEvent(
        exchange_id=asked.id, actor_id=actor_id, verb=verb, to_state="promised", from_state="",
        reason="", params={"quantity": 2}, at=utcnow(),
    )  # fmt: skip
    with app.test_request_context():
        said = exchange_line(history.Line(event, asked), alice.id, "Bob", "2 sets")
    assert said
    assert "%" not in said
    sides = () if verb == "ask" else rules.BY_VERB[verb].who
    if by == "site" and rules.SITE in sides:
        assert line_key(event, asked, alice.id) == f"{verb}_by_site"
    names = "%(name)s" in str(LINES[verb])
    if by == "me" and names:  # nobody reads about herself as of somebody else
        assert "Bob" not in said


def test_no_line_is_of_a_step_that_does_not_exist() -> None:
    verbs = {*rules.BY_VERB, "ask"}
    of_help = {"ask_to_help", "promise_of_help", "promise_drawn", "arrange_at"}
    of_help |= {"meet_to_bring_back", "extend_until"}
    plain = (key.removesuffix("_by_me").removesuffix("_by_site") for key in LINES)
    rest = {key.removesuffix("_back") for key in plain if key not in of_help}
    assert rest == verbs


def test_a_sign_is_drawn_for_every_running_state_and_the_good_end(asked: Exchange) -> None:
    for state in (*rules.RUNNING, *rules.GOOD_ENDS):
        assert exchange_sign(ExchangeEvent(verb="ask", to_state=state))


def test_the_lines_stand_between_the_messages(
    as_member: As, alice: Member, bob: Member, asked: Exchange
) -> None:
    with time_machine.travel(utcnow() + timedelta(minutes=5)):
        service.promise(alice, asked.public_id)
    with time_machine.travel(utcnow() + timedelta(minutes=10)):
        reply(bob, asked.conversation.public_id, "Terima kasih")
    text = page(as_member(alice), asked)
    marks = ["Halo", "Asked for: 2 sets, as a gift", "Promised: 2 sets, as a gift", "Terima kasih"]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_a_line_says_who_and_why(as_member: As, alice: Member, bob: Member, asked: Exchange):
    service.decline(alice, asked.public_id, "too_far")
    why = "“Too far, or the time does not suit”"
    assert f"Alice declined: {why}" in page(as_member(bob), asked)
    assert f"You declined: {why}" in page(as_member(alice), asked)


def test_that_somebody_felt_unsafe_is_read_by_nobody_else(
    as_member: As, alice: Member, bob: Member, asked: Exchange
) -> None:
    with transaction():
        moved = {"exchange_id": asked.id, "from_state": "arranged", "to_state": "did_not_happen"}
        db.session.add(ExchangeEvent(**moved, actor_id=bob.id, verb="fail", reason="unsafe"))
    assert "“I did not feel safe”" in page(as_member(bob), asked)
    assert "safe" not in page(as_member(alice), asked)
    assert "Bob said that it did not happen: “Another reason”" in page(as_member(alice), asked)


def test_what_the_site_did_says_so(app: Flask, as_member: As, alice: Member, bob: Member) -> None:
    offer = factories.offer(alice, giving_rule="first")
    exchange = ask(bob, offer.public_id, Wish(), "Halo")
    assert "Promised in the order of asking: as a gift" in page(as_member(bob), exchange)


def test_an_earlier_page_shows_the_lines_of_its_own_time(
    alice: Member, bob: Member, asked: Exchange
) -> None:
    conversation = asked.conversation
    start = utcnow()
    for number in range(MESSAGES_SHOWN + 5):
        with time_machine.travel(start + timedelta(minutes=number + 1)):
            reply(bob, conversation.public_id, f"Pesan {number}")
    with time_machine.travel(start + timedelta(hours=2)):
        service.promise(alice, asked.public_id)
    latest = talk(bob, conversation)
    earlier = talk(bob, conversation, latest.earlier)
    shown = [
        [one.event.verb for one in history.lines(conversation, since, until)]
        for since, until in ((latest.messages[0].created_at, None), (None, earlier.until))
    ]
    assert shown == [["promise"], ["ask"]]


def test_lines_of_another_conversation_stay_there(
    alice: Member, carol: Member, asked: Exchange
) -> None:
    other = open_conversation(carol, asked.listing.public_id, "Saya juga")
    assert history.lines(other) == []
    assert history.stand_of(other) == history.Stand(0, "0.0.0")
    assert history.states([other, asked.conversation]) == {asked.conversation.id: "interested"}


def test_the_strip_stands_on_the_conversation_and_the_way_to_close_does_not(
    as_member: As, alice: Member, bob: Member, asked: Exchange
) -> None:
    text = page(as_member(alice), asked)
    assert f'href="/exchanges/{asked.public_id}"' in text
    assert "Mark as given" not in text
    assert f"/listings/{asked.listing.public_id}/exchanges" not in page(as_member(bob), asked)


def test_a_mere_question_leads_to_asking_for_it(as_member: As, alice: Member, bob: Member) -> None:
    offer = factories.offer(alice)
    conversation = open_conversation(bob, offer.public_id, "Ukurannya berapa?")
    target = f'href="/listings/{offer.public_id}/exchanges"'
    path = f"/messages/{conversation.public_id}"
    assert target in as_member(bob).get(path).text
    assert target not in as_member(alice).get(path).text
    with transaction():
        offer.state = "withdrawn"
    assert target not in as_member(bob).get(path).text


def test_who_was_declined_may_ask_again(
    as_member: As, alice: Member, bob: Member, asked: Exchange
) -> None:
    service.decline(alice, asked.public_id, "other")
    assert f"/listings/{asked.listing.public_id}/exchanges" in page(as_member(bob), asked)


def test_an_arranged_meeting_says_when(
    as_member: As, alice: Member, bob: Member, asked: Exchange
) -> None:
    service.promise(alice, asked.public_id)
    day = (utcnow() + timedelta(days=2)).date()
    draft = proposals.Draft(day=day.isoformat(), clock="09:30", place="Perpustakaan")
    made = meetings.propose(alice, asked.public_id, draft)
    meetings.accept(bob, asked.public_id, made.public_id)
    assert re.search(
        rf"You two have arranged to meet: {day:%A}, {day.day} {day:%B}, 9:30 AM WIB",
        page(as_member(bob), asked),
    )
