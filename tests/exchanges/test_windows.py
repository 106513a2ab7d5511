"""The time for asking: nothing is promised in it, it ends once and whole, and everybody hears."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask, g
from sqlalchemy import select

from marketplace import worker
from marketplace.accounts.blocks import block_member
from marketplace.accounts.hardship import say_hardship
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid
from marketplace.exchanges import drawing, draws, giving, queues, window_sweeps, windows
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.service import Wish, ask, call_off, decline, promise, withdraw
from marketplace.exchanges.tasks import waiting_for
from marketplace.exchanges.window_models import GivingWindow
from marketplace.listings.lifecycle import copy_listing
from marketplace.listings.models import Listing
from marketplace.listings.service import fulfil_listing, withdraw_listing
from marketplace.notifications.models import Notification
from marketplace.site_settings import SiteValues, set_site_values
from tests import factories
from tests.sample_areas import load_sample

HOURS = 4


@pytest.fixture(autouse=True)
def _places(app: Flask) -> None:
    load_sample()


def with_window(owner: Member, rule: str = "draw", **values: Any) -> Listing:
    """An offer whose window is open."""
    listing = factories.offer(owner, "Sepeda", **values)
    return giving.set_rule(owner, listing.public_id, rule, HOURS)


def asks(member: Member, listing: Listing, **wish: Any) -> Exchange:
    return ask(member, listing.public_id, Wish(**wish), "Halo")


@contextmanager
def after_the_window() -> Iterator[None]:
    with time_machine.travel(utcnow() + timedelta(hours=HOURS, minutes=1)):
        yield


def sweep(app: Flask) -> int:
    parts = app.extensions["marketplace"]
    done = window_sweeps.begin(parts) + window_sweeps.end(parts)
    db.session.expire_all()
    return done


def news(member: Member) -> list[str]:
    query = select(Notification.kind).where(Notification.member_id == member.id)
    return list(db.session.scalars(query.order_by(Notification.id)))


def window_of(listing: Listing) -> GivingWindow:
    db.session.rollback()
    found = windows.latest(listing)
    assert found is not None
    return found


def states(*exchanges: Exchange) -> list[str]:
    db.session.rollback()
    return [one.state for one in exchanges]


def test_a_window_holds_its_commitment_before_the_first_who_asks(alice: Member) -> None:
    window = window_of(with_window(alice))
    assert window.closes_at - window.opens_at == timedelta(hours=HOURS)
    assert len(draws.commitment(window.seed)) == len(window.alias_key) == 64


@pytest.mark.parametrize("rule", ["draw", "choice"])
def test_nothing_is_promised_while_a_window_runs(
    app: Flask, alice: Member, bob: Member, rule: str
) -> None:
    offer = with_window(alice, rule)
    asked = asks(bob, offer)
    with pytest.raises(Conflict, match="window_runs"):
        promise(alice, asked.public_id)
    worker.run_until_idle(app)
    assert states(asked) == ["interested"]


def test_a_draw_promises_to_who_was_drawn_and_tells_everybody(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = with_window(alice)
    asked = [asks(one, offer) for one in (bob, carol)]
    with after_the_window():
        worker.run_until_idle(app)
        window = window_of(offer)
        assert (window.outcome, offer.window_hours, offer.giving_rule) == ("drawn", None, "draw")
        order = [windows.alias_in(window, one) for one in asked]
        first = 0 if window.record["order"] == order else 1
        assert window.record["order"] == order[:: 1 if first == 0 else -1]
        assert states(*asked)[first] == "promised"
        assert states(*asked)[1 - first] == "interested"
        assert "exchange_promise_drawn" in news(asked[first].opener)
        assert "draw_place" in news(asked[1 - first].opener)
        assert news(alice)[-2:] == ["exchange_promise_drawn_owner", "window_drawn"]


def test_what_is_published_is_right_and_names_nobody(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = with_window(alice)
    seed = window_of(offer).seed
    asked = [asks(one, offer) for one in (bob, carol)]
    with after_the_window():
        sweep(app)
    record = window_of(offer).record
    assert record["seed"] == seed
    assert record["commitment"] == draws.commitment(seed)
    listed = [draws.Entrant(**one) for one in record["entrants"]]
    assert draws.order(seed, listed) == record["order"]
    said = str(record)
    for one in asked:
        assert one.public_id not in said
        assert one.opener.public_id not in said
        assert one.opener.name not in said
    assert (record["asked"], record["left"], record["listing"]) == (2, 1, offer.public_id)


def between(app: Flask, giver: Member, name: str) -> Member:
    """A member whose coin with this giver falls for a need of .7, and not for one of .3."""
    secret = app.extensions["marketplace"].settings.secret_key.encode()
    ids = (f"taker{number:07d}" for number in range(1000))
    taken = set(db.session.scalars(select(Member.public_id)))
    found = next(
        one
        for one in ids
        if one not in taken and 0.42 < draws.coin(secret, giver.public_id, one) < 0.58
    )
    return factories.member(name, public_id=found)


def test_need_makes_tickets_and_lambda_zero_makes_all_equal(app: Flask, alice: Member) -> None:
    needy, other = between(app, alice, "Needy"), between(app, alice, "Other")
    say_hardship(needy)
    for percent, expected in ((25, [11, 7]), (0, [7, 7])):
        set_site_values(SiteValues(need_percent=percent))
        g.pop("site_values", None)
        offer = with_window(alice)
        asked = [asks(one, offer) for one in (needy, other)]
        with after_the_window():
            sweep(app)
            window = window_of(offer)
            got = {one["alias"]: one["tickets"] for one in window.record["entrants"]}
            assert [got[windows.alias_in(window, one)] for one in asked] == expected


def test_several_pieces_go_to_the_first_drawn_each_what_they_asked_for(
    app: Flask, alice: Member
) -> None:
    offer = with_window(alice, quantity=5, unit="piece")
    asked = [asks(factories.member(f"T{n}"), offer, quantity=2) for n in range(4)]
    with after_the_window():
        worker.run_until_idle(app)
        window = window_of(offer)
        by_alias = {windows.alias_in(window, one): one for one in asked}
        drawn = [by_alias[alias] for alias in window.record["order"]]
        assert [(one.state, one.quantity) for one in drawn] == [
            ("promised", 2), ("promised", 2), ("promised", 1), ("interested", 2),
        ]  # fmt: skip
        call_off(drawn[0].opener, drawn[0].public_id, "changed_mind")
        worker.run_until_idle(app)
        assert states(drawn[3]) == ["promised"]


def test_a_choice_waits_for_the_end_and_then_for_the_owner(
    app: Flask, alice: Member, bob: Member
) -> None:
    offer = with_window(alice, "choice")
    asked = asks(bob, offer)
    with after_the_window():
        worker.run_until_idle(app)
        assert news(alice)[-1] == "window_chooses"
        assert (offer.giving_rule, offer.window_hours) == ("choice", None)
        assert states(asked) == ["interested"]
        promise(alice, asked.public_id)
    assert states(asked) == ["promised"]


def test_where_nobody_asked_the_owner_hears_it_and_the_order_counts(
    app: Flask, alice: Member, bob: Member
) -> None:
    offer = with_window(alice)
    with after_the_window():
        worker.run_until_idle(app)
        assert window_of(offer).outcome == "nobody"
        assert (offer.giving_rule, news(alice)) == ("order", ["window_nobody"])
        assert promise(alice, asks(bob, offer).public_id).state == "promised"


def test_one_who_asked_alone_is_drawn(app: Flask, alice: Member, bob: Member) -> None:
    offer = with_window(alice)
    asked = asks(bob, offer)
    with after_the_window():
        sweep(app)
    assert states(asked) == ["promised"]
    assert len(window_of(offer).record["order"]) == 1


def test_a_post_goes_up_with_its_window(app: Flask, alice: Member) -> None:
    offer = factories.offer(alice, state="draft", published_at=None)
    giving.choose(alice, offer.public_id, "draw", 2)
    assert sweep(app) == 0
    with transaction():
        offer.state = "open"
    assert sweep(app) == 1
    assert sweep(app) == 0
    window = window_of(offer)
    assert window.closes_at - window.opens_at == timedelta(hours=2)


def test_who_asks_before_the_sweep_finds_the_window_open(alice: Member, bob: Member) -> None:
    offer = factories.offer(alice, giving_rule="draw", window_hours=2)
    asked = asks(bob, offer)
    assert windows.entrants(window_of(offer)) == [asked]


def test_a_post_that_ends_sooner_shortens_its_window(alice: Member) -> None:
    ends = utcnow() + timedelta(hours=2)
    window = window_of(with_window(alice, expires_at=ends))
    assert window.closes_at == ends - windows.BEFORE_THE_END


def test_who_comes_after_the_time_is_told_and_may_wait_behind(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = with_window(alice)
    first = asks(bob, offer)
    with after_the_window():
        with pytest.raises(Conflict, match="window_over"):
            asks(carol, offer, enters=True)
        late = asks(carol, offer, enters=True, or_wait=True)
        sweep(app)
        assert states(first, late) == ["promised", "interested"]
        assert len(window_of(offer).record["entrants"]) == 1
        assert "draw_place" in news(carol)
        latest = factories.member("Latest")
        with pytest.raises(Conflict, match="window_over"):
            asks(latest, offer, enters=True)  # from a page that was open all the time
        assert queues.place_of(asks(latest, offer)) == queues.Place(2, 2)


def test_whoever_leaves_in_time_is_not_drawn(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = with_window(alice)
    gone, stays = asks(bob, offer), asks(carol, offer)
    withdraw(bob, gone.public_id)
    with after_the_window():
        sweep(app)
    assert states(gone, stays) == ["cancelled", "promised"]
    record = window_of(offer).record
    assert (record["asked"], len(record["entrants"])) == (2, 1)


def test_who_cannot_have_it_is_not_drawn(app: Flask, alice: Member, bob: Member) -> None:
    offer = with_window(alice)
    away, blocked, suspended, unconfirmed = (
        factories.member(name) for name in ("Away", "Blocked", "Suspended", "Unconfirmed")
    )
    for member in (away, blocked, suspended, unconfirmed, bob):
        asks(member, offer)
    block_member(alice, blocked)
    with transaction():
        away.paused_at = suspended.suspended_at = utcnow()
        unconfirmed.email_confirmed_at = None
    with after_the_window():
        sweep(app)
    record = window_of(offer).record
    assert len(record["entrants"]) == 1
    found = db.session.scalars(select(Exchange).where(Exchange.state == "promised")).all()
    assert [one.opener_id for one in found] == [bob.id]


def test_a_member_takes_part_once(app: Flask, alice: Member, bob: Member) -> None:
    offer = with_window(alice)
    assert asks(bob, offer) == asks(bob, offer)
    withdraw(bob, asks(bob, offer).public_id)
    asks(bob, offer)
    with after_the_window():
        sweep(app)
    assert len(window_of(offer).record["entrants"]) == 1


def test_the_giver_neither_refuses_anybody_nor_takes_one_before_another(
    app: Flask, alice: Member
) -> None:
    offer = with_window(alice)
    asked = [asks(factories.member(f"T{n}"), offer) for n in range(3)]
    with pytest.raises(Conflict, match="draw_order"):
        decline(alice, asked[0].public_id, "other")
    with after_the_window():
        sweep(app)
        waiting = list(queues.waiting_in(offer))
        with pytest.raises(Conflict, match="draw_order"):
            decline(alice, waiting[0].public_id, "other")
        first = next(one for one in asked if one.state == "promised")
        call_off(alice, first.public_id, "not_possible")  # for the owner to look at
        with pytest.raises(Conflict, match="draw_order"):
            promise(alice, waiting[1].public_id)
        with pytest.raises(Conflict, match="draw_order"):
            promise(alice, first.public_id)
        assert promise(alice, waiting[0].public_id).state == "promised"


def test_the_rule_stands_once_somebody_asked(alice: Member, bob: Member) -> None:
    offer = with_window(alice)
    giving.set_rule(alice, offer.public_id, "draw", 8)  # nobody yet: it begins anew
    assert [one.outcome for one in db.session.query(GivingWindow)] == ["called_off", ""]
    asked = asks(bob, offer)
    for rule, hours in (("order", None), ("choice", 4), ("draw", 2)):
        with pytest.raises(Conflict, match="rule_stands"):
            giving.set_rule(alice, offer.public_id, rule, hours)
    withdraw(bob, asked.public_id)
    assert giving.set_rule(alice, offer.public_id, "order").window_hours is None


def test_the_drawn_order_stands_while_somebody_waits_in_it(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = with_window(alice)
    asks(bob, offer), asks(carol, offer)
    with after_the_window():
        sweep(app)
        with pytest.raises(Conflict, match="rule_stands"):
            giving.set_rule(alice, offer.public_id, "choice")


def test_who_waits_is_told_when_the_rule_changes_and_takes_part(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = factories.offer(alice)
    asked = [asks(one, offer) for one in (bob, carol)]
    giving.set_rule(alice, offer.public_id, "draw", 2)
    assert news(bob) == news(carol) == ["rule_now_draw_later"]
    giving_again = giving.set_rule(alice, offer.public_id, "draw", 2)
    assert (giving_again.window_hours, news(bob)) == (2, ["rule_now_draw_later"])
    with after_the_window():
        sweep(app)
    assert sorted(states(*asked)) == ["interested", "promised"]


def test_a_window_begins_only_while_something_is_left(alice: Member, bob: Member) -> None:
    offer = factories.offer(alice)
    promise(alice, asks(bob, offer).public_id)
    with pytest.raises(Invalid):
        giving.set_rule(alice, offer.public_id, "draw", 2)


@pytest.mark.parametrize("hours", [None, 0, 1, 25])
def test_a_draw_needs_two_to_twenty_four_hours(alice: Member, hours: int | None) -> None:
    with pytest.raises(Invalid):
        giving.set_rule(alice, factories.offer(alice).public_id, "draw", hours)


def test_what_is_needed_is_not_drawn(alice: Member) -> None:
    with pytest.raises(Invalid):
        giving.set_rule(alice, factories.request(alice).public_id, "draw", 4)


@pytest.mark.parametrize("end", [withdraw_listing, fulfil_listing])
def test_a_post_closed_within_its_window_answers_everybody(
    app: Flask, alice: Member, bob: Member, end: Callable[..., Listing]
) -> None:
    offer = with_window(alice)
    asked = asks(bob, offer)
    end(alice, offer.public_id)
    with after_the_window():
        worker.run_until_idle(app)
        assert states(asked) == ["declined"]
        assert "exchange_decline_by_site" in news(bob)
        window = window_of(offer)
        assert (window.outcome, window.record) == ("called_off", {})
        assert offer.window_hours is None


def test_a_post_that_is_hidden_waits_and_is_drawn_when_it_is_back(
    app: Flask, alice: Member, bob: Member
) -> None:
    offer = with_window(alice)
    asked = asks(bob, offer)
    with transaction():
        offer.state = "held"
    with after_the_window():
        worker.run_until_idle(app)
        assert window_of(offer).ended_at is None
        with transaction():
            offer.state = "open"
        with time_machine.travel(utcnow() + timedelta(minutes=2)):
            worker.run_until_idle(app)
    assert states(asked) == ["promised"]


def test_a_post_that_stays_hidden_is_called_off_and_everybody_answered(
    app: Flask, alice: Member, bob: Member
) -> None:
    offer = with_window(alice)
    asked = asks(bob, offer)
    with transaction():
        offer.state = "held"
    with time_machine.travel(utcnow() + timedelta(days=8)):
        worker.run_until_idle(app)
        assert (states(asked), window_of(offer).outcome) == (["declined"], "called_off")


def test_a_draw_whose_worker_dies_takes_place_whole_or_not_yet(
    app: Flask, alice: Member, bob: Member, carol: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = with_window(alice)
    asked = [asks(one, offer) for one in (bob, carol)]
    seed = window_of(offer).seed
    with after_the_window():
        for at in ("end", "entrants"):
            with monkeypatch.context() as patched:
                patched.setattr(windows, at, _dies)
                with pytest.raises(KeyboardInterrupt):
                    sweep(app)
            assert (states(*asked), window_of(offer).record) == (["interested"] * 2, {})
        with monkeypatch.context() as patched:
            patched.setattr(drawing.queue_news, "tell_owner", _dies)
            with pytest.raises(KeyboardInterrupt):
                sweep(app)
        assert (states(*asked), window_of(offer).record) == (["interested"] * 2, {})
        assert sweep(app) == 1
        record = window_of(offer).record
        assert record["seed"] == seed
        assert sweep(app) == 0
        assert window_of(offer).record == record


def test_a_window_that_fails_is_left_alone_and_holds_up_no_other(
    app: Flask, alice: Member, bob: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = with_window(alice), with_window(alice)
    asks(bob, broken), asks(bob, fine)
    whole = drawing.finish

    def fails(window: GivingWindow, secret: bytes) -> None:
        if window.listing_id == broken.id:
            raise ValueError("broken")
        whole(window, secret)

    with after_the_window():
        with monkeypatch.context() as patched:
            patched.setattr(drawing, "finish", fails)
            with pytest.raises(ValueError, match="broken"):
                sweep(app)
        assert window_of(fine).outcome == "drawn"
        assert sweep(app) == 0
        with time_machine.travel(utcnow() + timedelta(minutes=11)):
            assert sweep(app) == 1
    assert window_of(broken).outcome == "drawn"


def test_what_somebody_has_promised_elsewhere_is_not_taken_past_its_draw(
    alice: Member, bob: Member
) -> None:
    """Bob's own bicycle is in a draw; he cannot promise it to alice as part of her request."""
    bicycle = factories.offer(bob, "Sepeda")
    need = factories.request(alice, "Butuh sepeda")
    helped = asks(bob, need)
    with transaction():
        helped.counterpart_id = bicycle.id
    giving.set_rule(bob, bicycle.public_id, "draw", HOURS)
    promise(alice, helped.public_id)
    db.session.rollback()
    assert (helped.counterpart_id, bicycle.promised) == (None, 0)


