"""Thank-yous: written after a good end, changed until seen, shown only while both want it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import thanks
from marketplace.exchanges.models import Exchange, Thanks
from marketplace.notifications.models import Notification
from marketplace.privacy.erasure import erase
from tests import factories
from tests.conftest import Outbox
from tests.exchanges import stories
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]
HOSTILE = "<script>alert(1)</script> \"' onload=x {{ 7*7 }} ‮"


@pytest.fixture
def done(app: Flask, alice: Member, bob: Member) -> Exchange:
    """Bob has Alice's bicycle, and both agree."""
    load_sample()
    return stories.closed(alice, bob)


def address(exchange: Exchange, part: str = "") -> str:
    return f"/exchanges/{exchange.public_id}{part}"


def news_of(member: Member, kind: str) -> int:
    db.session.rollback()  # what the sweeps wrote since
    return db.session.query(Notification).filter_by(member_id=member.id, kind=kind).count()


def test_a_thank_you_reaches_the_other_by_news_and_mail_without_its_words(
    done: Exchange, alice: Member, bob: Member, as_member: As, settle: Callable[[], None],
    outbox: Outbox,
) -> None:  # fmt: skip
    page = as_member(bob).get(address(done))
    assert "Say thank you" in page.text
    sent = as_member(bob).post(address(done, "/thanks"), data={"words": "Anak saya senang sekali."})
    assert sent.status_code == 303
    assert "Anak saya senang sekali." in as_member(alice).get(address(done)).text
    settle()
    (mail,) = [one for one in outbox.to("alice@example.org") if "thanks you" in one["Subject"]]
    assert "senang" not in mail.as_string()


