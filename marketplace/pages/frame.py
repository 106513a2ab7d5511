"""What ``base.html`` asks for on every page."""

import re
from collections.abc import Callable
from typing import Any

from flask import g, request

from marketplace.pages import cards, failures, texts, times
from marketplace.places.forms import current_place
from marketplace.places.service import area_names

HOME = "/"
_OF_A_THING = re.compile(r"(/(?:exchanges|listings|messages)/[0-9a-z]{12})(/.*)?$")


def current_area() -> str:
    """The name of the area the visitor chose, or an empty string. Asked once per request."""
    if "area_name" not in g:
        place = current_place()
        code = place.area_code if place else None
        g.area_name = area_names({code}).get(code, "") if code else ""
    return str(g.area_name)


def page_address() -> str:
    """Where to come back to after a choice in the frame: this page, if it can be fetched."""
    rule = request.url_rule
    if rule is None or "GET" not in (rule.methods or ()):
        return HOME
    return request.full_path.rstrip("?")


def address_above() -> str:
    """The page of the thing that this address does something to ("/exchanges/<id>"), if any."""
    found = _OF_A_THING.match(request.path)
    is_below = found is not None and (found.group(2) or request.method == "POST")
    return found.group(1) if found and is_below else ""


def what_may_not_be_shared() -> dict[str, Any]:
    """That part of the rules, for the posting form: heading and points."""
    return texts.sentences(texts.NOT_SHARED, "")


GLOBALS: dict[str, Callable[..., Any]] = {
    "current_area": current_area,
    "page_address": page_address,
    "address_above": address_above,
    "what_may_not_be_shared": what_may_not_be_shared,
    "ago": times.ago,
    "is_fresh": times.is_fresh,
    "card_tags": cards.card_tags,
    "card_basket": cards.card_basket,
    "about_where": cards.about_where,
    "error_page": failures.error_page,
}
