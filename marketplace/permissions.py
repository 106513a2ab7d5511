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


def _owner(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id in (thing.owner_id, thing.created_by_id)


def _other_member(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id != thing.owner_id


def _party(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id in (thing.owner_id, thing.opener_id)


def _self(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id == thing.id


def _another(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and actor.id != thing.id


def _staff(actor: Any, thing: Any) -> bool:
    return _member(actor, thing) and bool(actor.is_staff)


def _staff_for_member(actor: Any, thing: Any) -> bool:
    return _staff(actor, thing) and not thing.is_staff


PERMISSIONS: dict[str, Predicate] = {
    "listing.create": _member,
    "listing.edit": _owner,
    "listing.withdraw": _owner,
    "listing.fulfil": _owner,
    "listing.answer": _other_member,
    "listing.see_matches": _owner,
    "conversation.write": _party,
    "member.edit": _self,
    "member.block": _another,
    "member.leave": _self,
    "listing.see_all": _staff,
    "staff.enter": _staff,
    "member.hand_code": _staff_for_member,
}


def allows(actor: Any, permission: str, thing: Any = None) -> bool:
    """Whether ``actor`` (a member, or None for a visitor) holds ``permission`` on ``thing``.

    Raises KeyError for an unknown permission, so that a misspelt one can never grant anything.
    """
    return PERMISSIONS[permission](actor, thing)


def require(actor: Any, permission: str, thing: Any = None) -> None:
    """Raise NotAllowed unless ``allows``."""
    if not allows(actor, permission, thing):
        raise NotAllowed(permission)
