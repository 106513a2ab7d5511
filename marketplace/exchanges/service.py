"""From asking to a promise, and how either is taken back: the first half of an exchange.

Every verb takes the actor first, loads the exchange through them (NotFound for a stranger) and
runs in one transaction. The second half is in ``handing``, ``meetings`` and ``loans``.
"""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, Problem
from marketplace.exchanges import loans, queues, rules, windows
from marketplace.exchanges.models import Exchange, ExchangeEvent
from marketplace.exchanges.moves import Details, exchange_of, is_second_tap, move
from marketplace.listings import asking, counting
from marketplace.listings.models import Listing
from marketplace.listings.rules import LOAN_DAYS_MAX, WISH_MAX, one_line
from marketplace.matching.models import Match
from marketplace.messages import service as messages
from marketplace.messages.models import Conversation
from marketplace.messages.quotas import too_many_new
from marketplace.messages.rules import check as check_body
from marketplace.messages.rules import tidy as tidy_body


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
    enters: bool = False  # they were told that asking now is in time for the window


def ask(actor: Member, listing_public_id: str, wish: Wish, body: str) -> Exchange:
    """Say that one would like it, or can help: a message and a place in the queue.

    Where the owner lets the first have it, it is promised at once; Conflict("nothing_left") then
    tells who came too late, and nothing is written, unless they said that they would wait
    (``wish.or_wait``). While a window runs nothing is promised, and Conflict("window_over") tells
    who came after it. Asking twice finds the first. Raises what
    ``messages.answerable_listing`` raises besides, and Invalid with every problem at once.
    """
    with transaction() as session:
        session.get(Member, actor.id, with_for_update=True)  # one tap of a member at a time
        running = running_about(actor, listing_public_id)
        if running is not None:
            return running
        listing = messages.answerable_listing(actor, listing_public_id)
        problems = check_wish(actor, listing, wish) + _check_words(actor, listing, body)
        if problems:
            raise Invalid(problems)
        conversation = messages.open_conversation(actor, listing_public_id, body)
        asking.answered_by_exchange(actor, listing)
        meets = counterpart_for(actor, listing) if wish.meets_own else None
        return begin(conversation, wish, meets)


def begin(conversation: Conversation, wish: Wish, counterpart: Listing | None = None) -> Exchange:
    """The exchange of a conversation, at *interested*, in the caller's transaction: a place in the
    queue, or (where the first has it) a promise. ``counterpart``: the opener's own listing that it
    meets as well. Raises the Conflicts of ``ask``."""
    listing = conversation.listing
    windows.require_in_time(listing, enters=wish.enters, may_wait=wish.or_wait)
    windows.leave_drawn_order(listing)
    is_first = takes_at_once(listing) and not queues.somebody_waits(listing)
    exchange = _written(conversation, wish, counterpart)
    db.session.add(exchange)
    db.session.flush()
    db.session.add(
        ExchangeEvent(
            exchange_id=exchange.id,
            actor_id=exchange.opener_id,
            verb="ask",
            to_state="interested",
            params={"quantity": exchange.asked},
        )
    )
    if takes_at_once(listing):
        _take_at_once(exchange, is_first and queues.may_borrow(exchange), wish)
    return exchange


def takes_at_once(listing: Listing) -> bool:
    """Whether the first who asks has it, without a word of the owner."""
    return listing.giving_rule == "first" and listing.direction == "offer"


def check_wish(actor: Member, listing: Listing, wish: Wish) -> list[Problem]:
    """What stands in the way of asking for that much, under these terms."""
    terms = _terms(listing, wish)
    problems = list(rules.check_amount(wish.quantity, listing.capacity))
    if terms not in listing.terms:
        problems.append(Problem("terms", "choice_missing"))
    if terms == "swap" and not one_line(wish.in_return):
        problems.append(Problem("in_return", "in_return_missing"))
    if len(one_line(wish.in_return)) > WISH_MAX:
        problems.append(Problem("in_return", "too_long", {"max": WISH_MAX}))
    most = listing.loan_days_max or LOAN_DAYS_MAX
    if terms == "loan" and wish.loan_days is not None and not 1 <= wish.loan_days <= most:
        problems.append(Problem("loan_days", "loan_days_range", {"max": most}))
    if terms == "loan" and listing.direction == "offer":
        problems += loans.check_borrower(actor)
    return problems


