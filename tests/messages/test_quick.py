"""Ready-made answers: which are offered when, and that one tap sends one."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.exchanges import rules
from marketplace.exchanges import service as exchanges
from marketplace.exchanges.service import Wish
from marketplace.messages import quick, talks
from marketplace.messages.models import Conversation
from marketplace.messages.service import open_conversation
from marketplace.wording.quick_replies import QUICK
from tests import factories

As = Callable[[Member], FlaskClient]
SIDES = (quick.OPENER, quick.OWNER)


@pytest.fixture
def running(alice: Member, bob: Member) -> Conversation:
    return open_conversation(bob, factories.offer(alice).public_id, "Halo")


def bodies(member: Member, conversation: Conversation) -> list[str]:
    return [one.body for one in talks.talk(member, conversation).messages]


def test_every_code_has_words_and_every_word_a_use() -> None:
    assert set(quick.CODES) == set(QUICK)


@pytest.mark.parametrize("direction", ["offer", "request"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("state", ["", *rules.STATES])
def test_at_every_stage_there_are_at_most_three(direction: str, side: str, state: str) -> None:
    found = quick.replies(direction, side, state)
    assert len(found) <= 3
    assert bool(found) == (state not in quick.ENDED)


def test_what_is_offered_follows_who_gives() -> None:
    assert "still_there" in quick.replies("offer", quick.OPENER)
    assert "yes_there" in quick.replies("offer", quick.OWNER)
    for state in ("promised", "out", "closed"):
        giver = quick.replies("offer", quick.OWNER, state)
        assert giver == quick.replies("request", quick.OPENER, state)
        assert giver != quick.replies("offer", quick.OPENER, state)
    for side in SIDES:
        assert "on_my_way" in quick.replies("offer", side, "arranged")


def test_one_tap_sends_the_sentence_that_stands_on_the_button(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    path = f"/messages/{running.public_id}"
    page = unescape(as_member(alice).get(path).text)
    code, words = re.search(r'name="quick" value="(\w+)">([^<]+)</button>', page).groups()
    answer = as_member(alice).post(path, data={"quick": code, "body": ""})
    assert (answer.status_code, answer.location) == (303, f"{path}#latest")
    assert bodies(bob, running) == ["Halo", words]


def test_what_was_being_typed_is_not_lost(
    as_member: As, alice: Member, bob: Member, running: Conversation
) -> None:
    half = "Saya di rumah sampai pukul"
    answer = as_member(alice).post(
        f"/messages/{running.public_id}", data={"quick": "yes_there", "body": half}
    )
    assert answer.status_code == 200
    assert re.search(rf"<textarea[^>]*>\s*{half}</textarea>", answer.text)
    assert bodies(bob, running) == ["Halo", "Yes, it is still there."]


def test_the_sentence_is_sent_in_the_language_of_the_sender(
    app: Flask, as_member: As, bob: Member, running: Conversation
) -> None:
    alice = factories.member("Ani", language="id")
    asked = open_conversation(alice, running.listing.public_id, "Halo")
    as_member(alice).post(f"/messages/{asked.public_id}", data={"quick": "still_there"})
    assert bodies(alice, asked)[-1] == "Apakah masih ada?"


def test_an_unknown_code_sends_what_was_typed(
    as_member: As, bob: Member, running: Conversation
) -> None:
    path = f"/messages/{running.public_id}"
    assert as_member(bob).post(path, data={"quick": "x", "body": ""}).status_code == 422
    as_member(bob).post(path, data={"quick": "x", "body": "Besok?"})
    assert bodies(bob, running) == ["Halo", "Besok?"]


def test_the_answers_change_with_the_exchange(as_member: As, alice: Member, bob: Member) -> None:
    offer = factories.offer(alice)
    asked = exchanges.ask(bob, offer.public_id, Wish(), "Halo")
    path = f"/messages/{asked.conversation.public_id}"
    assert "Is it still there?" in as_member(bob).get(path).text
    exchanges.promise(alice, asked.public_id)
    page = as_member(bob).get(path).text
    assert "Is it still there?" not in page
    assert "Thank you very much." in page
