"""A mail goes out for a topic unless its reader turned it off; account mail always does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, NotFound
from marketplace.mail import OutgoingMail
from marketplace.notifications import service
from marketplace.notifications.links import off_token, read_off_token
from marketplace.notifications.models import TOPICS, Preference


def waiting() -> int:
    return db.session.scalar(select(func.count(OutgoingMail.id))) or 0


def test_a_member_is_told_by_mail_in_her_language(alice: Member) -> None:
    mail = service.notify(alice, "message", "password_changed", {"title": "Mesin jahit"})
    assert mail is not None
    assert (mail.to, mail.to_name, mail.language) == ("alice@example.org", "Alice", "en")
    assert mail.params == {"name": "Alice", "title": "Mesin jahit"}


def test_nothing_goes_out_about_a_topic_that_is_off(alice: Member, bob: Member) -> None:
    service.set_preferences(alice, on=set())
    assert service.notify(alice, "message", "password_changed") is None
    assert service.notify(bob, "message", "password_changed") is not None
    assert waiting() == 1


def test_what_concerns_the_account_cannot_be_turned_off(alice: Member) -> None:
    mail = service.notify(alice, "account", "password_changed")
    assert mail is not None
    assert mail.unsubscribe_token is None
    with pytest.raises(Conflict):
        service.turn_by_link(off_token(alice, "account"), on=False)
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(Preference(member_id=alice.id, topic="account", channel="off"))


@pytest.mark.parametrize("field", ["email", "email_confirmed_at", "erased_at"])
def test_nothing_goes_to_who_has_no_confirmed_address_or_is_erased(
    alice: Member, field: str
) -> None:
    with transaction():
        setattr(alice, field, utcnow() if field == "erased_at" else None)
    assert service.notify(alice, "message", "password_changed") is None


def test_a_mail_exists_exactly_when_what_it_tells_of_does(alice: Member) -> None:
    def write_and_fail() -> None:
        with transaction():
            service.notify(alice, "message", "password_changed")
            raise RuntimeError("the message was not written")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert waiting() == 0


def test_a_misspelt_topic_is_refused(alice: Member) -> None:
    with pytest.raises(ValueError, match="mesage"):
        service.notify(alice, "mesage", "password_changed")


def test_choosing_the_same_twice_leaves_one_row(alice: Member) -> None:
    for on in (set[str](), {"message"}, {"message"}):
        service.set_preferences(alice, on)
    assert db.session.scalars(select(Preference.channel)).all() == ["mail"]


def test_a_link_is_good_for_its_member_and_its_topic_alone(alice: Member, bob: Member) -> None:
    token = off_token(alice, "message")
    assert service.topic_of_link(token) == (alice, "message")
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
            service.topic_of_link(forged)


class _Signed:
    public_id = "abcdefghjkmn"
    link_key = "0" * 32


@given(st.text(max_size=60))
def test_no_other_text_is_a_link(token: str) -> None:
    good = {off_token(_Signed(), topic) for topic in TOPICS}
    assert token in good or read_off_token(_Signed(), token) is None


@pytest.mark.parametrize("topic", TOPICS)
def test_a_link_says_its_topic(topic: str) -> None:
    assert read_off_token(_Signed(), off_token(_Signed(), topic)) == topic
