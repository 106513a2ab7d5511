"""Mail is sent once: tried again when a server refuses it, never when nobody knows."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from marketplace.config import Settings
from marketplace.db import db, transaction, utcnow
from marketplace.mail import ATTEMPTS_MAX, BATCH, OutgoingMail, deliver, queue_mail


class Killed(BaseException):
    """The process ends, whatever would be caught."""


class Server:
    """A mail server that fails as it is told, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.failure: BaseException | None = None

    def send(self, message: EmailMessage) -> None:
        if self.failure:
            raise self.failure
        self.taken.append(message)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def send(app: Flask, settings: Settings, server: Server) -> Callable[[], int]:
    return lambda: deliver(settings, server)


def queued(count: int = 1) -> None:
    with transaction():
        for number in range(count):
            queue_mail("no_account", to=f"m{number}@example.org", language="en")


def the_mail() -> OutgoingMail:
    db.session.rollback()
    return db.session.scalars(select(OutgoingMail)).one()


def test_a_mail_is_sent_once(send: Callable[[], int], server: Server) -> None:
    queued()
    assert send() == 1
    assert send() == 0
    assert [message["To"] for message in server.taken] == ["m0@example.org"]
    assert the_mail().state == "sent"


def test_a_refused_mail_is_tried_again_ever_later_and_then_given_up(
    send: Callable[[], int], server: Server
) -> None:
    server.failure = OSError("greylisted")
    start = utcnow()
    with time_machine.travel(start, tick=False) as clock:
        queued()
        waits = []
        for _ in range(ATTEMPTS_MAX - 1):
            assert send() == 1
            assert send() == 0  # not before its time
            waits.append(the_mail().next_try_at - utcnow())
            clock.move_to(the_mail().next_try_at)
        assert send() == 1
        assert (the_mail().state, the_mail().error) == ("failed", "OSError: greylisted")
        clock.shift(timedelta(days=30))
        assert send() == 0
    assert waits == [timedelta(minutes=2**n) for n in range(ATTEMPTS_MAX - 1)]


def test_a_refused_mail_goes_out_when_the_server_is_back(
    send: Callable[[], int], server: Server
) -> None:
    server.failure = OSError("away")
    queued()
    send()
    server.failure = None
    with time_machine.travel(the_mail().next_try_at):
        send()
    assert len(server.taken) == 1


def test_a_mail_whose_sender_was_killed_is_not_sent_twice_and_the_doctor_tells(
    app: Flask, send: Callable[[], int], server: Server
) -> None:
    server.failure = Killed()
    queued()
    with pytest.raises(Killed):
        send()
    server.failure = None
    with time_machine.travel(utcnow() + timedelta(days=1)):
        assert send() == 0
    assert server.taken == []
    said = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "MEND mail: 1 not sent, or not surely" in said


def test_mail_goes_out_in_bounded_batches(send: Callable[[], int], server: Server) -> None:
    queued(BATCH + 1)
    assert send() == BATCH
    assert send() == 1
    assert len(server.taken) == BATCH + 1
