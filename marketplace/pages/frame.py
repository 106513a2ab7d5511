"""What ``base.html`` asks for on every page."""

from collections.abc import Callable
from typing import Any

from flask import g, request

from marketplace.pages import cards, failures, texts, times
from marketplace.places.forms import current_place
from marketplace.places.service import area_names

HOME = "/"


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


def what_may_not_be_shared() -> dict[str, Any]:
    """That part of the rules, for the posting form: heading and points."""
    return texts.sentences(texts.NOT_SHARED, "")


GLOBALS: dict[str, Callable[..., Any]] = {
    "current_area": current_area,
    "page_address": page_address,
    "what_may_not_be_shared": what_may_not_be_shared,
    "ago": times.ago,
    "is_fresh": times.is_fresh,
    "card_tags": cards.card_tags,
    "card_basket": cards.card_basket,
    "about_where": cards.about_where,
    "error_page": failures.error_page,
}
