"""From asking to a promise, and how either is taken back: the first half of an exchange.

Every verb takes the actor first, loads the exchange through them (NotFound for a stranger) and
runs in one transaction. The second half is in ``handing``, ``meetings`` and ``loans``.
"""

from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import loans, rules
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.moves import Details, exchange_of, is_second_tap, move
from marketplace.listings.models import Listing
from marketplace.listings.rules import LOAN_DAYS_MAX, WISH_MAX, one_line
from marketplace.matching.models import Match
from marketplace.messages import service as messages
from marketplace.messages.models import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the opener asks for, or offers to help with; ``terms`` may be empty where there is no
    choice. ``in_return`` is for swaps, ``loan_days`` for loans."""

    terms: str = ""
    quantity: int | None = 1
    in_return: str = ""
    loan_days: int | None = None
    meets_own: bool = False  # it would also meet the opener's own listing that fits
    or_wait: bool = False  # where the first gets it and it is gone: wait, in case it comes free


def ask(actor: Member, listing_public_id: str, wish: Wish, body: str) -> Exchange:
    """Say that one would like it, or can help: a message and a place in the queue.

    Where the owner lets the first have it, it is promised at once; Conflict("nothing_left") then
    tells who came too late, and nothing is written, unless they said that they would wait
    (``wish.or_wait``). Asking twice finds the first. Raises what
    ``messages.open_conversation`` raises besides, and Invalid with every problem at once.
    """
    with transaction() as session:
        session.get(Member, actor.id, with_for_update=True)  # one tap of a member at a time
        running = running_about(actor, listing_public_id)
        if running is not None:
            return running
        listing = messages.answerable_listing(actor, listing_public_id)
        problems = check_wish(actor, listing, wish)
        if problems:
            raise Invalid(problems)
        conversation = messages.open_conversation(actor, listing_public_id, body)
        exchange = _written(actor, conversation, wish)
        session.add(exchange)
        session.flush()
        session.add(
            ExchangeEvent(
                exchange_id=exchange.id,
                actor_id=actor.id,
                verb="ask",
                to_state="interested",
                params={"quantity": exchange.asked},
            )
        )
        if listing.giving_rule == "first" and listing.direction == "offer":
            _take_at_once(exchange, wish)
    return exchange


def check_wish(actor: Member, listing: Listing, wish: Wish) -> list[Problem]:
    """What stands in the way of asking for that much, under these terms."""
    problems = list(rules.check_amount(wish.quantity, listing.capacity))
    if _terms(listing, wish) not in listing.terms:
        problems.append(Problem("terms", "choice_missing"))
    if _terms(listing, wish) == "swap" and not one_line(wish.in_return):
        problems.append(Problem("in_return", "in_return_missing"))
    if len(one_line(wish.in_return)) > WISH_MAX:
        problems.append(Problem("in_return", "too_long", {"max": WISH_MAX}))
    most = listing.loan_days_max or LOAN_DAYS_MAX
    if wish.loan_days is not None and not 1 <= wish.loan_days <= most:
        problems.append(Problem("loan_days", "loan_days_range", {"max": most}))
    if _terms(listing, wish) == "loan" and listing.direction == "offer":
        problems += loans.check_borrower(actor)
    return problems


def running_about(actor: Member, listing_public_id: str) -> Exchange | None:
    """The actor's running exchange about somebody else's listing, if there is one."""
    return db.session.scalar(
        select(Exchange)
        .join(Listing, Listing.id == Exchange.listing_id)
        .where(
            Listing.public_id == listing_public_id,
            Exchange.opener_id == actor.id,
            Exchange.is_running(),
        )
    )


def latest_in(conversation: Conversation) -> Exchange | None:
    """The exchange that a conversation carries or carried last."""
    query = select(Exchange).where(Exchange.conversation_id == conversation.id)
    return db.session.scalar(query.order_by(Exchange.id.desc()).limit(1))


def promise(actor: Member, public_id: str, quantity: int | None = None) -> Exchange:
    """The owner promises it (or accepts the help): all that was asked for, or less.

    Conflict when that much is not left, or the listing is closed; Invalid for the amount.
    """
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if is_second_tap(actor, exchange, "promise"):
            return exchange
        amount = exchange.asked if quantity is None else quantity
        problems = rules.check_amount(amount, exchange.asked)
        if exchange.terms == "loan" and exchange.receiver_id == actor.id:
            problems += loans.check_borrower(actor)
        if problems:
            raise Invalid(problems)
        give_promise(actor, exchange, amount)
    return exchange


def give_promise(
    actor: Member | None, exchange: Exchange, amount: int, *, at_once: bool = False
) -> None:
    """Promise in the caller's transaction, on a locked row; ``actor`` None: the queue moves up, or
    (``at_once``) whoever asked first gets it."""
    if not exchange.runs and latest_in(exchange.conversation) != exchange:
        raise Conflict("exchange_moved")  # they asked again since
    if exchange.listing.state != "open":
        raise Conflict("listing_closed")
    params = {"at_once": True} if at_once else {}
    move(actor, exchange, "promise", Details("", params, lambda: _take(exchange, amount)))


def decline(actor: Member, public_id: str, reason: str) -> Exchange:
    """The owner says no to who waits, with a reason."""
    return _step(actor, public_id, "decline", reason)


def withdraw(actor: Member, public_id: str) -> Exchange:
    """The opener no longer waits. Nothing counts against anybody."""
    return _step(actor, public_id, "withdraw", "")


def call_off(actor: Member, public_id: str, reason: str) -> Exchange:
    """Take a promise back: the owner releases it, the opener cancels."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        verb = "release" if actor.id == exchange.owner_id else "cancel"
        return _step(actor, public_id, verb, reason)


