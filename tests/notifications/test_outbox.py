"""Staff see how the delivery of mail goes, and let out what is stuck; nobody reads a mail here."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts.models import AuditEvent, Member
from marketplace.db import db, transaction, utcnow
from marketplace.mail import OutgoingMail, deliver, queue_mail
from marketplace.notifications.outbox import DOUBTFUL_AFTER, PER_PAGE, mask
from marketplace.web import parts
from tests.conftest import Outbox

As = Callable[[Member], FlaskClient]
SECRET = {"name": "Alice", "token": "rahasia"}


class Killed(BaseException):
    """The process ends, whatever would be caught."""


class Server:
    """A mail server that ends as it is told."""

    def __init__(self, failure: BaseException) -> None:
        self.failure = failure

    def send(self, message: EmailMessage) -> None:
        raise self.failure


def mail(state: str = "waiting", **values: object) -> str:
    with transaction():
        row = queue_mail("reset_password", to="alice@example.org", language="en", params=SECRET)
        row.state = state
        for name, value in values.items():
            setattr(row, name, value)
        db.session.flush()
        return row.public_id


def state_of(public_id: str) -> str:
    db.session.rollback()
    row = select(OutgoingMail.state).where(OutgoingMail.public_id == public_id)
    return db.session.scalars(row).one()


@pytest.fixture
def browser(as_member: As, staff: Member) -> FlaskClient:
    return as_member(staff)


def test_the_page_shows_how_it_goes_and_not_what_it_says(browser: FlaskClient) -> None:
    mail("failed", attempts=8, error="SMTPRecipientsRefused: 550 alice@example.org unknown")
    page = browser.get("/staff/mail").text
    assert "reset_password" in page
    assert "550 a…@example.org unknown" in page
    assert "8 attempts" in page
    for hidden in ("alice@example.org", "rahasia", "Alice"):
        assert hidden not in page


def test_it_can_be_narrowed_to_one_state(browser: FlaskClient) -> None:
    failed, waiting = mail("failed"), mail("waiting")
    page = browser.get("/staff/mail?state=failed").text
    assert f"/staff/mail/{failed}/attempt" in page
    assert page.count("<code>reset_password</code>") == 1
    assert waiting not in page
    assert browser.get("/staff/mail?state=nonsense").text.count("<code>reset_password") == 2
    assert "No mail here" in browser.get("/staff/mail?state=sent").text


def test_there_are_pages(browser: FlaskClient) -> None:
    for _ in range(PER_PAGE + 1):
        mail("failed")
    page = browser.get("/staff/mail?state=failed").text
    assert "/staff/mail?state=failed&amp;page=2" in page
    last = browser.get("/staff/mail?state=failed&page=2").text
    assert last.count("<code>reset_password</code>") == 1


def test_nobody_else_finds_it(client: FlaskClient, as_member: As, carol: Member) -> None:
    public_id = mail("failed")
    assert as_member(carol).get("/staff/mail").status_code == 404
    assert as_member(carol).post(f"/staff/mail/{public_id}/attempt").status_code == 404
    assert client.get("/staff/mail").status_code == 303
    assert state_of(public_id) == "failed"


def test_what_was_given_up_goes_out_when_staff_say_so_under_the_same_message_id(
    browser: FlaskClient, staff: Member, outbox: Outbox
) -> None:
    public_id = mail("failed", attempts=8)
    answer = browser.post(f"/staff/mail/{public_id}/attempt", data={"state": "failed"})
    assert (answer.status_code, answer.location) == (303, "/staff/mail?state=failed")
    deliver(parts().settings, outbox)
    [sent] = outbox.mails
    assert sent["Message-ID"].startswith(f"<{public_id}@")
    [event] = db.session.scalars(select(AuditEvent))
    assert (event.actor_id, event.action, event.thing) == (
        staff.id, "mail.retry", f"mail:{public_id}",
    )  # fmt: skip


def test_what_was_cut_off_is_doubtful_only_after_a_while(
    browser: FlaskClient, outbox: Outbox
) -> None:
    public_id = mail()
    with pytest.raises(Killed):
        deliver(parts().settings, Server(Killed()))
    db.session.rollback()
    assert f"{public_id}/attempt" not in browser.get("/staff/mail").text
    assert browser.post(f"/staff/mail/{public_id}/attempt").status_code == 409
    with time_machine.travel(utcnow() + DOUBTFUL_AFTER + timedelta(seconds=1)):
        assert "nobody knows whether it left" in browser.get("/staff/mail").text
        assert browser.post(f"/staff/mail/{public_id}/attempt").status_code == 303
    assert state_of(public_id) == "waiting"


@pytest.mark.parametrize("state", ["waiting", "sent"])
def test_what_is_not_stuck_is_left_alone(browser: FlaskClient, state: str) -> None:
    public_id = mail(state)
    assert browser.post(f"/staff/mail/{public_id}/attempt").status_code == 409
    assert browser.post("/staff/mail/unknown/attempt").status_code == 404
    assert state_of(public_id) == state
    assert db.session.scalars(select(AuditEvent)).all() == []


def test_the_message_id_stays_the_same_over_attempts(app: Flask) -> None:
    seen: list[str] = []

    class Recording:
        def send(self, message: EmailMessage) -> None:
            seen.append(message["Message-ID"])
            raise OSError("greylisted")

    mail()
    for wait in (0, 2, 5):
        with time_machine.travel(utcnow() + timedelta(minutes=wait)):
            deliver(parts().settings, Recording())
    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_of_an_address_only_what_tells_servers_apart_is_shown() -> None:
    assert mask("alice@example.org") == "a…@example.org"
    assert mask("") == "…@"
