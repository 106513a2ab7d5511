"""What the accounts tests share: passwords, a gazetteer, and the links in mails."""

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from marketplace.accounts.models import Credential, Member
from marketplace.accounts.passwords import hash_password
from marketplace.db import db, transaction
from marketplace.web import limiter
from tests.factories import PASSWORD
from tests.sample_areas import load_sample

SIGN_UP = {
    "name": "Dewi Lestari",
    "login": "dewi@example.org",
    "password": "tiga-kata-berbeda",
    "place": "Beji, Depok",
    "language": "en",
    "adult": "y",
    "agreed": "y",
}


@cache
def _hash_once(password: str) -> str:
    return hash_password(password)


def give_password(member: Member, password: str = PASSWORD) -> None:
    """Let a member of the factories sign in with a real password."""
    with transaction():
        row = db.session.scalars(select(Credential).where(Credential.member_id == member.id)).one()
        row.secret_hash = _hash_once(password)


def link_in(mail: EmailMessage, path: str) -> str:
    """The path of the one link in ``mail`` that begins with ``path``."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = set(re.findall(rf"https?://[^\s/]+({path}\S*)", body.get_content()))
    assert len(found) == 1, found
    return str(found.pop())


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in", data={"login": login, "password": password, **more})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/account/sign-ins").status_code == 200


def new_browser(app: Flask) -> FlaskClient:
    """A visitor who reads English."""
    browser = app.test_client()
    browser.set_cookie("language", "en")
    return browser


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return new_browser(app)


@pytest.fixture
def places(app: Flask) -> None:
    """A few dozen real areas."""
    load_sample()


@pytest.fixture
def open_mail(outbox: Any, settle: Callable[[], None]) -> Callable[[str], EmailMessage]:
    """Deliver what waits, and return the newest mail to an address."""

    def newest(address: str) -> EmailMessage:
        settle()
        mail: EmailMessage = outbox.to(address)[-1]
        return mail

    return newest


@pytest.fixture
def limited(make_app: Any) -> Any:
    """An application with its limits on."""
    app = make_app(RATELIMIT_ENABLED=True)
    limiter.reset()
    with app.app_context():
        yield app
    limiter.reset()
    limiter.enabled = False


@pytest.fixture
def statements(app: Flask) -> Iterator[Callable[[], list[str]]]:
    """Every statement that the database was given so far."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield lambda: list(seen)
    event.remove(db.engine, "before_cursor_execute", note)
