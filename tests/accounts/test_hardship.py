"""What members say of hard times stays with them, ends by itself, and is taken back at any time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts import hardship
from marketplace.accounts.hardship import HOLDS, REMINDED_BEFORE, Hardship
from marketplace.accounts.models import AuditEvent, Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict
from marketplace.matching.needs import remind
from marketplace.notifications.models import Notification
from marketplace.site_settings import SiteValues, set_site_values

As = Callable[[Member], FlaskClient]
PAGE = "/account/hardship"


def rows() -> list[Hardship]:
    db.session.rollback()
    return db.session.query(Hardship).all()


def ends_in(member: Member, days: float) -> None:
    """What the member said holds for so many days more."""
    with transaction() as session:
        row = session.query(Hardship).filter_by(member_id=member.id).one()
        row.ends_at = utcnow() + timedelta(days=days)


def test_said_renewed_and_taken_back_on_one_page(as_member: As, bob: Member) -> None:
    browser = as_member(bob)
    assert "Yes, times are hard for me" in browser.get(PAGE).text
    answer = browser.post(PAGE)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert rows()[0].ends_at - rows()[0].said_at == HOLDS
    ends_in(bob, 3)
    assert "Renew it for half a year" in browser.get(PAGE).text
    browser.post(PAGE)
    (row,) = rows()
    assert row.ends_at > utcnow() + HOLDS - timedelta(minutes=1)
    assert browser.post(f"{PAGE}/removal").status_code == 303
    assert rows() == []
    assert browser.post(f"{PAGE}/removal").status_code == 303


def test_the_page_says_before_the_button_who_sees_it_and_for_how_long(
    as_member: As, bob: Member
) -> None:
    text = as_member(bob).get(PAGE).text
    for words in ("You alone.", "For half a year.", "It promises nothing", "nobody asks why"):
        assert words in text


def test_a_visitor_signs_in_first(client: FlaskClient) -> None:
    for ask in (client.get(PAGE), client.post(PAGE), client.post(f"{PAGE}/removal")):
        assert (ask.status_code, ask.location.partition("?")[0]) == (303, "/sign-in")
    assert rows() == []


def test_nothing_is_taken_back_by_looking(as_member: As, bob: Member) -> None:
    hardship.say_hardship(bob)
    assert as_member(bob).get(f"{PAGE}/removal").status_code == 405
    assert len(rows()) == 1


def test_one_member_takes_back_nothing_of_another(
    as_member: As, bob: Member, carol: Member
) -> None:
    hardship.say_hardship(bob)
    as_member(carol).post(f"{PAGE}/removal")
    assert [row.member_id for row in rows()] == [bob.id]


def test_it_ends_by_itself(bob: Member) -> None:
    hardship.say_hardship(bob)
    assert hardship.in_hardship([bob.id]) == {bob.id}
    ends_in(bob, -0.01)
    assert hardship.in_hardship([bob.id]) == frozenset()
    assert hardship.hardship_of(bob) is None


def test_a_site_that_does_not_ask_takes_nothing_and_counts_nothing(
    as_member: As, bob: Member, carol: Member
) -> None:
    hardship.say_hardship(bob)
    set_site_values(SiteValues(hardship="off"))
    assert hardship.in_hardship([bob.id]) == frozenset()
    with pytest.raises(Conflict):
        hardship.say_hardship(carol)
    assert as_member(carol).post(PAGE).status_code == 409
    text = as_member(bob).get(PAGE).text
    assert "does not ask about it" in text
    assert "Take it back" in text
    assert "times are hard for me" not in text
    as_member(bob).post(f"{PAGE}/removal")
    assert rows() == []


def test_before_it_ends_its_member_is_told_once_on_the_site_alone(
    app: Flask, as_member: As, bob: Member, outbox: object, settle: Callable[[], None]
) -> None:
    hardship.say_hardship(bob)
    assert remind(app.extensions["marketplace"]) == 0
    ends_in(bob, REMINDED_BEFORE.days - 1)
    settle()
    settle()
    (news,) = db.session.query(Notification).filter_by(member_id=bob.id).all()
    assert (news.kind, news.link, news.mail) == ("statement_ends", PAGE, "none")
    assert outbox.to(bob.email) == []  # type: ignore[attr-defined]
    text = as_member(bob).get("/notifications").text
    assert "Something you told us in private ends on" in text
    assert "hard" not in text.partition("Something you told us")[2].partition("</li>")[0]


def test_with_what_was_said_goes_the_news_that_it_ends(
    app: Flask, as_member: As, bob: Member, carol: Member
) -> None:
    for member in (bob, carol):
        hardship.say_hardship(member)
        ends_in(member, 5)
    remind(app.extensions["marketplace"])
    as_member(bob).post(f"{PAGE}/removal")
    db.session.rollback()
    (left,) = db.session.query(Notification).filter_by(kind="statement_ends").all()
    assert left.member_id == carol.id


def test_renewed_in_time_it_is_not_reminded_of_and_later_once_more(app: Flask, bob: Member) -> None:
    hardship.say_hardship(bob)
    ends_in(bob, 5)
    hardship.say_hardship(bob)
    assert remind(app.extensions["marketplace"]) == 0
    ends_in(bob, 5)
    assert remind(app.extensions["marketplace"]) == 1
    assert remind(app.extensions["marketplace"]) == 0


def test_nobody_is_reminded_where_it_is_not_asked(app: Flask, bob: Member) -> None:
    hardship.say_hardship(bob)
    ends_in(bob, 5)
    set_site_values(SiteValues(hardship="off"))
    assert remind(app.extensions["marketplace"]) == 0


def test_it_is_no_matter_for_the_record_of_staff(bob: Member) -> None:
    hardship.say_hardship(bob)
    hardship.take_hardship_back(bob)
    assert db.session.query(AuditEvent).count() == 0
