"""The page of all matches of a listing, and what the fragments on other pages need."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_login import login_required

from marketplace import wording
from marketplace.accounts import hardship
from marketplace.db import utcnow
from marketplace.listings import fields, hours
from marketplace.listings.models import Listing
from marketplace.listings.service import get_own
from marketplace.listings.units import amount
from marketplace.matching import needs, service, skills
from marketplace.matching.fairness import need_points
from marketplace.matching.models import SkillMatch
from marketplace.matching.sides import Reason
from marketplace.notifications.service import mark_link_seen
from marketplace.permissions import allows
from marketplace.places.service import public_locations
from marketplace.web import actor

Params = dict[str, Any]

bp = Blueprint("matching", __name__)
ON_LISTING_PAGE = 3  # the best ones; the rest is a link away
CAUTIONS = frozenset({"half_online", "not_enough", "loan_shorter"})  # reasons that are a "but"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a listing page says about matches. ``own``: its reader owns the listing."""

    own: bool
    found: list[service.Found]
    total: int


@dataclass(frozen=True, slots=True)
class OwnNeed:
    """What the need behind one's own request counts: the sum, and (what, how much) of its parts."""

    total: str
    lines: list[tuple[str, str]]
    is_asked: bool  # about hard times


@bp.get("/listings/<public_id>/matches")
@login_required
def matches(public_id: str) -> str:
    """Every match of a listing of one's own, with the reasons."""
    listing = get_own(actor(), public_id)
    if "Sec-Purpose" not in request.headers:  # fetched in advance: nobody has read it
        mark_link_seen(actor(), request.path)
    return render_template(
        "matching/matches.html",
        listing=listing,
        found=service.matches_of(actor(), listing),
        is_open=listing.is_open(utcnow()),
        lines=skills.members_for(actor(), listing),
    )


@bp.app_template_global()
def matches_shown(listing: Listing) -> Shown:
    """For the owner the best matches; for another member how it fits their own listings."""
    member = actor()
    if member is None:
        return Shown(False, [], 0)
    if not allows(member, "listing.see_matches", listing):
        found = service.own_matches_of(member, listing)
        return Shown(False, found[:ON_LISTING_PAGE], len(found))
    found = service.matches_of(member, listing)
    return Shown(True, found[:ON_LISTING_PAGE], len(found))


@bp.app_template_global()
def posts_for_my_skills() -> list[SkillMatch]:
    """Open posts that fit what the signed-in member can do or would like."""
    member = actor()
    return skills.posts_for(member) if member else []


@bp.app_template_global()
def skill_reasons(found: SkillMatch) -> list[str]:
    """Why a line and a post fit, besides the words that both say."""
    return [reason_words(one) for one in skills.reasons_of(found) if one.code != "same_words"]


@bp.app_template_global()
def match_counts(listings: list[Listing]) -> dict[int, int]:
    """How many counterparts each of the signed-in member's listings has."""
    member = actor()
    return service.match_counts(member, listings) if member else {}


@bp.app_template_global()
def match_areas(found: list[service.Found]) -> dict[int, str]:
    """The public name of the area of each counterpart, by its id; one query."""
    others = [one.other for one in found]
    places = public_locations(others)
    return {other.id: place.area_name for other, place in zip(others, places, strict=True)}


@bp.app_template_global()
def own_need(listing: Listing) -> OwnNeed | None:
    """What the need behind a request counts, for whoever asks; None for everybody else."""
    facts = needs.own_facts(actor(), listing)
    if facts is None:
        return None
    points = need_points(facts)
    lines = wording.needs.lines(facts, points)
    asked = hardship.is_asked()
    return OwnNeed(wording.needs.total(points), lines if asked else lines[1:], asked)


@bp.app_template_global()
def need_lifts() -> bool:
    """Whether need plays a part in the order of requests on this site."""
    return needs.weight() > 0


@bp.app_template_global()
def is_caution(reason: Reason) -> bool:
    """Whether the reason speaks against rather than for."""
    return reason.code in CAUTIONS


@bp.app_template_global()
def reason_words(reason: Reason) -> str:
    """A reason as a phrase in the language of the page."""
    params = dict(reason.params)
    if reason.code in READABLE:
        params = READABLE[reason.code](params)
    return wording.reason(Reason(reason.code, params))


def _pairs(params: Params) -> Params:
    said = [_("“%(need)s” and “%(offer)s”", need=a, offer=b) for a, b in params["pairs"]]
    return {"pairs": ", ".join(said)}


def _amounts(params: Params) -> Params:
    return {key: amount(params[key], params["unit"]) for key in ("asked", "left")}


def _terms(params: Params) -> Params:
    names = [str(dict(fields.TERMS)[term]) for term in params["terms"]]
    return {"terms": ", ".join(name[:1].lower() + name[1:] for name in names)}


def _times(spans: list[tuple[list[int], list[str]]]) -> str:
    if not spans:
        return _("some hours at night")
    return "; ".join(
        fields.span_sentence(hours.Span(tuple(days), tuple(parts))) for days, parts in spans
    )


# How the parameters of a reason are written out, for codes that have any but plain ones.
READABLE: dict[str, Callable[[Params], Params]] = {
    "same_words": lambda params: {"words": ", ".join(params["words"])},
    "alike": _pairs,
    "helps": _pairs,
    "same_category": lambda params: {"category": fields.category_name(params["category"])},
    "distance": lambda params: {"band": wording.band(params["low"], params["high"])},
    "common_times": lambda params: {"times": _times(params["spans"])},
    "enough": _amounts,
    "not_enough": _amounts,
    "same_terms": _terms,
}