def test_it_may_be_changed_until_the_other_has_seen_it(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    writer = as_member(bob)
    writer.post(address(done, "/thanks"), data={"words": "Terima ksih"})
    assert "Terima ksih" in writer.get(address(done, "/thanks")).text
    assert writer.post(address(done, "/thanks"), data={"words": "Terima kasih"}).status_code == 303
    assert news_of(alice, "thanks_received") == 1
    assert "Terima kasih" in as_member(alice).get(address(done)).text
    changed = writer.post(address(done, "/thanks"), data={"words": "Tidak jadi"})
    assert changed.status_code == 409
    assert "Your thanks have been read" in changed.text
    assert writer.get(address(done, "/thanks")).status_code == 409
    assert thanks.given_by(bob, done).words == "Terima kasih"  # type: ignore[union-attr]


def test_its_own_writer_looking_at_it_does_not_count_as_seen(
    done: Exchange, bob: Member, as_member: As
) -> None:
    writer = as_member(bob)
    writer.post(address(done, "/thanks"), data={"words": "Satu"})
    writer.get(address(done))
    assert writer.post(address(done, "/thanks"), data={"words": "Dua"}).status_code == 303


def test_it_is_taken_back_at_any_time_with_the_news_of_it(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    thanks.thank(bob, done.public_id, "Terima kasih", True)
    as_member(alice).get(address(done))
    for _ in range(2):  # twice is once
        assert as_member(bob).post(address(done, "/thanks/removal")).status_code == 303
    assert db.session.query(Thanks).count() == 0
    assert news_of(alice, "thanks_received") == 0
    assert "Terima kasih" not in as_member(alice).get(address(done)).text


@pytest.mark.parametrize("words", ["", "   \n ", "x" * 501])
def test_words_that_cannot_be_are_refused_beside_the_field(
    done: Exchange, bob: Member, as_member: As, words: str
) -> None:
    answer = as_member(bob).post(address(done, "/thanks"), data={"words": words, "may_show": "y"})
    assert answer.status_code == 422
    assert 'id="words-error"' in answer.text
    assert "checked" in answer.text, "what was ticked is kept"
    assert words.strip()[:50] in answer.text
    assert db.session.query(Thanks).count() == 0


def test_there_are_no_thanks_before_a_good_end(
    app: Flask, alice: Member, bob: Member, as_member: As
) -> None:
    running = stories.promised(alice, bob)
    for act in ("/thanks", "/feedback"):
        data = {"words": "Terima kasih", "came": "yes"}
        assert as_member(bob).post(address(running, act), data=data).status_code == 409, act
    assert as_member(bob).get(address(running, "/thanks")).status_code == 409


def test_a_stranger_and_a_visitor_find_nothing(
    done: Exchange, alice: Member, bob: Member, carol: Member, as_member: As, client: FlaskClient
) -> None:
    row = thanks.thank(bob, done.public_id, "Terima kasih", True)
    sent = {"words": "Halo", "shown": "yes", "thanks": row.public_id, "came": "yes"}
    for part in ("/thanks", "/thanks/removal", "/thanks/publication", "/feedback", "/passing-on"):
        assert as_member(carol).post(address(done, part), data=sent).status_code == 404, part
        assert client.post(address(done, part), data=sent).status_code in (302, 303), part
    for part in ("/thanks/removal", "/thanks/publication", "/feedback"):
        assert as_member(bob).get(address(done, part)).status_code == 405, part
    assert db.session.get(Thanks, row.id).to_public is None  # type: ignore[union-attr]


def publish(client: FlaskClient, row: Thanks, exchange: Exchange, shown: str) -> int:
    sent = {"thanks": row.public_id, "shown": shown}
    return client.post(address(exchange, "/thanks/publication"), data=sent).status_code


def test_it_stands_on_the_page_only_while_both_agree(
    done: Exchange, alice: Member, bob: Member, as_member: As, client: FlaskClient
) -> None:
    def is_shown() -> bool:
        return "Terima kasih sekali" in client.get(f"/members/{alice.public_id}").text

    row = thanks.thank(bob, done.public_id, "Terima kasih sekali", False)
    giver, taker = as_member(alice), as_member(bob)
    assert publish(giver, row, done, "yes") == 409, "the writer has not agreed"
    assert not is_shown()
    assert publish(taker, row, done, "yes") == 303
    assert not is_shown(), "the reader has not agreed"
    assert "Show it on my page" in giver.get(address(done)).text
    assert publish(giver, row, done, "yes") == 303
    assert is_shown()
    for one in (giver, taker):
        publish(one, row, done, "no")
        assert not is_shown()
        publish(one, row, done, "yes")
        assert is_shown()


def test_publication_wants_a_yes_or_a_no_and_thanks_of_this_exchange(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    other = stories.closed(alice, bob, "Tangga")
    row = thanks.thank(bob, other.public_id, "Terima kasih", True)
    assert publish(as_member(alice), row, other, "perhaps") == 422
    assert publish(as_member(alice), row, done, "yes") == 404


def shown_thanks(exchange: Exchange, by: Member, words: str = "Terima kasih sekali") -> Thanks:
    row = thanks.thank(by, exchange.public_id, words, True)
    thanks.show(exchange.other(by), exchange.public_id, row.public_id, True)
    return row


def test_hostile_words_are_shown_as_words(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    shown_thanks(done, bob, HOSTILE)
    for page in (address(done), f"/members/{alice.public_id}"):
        text = as_member(alice).get(page).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text
        assert "‮" not in text


def test_it_is_not_shown_once_the_writer_is_gone_paused_or_blocked(
    done: Exchange, alice: Member, bob: Member, carol: Member, client: FlaskClient, as_member: As
) -> None:
    shown_thanks(done, bob)
    page = f"/members/{alice.public_id}"
    assert "Terima kasih sekali" in as_member(carol).get(page).text
    for change in ({"erase_after": utcnow()}, {"suspended_at": utcnow()}):
        with transaction() as session:
            row = session.get_one(Member, bob.id)
            for name, value in change.items():
                setattr(row, name, value)
        assert "Terima kasih sekali" not in client.get(page).text, change
        with transaction() as session:
            row = session.get_one(Member, bob.id)
            row.erase_after = row.suspended_at = None
    block_member(carol, bob)
    assert "Terima kasih sekali" not in as_member(carol).get(page).text
    assert "Terima kasih sekali" in client.get(page).text
    block_member(bob, alice)
    assert "Terima kasih sekali" not in client.get(page).text
    assert "Terima kasih sekali" not in as_member(alice).get(address(done)).text


def test_thanks_go_with_whoever_wrote_or_received_them(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    shown_thanks(done, bob)
    thanks.thank(alice, done.public_id, "Sama-sama", True)
    with transaction() as session:
        erase(session.get_one(Member, bob.id), utcnow())
    assert db.session.query(Thanks).count() == 0
    assert news_of(alice, "thanks_received") == 0
    page = as_member(alice).get(address(done))
    assert page.status_code == 200
    assert "Say thank you" not in page.text
    answer = as_member(alice).post(address(done, "/thanks"), data={"words": "Terima kasih"})
    assert answer.status_code == 409


def test_nobody_thanks_across_a_block(
    done: Exchange, alice: Member, bob: Member, as_member: As
) -> None:
    block_member(alice, bob)
    assert "Say thank you" not in as_member(bob).get(address(done)).text
    answer = as_member(bob).post(address(done, "/thanks"), data={"words": "Terima kasih"})
    assert answer.status_code == 409


def test_who_is_paused_by_the_moderators_writes_no_thanks(
    done: Exchange, bob: Member, as_member: As
) -> None:
    with transaction() as session:
        session.get_one(Member, bob.id).suspended_at = utcnow()
    assert "Say thank you" not in as_member(bob).get(address(done)).text
    answer = as_member(bob).post(address(done, "/thanks"), data={"words": "Terima kasih"})
    assert answer.status_code == 403


def test_many_thanks_come_in_pages_newest_first(
    app: Flask, alice: Member, client: FlaskClient
) -> None:
    load_sample()
    for number in range(thanks.PER_PAGE + 1):
        taker = factories.member(f"Taker {number}")
        shown_thanks(stories.closed(alice, taker, f"Buku {number}"), taker, f"Untuk buku {number}.")
    first = client.get(f"/members/{alice.public_id}").text
    assert first.index("Untuk buku 10.") < first.index("Untuk buku 9.")
    assert "Untuk buku 0." not in first
    assert "thanks=2" in first
    assert "Untuk buku 0." in client.get(f"/members/{alice.public_id}?thanks=2").text
    assert "Untuk buku 0." in client.get(f"/members/{alice.public_id}?thanks=99").text


def test_who_received_is_reminded_once_on_the_site_alone(
    done: Exchange, alice: Member, bob: Member, settle: Callable[[], None], outbox: Outbox
) -> None:
    settle()
    assert news_of(bob, "thank_waits") == 0
    stories.days_later(done, 1.1)
    settle()
    settle()
    assert news_of(bob, "thank_waits") == 1
    assert news_of(alice, "thank_waits") == 0
    assert not [mail for mail in outbox.to("bob@example.org") if "thank you to" in mail["Subject"]]


def test_nobody_is_reminded_who_thanked_or_long_after_or_across_a_block(
    app: Flask, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    thanked, old, blocked = (stories.closed(alice, bob, title) for title in ("Satu", "Dua", "Tiga"))
    thanks.thank(bob, thanked.public_id, "Terima kasih", False)
    for exchange, days in ((thanked, 2), (old, 9), (blocked, 0)):
        stories.days_later(exchange, days)
    settle()
    assert news_of(bob, "thank_waits") == 0
    block_member(bob, alice)
    stories.days_later(blocked, 2)
    settle()
    assert news_of(bob, "thank_waits") == 0


def test_two_taps_write_one(done: Exchange, alice: Member, bob: Member) -> None:
    for _ in range(2):
        thanks.thank(bob, done.public_id, "Terima kasih", True)
    assert db.session.query(Thanks).count() == 1
    assert news_of(alice, "thanks_received") == 1
    assert timedelta(0) <= utcnow() - thanks.given_by(bob, done).created_at  # type: ignore[union-attr]
