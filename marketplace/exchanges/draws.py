"""A draw that nobody can steer and anybody can repeat. Pure.

Before the first one asks, a random seed is chosen and its SHA-256 shown on the post: the
commitment. After the draw the seed is published with the entrants under aliases. Every ticket has
the number SHA-256("<seed>:<alias>:<n>"), n from 1; whoever holds the lowest number comes first,
then the next lowest of somebody else, and so on. That draws without replacement, each time in
proportion to the tickets, from hashes alone: no floats, the same on every machine.

Need weighs by tickets, and tickets are public beside aliases, while the giver learns by name in
which order people came. So tickets tell of need only as much as a coin lets through (Warner 1965,
"Randomized Response"): everybody has TICKETS, and a secret coin adds ``extra_tickets`` with a
chance of 1/4 + n/2, n in [0, 1] being the need. Whoever has more tickets is at most three times as
likely to be in great need as in none, whatever else is known; the expected shares of those in the
greatest need and in none differ by the factor 1 + lambda at most, as in ``matching.fairness``.
The coin of a member falls the same way in every draw of one giver: many draws tell no more.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROTOCOL = "lumbung-draw/1"
TICKETS = 7  # of everybody; with 4 more the shares of 11 and 7 under the coin are 10 to 8
CHANCE_WITHOUT_NEED, CHANCE_BY_NEED = 0.25, 0.5  # of the coin
ALIAS_LENGTH = 12  # hexadecimal digits: 48 random bits among some dozens of entrants
_COIN_SIDES = 2**32


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who takes part, under a name that only they know to be theirs."""

    alias: str
    tickets: int


def new_secret() -> str:
    """32 random bytes in hexadecimal digits."""
    return secrets.token_hex(32)


def commitment(seed: str) -> str:
    """What is shown of a seed before the draw: it can be neither read from it nor changed."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def alias(secret: str, public_id: str) -> str:
    """The alias of one entry; ``secret`` belongs to the draw and is never published."""
    return _keyed(bytes.fromhex(secret), "alias", public_id).hex()[:ALIAS_LENGTH]


def extra_tickets(weight: float) -> int:
    """How many the coin adds: so many that the expected tickets with n = 1 are at most
    (1 + weight) times those with n = 0. None for a weight of 0."""
    high = CHANCE_WITHOUT_NEED + CHANCE_BY_NEED
    return int(TICKETS * weight / (high - CHANCE_WITHOUT_NEED * (1 + weight)))


def chance(need: float) -> float:
    """The chance of the extra tickets; ``need`` in [0, 1]."""
    return CHANCE_WITHOUT_NEED + CHANCE_BY_NEED * min(1.0, max(0.0, need))


def coin(secret: bytes, giver: str, taker: str) -> float:
    """A number in [0, 1) that looks random to whoever lacks ``secret``, and is always the same for
    these two."""
    return int.from_bytes(_keyed(secret, "coin", f"{giver}:{taker}")[:4], "big") / _COIN_SIDES


def tickets(need: float, weight: float, fallen: float) -> int:
    """The tickets of one entrant; ``weight`` is lambda, ``fallen`` how the ``coin`` fell."""
    return TICKETS + (extra_tickets(weight) if fallen < chance(need) else 0)


def order(seed: str, entrants: Iterable[Entrant]) -> list[str]:
    """The aliases, who is drawn first first."""
    return [one.alias for one in sorted(entrants, key=lambda one: _best(seed, one))]


def published(facts: Mapping[str, Any], seed: str, entrants: Sequence[Entrant]) -> dict[str, Any]:
    """All that a stranger needs to repeat the draw, besides ``facts`` about where and when. The
    entrants stand in the order of their aliases, which says nothing of anybody."""
    listed = sorted(entrants, key=lambda one: one.alias)
    return {
        "protocol": PROTOCOL,
        **facts,
        "commitment": commitment(seed),
        "seed": seed,
        "entrants": [{"alias": one.alias, "tickets": one.tickets} for one in listed],
        "order": order(seed, listed),
    }


def _best(seed: str, entrant: Entrant) -> str:
    """The lowest number among the tickets of one."""
    return min(
        hashlib.sha256(f"{seed}:{entrant.alias}:{number}".encode()).hexdigest()
        for number in range(1, entrant.tickets + 1)
    )


def _keyed(key: bytes, purpose: str, text: str) -> bytes:
    return hmac.digest(key, f"{PROTOCOL}:{purpose}:{text}".encode(), "sha256")
