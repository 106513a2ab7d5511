"""The name to sign in with: an address or an Indonesian mobile number, in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts import codes, logins, rules

STORED = "+6281234567890"


@pytest.mark.parametrize(
    "typed",
    [
        "081234567890", "0812-3456-7890", "0812 3456 7890", "0812.3456.7890", "(0812) 34567890",
        "+62 812-3456-7890", "+6281234567890", "62812 3456 7890", "0062 812 3456 7890",
        "81234567890", "+62 (0)812 3456 7890", " ０８１２３４５６７８９０ ", "0812‑3456–7890",
    ],
)  # fmt: skip
def test_every_spelling_of_a_number_is_one_name(typed: str) -> None:
    assert logins.normal_login(typed) == STORED
    assert logins.check_login(logins.normal_login(typed)) == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "login_missing"),
        ("   ", "login_missing"),
        ("0812345", "phone_malformed"),  # too short
        ("0812345678901234", "phone_malformed"),  # too long
        ("021 7270011", "phone_malformed"),  # a house line in Jakarta
        ("+1 202 555 0143", "phone_malformed"),
        ("+65 8123 4567", "phone_malformed"),
        ("0801 234 567 89", "phone_malformed"),
        ("dewi at example", "email_malformed"),
        ("0812345678a90", "email_malformed"),
        ("+", "email_malformed"),
    ],
)
def test_what_is_neither_an_address_nor_a_mobile_number_is_told_apart(
    typed: str, code: str
) -> None:
    found = logins.check_login(logins.normal_login(typed))
    assert [(one.field, one.code) for one in found] == [("login", code)]


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = logins.normal_login(text)
    assert logins.normal_login(once) == once


@given(st.from_regex(r"8[1-9][0-9]{7,10}", fullmatch=True), st.sampled_from(["0", "62", "+62", ""]))
def test_any_mobile_number_is_found_whatever_its_prefix(number: str, prefix: str) -> None:
    if not prefix and number.startswith("62"):
        return
    assert logins.normal_login(prefix + number) == "+62" + number


@pytest.mark.parametrize("password", ["081234567890", "6281234567890", "81234567890", "34567890"])
def test_ones_own_number_is_no_password(password: str) -> None:
    found = rules.check_password(password, "Dewi", STORED)
    assert [one.code for one in found] == ["password_common"]


@pytest.mark.parametrize(
    "typed",
    ["01I1O-ABCDE-FGHJK-MNPQR", "o1ilo abcde fghjk mnpqr", "0111-0ABCDEFGHJKMNPQR"],
)
def test_a_code_may_be_typed_as_it_was_copied(typed: str) -> None:
    assert codes.normal_code(typed) == "01110ABCDEFGHJKMNPQR"


@pytest.mark.parametrize("typed", ["", "short", "U" * 20, "A" * 21, "A" * 5000])
def test_what_can_be_no_code_is_empty(typed: str) -> None:
    assert codes.normal_code(typed) == ""


def test_a_code_is_shown_in_groups_of_five() -> None:
    assert codes.grouped("01110ABCDEFGHJKMNPQR") == "01110-ABCDE-FGHJK-MNPQR"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [(STORED, "0812-3456-7890"), ("+62812345678", "0812-3456-78"), ("", "")],
)
def test_a_number_is_shown_to_its_owner_as_people_write_it(stored: str, shown: str) -> None:
    assert logins.local_form(stored) == shown
    assert not shown or logins.normal_login(shown) == stored
