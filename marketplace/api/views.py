"""The routes under /api/v1. Read only; anybody may ask, so many times a minute.

A place leaves as a cell and a distance as a band, through ``public_locations`` alone.
"""

import json
from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from flask_smorest import Blueprint
from werkzeug.exceptions import TooManyRequests, UnprocessableEntity

from marketplace.api import schemas, service
from marketplace.listings.models import Listing, Photo
from marketplace.places import service as places
from marketplace.places.cells import Place, place_of
from marketplace.places.service import PublicLocation
from marketplace.web import error_response, limiter, parts

RATE = "300 per minute"  # of one address
RETRY_SECONDS = 60
CACHE_SECONDS = 60
PHOTO_SIZES = {"small": 240, "medium": 480, "large": 960}

bp = Blueprint("api", __name__, url_prefix="/api/v1", description="Offers and requests")
limiter.limit(RATE)(bp)


@bp.get("/listings")
@bp.arguments(schemas.ListArgs, location="query")
@bp.response(200, schemas.ListingPage)
def listings(args: dict[str, Any]) -> dict[str, Any]:
    """All open listings, newest first"""
    return _page(service.newest(parts(), args))


@bp.get("/listings/<public_id>")
@bp.response(200, schemas.ListingSchema)
@bp.alt_response(404, schema=schemas.ProblemSchema, content_type="application/problem+json")
def listing(public_id: str) -> dict[str, Any]:
    """One open listing"""
    return _items([service.one(public_id)], None)[0]


@bp.get("/listings/<public_id>/matches")
@bp.response(200, schemas.MatchPage)
@bp.alt_response(404, schema=schemas.ProblemSchema, content_type="application/problem+json")
def matches(public_id: str) -> dict[str, Any]:
    """The counterparts of a listing that fit best, with the reasons"""
    own, counterparts = service.matches(public_id)
    others = _items([match.other for match in counterparts], place_of(own))
    items = [
        {
            "listing": other,
            "grains": match.grains,
            "reasons": [{"code": r.code, "params": dict(r.params)} for r in match.reasons],
        }
        for match, other in zip(counterparts, others, strict=True)
    ]
    return {"items": items, "next": None, "total": len(items)}


@bp.get("/search")
@bp.arguments(schemas.SearchArgs, location="query")
@bp.response(200, schemas.ListingPage)
def search(args: dict[str, Any]) -> dict[str, Any]:
    """Listings by words, filters and distance"""
    return _page(service.found(parts(), args))


@bp.after_request
def _cacheable(response: Response) -> Response:
    """Let anybody keep an answer for a minute, and ask again for changes only."""
    if response.status_code == 200:
        response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
        response.add_etag()
        response.make_conditional(request)
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.errorhandler(UnprocessableEntity)
def _on_bad_question(error: Any) -> Response:
    """Which parameter is wrong, and what would do."""
    messages = getattr(error, "data", {}).get("messages", {}).get("query", {})
    response = error_response(422, "invalid")
    problems = [
        {"field": name, "code": "parameter", "detail": detail}
        for name, found in messages.items()
        for detail in _sentences(found)
    ]
    response.set_data(json.dumps(response.get_json() | {"errors": problems}))
    return response


@bp.errorhandler(TooManyRequests)
def _on_too_many(error: TooManyRequests) -> Response:
    response = error_response(429, error.name)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _page(page: service.Page) -> dict[str, Any]:
    return {"items": _items(page.listings, page.place), "next": page.next, "total": page.total}


def _items(listings: Sequence[Listing], origin: Place | None) -> list[dict[str, Any]]:
    locations = places.public_locations(listings, origin)
    return [_item(*pair) for pair in zip(listings, locations, strict=True)]


def _item(row: Listing, location: PublicLocation) -> dict[str, Any]:
    same = ("direction", "kind", "title", "description", "category", "loan_days_max", "quantity")
    also = ("left", "unit", "hours", "available_until", "published_at", "updated_at", "expires_at")
    owner = row.owner
    return {name: getattr(row, name) for name in (*same, *also)} | {
        "id": row.public_id,
        "url": _absolute(url_for("listings.show", public_id=row.public_id)),
        "language": row.text_language,
        "terms": sorted(row.terms),
        "wishes": [{"text": wish.text, "category": wish.category} for wish in row.wishes],
        "place": _place(location),
        "owner": {"id": owner.public_id, "name": owner.name, "type": owner.type},
        "photos": [_photo(photo) for photo in row.photos],
    }


def _place(location: PublicLocation) -> dict[str, Any]:
    limits = location.band[1] if location.band else None
    return {
        "kind": location.kind,
        "cell": location.cell,
        "precision": location.precision,
        "area": location.area_name,
        "band": {"from_km": limits["from"], "to_km": limits["to"]} if limits else None,
    }


def _photo(photo: Photo) -> dict[str, str]:
    files = {size: f"{photo.name}-{edge}.webp" for size, edge in PHOTO_SIZES.items()}
    links = {size: _absolute(url_for("listings.photo", name=file)) for size, file in files.items()}
    return {"alt": photo.alt} | links


def _absolute(path: str) -> str:
    """With the address of the settings: the Host header of a request is not to be trusted."""
    return f"{parts().settings.base_url}{path}"


def _sentences(found: Any) -> list[str]:
    """The words in what marshmallow says of one parameter: a list, or lists by position."""
    if isinstance(found, dict):
        return [text for one in found.values() for text in _sentences(one)]
    return [str(text) for text in found]
