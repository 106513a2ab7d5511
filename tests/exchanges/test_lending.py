"""How long a loan runs and who may let it run longer: pure."""

from datetime import date, timedelta

import pytest

from marketplace.exchanges import lending, rules
from marketplace.exchanges.lending import Days, Loan

DUE = date(2026, 12, 8)


def loan(late=-2, **values):
    """Due on the eighth, looked at so many days after it."""
    defaults = {"due_on": DUE, "today": DUE + timedelta(days=late), "days": 7}
    return Loan(**(defaults | values))


def test_a_borrower_extends_by_the_usual_time_at_most():
    assert lending.why_not(loan()) == ""
    assert lending.borrowers_days(loan()) == Days(date(2026, 12, 9), date(2026, 12, 15))


def test_who_is_a_little_late_counts_from_today():
    assert lending.borrowers_days(loan(late=2)) == Days(date(2026, 12, 10), date(2026, 12, 17))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"is_waited_for": True}, "loan_waited_for"),
        ({"extensions": 3}, "loan_extended_enough"),
        ({"extensions": 2}, ""),
        ({"late": 4}, "loan_late"),
        ({"late": 3}, ""),
    ],
)
def test_a_borrower_asks_the_lender_when(values, code):
    assert lending.why_not(loan(**values)) == code


def test_the_lender_chooses_any_later_day():
    days = lending.lenders_days(loan(extensions=3, is_waited_for=True))
    assert days == Days(date(2026, 12, 9), date(2026, 12, 6) + timedelta(days=730))


def test_the_lender_may_take_back_what_the_borrower_extended_alone():
    days = lending.lenders_days(loan(taken_from=date(2026, 12, 1)))
    assert days.first == date(2026, 12, 7)  # tomorrow: nobody is made late at once
    taken_back = loan(extensions=1, taken_from=date(2026, 12, 1))
    assert lending.extensions_after(taken_back, date(2026, 12, 7), by_lender=True) == 3
    assert lending.extensions_after(taken_back, date(2026, 12, 20), by_lender=True) == 1
    assert lending.extensions_after(taken_back, date(2026, 12, 9), by_lender=False) == 2


@pytest.mark.parametrize(
    ("until", "codes"),
    [
        (None, ["until_missing"]),
        (date(2026, 12, 8), ["until_range"]),
        (date(2026, 12, 9), []),
        (date(2026, 12, 15), []),
        (date(2026, 12, 16), ["until_range"]),
    ],
)
def test_a_day_is_within_its_bounds(until, codes):
    days = lending.borrowers_days(loan())
    assert [one.code for one in lending.check_day(until, days)] == codes


def test_damage_wants_a_word_and_every_check_a_condition():
    assert [one.code for one in lending.check_condition("", "")] == ["condition_missing"]
    assert [one.code for one in lending.check_condition("damaged", " \n")] == [
        "check_words_missing"
    ]
    assert [one.code for one in lending.check_condition("worn", "x" * 301)] == ["too_long"]
    assert lending.check_condition("as_before", "") == []


def test_a_request_that_a_loan_met_stays_met():
    assert rules.counts_for("offer", rules.RETURN) == rules.FREE
    assert rules.counts_for("request", rules.RETURN) == rules.GIVE
    assert rules.counts_for("offer", rules.GIVE_BACK) == rules.GIVE_BACK
    assert rules.counts_for("request", rules.GIVE_BACK) == rules.NO_COUNT
    for counts in (rules.RESERVE, rules.FREE, rules.GIVE, rules.NO_COUNT):
        assert rules.counts_for("request", counts) == rules.counts_for("offer", counts) == counts