def report_failure(actor: Member, public_id: str, reason: str) -> Exchange:
    """Say that an agreed meeting did not happen, once its time has come; one tap, no review."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        too_early = exchange.state == "arranged" and (exchange.meets_at or utcnow()) > utcnow()
        if too_early:
            raise Conflict("meeting_ahead")
        verb = "break_off" if exchange.state == "partly" else "fail"
        return _step(actor, public_id, verb, reason)


def position(exchange: Exchange) -> int | None:
    """The place in the queue, from 1; None for who does not wait."""
    if exchange.state != "interested":
        return None
    before = or_(
        Exchange.queued_at < exchange.queued_at,
        and_(Exchange.queued_at == exchange.queued_at, Exchange.id < exchange.id),
    )
    ahead = select(func.count()).where(
        Exchange.listing_id == exchange.listing_id, Exchange.state == "interested", before
    )
    return (db.session.scalar(ahead) or 0) + 1


def _take(exchange: Exchange, amount: int) -> None:
    exchange.quantity, exchange.promised_at, exchange.passed_on_at = amount, utcnow(), None


def _take_at_once(exchange: Exchange, wish: Wish) -> None:
    left = exchange.listing.unpromised
    if wish.or_wait and left is not None and left < exchange.asked:
        return
    give_promise(None, exchange, exchange.asked, at_once=True)


def _step(actor: Member, public_id: str, verb: str, reason: str) -> Exchange:
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if not is_second_tap(actor, exchange, verb):
            move(actor, exchange, verb, Details(reason))
    return exchange


def _terms(listing: Listing, wish: Wish) -> str:
    """The terms that were chosen, or the only ones there are."""
    if wish.terms or len(listing.terms) != 1:
        return wish.terms
    return next(iter(listing.terms))


def _written(actor: Member, conversation: Conversation, wish: Wish) -> Exchange:
    listing = conversation.listing
    gives = listing.direction == "request"
    terms = _terms(listing, wish)
    return Exchange(
        conversation_id=conversation.id,
        listing_id=listing.id,
        counterpart_id=_counterpart_id(actor, conversation) if wish.meets_own else None,
        owner_id=listing.owner_id,
        opener_id=actor.id,
        giver_id=actor.id if gives else listing.owner_id,
        receiver_id=listing.owner_id if gives else actor.id,
        terms=terms,
        asked=wish.quantity,
        quantity=wish.quantity,
        in_return=one_line(wish.in_return) if terms == "swap" else "",
        loan_days=(wish.loan_days or listing.loan_days_max) if terms == "loan" else None,
        state="interested",
        queued_at=utcnow(),
    )


def _counterpart_id(actor: Member, conversation: Conversation) -> int | None:
    """The actor's own open listing that the conversation's match pairs with this one."""
    match = db.session.get(Match, conversation.match_id) if conversation.match_id else None
    if match is None:
        return None
    other_id = match.request_id if match.offer_id == conversation.listing_id else match.offer_id
    other = db.session.get(Listing, other_id)
    usable = other is not None and other.owner_id == actor.id and other.is_open(utcnow())
    return other.id if other is not None and usable else None
