"""What may be decided in which state, and what reports and appeals must say."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from marketplace.moderation import rules

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def test_the_state_table_is_exactly_this() -> None:
    states = {
        "listing": ("draft", "pending", "open", "held", "fulfilled", "withdrawn"),
        "message": ("shown", "hidden"),
        "member": ("free", "paused"),
    }
    actions = {action for _, _, action in rules.TRANSITIONS}
    possible = {
        (thing, state, action)
        for thing in states
        for state, action in product(states[thing], actions)
        if rules.state_after(thing, state, action)
    }
    assert possible == {
        ("listing", "open", "hide_listing"),
        ("listing", "pending", "hide_listing"),
        ("listing", "held", "unhide_listing"),
        ("message", "shown", "hide_message"),
        ("message", "hidden", "unhide_message"),
        ("member", "free", "warn"),
        ("member", "free", "pause"),
        ("member", "paused", "end_pause"),
    }


def test_only_what_is_possible_now_is_offered() -> None:
    assert rules.actions([("listing", "open"), ("member", "paused")]) == [
        "hide_listing",
        "end_pause",
    ]
    assert rules.actions([("listing", "withdrawn")]) == []


@pytest.mark.parametrize(
    ("reason", "words", "codes"),
    [
        ("scam", "", []),
        ("other", "", ["words_missing"]),
        ("other", "Aneh", []),
        ("", "", ["choice_missing"]),
        ("nonsense", "", ["choice_missing"]),
        ("scam", "x" * 1001, ["too_long"]),
    ],
)
def test_a_report_needs_a_reason_and_other_needs_words(
    reason: str, words: str, codes: list[str]
) -> None:
    assert [problem.code for problem in rules.check_report(reason, words)] == codes


def test_a_decision_that_can_be_appealed_needs_a_reason() -> None:
    possible = ["pause", "end_pause"]
    assert [p.field for p in rules.check_decision("pause", "", "", possible)] == ["reason"]
    assert rules.check_decision("pause", "scam", "", possible) == []
    assert rules.check_decision("end_pause", "", "", possible) == []
    assert [p.field for p in rules.check_decision("warn", "scam", "", possible)] == ["action"]
    assert [p.field for p in rules.check_decision("pause", "other", "", possible)] == ["words"]


def test_an_appeal_says_something_and_comes_in_time() -> None:
    assert [p.code for p in rules.check_appeal("")] == ["words_missing"]
    just = NOW - timedelta(days=rules.APPEAL_DAYS)
    assert rules.may_appeal("pause", just, NOW)
    assert not rules.may_appeal("pause", just - timedelta(seconds=1), NOW)
    assert not rules.may_appeal("end_pause", NOW, NOW)


def test_a_refused_appeal_says_why() -> None:
    assert [p.field for p in rules.check_answer(None, "")] == ["upheld"]
    assert [p.field for p in rules.check_answer(False, "")] == ["words"]
    assert rules.check_answer(True, "") == []


def test_every_decision_that_can_be_appealed_can_be_undone() -> None:
    for action, state in (("hide_listing", "held"), ("hide_message", "hidden"),
                          ("pause", "paused"), ("decline_listing", "draft")):  # fmt: skip
        assert rules.is_still(action, state)
        assert not rules.is_still(action, "withdrawn")
