"""Need, match, message, answer: the path of two neighbours over HTTP."""

import re
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from tests import factories

As = Callable[[Member], FlaskClient]


def unread(reader: FlaskClient) -> str:
    """The count at Messages in the frame; empty when there is none. News are counted elsewhere."""
    link = re.search(r'href="/messages"[^>]*>(.*?)</a>', reader.get("/messages").text, re.S)
    assert link is not None
    badge = re.search(r'count-badge">(\d+)<', link[1])
    return badge[1] if badge else ""


def test_bob_asks_finds_alice_writes_and_is_answered(
    as_member: As,
    alice: Member,
    bob: Member,
    settle: Callable[[], None],
    outbox,  # type: ignore[no-untyped-def]
):
    offer = factories.offer(alice, "Mesin jahit Singer masih jalan")
    request = factories.request(bob, "Butuh mesin jahit untuk belajar")
    settle()
    alices, bobs = as_member(alice), as_member(bob)

    # The fitting offer appears on bob's own request, with its reason.
    text = unescape(bobs.get(f"/listings/{request.public_id}").text)
    assert f"/listings/{offer.public_id}" in text
    assert "jahit" in text
    assert "under 1 km away" in text

    # He writes to its owner, who gets one mail for his two messages.
    opened = bobs.post(f"/listings/{offer.public_id}/conversations", data={"body": "Masih ada?"})
    conversation = opened.location.removesuffix("#latest")
    bobs.post(conversation, data={"body": "Saya bisa datang hari Sabtu."})
    settle()
    (mail,) = outbox.to("alice@example.org")
    assert mail["Subject"] == "Bob wrote to you about “Mesin jahit Singer masih jalan”"
    assert mail["List-Unsubscribe"]
    assert conversation in mail.get_body(("plain",)).get_content()

    # She finds them in her inbox, reads, answers; he is told and reads.
    assert unread(alices) == "2"
    assert "Saya bisa datang hari Sabtu." in alices.get(conversation).text
    assert unread(alices) == ""
    alices.post(conversation, data={"body": "Masih, silakan."})
    settle()
    assert len(outbox.to("bob@example.org")) == 1
    assert unread(bobs) == "1"
    assert "Masih, silakan." in bobs.get(conversation).text

    # It is handed over: the listing closes, the conversation does not.
    assert alices.post(f"{conversation}/fulfilment").status_code == 303
    settle()
    assert "This has been given away." in bobs.get(conversation).text
    assert bobs.post(conversation, data={"body": "Terima kasih"}).status_code == 303
    assert f"/listings/{offer.public_id}" not in bobs.get(f"/listings/{request.public_id}").text
