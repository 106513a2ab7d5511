"""The digest: once a day at the member's hour, only when it is worth opening."""

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.listings.models import Listing
from marketplace.mail import OutgoingMail, render_mail
from marketplace.messages import service as messages
from marketplace.notifications import choices, service
from marketplace.notifications.models import Digest, Notification
from marketplace.notifications.rules import USUALLY, Hours
from marketplace.pages import sweeps
from marketplace.web import parts
from tests import factories
from tests.factories import BOGOR
from tests.sample_areas import load_sample

DAY_BEFORE = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # 17:00 in Jakarta
SEVEN = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)  # 7:00 in Jakarta, 9:00 in Jayapura
MATCH = {"title": "Mesin jahit", "other": "Butuh mesin jahit"}


@pytest.fixture
def clock(app: Flask) -> Iterator[time_machine.Traveller]:
    load_sample()
    with time_machine.travel(DAY_BEFORE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(clock: Any) -> Member:
    return factories.member("Alice", email="alice@example.org")


@pytest.fixture
def bob(clock: Any) -> Member:
    return factories.member("Bob", email="bob@example.org")


def choose(member: Member, hours: Hours | None = None, **channels: str) -> None:
    usual = {topic: USUALLY[topic] for topic in choices.choosable(member)}
    choices.choose(member, usual | channels, hours or Hours())


def news(member: Member) -> Notification:
    """Something that waits for the digest and is not about a match."""
    choose(member, reminder="digest")
    row = service.notify(member, "reminder", "new_match", MATCH, link="/about")
    assert row is not None
    assert row.mail == "digest"
    return row


def sweep() -> None:
    while sweeps.send_digests(parts()):
        db.session.rollback()
    db.session.rollback()


def digests() -> list[OutgoingMail]:
    db.session.rollback()
    chosen = select(OutgoingMail).where(OutgoingMail.template == "digest")
    return list(db.session.scalars(chosen.order_by(OutgoingMail.id)))


def sent(row: OutgoingMail) -> EmailMessage:
    return render_mail(row, parts().settings)


def text(row: OutgoingMail) -> str:
    found = sent(row).get_body(("plain",))
    assert found is not None
    return str(found.get_content())


def test_it_comes_at_the_members_hour_and_once_a_day(
    clock: time_machine.Traveller, alice: Member
) -> None:
    news(alice)
    clock.move_to(SEVEN - timedelta(seconds=1))
    sweep()
    assert digests() == []
    clock.move_to(SEVEN)
    sweep()
    [first] = digests()
    assert (first.to, first.params["headline"]) == (
        "alice@example.org", "“Butuh mesin jahit” fits your “Mesin jahit”",
    )  # fmt: skip
    news(alice)
    clock.move_to(SEVEN + timedelta(hours=5))
    sweep()
    assert len(digests()) == 1, "the next one comes tomorrow"
    clock.move_to(SEVEN + timedelta(days=1))
    sweep()
    assert len(digests()) == 2


def test_the_hour_is_that_of_the_members_zone(clock: time_machine.Traveller, alice: Member) -> None:
    news(alice)
    with transaction():
        alice.zone = "Asia/Jayapura"
    clock.move_to(SEVEN - timedelta(hours=2, seconds=1))
    sweep()
    assert digests() == []
    clock.move_to(SEVEN - timedelta(hours=2))
    sweep()
    assert len(digests()) == 1


def test_a_chosen_hour_counts_and_a_day_that_was_missed_is_left_for_the_next(
    clock: time_machine.Traveller, alice: Member
) -> None:
    news(alice)
    choose(alice, Hours(digest_hour=9), reminder="digest")
    clock.move_to(SEVEN + timedelta(hours=1))
    sweep()
    assert digests() == []
    clock.move_to(SEVEN + timedelta(hours=14))  # 21:00
    sweep()
    assert digests() == []
    clock.move_to(SEVEN + timedelta(days=1, hours=2))
    sweep()
    assert len(digests()) == 1


def test_nothing_comes_when_there_is_nothing(clock: time_machine.Traveller, alice: Member) -> None:
    for day in range(3):
        clock.move_to(SEVEN + timedelta(days=day))
        sweep()
    assert digests() == []


def test_what_was_seen_here_meanwhile_is_not_in_it(
    clock: time_machine.Traveller, alice: Member
) -> None:
    service.mark_seen(alice, [news(alice).public_id])
    clock.move_to(SEVEN)
    sweep()
    assert digests() == []


@pytest.mark.parametrize("why", ["off", "paused", "leaving", "erased", "no address", "demo"])
def test_nobody_gets_one_who_should_not(
    clock: time_machine.Traveller, alice: Member, why: str
) -> None:
    news(alice)
    with transaction():
        if why == "off":
            choose(alice, Hours(has_digest=False), reminder="here", match="here")
        alice.paused_at = utcnow() if why == "paused" else None
        alice.erased_at = utcnow() if why == "erased" else None
        alice.erase_after = utcnow() if why == "leaving" else None
        alice.is_demo = why == "demo"
        if why == "no address":
            alice.email_confirmed_at = None
    clock.move_to(SEVEN)
    sweep()
    assert digests() == []


@pytest.fixture
def met(alice: Member, bob: Member, settle: Callable[[], None]) -> tuple[Listing, Listing]:
    """alice's request meets an offer of bob's."""
    pair = factories.request(alice, "Butuh mesin jahit"), factories.offer(bob, "Mesin jahit")
    settle()
    return pair


def test_it_says_what_fits_and_leads_there(
    clock: time_machine.Traveller, met: tuple[Listing, Listing]
) -> None:
    clock.move_to(SEVEN)
    sweep()
    to_alice = next(row for row in digests() if row.to == "alice@example.org")
    said, base = text(to_alice), parts().settings.base_url
    assert sent(to_alice)["Subject"] == "“Mesin jahit” fits your “Butuh mesin jahit”"
    assert "Fits your “Butuh mesin jahit”" in said
    assert "Mesin jahit (offered, under 1 km" in said
    assert f"{base}/listings/{met[1].public_id}" in said
    assert f"{base}/listings/{met[0].public_id}/matches" in said


def test_what_fitted_but_is_gone_is_not_in_it(
    clock: time_machine.Traveller, met: tuple[Listing, Listing]
) -> None:
    with transaction():
        met[1].state = "withdrawn"
    clock.move_to(SEVEN)
    sweep()
    assert digests() == []


def test_messages_that_wait_are_in_it(
    clock: time_machine.Traveller, alice: Member, bob: Member
) -> None:
    listing = factories.offer(alice, "Tangga")
    opened = messages.open_conversation(bob, listing.public_id, "Rahasia kita")
    news(alice)
    clock.move_to(SEVEN)
    sweep()
    [row] = digests()
    assert "1 new message from Bob about “Tangga”" in text(row)
    assert f"/messages/{opened.public_id}" in text(row)
    assert "Rahasia" not in text(row)


def test_who_was_mailed_of_a_message_is_not_reminded_by_a_digest_of_its_own(
    clock: time_machine.Traveller, alice: Member, bob: Member
) -> None:
    listing = factories.offer(alice, "Tangga")
    messages.open_conversation(bob, listing.public_id, "Halo")
    clock.move_to(SEVEN)
    sweep()
    assert digests() == []


def test_messages_come_gathered_for_who_chose_so(
    clock: time_machine.Traveller, alice: Member, bob: Member
) -> None:
    choose(alice, message="digest")
    messages.open_conversation(bob, factories.offer(alice, "Tangga").public_id, "Halo")
    clock.move_to(SEVEN)
    sweep()
    assert [row.params["headline"] for row in digests()] == ["Bob wrote to you about “Tangga”"]


def test_new_posts_near_by_come_along_and_alone_once_a_week(
    clock: time_machine.Traveller, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    def post(number: int) -> None:
        for one in range(number):
            factories.offer(bob, f"Benda {one}")
        factories.offer(bob, "Jauh di Bogor", point=BOGOR)
        factories.offer(alice, "Punya Alice")
        settle()

    def to_alice(at: datetime) -> list[str]:
        clock.move_to(at)
        sweep()
        return [row.public_id for row in digests() if row.to == "alice@example.org"]

    post(3)
    assert to_alice(SEVEN) == [], "she has been here for a day only"
    for day in range(1, 6):
        assert to_alice(SEVEN + timedelta(days=day)) == []
    post(3)
    clock.move_to(SEVEN + timedelta(days=7, minutes=-1))
    post(1)
    to_alice(SEVEN + timedelta(days=7))
    rows = [row for row in digests() if row.to == "alice@example.org"]
    assert [row.params["headline"] for row in rows] == ["4 new posts near you"]
    said = text(rows[0])
    assert "Benda 0 (offered" in said
    assert "Bogor" not in said
    assert "Punya Alice" not in said
    post(3)
    assert len(to_alice(SEVEN + timedelta(days=8))) == 1, "the next alone in a week"


def test_it_can_be_turned_off_with_one_tap(clock: time_machine.Traveller, alice: Member) -> None:
    news(alice)
    clock.move_to(SEVEN)
    sweep()
    mail = sent(digests()[0])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/notifications/off/" in mail["List-Unsubscribe"].replace("\n", "")
    choices.turn_by_link(digests()[0].unsubscribe_token or "", on=False)
    assert not choices.hours_of(alice).has_digest


def test_it_speaks_the_members_language(clock: time_machine.Traveller, alice: Member) -> None:
    with transaction():
        alice.language = "id"
    news(alice)
    clock.move_to(SEVEN)
    sweep()
    [row] = digests()
    assert row.params["headline"] == "“Butuh mesin jahit” cocok dengan “Mesin jahit” Anda"
    assert "Pemberitahuan" in text(row)


class Killed(BaseException):
    """The process ends, whatever would be caught."""


@pytest.mark.parametrize("statement", ["INSERT INTO digests", "INSERT INTO outgoing_mails",
                                       "UPDATE notifications", "COMMIT"])  # fmt: skip
def test_a_sweep_that_is_killed_anywhere_neither_loses_nor_doubles(
    clock: time_machine.Traveller, alice: Member, statement: str
) -> None:
    news(alice)
    clock.move_to(SEVEN)
    engine = db.engine

    def kill(connection: Any, cursor: Any, sql: str, *rest: Any) -> None:
        if sql.startswith(statement):
            raise Killed

    def kill_commit(connection: Any) -> None:
        if statement == "COMMIT":
            raise Killed

    event.listen(engine, "after_cursor_execute", kill)
    event.listen(engine, "commit", kill_commit)
    try:
        with pytest.raises(Killed):
            sweep()
    finally:
        event.remove(engine, "after_cursor_execute", kill)
        event.remove(engine, "commit", kill_commit)
    gc.collect()  # a process that ends lets go of its connection
    assert digests() == []
    sweep()
    assert len(digests()) == 1
    assert db.session.scalars(select(Notification.mail)).all() == ["mailed"]


def test_two_workers_at_once_send_one(
    app: Flask, clock: time_machine.Traveller, alice: Member
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    news(alice)
    clock.move_to(SEVEN)
    db.session.remove()

    def work(_: int) -> None:
        with app.app_context():
            sweeps.send_digests(parts())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(digests()) == 1
    assert len(db.session.scalars(select(Digest)).all()) == 1