def _check_words(actor: Member, listing: Listing, body: str) -> list[Problem]:
    """What is wrong with the message, and whether one more neighbour may be written to today."""
    is_new = messages.conversation_about(actor, listing.public_id) is None
    return [*check_body(tidy_body(body)), *(too_many_new(actor) if is_new else ())]


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


def latest_about(actor: Member, listing: Listing) -> Exchange | None:
    """The exchange that the actor has, or had last, about somebody else's listing."""
    query = select(Exchange).where(
        Exchange.listing_id == listing.id, Exchange.opener_id == actor.id
    )
    return db.session.scalar(query.order_by(Exchange.id.desc()).limit(1))


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
        queues.require_turn(exchange)
        give_promise(actor, exchange, amount)
    return exchange


def give_promise(
    actor: Member | None,
    exchange: Exchange,
    amount: int,
    *,
    at_once: bool = False,
    drawn: bool = False,
) -> None:
    """Promise in the caller's transaction, on a locked row; ``actor`` None: the queue moves up,
    whoever asked first gets it (``at_once``), or it was just ``drawn``."""
    if not exchange.runs and latest_in(exchange.conversation) != exchange:
        raise Conflict("exchange_moved")  # they asked again since
    if exchange.listing.state != "open":
        raise Conflict("listing_closed")
    if exchange.listing.window_hours is not None:
        raise Conflict("window_runs")
    if exchange.counterpart is not None and exchange.counterpart.window_hours is not None:
        exchange.counterpart = None  # who gets that is said when its own window is over
    params = ({"at_once": True} if at_once else {}) | ({"drawn": True} if drawn else {})
    move(actor, exchange, "promise", Details("", params, lambda: _take(exchange, amount)))


def decline(actor: Member, public_id: str, reason: str) -> Exchange:
    """The owner says no to who waits, with a reason; not where a draw says who comes first."""
    with transaction():
        exchange = exchange_of(actor, public_id, lock=True)
        if exchange.listing.giving_rule == "draw" and exchange.state == "interested":
            raise Conflict("draw_order")
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


def _take(exchange: Exchange, amount: int) -> None:
    exchange.quantity, exchange.promised_at, exchange.passed_on_at = amount, utcnow(), None


def _take_at_once(exchange: Exchange, is_first: bool, wish: Wish) -> None:
    """Promise it to who just asked; those who waited before come first."""
    left = exchange.listing.unpromised
    if is_first and (left is None or left >= exchange.asked):
        give_promise(None, exchange, exchange.asked, at_once=True)
    elif not wish.or_wait:
        raise Conflict("nothing_left")


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


def _written(conversation: Conversation, wish: Wish, counterpart: Listing | None) -> Exchange:
    listing, opener_id = conversation.listing, conversation.opener_id
    gives = listing.direction == "request"
    terms = _terms(listing, wish)
    return Exchange(
        conversation_id=conversation.id,
        listing_id=listing.id,
        counterpart_id=counterpart.id if counterpart else None,
        owner_id=listing.owner_id,
        opener_id=opener_id,
        giver_id=opener_id if gives else listing.owner_id,
        receiver_id=listing.owner_id if gives else opener_id,
        terms=terms,
        asked=wish.quantity,
        quantity=wish.quantity,
        in_return=one_line(wish.in_return) if terms == "swap" else "",
        loan_days=(wish.loan_days or listing.loan_days_max) if terms == "loan" else None,
        state="interested",
        queued_at=utcnow(),
        wake_at=queues.owner_reminded_at(listing),
    )


def counterpart_for(actor: Member, listing: Listing) -> Listing | None:
    """The actor's own open listing that fits this one best and still lacks something."""
    this, other = (
        (Match.offer_id, Match.request_id)
        if listing.direction == "offer"
        else (Match.request_id, Match.offer_id)
    )
    return db.session.scalar(
        select(Listing)
        .join(Match, Listing.id == other)
        .where(
            this == listing.id,
            Listing.owner_id == actor.id,
            Listing.open_now(utcnow()),
            Listing.window_hours.is_(None),
            counting.has_left(),
        )
        .order_by(Match.score.desc(), Match.id)
        .limit(1)
    )
