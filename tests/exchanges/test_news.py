"""What the two sides of an exchange are told: the right words for each, once, and no more."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.exchanges import handing, rules, service, telling
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.service import Wish, ask, call_off, decline, promise
from marketplace.notifications import choices
from marketplace.notifications.links import off_token
from marketplace.notifications.models import Notification
from tests import factories
from tests.conftest import Outbox
from tests.exchanges.crowd import exchange

As = Callable[[Member], FlaskClient]
Settle = Callable[[], None]


def told(member: Member) -> list[str]:
    """The sentences of exchanges that a member was told, the newest first."""
    rows = db.session.scalars(
        select(Notification)
        .where(Notification.member_id == member.id, Notification.topic.in_(("promise", "reminder")))
        .order_by(Notification.id.desc())
    )
    with force_locale("en"):
        return [wording.news(row.kind, row.params) for row in rows]


def mails(outbox: Outbox, member: Member) -> list[EmailMessage]:
    return [one for one in outbox.to(str(member.email)) if "wrote to you" not in one["Subject"]]


def body(mail: EmailMessage) -> str:
    found = mail.get_body(("plain",))
    assert found is not None
    return str(found.get_content())


@pytest.mark.parametrize(
    ("post", "terms", "sentence"),
    [
        ("offer", "gift", "Alice says yes: “Bor” is promised to you"),
        ("offer", "loan", "Alice says yes and lends you “Bor”"),
        ("offer", "swap", "Alice says yes to the swap: “Bor”"),
        ("request", "gift", "Alice says yes to your help: “Bor”"),
        ("request", "loan", "Alice says yes and would like to borrow it from you: “Bor”"),
        ("request", "swap", "Alice says yes to the swap: “Bor”"),
    ],
)
def test_a_promise_is_told_in_the_words_of_the_side_that_reads_it(
    alice: Member, bob: Member, post: str, terms: str, sentence: str
) -> None:
    thing = factories.listing(alice, "Bor", direction=post, **({"gift": False} | {terms: True}))
    asked = ask(bob, thing.public_id, Wish(terms=terms, in_return="Tangga"), "Halo tetangga")
    promise(alice, asked.public_id)
    assert told(bob) == [sentence]
    assert told(alice) == []


def test_help_is_done_and_does_not_change_hands(alice: Member, bob: Member) -> None:
    lesson = factories.offer(alice, "Belajar menjahit", kind="mentoring")
    asked = ask(bob, lesson.public_id, Wish(), "Halo tetangga")
    promise(alice, asked.public_id)
    handing.hand_over(alice, asked.public_id)
    assert told(bob)[:2] == [
        "Alice says that it is done: “Belajar menjahit”",
        "Alice says yes and helps: “Belajar menjahit”",
    ]
    handing.confirm(bob, asked.public_id)
    assert told(alice) == ["“Belajar menjahit” is done: you both agree"]


def test_who_has_it_now_is_said_from_the_readers_side(alice: Member, bob: Member) -> None:
    for sayer, reader, sentence in (
        (alice, bob, "Alice says that you have “Meja” now"),
        (bob, alice, "Bob says that they have “Meja” now"),
    ):
        table = factories.offer(alice, "Meja")
        asked = ask(bob, table.public_id, Wish(), "Halo tetangga")
        promise(alice, asked.public_id)
        handing.hand_over(sayer, asked.public_id)
        assert told(reader)[0] == sentence


def test_a_swap_says_which_half_it_is_about(alice: Member, bob: Member) -> None:
    thing = factories.offer(alice, "Bor", gift=False, swap=True)
    asked = ask(bob, thing.public_id, Wish(terms="swap", in_return="Tangga"), "Halo tetangga")
    promise(alice, asked.public_id)
    handing.hand_over(alice, asked.public_id, "there")
    handing.confirm(bob, asked.public_id)
    assert told(alice)[0] == "One half of the swap is done: “Bor”"
    handing.hand_over(bob, asked.public_id, "back")
    assert told(alice)[0] == "Bob says that you have what they give in return for “Bor”"
    handing.confirm(alice, asked.public_id)
    assert told(bob)[0] == "The swap is done: “Bor”"


def test_a_loan_says_until_when_to_each_side(alice: Member, bob: Member) -> None:
    drill = factories.offer(alice, "Bor", gift=False, loan=True, loan_days_max=7)
    asked = ask(bob, drill.public_id, Wish(terms="loan"), "Halo tetangga")
    promise(alice, asked.public_id)
    handing.hand_over(bob, asked.public_id)
    handing.confirm(alice, asked.public_id)
    assert told(bob)[0].startswith("“Bor” is with you now, on loan until ")
    code = handing.own_code(bob, asked.public_id)
    handing.meet(alice, asked.public_id, code)
    assert told(bob)[0] == "“Bor” is back: the loan is over"


def test_what_the_site_does_is_told_to_both_without_naming_who_did_it(
    alice: Member, bob: Member, carol: Member, settle: Settle
) -> None:
    bicycle = factories.offer(alice, "Sepeda anak")
    first = ask(bob, bicycle.public_id, Wish(), "Halo tetangga")
    ask(carol, bicycle.public_id, Wish(), "Halo tetangga")
    promise(alice, first.public_id)
    with transaction():
        row = db.session.get_one(Exchange, first.id)
        service.move(None, row, "release", service.Details("too_late"))
    settle()
    assert told(bob)[0] == "The promise of “Sepeda anak” has lapsed"
    assert told(carol) == ["“Sepeda anak” is promised to you now"]
    assert told(alice) == [
        "Carol was next, and has your promise now: “Sepeda anak”",
        "Your promise to Bob has lapsed: “Sepeda anak”",
    ]


def test_nobody_gets_two_mails_for_one_event(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    """Where the first who asks gets it, the owner has the message of who asked, and no more."""
    bicycle = factories.offer(alice, "Sepeda anak", giving_rule="first")
    asked = ask(bob, bicycle.public_id, Wish(), "Untuk anak saya, Bu.")
    assert asked.state == "promised"
    settle()
    assert len(outbox.to("alice@example.org")) == 1
    assert [mail["Subject"] for mail in outbox.to("bob@example.org")] == [
        "“Sepeda anak” is promised to you now"
    ]
    handing.hand_over(alice, asked.public_id)
    settle()
    handing.confirm(bob, asked.public_id)
    settle()
    assert len(mails(outbox, alice)) == 1
    assert len(mails(outbox, bob)) == 2


def test_a_step_is_told_once_whoever_tells_it_again(alice: Member, bob: Member) -> None:
    asked = ask(bob, factories.offer(alice).public_id, Wish(), "Halo tetangga")
    promise(alice, asked.public_id)
    event = db.session.scalars(select(ExchangeEvent).order_by(ExchangeEvent.id.desc())).first()
    assert event is not None
    with transaction():
        telling.tell(alice, asked, event)
    assert len(told(bob)) == 1


def test_the_mail_says_why_in_words_for_the_reader(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    asked = ask(bob, factories.offer(alice).public_id, Wish(), "Halo tetangga")
    decline(alice, asked.public_id, "another")
    settle()
    (mail,) = mails(outbox, bob)
    assert "Why: Somebody else needs it more, or came first." in body(mail)


def test_what_somebody_says_of_themselves_is_turned_round(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    asked = ask(bob, factories.offer(alice).public_id, Wish(), "Halo tetangga")
    promise(alice, asked.public_id)
    call_off(alice, asked.public_id, "changed_mind")
    settle()
    assert "Why: Plans have changed." in body(mails(outbox, bob)[-1])


def test_that_somebody_did_not_feel_safe_stays_from_the_other_side(
    as_member: As, alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    met = {"meets_at": utcnow() - timedelta(hours=2), "promised_at": utcnow()}
    thing = factories.offer(alice, promised=1)
    running = exchange(thing, bob, "arranged", **met)
    service.report_failure(alice, running.public_id, "unsafe")
    settle()
    row = db.session.scalars(select(Notification).where(Notification.topic == "promise")).one()
    assert (row.member_id, row.params["reason"]) == (bob.id, "")
    (mail,) = mails(outbox, bob)
    assert "safe" not in body(mail)


def test_the_mail_about_a_promise_says_how_much_of_what_was_asked(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    books = factories.offer(alice, "Buku", quantity=30, unit="piece")
    asked = ask(bob, books.public_id, Wish(quantity=10), "Halo tetangga")
    promise(alice, asked.public_id, 8)
    settle()
    assert "How much: 8 pieces of the 10 you asked about." in body(mails(outbox, bob)[-1])


def test_news_of_an_exchange_are_seen_once_its_page_was_opened(
    as_member: As, alice: Member, bob: Member
) -> None:
    asked = ask(bob, factories.offer(alice).public_id, Wish(), "Halo tetangga")
    promise(alice, asked.public_id)
    page = f"/exchanges/{asked.public_id}"
    assert db.session.scalars(select(Notification.link).where(
        Notification.member_id == bob.id)).all() == [page]  # fmt: skip
    as_member(bob).get(page, headers={"Sec-Purpose": "prefetch"})
    db.session.rollback()
    seen = select(Notification.seen_at).where(Notification.member_id == bob.id)
    assert db.session.scalars(seen).all() == [None]
    as_member(bob).get(page)
    db.session.rollback()
    assert None not in db.session.scalars(seen).all()


def test_news_that_lead_to_the_queue_are_seen_there(
    as_member: As, alice: Member, bob: Member
) -> None:
    running = exchange(factories.offer(alice, promised=1), bob, "promised")
    with transaction():
        telling.tell_free(running)
    as_member(alice).get(telling.queue_link(running))
    db.session.rollback()
    seen = select(Notification.seen_at).where(Notification.member_id == alice.id)
    assert db.session.scalars(seen).one() is not None


def test_mail_about_promises_can_be_turned_off_and_the_news_stay(
    alice: Member, bob: Member, settle: Settle, outbox: Outbox
) -> None:
    choices.turn_by_link(off_token(bob, "promise"), on=False)
    asked = ask(bob, factories.offer(alice).public_id, Wish(), "Halo tetangga")
    promise(alice, asked.public_id)
    settle()
    assert mails(outbox, bob) == []
    assert len(told(bob)) == 1


def _situations() -> list[Any]:
    """Every step as each reader could read it."""
    return [
        (step.verb, by_site, terms, state, kind, direction, reader, way)
        for step in rules.TRANSITIONS
        for by_site in (False, True)
        for terms in rules.TERMS
        for state in ("closed", "partly", "out")
        for kind in ("goods", "skill")
        for direction in ("offer", "request")
        for reader in ("owner", "opener")
        for way in ("there", "back")
    ]


def test_every_step_has_words_for_every_reader_in_both_languages(app: Flask) -> None:
    owner, opener = SimpleNamespace(id=1), SimpleNamespace(id=2)
    params = {"title": "Bor", "other": "NAMA", "due": "2027-03-10", "quantity": 1, "terms": "gift"}
    found: set[str] = set()
    for verb, by_site, terms, state, kind, direction, reader, way in _situations():
        if rules.BY_VERB[verb].tells == "nobody":
            continue
        exchange: Any = SimpleNamespace(
            owner_id=1, giver_id=1 if direction == "offer" else 2, terms=terms, state=state,
            listing=SimpleNamespace(kind=kind),
        )  # fmt: skip
        event: Any = SimpleNamespace(
            verb=verb, actor_id=None if by_site else 2, from_state="arranged", params={"way": way}
        )
        member: Any = owner if reader == "owner" else opener
        made = telling.kind_of(event, exchange, member)
        if by_site and rules.SITE not in rules.BY_VERB[verb].who:
            continue
        assert made in wording.NEWS, made
        assert len(made) <= 40, made
        found.add(made)
    for language in ("en", "id"):
        with app.test_request_context(), force_locale(language):
            for made in found:
                assert "%(" not in wording.news(made, params | {"meets": ""})
                assert wording.told(made, params | {"meets": ""})[-1] in ".?"


def test_no_sentence_of_what_the_site_does_says_that_a_member_did_it(app: Flask) -> None:
    """``%(other)s`` may be named as who it is about, never as who says or does it."""
    with app.test_request_context(), force_locale("en"):
        for kind, sentence in wording.exchanges.NEWS.items():
            if "_by_site" in kind and kind != "exchange_promise_by_site_owner":
                assert not str(sentence).startswith("%(other)s"), kind


def test_each_sentence_is_in_use(app: Flask) -> None:
    """A kind that no reader could ever get would be words for nobody."""
    bases = [f"exchange_{step.verb}" for step in rules.TRANSITIONS]
    reminders = ("exchange_free", "promise_", "meeting_", "handover_", "swap_", "loan_", "return_")
    for kind in wording.exchanges.NEWS:
        assert kind.startswith((*bases, *reminders)), kind
