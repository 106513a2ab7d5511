"""Whose turn it is, by state, side and terms; and the order of what waits. Without a database."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from marketplace.exchanges import rules, turns
from marketplace.exchanges.turns import (
    ANSWER,
    ARRANGE,
    ASK_BACK,
    BOTH,
    BRING_BACK,
    CHECK_RETURN,
    CONFIRM,
    HAND_OVER,
    MEETING,
    MESSAGE,
    NOBODY,
    OTHER_HALF,
    PROPOSAL,
    THANK,
    THEIRS,
    YOURS,
    Facts,
    Turn,
    turn,
)
from marketplace.wording import tasks

NOW = datetime(2027, 3, 10, 3, tzinfo=UTC)  # ten in the morning in Jakarta
TODAY = date(2027, 3, 10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = "Asia/Jakarta"

CASES: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("interested", {"is_owner": True}, (ANSWER, YOURS)),
    ("interested", {"is_owner": False}, (ANSWER, THEIRS)),
    ("promised", {}, (ARRANGE, BOTH)),
    ("promised", {"proposed": YOURS}, (PROPOSAL, THEIRS)),
    ("promised", {"proposed": THEIRS}, (PROPOSAL, YOURS)),
    ("arranged", {"meets_at": NOW + HOUR}, (MEETING, BOTH)),
    ("arranged", {"meets_at": NOW + HOUR, "proposed": THEIRS}, (PROPOSAL, YOURS)),
    ("arranged", {"meets_at": NOW + HOUR, "proposed": YOURS}, (MEETING, BOTH)),
    ("arranged", {"meets_at": NOW - HOUR}, (HAND_OVER, BOTH)),
    ("arranged", {"meets_at": NOW - HOUR, "proposed": THEIRS}, (HAND_OVER, BOTH)),
    ("arranged", {"meets_at": None}, (HAND_OVER, BOTH)),
    ("handed_over", {"is_asked": True}, (CONFIRM, YOURS)),
    ("handed_over", {"is_asked": False}, (CONFIRM, THEIRS)),
    ("partly", {}, (OTHER_HALF, BOTH)),
    ("partly", {"proposed": THEIRS}, (PROPOSAL, YOURS)),
    ("partly", {"meets_at": NOW + HOUR}, (MEETING, BOTH)),
    ("out", {"meets_at": NOW + HOUR, "due_on": TODAY + DAY}, (MEETING, BOTH)),
    ("out", {"meets_at": NOW - HOUR, "due_on": TODAY + DAY}, (BRING_BACK, YOURS)),
    ("out", {"gives": False, "due_on": TODAY + 9 * DAY}, (BRING_BACK, YOURS)),
    ("out", {"gives": True, "due_on": TODAY + 9 * DAY}, (BRING_BACK, THEIRS)),
    ("out", {"gives": True, "due_on": TODAY}, (BRING_BACK, THEIRS)),
    ("out", {"gives": True, "due_on": TODAY - DAY}, (ASK_BACK, BOTH)),
    ("out", {"gives": False, "due_on": TODAY - DAY}, (BRING_BACK, YOURS)),
    ("out", {"gives": True, "due_on": None}, (BRING_BACK, THEIRS)),
    ("out", {"proposed": THEIRS, "due_on": TODAY}, (PROPOSAL, YOURS)),
    ("returned", {"proposed": THEIRS}, (PROPOSAL, YOURS)),
    ("returned", {"gives": True}, (CHECK_RETURN, YOURS)),
    ("returned", {"gives": False}, (CHECK_RETURN, THEIRS)),
    ("closed", {}, (THANK, YOURS)),
    ("closed", {"thanked": True}, ("", NOBODY)),
    ("closed", {"since": NOW - 15 * DAY}, ("", NOBODY)),
    ("lost", {}, ("", NOBODY)),
    ("declined", {"is_owner": True}, ("", NOBODY)),
    ("released", {}, ("", NOBODY)),
    ("cancelled", {}, ("", NOBODY)),
    ("did_not_happen", {"is_asked": True, "proposed": THEIRS}, ("", NOBODY)),
]


def facts(state: str, **values: Any) -> Facts:
    return Facts(state=state, **({"since": NOW - 2 * DAY} | values))


@pytest.mark.parametrize(("state", "values", "expected"), CASES)
def test_whose_turn_it_is(state: str, values: dict[str, Any], expected: tuple[str, str]) -> None:
    found = turn(facts(state, **values), NOW, ZONE)
    assert (found.task, found.whose) == expected


def test_every_state_is_in_the_table_for_each_side() -> None:
    assert {state for state, _, _ in CASES} == set(rules.STATES)


@pytest.mark.parametrize("state", rules.RUNNING)
def test_somebody_can_go_on_with_everything_that_runs(state: str) -> None:
    """Of the two sides at least one has a turn, so that nothing stands still unseen."""
    first = facts(state, is_owner=True, gives=True, is_asked=True)
    second = facts(state, is_owner=False, gives=False, is_asked=False)
    assert any(turn(one, NOW, ZONE).is_mine for one in (first, second))


@pytest.mark.parametrize(
    ("task", "day", "expected"),
    [
        (MEETING, TODAY, True),
        (MEETING, TODAY + DAY, True),
        (MEETING, TODAY + 2 * DAY, False),
        (BRING_BACK, TODAY - DAY, True),
        (BRING_BACK, TODAY + 2 * DAY, True),
        (BRING_BACK, TODAY + 3 * DAY, False),
        (ARRANGE, TODAY + 4 * DAY, True),
        (ANSWER, None, True),
    ],
)
def test_a_meeting_and_a_loan_wait_only_when_they_are_near(
    task: str, day: date | None, expected: bool
) -> None:
    assert turns.waits(Turn(task, YOURS, NOW, day), TODAY) is expected
    assert not turns.waits(Turn(task, THEIRS, NOW, day), TODAY)


def test_the_day_is_that_of_the_place_and_not_of_greenwich() -> None:
    late = datetime(2027, 3, 10, 20, tzinfo=UTC)  # three at night on the eleventh in Jakarta
    found = turn(facts("arranged", meets_at=late), NOW, ZONE)
    assert found.day == date(2027, 3, 11)
    overdue = facts("out", gives=True, due_on=TODAY)
    assert turn(overdue, late, ZONE).task == ASK_BACK


def test_a_promise_says_until_when_it_holds() -> None:
    found = turn(facts("promised", lapses_at=NOW + 2 * DAY), NOW, ZONE)
    assert found.day == TODAY + 2 * DAY


def test_what_is_due_comes_first_then_the_kind_then_the_oldest() -> None:
    found = [
        Turn(THANK, YOURS, NOW - 9 * DAY),
        Turn(ANSWER, YOURS, NOW - DAY),
        Turn(ANSWER, YOURS, NOW - 2 * DAY),
        Turn(MESSAGE, YOURS, NOW - 3 * DAY),
        Turn(BRING_BACK, YOURS, NOW - 5 * DAY, TODAY - DAY),
        Turn(MEETING, BOTH, NOW - DAY, TODAY),
        Turn(ARRANGE, THEIRS, NOW),
        Turn(),
        Turn(MEETING, BOTH, NOW - 9 * DAY, TODAY + 5 * DAY),
        Turn(BRING_BACK, YOURS, NOW - 6 * DAY, TODAY + 2 * DAY),
    ]
    assert turns.waiting(found, TODAY) == [5, 4, 2, 1, 3, 9, 0]


def test_every_task_has_words() -> None:
    assert set(tasks.SENTENCES) >= set(turns.TASKS)
    assert set(tasks.SHORT) >= set(turns.TASKS) - {MESSAGE}
