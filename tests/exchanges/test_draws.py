"""The pure draw: repeatable from hashes alone, in proportion to tickets, telling little of need."""

import hashlib
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.exchanges import draws
from marketplace.matching.fairness import LAMBDA, LAMBDA_MAX

SEED = "5a" * 32
aliases = st.lists(st.text("0123456789abcdef", min_size=12, max_size=12), unique=True, max_size=9)
weights = st.floats(0, LAMBDA_MAX)
needs = st.floats(0, 1)


def entrants(*tickets: int) -> list[draws.Entrant]:
    return [draws.Entrant(f"{number:012x}", count) for number, count in enumerate(tickets)]


def expected(need: float, weight: float) -> float:
    """The tickets that somebody has on average over all coins."""
    return draws.TICKETS + draws.chance(need) * draws.extra_tickets(weight)


def test_the_order_is_that_of_the_lowest_ticket_and_known_by_heart() -> None:
    made = draws.order(SEED, entrants(7, 11, 7))
    number = hashlib.sha256(f"{SEED}:{made[0]}:1".encode()).hexdigest()
    assert len(number) == 64
    assert made == ["000000000000", "000000000001", "000000000002"]  # for ever


@given(aliases, st.data())
def test_everybody_comes_once_and_the_order_of_asking_plays_no_part(
    names: list[str], data: st.DataObject
) -> None:
    listed = [draws.Entrant(name, data.draw(st.integers(1, 11))) for name in names]
    made = draws.order(SEED, listed)
    assert sorted(made) == sorted(names)
    assert draws.order(SEED, data.draw(st.permutations(listed))) == made


@given(aliases.filter(bool), st.integers(1, 11), st.integers(1, 4))
def test_more_tickets_never_mean_a_later_place(names: list[str], count: int, more: int) -> None:
    others = [draws.Entrant(name, 7) for name in names[1:]]
    few = draws.order(SEED, [draws.Entrant(names[0], count), *others])
    many = draws.order(SEED, [draws.Entrant(names[0], count + more), *others])
    assert many.index(names[0]) <= few.index(names[0])


def test_the_first_is_drawn_in_proportion_to_the_tickets_and_the_next_among_the_rest() -> None:
    listed, rounds = entrants(2, 3, 5), 3000
    orders = [draws.order(f"{number:064x}", listed) for number in range(rounds)]
    tickets = {one.alias: one.tickets for one in listed}
    firsts = Counter(order[0] for order in orders)
    for alias, count in tickets.items():
        assert firsts[alias] / rounds == pytest.approx(count / 10, abs=0.03)
    pairs = Counter((order[0], order[1]) for order in orders)
    for first, second in permutations(tickets, 2):
        share = tickets[first] / 10 * tickets[second] / (10 - tickets[first])
        assert pairs[first, second] / rounds == pytest.approx(share, abs=0.03)


def test_another_seed_is_another_commitment() -> None:
    one, other = draws.new_secret(), draws.new_secret()
    assert len({one, other, draws.commitment(one), draws.commitment(other)}) == 4
    assert draws.commitment(one) == hashlib.sha256(bytes.fromhex(one)).hexdigest()


@given(weights)
def test_need_lifts_the_expected_tickets_by_lambda_at_most(weight: float) -> None:
    assert expected(1, weight) <= (1 + weight) * expected(0, weight) + 1e-9


def test_at_the_usual_lambda_the_bound_is_reached() -> None:
    assert draws.extra_tickets(LAMBDA) == 4
    assert expected(1, LAMBDA) == (1 + LAMBDA) * expected(0, LAMBDA)


@given(needs, st.floats(0, 1, exclude_max=True))
def test_without_lambda_all_are_equal(need: float, fallen: float) -> None:
    assert draws.tickets(need, 0, fallen) == draws.TICKETS


@given(needs, needs, weights, st.floats(0, 1, exclude_max=True))
def test_more_need_never_means_fewer_tickets(
    one: float, other: float, weight: float, fallen: float
) -> None:
    less, more = sorted((one, other))
    assert draws.tickets(less, weight, fallen) >= draws.TICKETS
    assert draws.tickets(less, weight, fallen) <= draws.tickets(more, weight, fallen)


@given(needs, needs)
def test_tickets_make_no_need_more_than_three_times_as_likely(one: float, other: float) -> None:
    assert draws.chance(one) <= 3 * draws.chance(other) + 1e-9
    assert 1 - draws.chance(one) <= 3 * (1 - draws.chance(other)) + 1e-9


@settings(max_examples=20)
@given(needs)
def test_the_coin_falls_as_often_as_it_should(need: float) -> None:
    falls = [draws.coin(b"secret", "giver", f"taker{n}") < draws.chance(need) for n in range(2000)]
    assert sum(falls) / len(falls) == pytest.approx(draws.chance(need), abs=0.05)


def test_the_coin_of_two_members_is_always_the_same_and_nobody_elses() -> None:
    coin = draws.coin(b"secret", "giver", "taker")
    assert coin == draws.coin(b"secret", "giver", "taker")
    others = [
        draws.coin(b"other", "giver", "taker"),
        draws.coin(b"secret", "another", "taker"),
        draws.coin(b"secret", "giver", "another"),
        draws.coin(b"secret", "taker", "giver"),
    ]
    assert coin not in others


def test_an_alias_says_nothing_without_the_secret_of_its_draw() -> None:
    one, other = draws.new_secret(), draws.new_secret()
    assert draws.alias(one, "exchange") == draws.alias(one, "exchange")
    assert draws.alias(one, "exchange") != draws.alias(other, "exchange")


def test_what_is_published_names_aliases_and_tickets_alone() -> None:
    record = draws.published({"listing": "abc"}, SEED, entrants(7, 11))
    assert record == {
        "protocol": "lumbung-draw/1",
        "listing": "abc",
        "commitment": draws.commitment(SEED),
        "seed": SEED,
        "entrants": [
            {"alias": "000000000000", "tickets": 7},
            {"alias": "000000000001", "tickets": 11},
        ],
        "order": draws.order(SEED, entrants(7, 11)),
    }
