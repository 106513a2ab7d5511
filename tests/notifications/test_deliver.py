"""Mail that waits for the end of quiet hours goes out once, whatever dies where."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.mail import OutgoingMail
from marketplace.notifications import choices, service, sweeps
from marketplace.notifications.models import Notification
from marketplace.notifications.rules import MAILS_A_DAY_MAX, USUALLY, Hours
from marketplace.web import parts

NIGHT = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)  # 22:00 in Jakarta
MORNING = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)  # 6:00
TOLD = {"sender": "Bob", "title": "Mesin jahit", "body": "Halo", "conversation": "c0ffee"}


@pytest.fixture
def clock(app: Flask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NIGHT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def told(clock: Any, alice: Member) -> Callable[..., Notification]:
    """Tells alice something at night; she has quiet hours from 21 to 6."""
    choose(alice)

    def tell(topic: str = "message") -> Notification:
        row = service.notify(alice, topic, "new_message", TOLD)
        assert row is not None
        return row

    return tell


def choose(member: Member, hours: Hours | None = None, **channels: str) -> None:
    usual = {topic: USUALLY[topic] for topic in choices.choosable(member)}
    choices.choose(member, usual | channels, hours or Hours())


def deliver() -> int:
    handled = sweeps.deliver(parts())
    db.session.rollback()
    return handled


def mails() -> list[OutgoingMail]:
    db.session.rollback()
    return list(db.session.scalars(select(OutgoingMail)))


def states() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.scalars(select(Notification).order_by(Notification.id))
    return [(row.mail, row.mail_reason) for row in rows]


def test_mail_of_the_night_goes_out_in_the_morning(
    told: Callable[..., Notification], clock: time_machine.Traveller
) -> None:
    assert told().mail_due_at == MORNING
    clock.move_to(MORNING - timedelta(seconds=1))
    assert (deliver(), mails()) == (0, [])
    clock.move_to(MORNING)
    assert deliver() == 1
    assert deliver() == 0
    [mail] = mails()
    assert mail.params["body"] == "Halo", "delayed, not lost"
    assert db.session.scalars(select(Notification.params)).one() == {}


def test_what_was_read_here_meanwhile_is_not_mailed(
    told: Callable[..., Notification], clock: time_machine.Traveller, alice: Member
) -> None:
    service.mark_seen(alice, [told().public_id])
    clock.move_to(MORNING)
    deliver()
    assert (mails(), states()) == ([], [("none", "seen")])


@pytest.mark.parametrize(
    ("change", "became"),
    [
        (lambda m: choose(m, message="here"), ("none", "off")),
        (lambda m: choose(m, message="digest"), ("digest", "digest")),
        (lambda m: choose(m, Hours(quiet_until=9)), ("waiting", "quiet_hours")),
        (lambda m: setattr(m, "paused_at", utcnow()), ("none", "paused")),
        (lambda m: setattr(m, "erased_at", utcnow()), ("none", "erased")),
        (lambda m: setattr(m, "email", None), ("none", "no_address")),
    ],
)
def test_what_was_chosen_meanwhile_counts(
    told: Callable[..., Notification],
    clock: time_machine.Traveller,
    alice: Member,
    change: Callable[[Member], None],
    became: tuple[str, str],
) -> None:
    told()
    with transaction():
        change(alice)
    clock.move_to(MORNING)
    deliver()
    assert (mails(), states()) == ([], [became])


def test_a_night_of_much_news_does_not_fill_the_morning(
    told: Callable[..., Notification], clock: time_machine.Traveller
) -> None:
    for _ in range(MAILS_A_DAY_MAX + 2):
        told("reminder")
    clock.move_to(MORNING)
    while deliver():
        pass
    assert len(mails()) == MAILS_A_DAY_MAX
    assert states()[-2:] == [("digest", "quota")] * 2


class Killed(BaseException):
    """The process ends, whatever would be caught."""


@pytest.mark.parametrize("statement", ["UPDATE notifications", "INSERT INTO outgoing_mails", ""])
def test_a_sweep_that_is_killed_anywhere_neither_loses_nor_doubles(
    told: Callable[..., Notification], clock: time_machine.Traveller, statement: str
) -> None:
    """Killed after each of its statements in turn; empty: before the commit."""
    told()
    clock.move_to(MORNING)
    engine = db.engine

    def kill(connection: Any, cursor: Any, sql: str, *rest: Any) -> None:
        if sql.startswith(statement) and statement:
            raise Killed

    def kill_commit(connection: Any) -> None:
        if not statement:
            raise Killed

    event.listen(engine, "after_cursor_execute", kill)
    event.listen(engine, "commit", kill_commit)
    try:
        with pytest.raises(Killed):
            deliver()
    finally:
        event.remove(engine, "after_cursor_execute", kill)
        event.remove(engine, "commit", kill_commit)
    assert states() == [("waiting", "quiet_hours")]
    assert deliver() == 1
    assert deliver() == 0
    assert len(mails()) == 1


def test_two_workers_at_once_mail_once(
    app: Flask, told: Callable[..., Notification], clock: time_machine.Traveller
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    told()
    clock.move_to(MORNING)
    db.session.remove()

    def work(_: int) -> None:
        with app.app_context():
            sweeps.deliver(parts())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(mails()) == 1


def test_times_in_a_mail_are_those_of_its_reader(
    app: Flask, clock: time_machine.Traveller, alice: Member
) -> None:
    from marketplace.mail import queue_mail, render_mail

    app.jinja_env.loader = _with_a_time(app.jinja_env.loader)
    said = []
    for zone in ("Asia/Jakarta", "Asia/Jayapura", ""):
        with transaction():
            row = queue_mail("time", to="a@example.org", language="id", zone=zone)
        said.append(render_mail(row, parts().settings).get_content().strip())
    assert said == ["22:00", "00:00", "22:00"]


def _with_a_time(loader: Any) -> Any:
    from jinja2 import ChoiceLoader, DictLoader

    template = "Subject: x\n{{ mail.created_at|datetimeformat('HH:mm') }}"
    return ChoiceLoader([DictLoader({"mail/time.txt": template}), loader])
