"""The calendar entry of a meeting: what it says, what it keeps to itself, and what cancels it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar, Event

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import exact_places, handing, meetings, service
from marketplace.exchanges.models import ExactPlace
from marketplace.mail import OutgoingMail
from marketplace.notifications import choices
from marketplace.notifications.rules import USUALLY
from marketplace.places import zones
from marketplace.web import parts
from tests.conftest import Outbox
from tests.exchanges.arranging import WHERE, arranged, lent, promised, proposed

Settle = Callable[[], None]
Browser = Callable[[Member], FlaskClient]


def entries_to(outbox: Outbox, address: str) -> list[tuple[str, Event]]:
    """The calendar parts of the mails to an address, in order: method and event."""
    return [found for mail in outbox.to(address) for found in entries_in(mail)]


def entries_in(mail: EmailMessage) -> list[tuple[str, Event]]:
    found = []
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            content = Calendar.from_ical(part.get_content())
            assert isinstance(content, Calendar)
            assert part.get_param("method") == content["METHOD"]
            [event] = content.events
            found.append((str(content["METHOD"]), event))
    return found


def test_both_get_the_entry_by_mail_once_it_is_arranged(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    exchange = arranged(alice, bob)
    settle()
    for reader, other in ((alice, "Bob"), (bob, "Alice")):
        [(method, event)] = entries_to(outbox, str(reader.email))
        assert method == "REQUEST"
        assert (
            event["UID"] == f"{exchange.public_id}-1@{parts().settings.base_url[7:].split(':')[0]}"
        )
        assert event["SEQUENCE"] == 1
        assert event["SUMMARY"] == f"Meet {other}: Mesin jahit"
        assert event["LOCATION"] == WHERE
        assert event["URL"] == f"{parts().settings.base_url}/exchanges/{exchange.public_id}"
        assert event["STATUS"] == "CONFIRMED"
        assert event["DTSTART"].dt == exchange.meets_at
        assert event["DTSTART"].params["TZID"] == "Asia/Jakarta"
        assert event["ATTENDEE"] == f"mailto:{reader.email}"


def test_the_mail_has_text_page_and_entry_as_alternatives_and_the_entry_as_a_file(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    arranged(alice, bob)
    settle()
    [mail] = [one for one in outbox.to("bob@example.org") if entries_in(one)]
    assert mail.get_content_type() == "multipart/mixed"
    inside, file = mail.iter_parts()
    kinds = [one.get_content_type() for one in inside.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "lumbung.ics")
    assert Calendar.from_ical(file.get_content())["METHOD"] == "REQUEST"


@pytest.mark.parametrize(
    ("zone", "offset"), [(zones.WESTERN, 7), (zones.CENTRAL, 8), (zones.EASTERN, 9)]
)
def test_the_entry_brings_its_time_zone_along(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox, zone: str, offset: int
) -> None:
    exchange = promised(alice, bob)
    with transaction():
        exchange.listing.zone = zone
    proposal = proposed(bob, exchange, clock="09:00")
    meetings.accept(alice, exchange.public_id, proposal.public_id)
    settle()
    mail = outbox.to("bob@example.org")[-1]
    [content] = [
        Calendar.from_ical(part.get_content())
        for part in mail.walk()
        if part.get_content_type() == "text/calendar"
    ]
    assert [one["TZID"] for one in content.timezones] == [zone]
    start = content.events[0]["DTSTART"].dt
    assert (start.hour, start.utcoffset()) == (9, timedelta(hours=offset))


def test_a_moved_meeting_is_the_same_entry_with_a_higher_sequence(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    exchange = arranged(alice, bob)
    later = proposed(alice, exchange, 6, place="Balai RW")
    meetings.accept(bob, exchange.public_id, later.public_id)
    settle()
    for reader in (alice, bob):
        (_, first), (method, second) = entries_to(outbox, str(reader.email))
        assert (method, second["UID"]) == ("REQUEST", first["UID"])
        assert second["SEQUENCE"] > first["SEQUENCE"]
        assert (second["DTSTART"].dt, second["LOCATION"]) == (later.starts_at, "Balai RW")


def call_off(alice: Member, bob: Member, public_id: str) -> None:
    service.call_off(alice, public_id, "not_possible")


def cancel(alice: Member, bob: Member, public_id: str) -> None:
    service.call_off(bob, public_id, "changed_mind")


def meet_early(alice: Member, bob: Member, public_id: str) -> None:
    handing.meet(alice, public_id, handing.own_code(bob, public_id))


@pytest.mark.parametrize("ending", [call_off, cancel, meet_early])
def test_cancelled_means_cancelled(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox, ending: Any
) -> None:
    exchange = arranged(alice, bob)
    ending(alice, bob, exchange.public_id)
    settle()
    for reader in (alice, bob):
        (_, first), (method, last) = entries_to(outbox, str(reader.email))
        assert (method, last["STATUS"]) == ("CANCEL", "CANCELLED")
        assert last["UID"] == first["UID"]
        assert last["SEQUENCE"] > first["SEQUENCE"]
        assert last["DTSTART"].dt == first["DTSTART"].dt


def test_arranged_again_after_it_was_called_off_counts_on(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    exchange = arranged(alice, bob)
    service.call_off(alice, exchange.public_id, "not_possible")
    service.promise(alice, exchange.public_id)
    meetings.accept(alice, exchange.public_id, proposed(bob, exchange, 5).public_id)
    settle()
    found = entries_to(outbox, "bob@example.org")
    assert [method for method, _event in found] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [event["SEQUENCE"] for _method, event in found] == [1, 2, 3]
    assert len({event["UID"] for _method, event in found}) == 1


def test_a_meeting_that_has_passed_is_not_cancelled(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    exchange = arranged(alice, bob, days=1)
    with time_machine.travel(utcnow() + timedelta(days=1, hours=1)):
        service.report_failure(alice, exchange.public_id, "no_show")
        settle()
    assert [method for method, _event in entries_to(outbox, "bob@example.org")] == ["REQUEST"]


def test_the_meeting_for_bringing_back_is_an_entry_of_its_own(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    exchange = arranged(alice, bob, days=1, terms="loan")
    with time_machine.travel(utcnow() + timedelta(days=1, hours=1)):
        handing.meet(alice, exchange.public_id, handing.own_code(bob, exchange.public_id))
        meetings.accept(alice, exchange.public_id, proposed(bob, exchange, 5).public_id)
        settle()
    found = entries_to(outbox, "bob@example.org")
    assert [method for method, _event in found] == ["REQUEST", "REQUEST"]
    assert [event["UID"].split("@")[0][-2:] for _method, event in found] == ["-1", "-2"]


def test_who_turned_such_mail_off_gets_no_entry(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    usual = {topic: USUALLY[topic] for topic in choices.choosable(bob)}
    choices.choose(bob, usual | {"promise": "here"}, choices.hours_of(bob))
    arranged(alice, bob)
    settle()
    assert entries_to(outbox, "bob@example.org") == []
    assert len(entries_to(outbox, "alice@example.org")) == 1


def test_the_entry_names_nobody_but_its_reader_and_the_first_name_of_the_other(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    with transaction():
        alice.name = "Sari Wulandari"
    exchange = arranged(alice, bob)
    exact_places.write(alice, exchange.public_id, "Jalan Mawar 7")
    settle()
    mail = next(one for one in outbox.to("bob@example.org") if entries_in(one))
    [content] = [p.get_content() for p in mail.walk() if p.get_content_type() == "text/calendar"]
    assert "Meet Sari: " in content
    for hidden in ("Wulandari", "alice@example.org", "Jalan Mawar"):
        assert hidden not in content


def test_a_sent_mail_keeps_nothing_of_the_entry(alice: Member, bob: Member, settle: Settle) -> None:
    arranged(alice, bob)
    settle()
    db.session.rollback()
    assert {str(row.params) for row in db.session.query(OutgoingMail)} == {"{}"}


def test_the_two_load_the_entry_from_the_page(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: Browser
) -> None:
    exchange = arranged(alice, bob)
    address = f"/exchanges/{exchange.public_id}/calendar.ics"
    assert address in as_member(bob).get(f"/exchanges/{exchange.public_id}").text
    answer = as_member(bob).get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "no-store" in answer.headers["Cache-Control"]
    content = Calendar.from_ical(answer.text)
    [event] = content.events
    assert content["METHOD"] == "PUBLISH"
    assert (event["SUMMARY"], event["LOCATION"]) == ("Meet Alice: Mesin jahit", WHERE)
    assert event["DTSTART"].dt == exchange.meets_at
    assert "ATTENDEE" not in event
    assert as_member(carol).get(address).status_code == 404
    assert "/sign-in" in app.test_client().get(address).headers["Location"]


def test_there_is_no_entry_without_a_meeting(
    alice: Member, bob: Member, as_member: Browser
) -> None:
    for exchange in (promised(alice, bob), lent(alice, bob)):
        address = f"/exchanges/{exchange.public_id}/calendar.ics"
        assert as_member(bob).get(address).status_code == 404


def test_a_calendar_tells_when_it_was_written(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    arranged(alice, bob)
    settle()
    [(_method, event)] = entries_to(outbox, "bob@example.org")
    assert isinstance(event["DTSTAMP"].dt, datetime)
    assert abs(event["DTSTAMP"].dt - utcnow()) < timedelta(minutes=1)


def test_whoever_leaves_takes_the_meeting_out_of_the_calendar_of_the_other(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    exchange = arranged(alice, bob)
    exact_places.write(bob, exchange.public_id, "Jalan Mawar 7")
    settle()
    with transaction():
        bob.erase_after = utcnow() + timedelta(days=7)
    settle()
    (_, first), (method, last) = entries_to(outbox, "alice@example.org")
    assert (method, last["UID"]) == ("CANCEL", first["UID"])
    db.session.rollback()
    assert db.session.get(ExactPlace, exchange.id) is None
