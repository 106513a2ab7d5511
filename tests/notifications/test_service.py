"""News are written with what they tell of; the mail follows what its reader chose."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Member
from marketplace.config import PROJECT_ROOT
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, NotFound
from marketplace.mail import OutgoingMail
from marketplace.notifications import choices, service
from marketplace.notifications.links import off_token, read_off_token
from marketplace.notifications.models import Notification, Preference
from marketplace.notifications.rules import MAILS_A_DAY_MAX, TOPICS, USUALLY

TOLD = {"sender": "Bob", "title": "Mesin jahit", "body": "Halo", "conversation": "c0ffee"}


def mails() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def tell(member: Member, topic: str = "reminder", **more: Any) -> Notification | None:
    return service.notify(member, topic, "new_message", TOLD, **more)


def told(member: Member, topic: str = "reminder", **more: Any) -> Notification:
    row = tell(member, topic, **more)
    assert row is not None
    return row


def choose(member: Member, **channels: str) -> None:
    usual = {topic: USUALLY[topic] for topic in choices.choosable(member)}
    choices.choose(member, usual | channels, choices.hours_of(member))


def test_a_member_is_told_here_and_by_mail_in_her_language(alice: Member) -> None:
    row = told(alice, link="/messages/c0ffee")
    assert (row.mail, row.mail_reason, row.seen_at) == ("mailed", "at_once", None)
    [mail] = mails()
    assert row.mail_id == mail.id
    assert (mail.to, mail.to_name, mail.language) == ("alice@example.org", "Alice", "en")
    assert mail.params == {"name": "Alice", "link": "/messages/c0ffee"} | TOLD
    assert mail.unsubscribe_token == off_token(alice, "reminder")


def test_no_mail_goes_out_about_a_topic_that_is_off(alice: Member, bob: Member) -> None:
    choose(alice, message="here")
    row = told(alice, "message")
    assert (row.mail, row.mail_reason) == ("none", "off")
    assert told(bob, "message").mail == "mailed"
    assert [mail.to for mail in mails()] == [bob.email]


def test_what_concerns_the_account_cannot_be_turned_off(alice: Member) -> None:
    with transaction():
        alice.paused_at = utcnow()
    assert told(alice, "account").mail == "mailed"
    assert mails()[0].unsubscribe_token is None
    with pytest.raises(Conflict):
        choices.turn_by_link(off_token(alice, "account"), on=False)
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(Preference(member_id=alice.id, topic="account", channel="here"))


@pytest.mark.parametrize("field", ["email", "email_confirmed_at"])
def test_who_has_no_confirmed_address_is_told_here_alone(alice: Member, field: str) -> None:
    with transaction():
        setattr(alice, field, None)
    for topic in ("message", "account"):
        assert (told(alice, topic).mail, told(alice, topic).mail_reason) == ("none", "no_address")
    assert mails() == []


def test_who_pauses_finds_the_news_when_coming_back(alice: Member) -> None:
    with transaction():
        alice.paused_at = utcnow()
    assert (told(alice).mail, told(alice).mail_reason) == ("none", "paused")
    assert service.unseen_count(alice) == 2


def test_nothing_is_told_to_who_is_erased(alice: Member) -> None:
    with transaction():
        alice.erased_at = utcnow()
    assert tell(alice, "account") is None
    assert db.session.scalars(select(Notification)).all() == []


def test_news_exist_exactly_when_what_they_tell_of_does(alice: Member) -> None:
    def write_and_fail() -> None:
        with transaction():
            tell(alice)
            raise RuntimeError("the message was not written")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert (mails(), service.unseen_count(alice)) == ([], 0)


def test_the_same_is_told_once(alice: Member, bob: Member) -> None:
    assert told(alice, once="warned:1").mail == "mailed"
    assert tell(alice, once="warned:1") is None
    assert tell(bob, once="warned:1") is not None
    assert tell(alice, once="warned:2") is not None
    assert [mail.to for mail in mails()] == [alice.email, bob.email, alice.email]


def test_two_workers_at_once_tell_the_same_once(app: Flask, alice: Member) -> None:
    from concurrent.futures import ThreadPoolExecutor

    alice_id = alice.id

    def work(_: int) -> bool:
        with app.app_context():
            return tell(db.session.get_one(Member, alice_id), once="warned:1") is not None

    db.session.remove()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1
    assert len(mails()) == 1


def test_beyond_the_days_number_of_mails_news_join_the_digest(alice: Member) -> None:
    for _ in range(MAILS_A_DAY_MAX):
        assert told(alice).mail == "mailed"
    assert (told(alice).mail, told(alice).mail_reason) == ("digest", "quota")
    assert told(alice, "account").mail == "mailed", "the account is outside of it"
    with time_machine.travel(utcnow() + timedelta(days=1)):
        assert told(alice).mail == "mailed", "the next day has its own"


@pytest.mark.parametrize(
    ("topic", "kind", "link"),
    [
        ("mesage", "new_message", ""),
        ("message", "nonsense", ""),
        ("message", "new_message", "https://elsewhere.example/"),
    ],
)
def test_what_cannot_be_told_is_refused(alice: Member, topic: str, kind: str, link: str) -> None:
    with pytest.raises(ValueError, match=r"message|mesage"):
        service.notify(alice, topic, kind, TOLD, link=link)


def test_there_is_no_choice_about_what_nobody_is_told_of() -> None:
    text = "".join(path.read_text("utf-8") for path in (PROJECT_ROOT / "marketplace").rglob("*.py"))
    told = set(re.findall(r"notify\(\s*[\w.]+,\s*\"(\w+)\"", text))
    assert told - {"account"} == {*choices.CHOOSABLE, *choices.FOR_STAFF}


def test_choosing_the_same_twice_leaves_one_row(alice: Member) -> None:
    for channel in ("here", "at_once", "at_once"):
        choose(alice, message=channel)
    chosen = select(Preference.channel).where(Preference.topic == "message")
    assert db.session.scalars(chosen).all() == ["at_once"]


def test_what_a_neighbour_wrote_is_not_kept_with_the_news(alice: Member) -> None:
    assert told(alice, "message").params == {}


def test_a_link_is_good_for_its_member_and_its_topic_alone(alice: Member, bob: Member) -> None:
    token = off_token(alice, "message")
    assert choices.off_link(token) == (alice, "message")
    assert choices.off_link(off_token(alice, "digest")) == (alice, "digest")
    public_id, topic, signature = token.split(".")
    for forged in (
        f"{bob.public_id}.{topic}.{signature}",
        f"{public_id}.match.{signature}",
        f"{public_id}.{topic}.{'0' * 32}",
        f"{public_id}.{topic}.",
        f"{public_id}.nonsense.{signature}",
        "x.y.z",
        "",
    ):
        with pytest.raises(NotFound):
            choices.off_link(forged)


class _Signed:
    public_id = "abcdefghjkmn"
    link_key = "0" * 32


@given(st.text(max_size=60))
def test_no_other_text_is_a_link(token: str) -> None:
    good = {off_token(_Signed(), topic) for topic in (*TOPICS, "digest")}
    assert token in good or read_off_token(_Signed(), token) is None


@pytest.mark.parametrize("topic", TOPICS)
def test_a_link_says_its_topic(topic: str) -> None:
    assert read_off_token(_Signed(), off_token(_Signed(), topic)) == topic
