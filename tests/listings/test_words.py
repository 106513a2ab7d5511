import pytest

from marketplace.listings import fields
from marketplace.listings.hours import encode, mask_of
from tests import factories


@pytest.fixture(autouse=True)
def english(app):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


@pytest.mark.parametrize(
    ("direction", "values", "sentence"),
    [
        ("offer", {"gift": True}, "To give"),
        ("offer", {"gift": False, "loan": True}, "To lend"),
        ("offer", {"loan": True, "loan_days_max": 1}, "To give or to lend for at most 1 day"),
        (
            "request",
            {"gift": False, "loan": True, "loan_days_max": 7},
            "As a loan for at most 7 days",
        ),
        ("offer", {"loan": True, "swap": True}, "To give, to lend or to swap"),
    ],
)
def test_terms_are_said_in_words(alice, direction, values, sentence):
    listing = factories.listing(alice, direction=direction, **values)
    assert fields.terms_sentence(listing) == sentence


def test_what_is_left_is_said_with_its_unit(alice):
    assert fields.left_sentence(factories.offer(alice)) == ""
    whole = factories.offer(alice, quantity=30, unit="kg")
    assert fields.left_sentence(whole) == "30 kg"
    part = factories.offer(alice, quantity=30, unit="kg", promised=10, given=2)
    assert fields.left_sentence(part) == "18 left of 30 kg"
    need = factories.request(alice, quantity=4, promised=1)
    assert fields.left_sentence(need) == "3 still needed of 4"


def test_the_week_is_said_in_groups_of_days(alice):
    picks = [(day, "pagi") for day in range(5)] + [(5, "sore"), (5, "malam")]
    listing = factories.offer(alice, hours=encode(mask_of(picks)))
    assert fields.week_sentences(listing) == [
        "Monday to Friday: morning",
        "Saturday: afternoon, evening",
    ]
    always = factories.offer(alice, hours=encode(mask_of([(d, "malam") for d in range(7)])))
    assert fields.week_sentences(always) == ["Every day: evening"]
    assert fields.week_sentences(factories.offer(alice)) == []
