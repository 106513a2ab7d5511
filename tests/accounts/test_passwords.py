"""Passwords are stored as argon2id hashes of the strength that DESIGN asks for."""

from argon2 import PasswordHasher, extract_parameters

from marketplace.accounts import passwords


def test_a_hash_is_argon2id_of_19_mib_two_passes_one_lane() -> None:
    found = extract_parameters(passwords.hash_password("sapu lidi biru"))
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19456, 2, 1)
    assert found.type.name == "ID"


def test_the_dummy_hash_costs_as_much_as_a_real_one() -> None:
    real = extract_parameters(passwords.hash_password("sapu lidi biru"))
    assert extract_parameters(passwords.DUMMY_HASH) == real


def test_nothing_fits_an_account_that_does_not_exist() -> None:
    assert not passwords.matches(None, "")
    assert not passwords.matches(None, "sapu lidi biru")


def test_an_unreadable_hash_fits_nothing() -> None:
    assert not passwords.matches("unset", "unset")


def test_letters_typed_on_another_keyboard_fit() -> None:
    assert passwords.matches(passwords.hash_password("cafe\u0301-hujan"), "caf\u00e9-hujan")


def test_what_is_beyond_the_cap_is_never_cut_off() -> None:
    secret_hash = passwords.hash_password("x1" * 64)
    assert passwords.matches(secret_hash, "x1" * 64)
    assert not passwords.matches(secret_hash, "x1" * 64 + "y")


def test_a_hash_of_other_parameters_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("sapu lidi biru")
    assert passwords.matches(weak, "sapu lidi biru")
    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(passwords.DUMMY_HASH)
