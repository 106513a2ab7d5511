"""At the door: one side says that it changed hands, the other agrees or objects; or one shows a
short code and both is done at once. The same for what a swap gives in return."""

import hmac
import secrets
from datetime import timedelta

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import loans, rules
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import Details, check_step, exchange_of, is_second_tap, move

CODE_LENGTH = 6  # digits: to be typed on a phone at the door
CODE_TRIES = 10  # within CODE_PAUSE; a million codes are then safe from guessing
CODE_PAUSE = timedelta(hours=1)


def hand_over(actor: Member, public_id: str, way: str = rules.THERE) -> Exchange:
    """Say that it changed hands: the thing itself, or (swap) what is given in return."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "hand_over"):
            return exchange
        if way not in _ways(exchange) or getattr(exchange, f"{way}_said_at") is not None:
            raise Conflict("exchange_moved")
        saying = Details(params={"way": way}, write=lambda: _say(actor, exchange, way))
        move(actor, exchange, "hand_over", saying)
    return exchange


def confirm(actor: Member, public_id: str) -> Exchange:
    """Agree with what the other side said."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if not is_second_tap(actor, exchange, "confirm"):
            settle(actor, exchange)
    return exchange


def settle(actor: Member | None, exchange: Exchange) -> None:
    """Everything that was said by the other side is done; ``actor`` None: nobody objected."""
    ways = _open_ways(exchange, actor)
    move(actor, exchange, "confirm", Details(write=lambda: _do(exchange, ways)))


def object_to(actor: Member, public_id: str) -> Exchange:
    """Say that what the other side said did not happen."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "object"):
            return exchange
        ways = _open_ways(exchange, actor)
        move(actor, exchange, "object", Details(write=lambda: _unsay(exchange, ways)))
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
        if is_second_tap(actor, exchange, "meet"):
            return exchange
        check_step(actor, exchange, "meet")
        problem = _try(exchange, actor, "".join(code.split()))
        if problem is None:
            ways = _due_ways(exchange)
            move(actor, exchange, "meet", Details(write=lambda: _do(exchange, ways)))
    if problem is not None:
        raise Invalid([problem])
    return exchange


def _try(exchange: Exchange, actor: Member, code: str) -> Problem | None:
    """Count the try, in the transaction that is kept whatever comes out."""
    now = utcnow()
    if exchange.code_tried_at is None or exchange.code_tried_at <= now - CODE_PAUSE:
        exchange.code_tries = 0
    if exchange.code_tries >= CODE_TRIES:
        return Problem("code", "too_many_door_codes")
    exchange.code_tries, exchange.code_tried_at = exchange.code_tries + 1, now
    shown = getattr(exchange, _code_column(exchange, exchange.other(actor)))
    if shown and hmac.compare_digest(shown.encode(), code.encode()):
        return None
    return Problem("code", "door_code_wrong")


def _code_column(exchange: Exchange, member: Member) -> str:
    return "giver_code" if member.id == exchange.giver_id else "receiver_code"


def _ways(exchange: Exchange) -> tuple[str, ...]:
    return (rules.THERE, rules.BACK) if exchange.terms == "swap" else (rules.THERE,)


def _due_ways(exchange: Exchange) -> list[str]:
    """What is done when the two stand before each other: all of a swap, a loan out or back."""
    if exchange.state in ("out", "returned"):
        return [rules.BACK]
    return [way for way in _ways(exchange) if getattr(exchange, f"{way}_at") is None]


def _open_ways(exchange: Exchange, actor: Member | None) -> list[str]:
    """The ways that somebody else than the actor said and nobody agreed with yet."""
    return [
        way
        for way in _ways(exchange)
        if getattr(exchange, f"{way}_said_at") is not None
        and getattr(exchange, f"{way}_at") is None
        and (actor is None or getattr(exchange, f"{way}_said_by_id") != actor.id)
    ]


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
    if exchange.terms == "loan" and exchange.there_at is not None and exchange.due_on is None:
        loans.begin(exchange)
