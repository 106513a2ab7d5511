"""How much somebody may do in a day, by how long and how well they are known."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts import trust
from marketplace.accounts.trust import Standing

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAYS = timedelta(days=1)


@pytest.mark.parametrize(
    ("days", "confirmed", "completed", "warned_days_ago", "level"),
    [
        (0, True, 0, None, "new"),
        (6, True, 9, None, "new"),  # time cannot be made up for
        (7, True, 0, None, "known"),
        (7, False, 0, None, "new"),
        (7, False, 1, None, "known"),
        (30, True, 2, None, "known"),
        (30, True, 3, None, "trusted"),
        (900, True, 50, 89, "warned"),
        (900, True, 50, 90, "trusted"),
    ],
)
def test_the_level_follows_age_proof_completed_things_and_warnings(
    days: int, confirmed: bool, completed: int, warned_days_ago: int | None, level: str
) -> None:
    warned_at = None if warned_days_ago is None else NOW - warned_days_ago * DAYS
    standing = Standing(NOW - days * DAYS, confirmed, completed, warned_at)
    assert trust.level(standing, NOW) == level


def test_each_level_may_do_more_than_the_one_before() -> None:
    levels = [trust.QUOTAS[name] for name in ("warned", "new", "known", "trusted")]
    for less, more in itertools.pairwise(levels):
        assert less.listings < more.listings
        assert less.conversations < more.conversations
        assert less.reports < more.reports


@given(
    st.lists(st.integers(min_value=0, max_value=100_000), max_size=30),
    st.integers(min_value=1, max_value=10),
)
def test_there_is_room_again_exactly_when_it_is_said(ages: list[int], most: int) -> None:
    times = [NOW - timedelta(seconds=age) for age in ages]
    quota = trust.quota(times, most, NOW)
    if not quota.is_used_up:
        assert quota.again_at is None
        assert quota.hours_left(NOW) == 0
        return
    assert quota.again_at is not None
    assert quota.hours_left(NOW) >= 1
    before, at = quota.again_at - timedelta(seconds=1), quota.again_at
    assert trust.quota(times, most, before).is_used_up
    assert not trust.quota(times, most, at).is_used_up
