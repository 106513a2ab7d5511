from dataclasses import replace
from datetime import date, timedelta

import pytest

from marketplace.listings import rules
from marketplace.listings.rules import Draft, WishDraft
from marketplace.places.cells import Place
from marketplace.site_settings import SiteValues

TODAY = date(2026, 11, 24)
HERE = Place("cell", 0x888C1, 8, "32.76.06", "Asia/Jakarta")
GOOD = Draft(
    direction="offer",
    title="Mesin jahit",
    category="machines",
    terms=frozenset({"loan"}),
    place=HERE,
)


def problems(**changes):
    draft = rules.tidy(replace(GOOD, **changes))
    return [(p.field, p.code) for p in rules.check(draft, TODAY)]


def test_a_complete_draft_has_no_problem():
    assert problems() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"direction": ""}, ("direction", "choose_direction")),
        ({"kind": "money"}, ("kind", "choose_kind")),
        ({"title": "   "}, ("title", "title_missing")),
        ({"title": "a!"}, ("title", "title_short")),
        ({"title": "a" * 81}, ("title", "too_long")),
        ({"description": "a" * 4001}, ("description", "too_long")),
        ({"category": "weapons"}, ("category", "choose_category")),
        ({"text_language": "xx"}, ("text_language", "choose_language")),
        ({"terms": frozenset()}, ("terms", "choose_terms")),
        ({"terms": frozenset({"sale"})}, ("terms", "choose_terms")),
        ({"quantity": 0}, ("quantity", "quantity_range")),
        ({"quantity": 100_001}, ("quantity", "quantity_range")),
        ({"quantity": 3, "unit": "barrel"}, ("unit", "choose_unit")),
        ({"loan_days_max": 0}, ("loan_days_max", "loan_days_range")),
        ({"place": None}, ("place", "place_missing")),
        ({"place": Place.online()}, ("place", "online_goods")),
        ({"available_until": TODAY - timedelta(days=1)}, ("available_until", "until_past")),
        ({"available_until": TODAY + timedelta(days=400)}, ("available_until", "until_far")),
    ],
)
def test_each_mistake_is_named_at_its_field(changes, expected):
    assert problems(**changes) == [expected]


def test_too_many_or_too_long_wishes_are_refused():
    swap = {"terms": frozenset({"swap"})}
    assert problems(**swap, wishes=(WishDraft("beras"),)) == []
    assert problems(**swap, wishes=(WishDraft("a" * 121),)) == [("wishes", "too_long")]
    assert problems(**swap, wishes=(WishDraft("a"),) * 6) == [("wishes", "too_many_wishes")]


def test_help_and_advice_may_be_online():
    assert problems(kind="mentoring", place=Place.online()) == []
    assert problems(kind="skill", place=Place.online()) == []


def test_an_import_may_have_no_place():
    assert rules.check(replace(GOOD, place=Place.unknown()), TODAY, place_needed=False) == []
    assert rules.check(replace(GOOD, place=None), TODAY, place_needed=False) == []


def test_tidying_drops_leftovers_of_a_changed_mind():
    draft = rules.tidy(
        replace(
            GOOD,
            terms=frozenset({"gift"}),
            loan_days_max=7,
            wishes=(WishDraft("beras"),),
            unit="kg",
        )
    )
    assert (draft.loan_days_max, draft.wishes, draft.unit) == (None, (), "")


def test_tidying_keeps_lines_and_drops_what_nobody_sees():
    draft = rules.tidy(
        replace(
            GOOD, title=" Mesin\t\u202ejahit \n tua ", description="satu\r\n\r\n\r\n\r\ndua\x00 "
        )
    )
    assert draft.title == "Mesin jahit tua"
    assert draft.description == "satu\n\ndua"


def test_offers_requests_and_fresh_food_stay_as_long_as_the_site_says():
    usual = SiteValues(offer_days=20, food_days=2, request_days=45)
    assert rules.days_open("offer", "machines", usual) == 20
    assert rules.days_open("request", "machines", usual) == 45
    assert rules.days_open("offer", "cooked-food", usual) == 2
    assert rules.days_open("offer", "groceries", usual) == 20
    assert rules.days_open("offer", "", usual) == 20
    assert rules.days_open("request", "cooked-food", usual) == 45


def test_what_is_over_stays_over():
    for verb in ("save", "publish", "edit", "withdraw", "fulfil"):
        assert rules.state_after("withdrawn", verb) is None
        assert rules.state_after("fulfilled", verb) is None


def test_a_held_listing_cannot_be_edited_back_to_open():
    assert rules.state_after("held", "edit") is None
    assert rules.state_after("held", "publish") is None
