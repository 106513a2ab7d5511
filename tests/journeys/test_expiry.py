"""A listing is warned, renewed by one tap signed out, warned again, runs out, is put up again."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace import worker
from marketplace.accounts.models import Member
from marketplace.db import utcnow
from tests import factories
from tests.conftest import Outbox

PHRASES = {
    "en": ("Is it still there?", "It is up until", "answered already"),
    "id": ("Apakah masih ada?", "Terpasang sampai", "sudah dijawab"),
}


def linked(outbox: Outbox) -> str:
    """The address of the link in the last mail to the owner, as every mail program shows it."""
    body = outbox.to("alice@example.org")[-1].get_body(("plain",))
    assert body is not None
    found = re.search(r"http://[^/\s]+(/answers/\S+)", body.get_content())
    assert found, body.get_content()
    return found[1]


def tap(visitor: FlaskClient, address: str, page: str, answer: str) -> str:
    """Press a button of the page, with the token that stands in its form."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    done = visitor.post(address, data={"csrf_token": token[1], "answer": answer})
    assert done.status_code == 200, done.text
    return str(done.text)


@pytest.mark.parametrize("language", ["id", "en"])
def test_warned_renewed_by_one_tap_warned_again_run_out_and_put_up_again(
    make_app: Callable[..., Flask], outbox: Outbox, language: str
) -> None:
    app = make_app(WTF_CSRF_ENABLED=True)
    asks, up, used = PHRASES[language]
    start = utcnow()
    with app.app_context():
        alice: Member = factories.member("Alice", email="alice@example.org", language=language)
        public_id = factories.offer(alice, "Mesin jahit").public_id
    address = f"/listings/{public_id}"

    def after(days: float) -> time_machine.travel:
        return time_machine.travel(start + timedelta(days=days))

    def visitor() -> FlaskClient:
        """Somebody without an account or a cookie, reading in the same language."""
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return client

    worker.run_until_idle(app)
    assert outbox.mails == []

    with after(28):
        worker.run_until_idle(app)
        worker.run_until_idle(app)
        assert len(outbox.mails) == 1
        first, phone = linked(outbox), visitor()
        page = phone.get(first).text
        assert asks in page
        assert up in tap(phone, first, page, "yes")
        assert used in phone.get(first).text
        worker.run_until_idle(app)

    with after(40):  # beyond its first end: it is there because it was renewed
        worker.run_until_idle(app)
        assert visitor().get(address).status_code == 200
        assert len(outbox.mails) == 1

    with after(56):
        worker.run_until_idle(app)
        assert len(outbox.mails) == 2
        assert linked(outbox) != first

    with after(59):
        worker.run_until_idle(app)
        assert len(outbox.mails) == 3
        assert visitor().get(address).status_code == 410
        last, phone = linked(outbox), visitor()
        assert up in tap(phone, last, phone.get(last).text, "yes")
        worker.run_until_idle(app)
        assert visitor().get(address).status_code == 200
        assert "Mesin jahit" in visitor().get("/search?q=mesin+jahit").text
        assert len(outbox.mails) == 3
