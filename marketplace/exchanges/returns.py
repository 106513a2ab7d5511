"""What a lender says of a loan that came back: its condition, a word, a photo for the two alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace import images, picture_files
from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import lending, loans, telling
from marketplace.exchanges.models import Exchange, ReturnCheck
from marketplace.exchanges.moves import exchange_of, may
from marketplace.listings.rules import one_line
from marketplace.listings.times import SAME_TAP
from marketplace.notifications.service import notify


@dataclass(frozen=True, slots=True)
class Seen:
    """``photo``: the bytes of a picture, or none."""

    condition: str
    words: str = ""
    photo: bytes = b""


def check_of(exchange: Exchange) -> ReturnCheck | None:
    """What the lender said of it, if they did."""
    return db.session.get(ReturnCheck, exchange.id) if exchange.terms == "loan" else None


def may_check(actor: Member, exchange: Exchange) -> bool:
    """Whether the actor lends it and may say how it came back: now, or for some days after a code
    at the door, or silence, closed it."""
    if actor.id != exchange.giver_id or exchange.terms != "loan":
        return False
    if may(actor, exchange, "accept_return"):
        return True
    is_just_back = (
        exchange.state == "closed"
        and exchange.back_at is not None
        and utcnow() < exchange.back_at + lending.CHECK_WITHIN
    )
    return is_just_back and check_of(exchange) is None


def require_check(actor: Member, exchange: Exchange) -> None:
    """Raise Conflict unless ``may_check``."""
    if not may_check(actor, exchange):
        raise Conflict("exchange_moved")


def check_return(actor: Member, public_id: str, seen: Seen, *, folder: Path) -> Exchange:
    """The lender has it back and says how it is; that closes the loan. A second tap changes
    nothing.

    Raises Conflict, Invalid, and PictureRefused for what is no photo.
    """
    exchange = exchange_of(actor, public_id)
    if _has_just_checked(actor, exchange):
        return exchange
    require_check(actor, exchange)
    if problems := lending.check_condition(seen.condition, seen.words):
        raise Invalid(problems)
    if not seen.photo:
        return _record(actor, public_id, seen, {})
    picture = images.render(seen.photo)
    name = picture_files.new_private_name()
    size: dict[str, Any] = {
        "photo_name": name,
        "photo_width": picture.width,
        "photo_height": picture.height,
    }
    try:
        picture_files.store(folder, name, picture)
        return _record(actor, public_id, seen, size)
    except BaseException:
        picture_files.remove_files(folder, name)
        raise


def check_photo(actor: Member, public_id: str, width: str, *, folder: Path) -> Path:
    """The file of the photo, for the two sides; NotFound for everybody else."""
    check = check_of(exchange_of(actor, public_id))
    if check is None or not check.photo_name:
        raise NotFound("photo")
    return picture_files.private_file(folder, check.photo_name, width)


def _record(actor: Member, public_id: str, seen: Seen, photo: dict[str, Any]) -> Exchange:
    with transaction() as session:
        exchange = exchange_of(actor, public_id, lock=True)
        require_check(actor, exchange)
        said = {"condition": seen.condition, "words": one_line(seen.words)}
        session.add(ReturnCheck(exchange_id=exchange.id, by_id=actor.id, **said, **photo))
        if exchange.state == "closed":
            _tell_late(exchange)
        else:
            loans.accept_return(actor, exchange, seen.condition)
    return exchange


def _tell_late(exchange: Exchange) -> None:
    """It was closed before, so that no step tells the borrower."""
    borrower = exchange.receiver
    params = telling.params_of(borrower, exchange)
    notify(borrower, telling.TOPIC, "loan_checked", params, link=telling.link_to(exchange))


def _has_just_checked(actor: Member, exchange: Exchange) -> bool:
    check = check_of(exchange)
    return check is not None and check.by_id == actor.id and utcnow() - check.at < SAME_TAP
