"""The facts about members: what counts, for whom, and where it is shown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as sa_event

from marketplace.accounts.blocks import block_member
from marketplace.accounts.models import Member
from marketplace.accounts.reputation import Reputation
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import service
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.reputation import meetings_in, record_of, refresh, reputation_of
from marketplace.messages.models import Message
from marketplace.messages.service import open_conversation, reply
from marketplace.web import parts
from tests import factories
from tests.exchanges import stories
from tests.sample_areas import load_sample

As = Callable[[Member], FlaskClient]
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
ME, OTHER, NOBODY = 1, 2, None


def events(*steps: tuple[str, int | None, str, str]) -> list[ExchangeEvent]:
    """Steps (verb, actor, from state, reason), an hour apart."""
    return [
        ExchangeEvent(
            verb=verb, actor_id=actor, from_state=before, to_state="", reason=reason, params={},
            at=NOON + timedelta(hours=number),
        )
        for number, (verb, actor, before, reason) in enumerate(steps)
    ]  # fmt: skip


def outcomes(steps: list[ExchangeEvent], member: int = ME) -> list[str]:
    return [one.outcome for one in meetings_in(steps, member)]


def test_a_hand_over_that_both_agreed_on_is_kept_by_both_once() -> None:
    steps = events(
        ("arrange", ME, "promised", ""), ("confirm", OTHER, "handed_over", ""),
        ("meet", ME, "out", ""),
    )  # fmt: skip
    assert outcomes(steps, ME) == outcomes(steps, OTHER) == ["kept"]


def test_who_waited_in_vain_is_not_the_one_it_counts_against() -> None:
    steps = events(("fail", ME, "arranged", "no_show"))
    assert outcomes(steps, ME) == []
    assert outcomes(steps, OTHER) == ["missed"]


def test_a_disputed_no_show_counts_for_nobody() -> None:
    steps = events(("fail", ME, "arranged", "no_show"), ("dispute", OTHER, "did_not_happen", ""))
    assert outcomes(steps, ME) == outcomes(steps, OTHER) == []


def test_what_the_site_ended_by_itself_counts_for_nobody() -> None:
    for steps in (
        events(("fail", NOBODY, "arranged", "no_word")),
        events(("release", NOBODY, "promised", "too_late")),
        events(("confirm", NOBODY, "handed_over", "")),
    ):
        assert outcomes(steps, ME) == outcomes(steps, OTHER) == []


@pytest.mark.parametrize(
    ("hours_before", "says_late"), [(1.9, True), (2.1, False), (-1, True)], ids=str
)
@pytest.mark.parametrize("by_owner", [True, False])
def test_only_calling_off_at_the_last_moment_counts(
    app: Flask, alice: Member, bob: Member, hours_before: float, says_late: bool, by_owner: bool
) -> None:
    exchange = stories.arranged(alice, bob)
    with transaction() as session:
        row = session.get_one(Exchange, exchange.id)
        row.meets_at = utcnow() + timedelta(hours=hours_before)
    who, other = (alice, bob) if by_owner else (bob, alice)
    service.call_off(who, exchange.public_id, "not_possible")
    found = [one.meeting.outcome for one in record_of(who, utcnow()).meetings]
    assert found == ["called_off_late"] * says_late
    assert record_of(other, utcnow()).meetings == []


def test_a_promise_without_a_meeting_is_taken_back_without_a_trace(
    app: Flask, alice: Member, bob: Member
) -> None:
    exchange = stories.promised(alice, bob)
    service.call_off(alice, exchange.public_id, "not_possible")
    assert record_of(alice, utcnow()).meetings == []


def test_unsafe_and_not_as_described_count_against_nobody() -> None:
    for reason in ("unsafe", "not_as_described"):
        steps = events(("fail", ME, "arranged", reason))
        assert outcomes(steps, ME) == outcomes(steps, OTHER) == []


def test_exchanges_completed_show_up_beside_the_name(
    app: Flask, alice: Member, bob: Member, as_member: As, settle: Callable[[], None],
    client: FlaskClient,
) -> None:  # fmt: skip
    load_sample()
    client.set_cookie("language", "en")
    before = client.get(f"/members/{alice.public_id}").text
    assert "Just beginning to share here" in before
    for number in range(4):
        stories.closed(alice, bob, f"Buku {number}")
    post = factories.offer(alice, "Tangga")
    settle()
    running = stories.asked(alice, bob, "Sapu")
    for page in (f"/members/{alice.public_id}", f"/listings/{post.public_id}",
                 f"/listings/{post.public_id}/exchanges",
                 f"/exchanges/{running.public_id}"):  # fmt: skip
        text = as_member(bob).get(page).text
        assert "4 exchanges completed · nearly always comes as agreed · usually" in text, page


def test_facts_follow_a_step_and_age_by_themselves(
    app: Flask, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    exchange = stories.closed(alice, bob)
    settle()
    row = reputation_of(alice)
    assert row is not None
    assert (row.completed, row.shows_up) == (1, None)
    assert row.score > 0.8
    stories.closed(bob, alice, "Tangga")
    settle()
    db.session.rollback()
    assert reputation_of(alice).completed == 2  # type: ignore[union-attr]
    stories.days_later(exchange, 366)
    with transaction() as session:
        for one in session.query(Reputation):
            one.computed_at -= timedelta(days=1, minutes=1)
    settle()
    db.session.rollback()
    assert reputation_of(alice).completed == 1  # type: ignore[union-attr]


def test_the_sweep_has_nothing_to_do_twice(app: Flask, alice: Member, bob: Member) -> None:
    stories.closed(alice, bob)
    assert refresh(parts()) == 2
    assert refresh(parts()) == 0


def test_who_did_nothing_has_no_row(app: Flask, alice: Member) -> None:
    assert refresh(parts()) == 0
    assert reputation_of(alice) is None


def test_the_erased_are_left_alone(app: Flask, alice: Member, bob: Member) -> None:
    stories.closed(alice, bob)
    with transaction() as session:
        session.get_one(Member, bob.id).erased_at = utcnow()
    refresh(parts())
    assert refresh(parts()) == 0
    assert reputation_of(bob) is None


def test_a_promise_a_reply_and_a_refusal_are_answers(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    stories.promised(alice, bob, "Satu")
    service.decline(alice, stories.asked(alice, bob, "Dua").public_id, "another")
    listing = factories.offer(alice, "Tiga")
    reply(alice, open_conversation(carol, listing.public_id, "Masih ada?").public_id, "Masih.")
    stories.asked(alice, carol, "Empat")
    withdrawn = stories.asked(alice, carol, "Lima")
    service.withdraw(carol, withdrawn.public_id)
    titles = {
        one.conversation.listing.title: (one.wait.is_answered, one.wait.ended_at is not None)
        for one in record_of(alice, utcnow()).waits
    }
    assert titles == {
        "Satu": (True, True), "Dua": (True, True), "Tiga": (True, True),
        "Empat": (False, False), "Lima": (False, True),
    }  # fmt: skip
    assert record_of(bob, utcnow()).waits == []


def test_who_is_blocked_or_wrote_what_moderators_hid_needs_no_answer(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    stories.asked(alice, bob, "Satu")
    hidden = stories.asked(alice, carol, "Dua")
    block_member(alice, bob)
    with transaction() as session:
        rows = session.query(Message).filter_by(conversation_id=hidden.conversation_id)
        for row in rows:
            row.hidden_at = utcnow()
    assert record_of(alice, utcnow()).waits == []


def test_a_first_who_gets_it_at_once_leaves_nothing_to_answer(
    app: Flask, alice: Member, bob: Member
) -> None:
    stories.asked(alice, bob, giving_rule="first")
    (one,) = record_of(alice, utcnow()).waits
    assert not one.wait.is_answered
    assert one.wait.ended_at is not None


def missed(alice: Member, bob: Member) -> Exchange:
    """Alice waited for Bob in vain, and says so."""
    exchange = stories.arranged(alice, bob)
    with transaction() as session:
        session.get_one(Exchange, exchange.id).meets_at = utcnow()
    return service.report_failure(alice, exchange.public_id, "no_show")


def test_everybody_sees_what_was_counted_for_them_and_nobody_else(
    app: Flask, alice: Member, bob: Member, as_member: As, client: FlaskClient
) -> None:
    load_sample()
    exchange = missed(alice, bob)
    page = as_member(bob).get("/me/reliability").text
    assert "The other waited in vain" in page
    assert f"/exchanges/{exchange.public_id}" in page
    assert "Not so?" in page
    assert "The other waited in vain" not in as_member(alice).get("/me/reliability").text
    assert client.get("/me/reliability").status_code in (302, 303)
    assert client.get("/reliability").status_code == 200


def test_a_dispute_takes_the_no_show_off_the_list(
    app: Flask, alice: Member, bob: Member, as_member: As
) -> None:
    exchange = missed(alice, bob)
    step = {"from_state": "did_not_happen", "to_state": "did_not_happen", "verb": "dispute"}
    with transaction() as session:
        session.add(ExchangeEvent(exchange_id=exchange.id, actor_id=bob.id, **step))
    assert "The other waited in vain" not in as_member(bob).get("/me/reliability").text


def test_the_facts_of_many_members_are_one_query(app: Flask, alice: Member, bob: Member) -> None:
    people = [factories.member(f"Somebody {number}") for number in range(20)]
    with transaction() as session:
        session.add_all([Reputation(member_id=one.id, completed=1) for one in people[:10]])
    names = app.jinja_env.globals
    asked: list[Any] = []
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        ids = [(one, one.id) for one in people]
        sa_event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
        names["load_reputations"](people)
        said = [names["facts_of"](one) for one, _ in ids]
    assert said.count(["1 exchange completed"]) == 10
    assert said.count([]) == 10
    assert len([sql for sql in asked if "reputations" in sql]) == 1


def test_counting_costs_the_same_queries_for_a_long_life(
    app: Flask, alice: Member, bob: Member
) -> None:
    def queries() -> int:
        asked: list[Any] = []

        def count(*call: Any) -> None:
            asked.append(call[2])

        db.session.rollback()
        member = db.session.get_one(Member, alice.id)
        sa_event.listen(db.engine, "before_cursor_execute", count)
        record_of(member, utcnow())
        sa_event.remove(db.engine, "before_cursor_execute", count)
        return len(asked)

    stories.closed(alice, bob, "Satu")
    few = queries()
    for number in range(5):
        stories.closed(alice, bob, f"Buku {number}")
    assert queries() == few <= 6


def test_what_was_received_counts_for_ninety_days_and_what_was_given_never(
    app: Flask, alice: Member, bob: Member
) -> None:
    exchange = stories.closed(alice, bob)
    stories.promised(alice, bob, "Helm")
    assert (record_of(bob, utcnow()).received, record_of(alice, utcnow()).received) == (1, 0)
    stories.days_later(exchange, 89)
    assert record_of(bob, utcnow()).received == 1
    stories.days_later(exchange, 2)
    record = record_of(bob, utcnow())
    assert (record.received, record.completed) == (0, 1)