def test_what_comes_free_within_a_window_goes_into_it(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = factories.offer(alice, quantity=2, unit="piece")
    promised = promise(alice, asks(bob, offer).public_id)
    giving.set_rule(alice, offer.public_id, "draw", HOURS)
    waits = asks(carol, offer)
    call_off(bob, promised.public_id, "changed_mind")
    worker.run_until_idle(app)
    assert states(waits) == ["interested"]
    with after_the_window():
        worker.run_until_idle(app)
    assert states(waits) == ["promised"]


def test_who_waited_for_an_earlier_time_takes_no_part_in_a_later_draw(
    app: Flask, alice: Member, bob: Member, as_member: Callable[[Member], Any]
) -> None:
    offer = factories.offer(alice, quantity=2, unit="piece")
    had = promise(alice, asks(bob, offer).public_id)
    giving.set_rule(alice, offer.public_id, "draw", HOURS)
    page = as_member(bob).get(f"/exchanges/{had.public_id}").text
    assert "In the draw you are called" not in page


@pytest.mark.parametrize("rule", ["draw", "choice"])
def test_the_owner_is_asked_for_no_answer_before_it_is_their_turn(
    app: Flask, alice: Member, bob: Member, rule: str
) -> None:
    def to_do() -> set[str]:
        db.session.rollback()
        found = waiting_for(alice, utcnow()).tasks
        return {task.turn.task for task in found} - {"message"}

    asks(bob, with_window(alice, rule, quantity=2, unit="piece"))
    assert to_do() == set()
    with after_the_window():
        sweep(app)
        assert to_do() == {{"draw": "arrange", "choice": "answer"}[rule]}


def test_what_is_left_after_a_draw_is_given_to_who_asks_later_by_the_owner(
    app: Flask, alice: Member, bob: Member, carol: Member, as_member: Callable[[Member], Any]
) -> None:
    offer = with_window(alice, quantity=3, unit="piece")
    asks(bob, offer)
    with after_the_window():
        sweep(app)
        late = asks(carol, offer)
        assert {one.turn.task for one in waiting_for(alice, utcnow()).tasks} >= {"answer"}
        page = as_member(carol).get(f"/exchanges/{late.public_id}").text
        assert "in the order of the draw" not in page, "carol took no part in the draw"
        assert as_member(carol).get(f"/listings/{offer.public_id}/draw").status_code == 200
        assert states(promise(alice, late.public_id)) == ["promised"]


def test_what_nobody_drawn_wants_any_more_goes_on_in_the_order_of_asking(
    app: Flask, alice: Member, bob: Member, carol: Member
) -> None:
    offer = with_window(alice)
    drawn = asks(bob, offer)
    with after_the_window():
        sweep(app)
        call_off(bob, drawn.public_id, "changed_mind")
        worker.run_until_idle(app)
        late = asks(carol, offer)
        assert states(promise(alice, late.public_id)) == ["promised"]
        assert offer.giving_rule == "order"


def test_a_copy_keeps_the_rule_unless_it_was_drawn(app: Flask, alice: Member, bob: Member) -> None:
    offer = with_window(alice)
    copy = copy_listing(alice, offer.public_id)
    assert (copy.giving_rule, copy.window_hours) == ("draw", HOURS)
    asks(bob, offer)
    with after_the_window():
        sweep(app)
        again = copy_listing(alice, offer.public_id)
        assert (again.giving_rule, again.window_hours) == ("order", None)


def _dies(*args: Any, **kwargs: Any) -> None:
    raise KeyboardInterrupt
