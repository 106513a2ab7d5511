"""The state table of a match, whatever its two sides say in whatever order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.errors import Conflict
from marketplace.matching import states
from marketplace.matching.states import SIDES, Standing

steps = st.tuples(
    st.sampled_from(("see", "accept", "decline", "take_back", "close", "reopen")),
    st.sampled_from(SIDES),
)


def follow(standing: Standing, verb: str, side: str) -> Standing:
    if verb == "close":
        return states.closed(standing)
    if verb == "reopen":
        return states.reopened(standing)
    return states.after(standing, verb, side)


@settings(deadline=None)
@given(st.lists(steps, max_size=12))
def test_what_is_agreed_was_said_by_both_and_a_no_is_only_taken_back_by_who_said_it(
    taken: list[tuple[str, str]],
) -> None:
    standing = Standing()
    for verb, side in taken:
        before = standing
        try:
            standing = follow(standing, verb, side)
        except Conflict:
            continue
        if standing.state == "agreed":
            assert standing.accepted == set(SIDES)
        if before.state == "agreed":
            assert standing == before
        if before.state == "declined" and standing.state != "declined":
            assert (verb, side) == ("take_back", before.declined_by)
        if before.state == "closed" and standing.state != "closed":
            assert (verb, standing.accepted) == ("reopen", frozenset())
        assert (standing.state == "declined") == bool(standing.declined_by)


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_saying_the_same_again_changes_nothing(verb: str) -> None:
    once = states.after(Standing(), verb, "offer")
    assert states.after(once, verb, "offer") == once


@pytest.mark.parametrize("state", ["declined", "agreed", "closed"])
def test_what_is_over_is_not_accepted(state: str) -> None:
    with pytest.raises(Conflict):
        states.after(
            Standing(state, declined_by="offer" * (state == "declined")), "accept", "request"
        )
