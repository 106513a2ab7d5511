"""At the door: one side says that it changed hands, the other agrees or objects; or one shows a
short code and both is done at once. The same for what a swap gives in return."""

import hmac
import secrets
from collections.abc import Collection
from datetime import timedelta

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import loans, rules
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import (
    Details,
    check_step,
    exchange_of,
    is_second_tap,
    move,
    ways_of,
)

CODE_LENGTH = 6  # digits: to be typed on a phone at the door
CODE_TRIES = 10  # within CODE_PAUSE; a million codes are then safe from guessing
CODE_PAUSE = timedelta(hours=1)


def hand_over(actor: Member, public_id: str, way: str = rules.THERE) -> Exchange:
    """Say that it changed hands: the thing itself, or (swap) what is given in return. Where the
    other side has just said the same, that is agreeing with them."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "hand_over", way=way):
            return exchange
        if way in _open_ways(exchange, actor):
            settle(actor, exchange, [way])
            return exchange
        if way not in rules.unsaid(exchange.terms, ways_of(exchange)):
            raise Conflict("exchange_moved")
        saying = Details(params={"way": way}, write=lambda: _say(actor, exchange, way))
        move(actor, exchange, "hand_over", saying)
    return exchange


def confirm(actor: Member, public_id: str, way: str = "") -> Exchange:
    """Agree with what the other side said: of one way, or with all of it."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if not is_second_tap(actor, exchange, "confirm"):
            settle(actor, exchange, _answered(exchange, actor, way))
    return exchange


def settle(actor: Member | None, exchange: Exchange, ways: Collection[str] = ()) -> None:
    """These ways, or everything that was said by the other side, are done; ``actor`` None: nobody
    objected. In the caller's transaction, on a locked row."""
    done = [*ways] or _open_ways(exchange, actor)
    agreeing = Details(params={"ways": done}, write=lambda: _do(exchange, done))
    move(actor, exchange, "confirm", agreeing)


def object_to(actor: Member, public_id: str, way: str = "") -> Exchange:
    """Say that what the other side said did not happen: one way, or all of it. The history keeps
    what was said."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "object"):
            return exchange
        ways = _answered(exchange, actor, way)
        saying = Details(params={"ways": ways}, write=lambda: _unsay(exchange, ways))
        move(actor, exchange, "object", saying)
    return exchange


def dispute(actor: Member, public_id: str) -> Exchange:
    """Say that a report of the other side ("it did not happen", with a reason) is not so: it then
    counts for nobody. Conflict after two weeks, and for what the site or the actor said."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if not is_second_tap(actor, exchange, "dispute"):
            move(actor, exchange, "dispute")
    return exchange


def own_code(actor: Member, public_id: str) -> str:
    """The code that the actor shows at the door; made when first asked for."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        check_step(actor, exchange, "meet")
        column = _code_column(exchange, actor)
        if not getattr(exchange, column):
            setattr(exchange, column, f"{secrets.randbelow(10**CODE_LENGTH):0{CODE_LENGTH}}")
        return str(getattr(exchange, column))


def meet(actor: Member, public_id: str, code: str) -> Exchange:
    """Enter the code that the other side shows: everything that was due at the door is done.

    Invalid for a wrong code (which counts) or too many tries.
    """
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        typed = "".join(code.split())
        fits = _is_code(exchange, exchange.other(actor), typed)
        if not fits and is_second_tap(actor, exchange, "meet"):
            return exchange
        check_step(actor, exchange, "meet")
        problem = _try(exchange) or (None if fits else _wrong(exchange, actor, typed))
        if problem is None:
            ways = due_at_the_door(exchange)
            agreeing = Details(params={"ways": ways}, write=lambda: _do(exchange, ways))
            move(actor, exchange, "meet", agreeing)
    if problem is not None:
        raise Invalid([problem])
    return exchange


def _try(exchange: Exchange) -> Problem | None:
    """Count the try, in the transaction that is kept whatever comes out."""
    now = utcnow()
    if exchange.code_tried_at is None or exchange.code_tried_at <= now - CODE_PAUSE:
        exchange.code_tries = 0
    if exchange.code_tries >= CODE_TRIES:
        return Problem("code", "too_many_door_codes")
    exchange.code_tries, exchange.code_tried_at = exchange.code_tries + 1, now
    return None


def _wrong(exchange: Exchange, actor: Member, typed: str) -> Problem:
    own = _is_code(exchange, actor, typed)
    return Problem("code", "door_code_own" if own else "door_code_wrong")


def _is_code(exchange: Exchange, member: Member, typed: str) -> bool:
    """Whether this is what the member's page shows now; never while it shows none."""
    shown = str(getattr(exchange, _code_column(exchange, member)))
    return bool(shown) and hmac.compare_digest(shown.encode(), typed.encode())


def _code_column(exchange: Exchange, member: Member) -> str:
    return "giver_code" if member.id == exchange.giver_id else "receiver_code"


def due_at_the_door(exchange: Exchange) -> list[str]:
    """What is done when the two stand before each other: all of a swap, a loan out or back."""
    if exchange.state in ("out", "returned"):
        return [rules.BACK]
    return [way for way in rules.ways_of(exchange.terms) if getattr(exchange, f"{way}_at") is None]


def _open_ways(exchange: Exchange, actor: Member | None) -> list[str]:
    """The ways that somebody else than the actor said and nobody agreed with yet."""
    return [
        way
        for way in rules.ways_of(exchange.terms)
        if getattr(exchange, f"{way}_said_at") is not None
        and getattr(exchange, f"{way}_at") is None
        and (actor is None or getattr(exchange, f"{way}_said_by_id") != actor.id)
    ]


def _answered(exchange: Exchange, actor: Member, way: str) -> list[str]:
    """Which of the open ways an answer is about; Conflict when there is nothing to answer."""
    ways = [one for one in _open_ways(exchange, actor) if way in ("", one)]
    if not ways:
        raise Conflict("exchange_moved")
    return ways


def _say(actor: Member, exchange: Exchange, way: str) -> None:
    setattr(exchange, f"{way}_said_at", utcnow())
    setattr(exchange, f"{way}_said_by_id", actor.id)


def _unsay(exchange: Exchange, ways: list[str]) -> None:
    for way in ways:
        setattr(exchange, f"{way}_said_at", None)
        setattr(exchange, f"{way}_said_by_id", None)


def _do(exchange: Exchange, ways: list[str]) -> None:
    """These ways are done; what was shown at the door is used up; a loan begins to run."""
    now = utcnow()
    for way in ways:
        setattr(exchange, f"{way}_at", now)
        if getattr(exchange, f"{way}_said_at") is None:
            setattr(exchange, f"{way}_said_at", now)
    exchange.giver_code = exchange.receiver_code = ""
    exchange.code_tries = 0
    if exchange.terms == "loan" and exchange.there_at is not None and exchange.due_on is None:
        loans.begin(exchange)
