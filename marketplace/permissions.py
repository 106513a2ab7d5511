"""Who may do what: one table from permission to predicate. Pure.

What an actor may not *see* is settled before this table, by loading through
``visible_to``: a thing that was loaded may be named in a refusal.
"""

from collections.abc import Callable
from typing import Any

from marketplace.errors import NotAllowed

Predicate = Callable[[Any, Any], bool]


def _member(actor: Any, thing: Any) -> bool:
    return actor is not None and actor.erased_at is None


def _active(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and not actor.is_suspended


def _owner(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id in (thing.owner_id, thing.created_by_id)


def _requester(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id == thing.owner_id


def _active_owner(actor: Any, thing: Any) -> bool:
    return _owner(actor, thing) and not actor.is_suspended


def _other_member(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id not in (thing.owner_id, thing.created_by_id)


def _active_other(actor: Any, thing: Any) -> bool:
    return _active(actor, thing) and actor.id != thing.owner_id


def _receiver(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id != thing.sender_id


def _party(actor: Any, thing: Any) -> bool:
    return _active(actor, thing) and actor.id in (thing.owner_id, thing.opener_id)


def _side(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id in (thing.owner_id, thing.opener_id)


def _self(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id == thing.id


def _another(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id != thing.id


def _concerned(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id == thing.member_id


def _staff(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and bool(actor.is_staff)


def _staff_for_member(actor: Any, thing: Any) -> bool:
    return _staff(actor, thing) and not thing.is_staff


def _impartial_staff(actor: Any, thing: Any) -> bool:
    return _staff(actor, thing) and actor.id != thing.member_id


def _matched(actor: Any, thing: Any) -> bool:
    return _active(actor, thing) and actor.id in (thing.offer.owner_id, thing.request.owner_id)


PERMISSIONS: dict[str, Predicate] = {
    "listing.create": _active,
    "listing.edit": _active_owner,
    "listing.withdraw": _owner,
    "listing.fulfil": _owner,
    "listing.answer": _active_other,
    "listing.see_matches": _owner,
    "match.answer": _matched,
    "listing.see_need": _requester,
    "conversation.write": _party,
    "exchange.begin": _party,
    "exchange.carry_on": _side,
    "exchange.thank": _party,
    "member.edit": _self,
    "member.block": _another,
    "member.leave": _self,
    "search.save": _member,
    "listing.report": _other_member,
    "member.report": _another,
    "message.report": _receiver,
    "decision.appeal": _concerned,
    "member.copy": _self,
    "listing.see_all": _staff,
    "staff.enter": _staff,
    "member.hand_code": _staff_for_member,
    "member.see_all": _staff,
    "listing.moderate": _staff,
    "message.moderate": _staff,
    "member.moderate": _staff,
    "case.decide": _impartial_staff,
    "appeal.decide": _impartial_staff,
    "site.edit": _staff,
    "search.edit_words": _staff,
}


def allows(actor: Any, permission: str, thing: Any = None) -> bool:
    """Whether ``actor`` (a member, or None for a visitor) holds ``permission`` on ``thing``.

    Raises KeyError for an unknown permission, so that a misspelt one can never grant anything.
    """
    return PERMISSIONS[permission](actor, thing)


def require(actor: Any, permission: str, thing: Any = None) -> None:
    """Raise NotAllowed unless ``allows``."""
    if not allows(actor, permission, thing):
        paused = _member(actor, thing) and actor.is_suspended
        raise NotAllowed("paused" if paused else permission)
