"""Random members take random steps, allowed or not, while time passes and the site looks after it:
the counters add up, nothing is promised twice, and nobody is left without an end.

``STATES_EXAMPLES=500`` looks for longer than a run of all tests can.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from marketplace.accounts import blocks
from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.errors import DomainError
from marketplace.exchanges import rules, service, sweeps
from marketplace.exchanges.moves import may
from marketplace.exchanges.service import Wish
from marketplace.listings import lifecycle
from marketplace.listings import service as listings
from marketplace.listings.models import Listing
from marketplace.listings.rows import draft_of
from marketplace.messages import service as messages
from marketplace.search.reading import analysed
from tests import factories
from tests.exchanges import world

EXAMPLES = int(os.environ.get("STATES_EXAMPLES", "7"))
STEPS = 40
START = datetime(2026, 3, 2, 3, tzinfo=UTC)
A_MOMENT = timedelta(minutes=2)  # longer than two taps that count as one
SWEEPS = (sweeps.wake, sweeps.pass_on, sweeps.part, sweeps.answer_waiting)
VERBS = [one.verb for one in rules.TRANSITIONS]
TURNING_BACK = ("decline", "withdraw", "release", "cancel", "fail", "break_off", "object")
ENDINGS = ("withdraw", "fulfil", "restore", "renew")
TO_BE_REACHED = {"closed", "declined", "released", "hand_over", "confirm", "meet"}
WAYS = ("there", "back", "elsewhere")
MEMBERS = st.integers(0, 4)
WHICH = st.integers(0, 60)
AMOUNTS = st.sampled_from([None, 0, 1, 1, 2, 3])


class Neighbourhood(RuleBasedStateMachine):
    """alice owns the listings, bob a request that fits one; he and three more ask."""

    app: Flask
    clock: Any
    members: list[Member]
    reached: set[str]  # states and steps: a walk that goes nowhere would prove nothing

    @initialize()
    def begin(self) -> None:
        self.clock.move_to(START)
        db.session.rollback()
        world.forget_the_example_before()
        self.listings = world.listings_of(self.members[0], self.members[1])
        for number, member in enumerate(self.members):
            for turn, terms in enumerate(rules.TERMS):
                listing = self.some_listing(2 * turn + number)
                wish = Wish(terms=terms, quantity=1 + turn, in_return="Mangga")
                self.tries(service.ask, member, listing.public_id, wish, "Boleh?")

    def tries(self, deed: Any, *given: Any, **named: Any) -> bool:
        """Do it; a step that is refused is refused in words, and leaves everything as it was."""
        db.session.rollback()
        before = world.everything()
        try:
            deed(*given, **named)
        except DomainError:
            db.session.rollback()
            assert world.everything() == before, "it was refused, and something was written"
            return False
        return True

    def some_listing(self, which: int) -> Listing:
        return self.listings[which % len(self.listings)]

    @rule(who=MEMBERS, which=WHICH, quantity=AMOUNTS, terms=st.sampled_from(["", *rules.TERMS]),
          or_wait=st.booleans(), meets_own=st.booleans())  # fmt: skip
    def ask(self, who: int, which: int, quantity: int | None, terms: str, **more: bool) -> None:
        wish = Wish(terms=terms, quantity=quantity, in_return="Mangga", **more)
        member, listing = self.members[who], self.some_listing(which)
        self.tries(service.ask, member, listing.public_id, wish, "Boleh?")

    @precondition(lambda self: bool(world.exchanges()))
    @rule(which=WHICH, picks=st.lists(WHICH, min_size=1, max_size=6), amount=AMOUNTS)
    def they_go_on(self, which: int, picks: list[int], amount: Any) -> None:
        """Some steps of one exchange that its two may take; now and then with a second tap."""
        for pick in picks:
            self.step(which, pick, amount, second=pick % 3 == 0)

    def step(self, which: int, pick: int, amount: Any, *, second: bool) -> None:
        tap = self.some_tap(which, pick, amount)
        if tap is None:
            return
        before = len(tap.exchange.events)
        if self.tries(world.do, tap):
            db.session.rollback()
            assert len(tap.exchange.events) == before + 1
        if second and tap.verb != "arrange":  # the same tap once more, at the same moment
            at_first = world.everything()
            self.tries(world.do, tap)
            db.session.rollback()
            assert world.everything() == at_first, "the second tap did something"
        self.clock.shift(A_MOMENT)

    def some_tap(self, which: int, pick: int, amount: int | None) -> world.Tap | None:
        """One of the steps that somebody may take now, more often one that leads on."""
        found = world.exchanges()
        found = [one for one in found if one.runs and which % 5] or found
        one = found[which % len(found)]
        allowed = [
            (member, verb) for member in (one.owner, one.opener) for verb in VERBS
            for times in range(1 if verb in TURNING_BACK else 3) if may(member, one, verb)
        ]  # fmt: skip
        if not allowed:
            return None
        member, verb = allowed[pick % len(allowed)]
        reasons = rules.BY_VERB[verb].reasons
        reason = reasons[pick % len(reasons)] if reasons else ""
        way = (rules.THERE, rules.BACK)[pick % 2 if one.terms == "swap" else 0]
        return world.Tap(member, one, verb, reason, amount, way)

    @precondition(lambda self: bool(world.exchanges()))
    @rule(which=WHICH, who=MEMBERS, verb=st.sampled_from(VERBS), amount=AMOUNTS,
          reason=st.sampled_from(["", *rules.REASONS]), way=st.sampled_from(WAYS))  # fmt: skip
    def any_step_by_anybody(self, which: int, who: int, verb: str, **how: Any) -> None:
        found = world.exchanges()
        one = found[which % len(found)]
        self.tries(world.do, world.Tap(self.members[who], one, verb, **how))
        self.clock.shift(A_MOMENT)

    @rule(which=WHICH, who=MEMBERS, deed=st.sampled_from(ENDINGS))
    def something_becomes_of_a_listing(self, which: int, who: int, deed: str) -> None:
        deeds = {
            "withdraw": listings.withdraw_listing,
            "fulfil": listings.fulfil_listing,
            "restore": lifecycle.restore_listing,
            "renew": lifecycle.renew_listing,
        }
        actor = self.members[who % 2]  # the two who own something
        self.tries(deeds[deed], actor, self.some_listing(which).public_id)

    @rule(which=WHICH, quantity=st.sampled_from([None, 1, 2, 5, 9]),
          terms=st.sampled_from(rules.TERMS), kind=st.sampled_from(["", "", "skill"]))  # fmt: skip
    def edit(self, which: int, quantity: int | None, terms: str, kind: str) -> None:
        listing = self.some_listing(which)
        draft = replace(draft_of(listing), quantity=quantity, terms=frozenset({terms}))
        if kind:
            draft = replace(draft, kind=kind)
        owner = listing.owner
        self.tries(listings.edit_listing, owner, listing.public_id, draft, analyse=analysed)

    @rule(who=MEMBERS, whom=MEMBERS, again=st.booleans())
    def block(self, who: int, whom: int, again: bool) -> None:
        if who == whom:
            return
        if again:
            self.tries(blocks.unblock_member, self.members[who], self.members[whom].public_id)
        else:
            self.tries(blocks.block_member, self.members[who], self.members[whom])

    @precondition(lambda self: bool(world.exchanges()))
    @rule(which=WHICH, who=MEMBERS)
    def talk(self, which: int, who: int) -> None:
        found = world.exchanges()
        conversation = found[which % len(found)].conversation
        self.tries(messages.reply, self.members[who], conversation.public_id, f"Apa kabar? {which}")

    @rule(days=st.sampled_from([0, 0, 1, 2, 4, 20]))
    def time_passes(self, days: int) -> None:
        self.clock.shift(timedelta(days=days, minutes=7))
        self.the_site_looks_after_it()

    def the_site_looks_after_it(self) -> None:
        """The sweeps come to rest."""
        for _ in range(60):
            if not sum(sweep(self.app.extensions["marketplace"]) for sweep in SWEEPS):
                return
        raise AssertionError("the sweeps do not come to rest")

    @invariant()
    def everything_adds_up(self) -> None:
        if hasattr(self, "listings"):
            world.check_everything()

    def teardown(self) -> None:
        """Nobody does anything any more: in half a year all of it has come to an end."""
        if not hasattr(self, "listings"):
            return
        for _ in range(26):
            self.clock.shift(timedelta(days=7))
            self.the_site_looks_after_it()
        world.check_everything()
        open_ended = [one.state for one in world.exchanges() if one.state not in rules.ENDS]
        assert not open_ended, f"left without an end: {open_ended}"
        self.reached.update(one.state for one in world.exchanges())
        self.reached.update(event.verb for one in world.exchanges() for event in one.events)


@pytest.mark.timeout(0 if EXAMPLES > 20 else 120)
def test_whatever_members_do_it_adds_up_and_nobody_is_left_without_an_end(app: Flask) -> None:
    names = ("Alice", "Bob", "Carol", "Dewi", "Eko")
    with time_machine.travel(START, tick=True) as clock:
        Neighbourhood.app, Neighbourhood.clock, Neighbourhood.reached = app, clock, set()
        Neighbourhood.members = [factories.member(name) for name in names]
        run_state_machine_as_test(
            Neighbourhood,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                phases=[Phase.generate, Phase.shrink] if EXAMPLES > 100 else [Phase.generate],
                suppress_health_check=list(HealthCheck),
                database=None,
                derandomize=EXAMPLES <= 100,
            ),
        )
    assert Neighbourhood.reached >= TO_BE_REACHED
