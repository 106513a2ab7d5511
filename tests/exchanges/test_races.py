"""Many members, or one of them twice, at the same moment: the last item is promised once."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import DomainError
from marketplace.exchanges import giving, handing, service, sweeps, window_sweeps
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.service import Wish
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings import service as listings
from marketplace.listings.models import Listing
from marketplace.listings.rows import draft_of
from marketplace.matching.models import Match
from marketplace.messages.models import Conversation, Message
from marketplace.notifications.models import Notification
from marketplace.search.reading import analysed
from tests import factories
from tests.exchanges import world

TAKERS = 20


def at_once(app: Flask, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each of these came to, all begun at the same moment, each in a thread of its own."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context():
            barrier.wait()
            try:
                return act()
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(acts)) as pool:
        done = list(pool.map(run, acts))
    db.session.rollback()
    return done


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def takers(app: Flask) -> list[Member]:
    return [factories.member(f"Tetangga {number}") for number in range(TAKERS)]


@pytest.fixture
def bicycle(alice: Member) -> Listing:
    return factories.offer(alice, "Sepeda anak", giving_rule="first")


def wait_for_it(takers: Sequence[Member], listing: Listing, quantity: int = 1) -> list[Exchange]:
    """All of them ask and wait, in their order."""
    with transaction():
        listing.giving_rule = "order"
    wish = Wish(terms="gift", quantity=quantity)
    return [service.ask(one, listing.public_id, wish, "Boleh saya ambil?") for one in takers]


def test_of_twenty_who_ask_for_the_last_one_at_once_one_gets_it(
    app: Flask, bicycle: Listing, takers: list[Member]
) -> None:
    browsers = [factories.sign_in(app, one) for one in takers]
    address = f"/listings/{bicycle.public_id}/exchanges"
    answers = at_once(
        app,
        [
            lambda one=one: one.post(address, data={"body": "Boleh?", "quantity": "1"})
            for one in browsers
        ],
    )
    assert Counter(one.status_code for one in answers) == {303: 1, 409: TAKERS - 1}
    title = "It has just been promised to somebody else"
    assert all(title in one.text for one in answers if one.status_code == 409)
    assert [one.state for one in world.exchanges()] == ["promised"]
    assert (count(Conversation), count(Message)) == (1, 1), "of the others nothing is written"
    world.check_everything()


def test_an_owner_who_promises_it_to_twenty_at_once_promises_it_once(
    app: Flask, alice: Member, bicycle: Listing, takers: list[Member]
) -> None:
    asked = wait_for_it(takers, bicycle)
    tabs = [(factories.sign_in(app, alice), one.public_id) for one in asked]
    told = count(Notification)
    answers = at_once(
        app, [lambda tab=tab, id=id: tab.post(f"/exchanges/{id}/promise") for tab, id in tabs]
    )
    assert Counter(one.status_code for one in answers) == {303: 1, 409: TAKERS - 1}
    states = Counter(one.state for one in world.exchanges())
    assert states == {"promised": 1, "interested": TAKERS - 1}
    assert count(Notification) == told + 1
    world.check_everything()


def test_a_step_that_is_tapped_in_two_tabs_at_once_is_taken_once(
    app: Flask, alice: Member, bob: Member, bicycle: Listing
) -> None:
    asked = wait_for_it([bob], bicycle)[0]
    giver = [factories.sign_in(app, alice) for _ in range(2)]
    taker = [factories.sign_in(app, bob) for _ in range(2)]
    for tabs, step, after in (
        (giver, "promise", "promised"),
        (giver, "handover", "handed_over"),
        (taker, "confirmation", "closed"),
    ):
        address, before, told = (
            f"/exchanges/{asked.public_id}/{step}", count(ExchangeEvent), count(Notification)
        )  # fmt: skip
        answers = at_once(app, [lambda tab=tab, to=address: tab.post(to) for tab in tabs])
        assert [one.status_code for one in answers] == [303, 303], step
        assert count(ExchangeEvent) == before + 1, step
        assert count(Notification) <= told + 2, step
        assert db.session.get_one(Exchange, asked.id).state == after
        world.check_everything()


def test_a_code_that_is_entered_twice_at_once_ends_it_once(
    app: Flask, alice: Member, bob: Member, bicycle: Listing
) -> None:
    asked = wait_for_it([bob], bicycle)[0]
    service.promise(alice, asked.public_id)
    code = handing.own_code(alice, asked.public_id)
    number = bob.id

    def enter() -> str:
        return handing.meet(db.session.get_one(Member, number), asked_id, code).state

    asked_id = asked.public_id
    assert at_once(app, [enter] * 4) == ["closed"] * 4
    assert [event.verb for event in world.exchanges()[0].events] == ["ask", "promise", "meet"]
    world.check_everything()


def test_both_who_say_at_once_that_it_changed_hands_come_to_an_end(
    app: Flask, alice: Member, bob: Member, bicycle: Listing
) -> None:
    asked = wait_for_it([bob], bicycle)[0]
    service.promise(alice, asked.public_id)
    browsers = [factories.sign_in(app, one) for one in (alice, bob)]
    address = f"/exchanges/{asked.public_id}"
    answers = at_once(app, [lambda one=one: one.post(f"{address}/handover") for one in browsers])
    assert {one.status_code for one in answers} <= {303, 409}
    world.check_everything()
    exchange = world.exchanges()[0]
    if exchange.state == "handed_over":  # the second was told that something changed meanwhile
        other = browsers[1] if exchange.there_said_by_id == alice.id else browsers[0]
        assert other.post(f"{address}/confirmation").status_code == 303
        db.session.rollback()
    assert world.exchanges()[0].state == "closed"


def test_two_workers_at_once_pass_it_on_once(
    app: Flask, alice: Member, bicycle: Listing, takers: list[Member]
) -> None:
    asked = wait_for_it(takers[:6], bicycle)
    service.promise(alice, asked[0].public_id)
    service.call_off(alice, asked[0].public_id, "changed_mind")
    db.session.rollback()
    parts = app.extensions["marketplace"]
    at_once(app, [lambda: sweeps.pass_on(parts)] * 4)
    states = [one.state for one in world.exchanges()]
    assert states == ["released", "promised", *["interested"] * 4], "in their order, and once"
    world.check_everything()


def test_two_workers_at_once_draw_once(
    app: Flask, alice: Member, bicycle: Listing, takers: list[Member]
) -> None:
    giving.set_rule(alice, bicycle.public_id, "draw", 2)
    for one in takers[:5]:
        service.ask(one, bicycle.public_id, Wish(terms="gift"), "Boleh?")
    _close_the_window()
    parts = app.extensions["marketplace"]
    at_once(app, [lambda: window_sweeps.end(parts)] * 3)
    states = Counter(one.state for one in world.exchanges())
    assert states == {"promised": 1, "interested": 4}
    assert db.session.query(Notification).filter_by(kind="draw_place").count() == 4
    assert db.session.query(GivingWindow).one().outcome == "drawn"
    world.check_everything()


def test_whoever_asks_while_it_is_drawn_is_in_the_draw_or_behind_it(
    app: Flask, alice: Member, bicycle: Listing, takers: list[Member]
) -> None:
    giving.set_rule(alice, bicycle.public_id, "draw", 2)
    service.ask(takers[0], bicycle.public_id, Wish(terms="gift"), "Boleh?")
    _close_the_window()
    late = [_asker(one, bicycle, or_wait=True) for one in takers[1:5]]
    parts = app.extensions["marketplace"]
    at_once(app, [*late, lambda: window_sweeps.end(parts)])
    first, *others = sorted(world.exchanges(), key=lambda one: (one.queued_at, one.id))
    assert (first.opener_id, first.state) == (takers[0].id, "promised")
    assert [one.state for one in others] == ["interested"] * 4
    assert len(db.session.query(GivingWindow).one().record["order"]) == 1
    world.check_everything()


def test_a_window_that_many_open_at_once_is_one(
    app: Flask, alice: Member, takers: list[Member]
) -> None:
    offer = factories.offer(alice, "Sepeda", giving_rule="draw", window_hours=2)
    asks = [_asker(one, offer, enters=True) for one in takers[:3]]
    parts = app.extensions["marketplace"]
    at_once(app, [*asks, lambda: window_sweeps.begin(parts)])
    assert db.session.query(GivingWindow).count() == 1
    assert [one.state for one in world.exchanges()] == ["interested"] * 3


def _asker(member: Member, listing: Listing, **wish: Any) -> Callable[[], int]:
    """Asks for it in whatever thread it is called."""
    number, public_id = member.id, listing.public_id

    def act() -> int:
        actor = db.session.get_one(Member, number)
        return service.ask(actor, public_id, Wish(terms="gift", **wish), "Boleh?").id

    return act


def _close_the_window() -> None:
    with transaction() as session:
        session.query(GivingWindow).one().closes_at = utcnow()


def test_of_seven_left_three_of_ten_who_ask_for_two_get_them(
    app: Flask, alice: Member, takers: list[Member]
) -> None:
    books = factories.offer(alice, "Buku tulis", quantity=7, giving_rule="first")
    browsers = [factories.sign_in(app, one) for one in takers[:10]]
    address = f"/listings/{books.public_id}/exchanges"
    data = {"body": "Untuk kelas kami.", "quantity": "2"}
    answers = at_once(
        app, [lambda one=one: one.post(address, data=data).status_code for one in browsers]
    )
    assert Counter(answers) == {303: 3, 409: 7}
    db.session.refresh(books)
    assert (books.promised, books.given, books.unpromised) == (6, 0, 1)
    world.check_everything()


def test_an_owner_who_lowers_the_quantity_while_it_is_promised_never_has_less_than_is_promised(
    app: Flask, alice: Member, takers: list[Member]
) -> None:
    books = factories.offer(alice, "Buku tulis", quantity=9, category="books", giving_rule="first")
    draft, owner_id, books_id = replace(draft_of(books), quantity=2), alice.id, books.public_id
    takers_ids = [one.id for one in takers[:7]]

    def edit() -> str:
        owner = db.session.get_one(Member, owner_id)
        try:
            listings.edit_listing(owner, books_id, draft, analyse=analysed)
        except DomainError as error:
            return error.code
        return "done"

    def ask(number: int) -> str:
        taker = db.session.get_one(Member, number)
        try:
            service.ask(taker, books_id, Wish(terms="gift", quantity=1), "Boleh?")
        except DomainError as error:
            return error.code
        return "done"

    came_to = at_once(app, [edit, *[lambda number=number: ask(number) for number in takers_ids]])
    world.check_everything()
    db.session.refresh(books)
    if came_to[0] == "done":
        assert (books.quantity, books.promised) == (2, 2)
    else:
        assert (books.quantity, books.promised) == (9, 7)


@pytest.mark.parametrize("other", ["acceptance", "refusal"])
def test_of_two_who_answer_a_match_at_once_one_finds_what_the_other_said(
    app: Flask, alice: Member, bob: Member, settle: Callable[[], None], other: str
) -> None:
    factories.offer(alice), factories.request(bob)
    settle()
    match = db.session.scalars(select(Match)).one()
    path = f"/matches/{match.public_id}"
    hers, his = factories.sign_in(app, alice), factories.sign_in(app, bob)
    at_once(
        app,
        [
            *[lambda: hers.post(f"{path}/acceptance")] * 2,
            lambda: his.post(f"{path}/{other}", data={"reason": "other"}),
        ],
    )
    both = other == "acceptance"
    assert db.session.scalars(select(Match.state)).all() == ["agreed" if both else "declined"]
    assert [one.state for one in world.exchanges()] == ["interested"] * both
