"""A note above a message that asks for money or a code, in the language of whoever reads it."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import transaction
from marketplace.messages.service import open_conversation, reply
from tests import factories

Browser = Callable[[Member], FlaskClient]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Never transfer money first"),
        ("id", "Jangan pernah mentransfer uang lebih dulu"),
    ],
)
def test_the_reader_is_warned_in_their_language_and_can_report(
    alice: Member, bob: Member, as_member: Browser, language: str, words: str
) -> None:
    conversation = open_conversation(bob, factories.offer(alice).public_id, "Halo")
    reply(bob, conversation.public_id, "transfer dulu ya kak, 50rb")
    with transaction():
        alice.language, bob.language = language, language
    address = f"/messages/{conversation.public_id}"
    page = as_member(alice).get(address).text
    assert "transfer dulu ya kak" in page  # the message itself is never kept back
    assert page.count(words) == 1
    assert page.index(words) < page.index("transfer dulu ya kak")
    assert page.count(f"{address}/2/report") == 2
    assert words not in as_member(bob).get(address).text  # who wrote it learns nothing


def test_an_honest_message_has_no_note(alice: Member, bob: Member, as_member: Browser) -> None:
    conversation = open_conversation(bob, factories.offer(alice).public_id, "Kode pos saya 16424")
    page = as_member(alice).get(f"/messages/{conversation.public_id}").text
    assert "note--warning" not in page
