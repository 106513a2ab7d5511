"""``/search``: the list, the map and the filters of one search, all in its address."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from xstatic.pkg import leaflet

from marketplace.places.forms import current_place
from marketplace.places.service import (
    PublicLocation,
    area_names,
    public_locations,
)
from marketplace.search import completing, fields, maps, reason_fields, service
from marketplace.search.forms import SearchForm
from marketplace.search.port import Hit
from marketplace.search.service import Found
from marketplace.web import actor, limiter, parts, show_problems

bp = Blueprint("search", __name__)

for _name in ("kilometres", "sorted_by", "with_radius", "in_cell"):
    bp.add_app_template_global(getattr(fields, _name), _name)

PAGE_SIZE = 10  # cards
PLACES_MOST = 300  # results that are counted on the map
MAP_CELLS = {"list": 12, "map": 40}  # counted cells drawn beside the list, on the map
PAGES_VISITOR, PAGES_MEMBER = 10, 50  # deeper than that nobody reads, only machines
WINDOW = 1  # pages named on either side of the present one
LEAFLET_FILES = {"leaflet.js": "text/javascript", "leaflet.css": "text/css"}


@bp.get("/search")
def results() -> tuple[str, int]:
    """The page; 422 when a place or a distance in the address cannot be read."""
    form = SearchForm(request.args, current_place())
    show_problems(form, form.problems)  # type: ignore[arg-type]
    page, view = _page_number(), _view()
    too_deep = page > _deepest()
    found = Found() if too_deep else _find(form, page)
    answer = render_template(
        "search/results.html",
        form=form,
        view=view,
        too_deep=too_deep,
        **_frame(form),
        **_results(found, form, page, view),
    )
    return answer, 422 if form.problems else 200


@bp.get("/search/leaflet/<version>/<name>")
def leaflet_file(version: str, name: str) -> Response:
    """The map library, from the installed package; the version is in the address."""
    if name not in LEAFLET_FILES or version != leaflet.VERSION:
        abort(404)
    content = (Path(leaflet.BASE_DIR) / name).read_bytes()
    response = Response(content, mimetype=LEAFLET_FILES[name])
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@bp.get("/search/completions")
@limiter.limit("240/minute")
def completions() -> Response:
    """{"items": [...]}: what may be meant by the beginning in ``q``."""
    response = jsonify(items=completing.complete(parts(), actor(), request.args.get("q", "")))
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


@bp.app_template_global("search_reasons")
def card_reasons(found: Found, explained: bool) -> dict[int, list[Any]]:
    """Why each listing was found, by its id; everything that counted when ``explained``."""
    pairs = zip(found.listings, found.hits, strict=True)
    if explained:
        return {one.id: reason_fields.full_reasons(one, hit, found) for one, hit in pairs}
    return {
        one.id: reason_fields.reasons(one, found, _is_nearest(hit, found)) for one, hit in pairs
    }


def _is_nearest(hit: Hit, found: Found) -> bool:
    known = [one.distance_km for one in found.hits if one.distance_km is not None]
    return len(known) > 1 and hit.distance_km == min(known) and known.count(min(known)) == 1


def _page_number() -> int:
    """1 for whatever is not a page."""
    return max(1, request.args.get("page", 1, type=int))


def _view() -> str:
    return "map" if request.args.get("view") == "map" else "list"


def _deepest() -> int:
    return PAGES_MEMBER if actor() else PAGES_VISITOR


def _find(form: SearchForm, page: int) -> Found:
    wanted = form.wanted((page - 1) * PAGE_SIZE, PAGE_SIZE)
    return service.find(parts(), actor(), replace(wanted, places=PLACES_MOST))


def _results(found: Found, form: SearchForm, page: int, view: str) -> dict[str, Any]:
    """What was found, with everything to draw it."""
    return {
        "found": found,
        "counts": form.count(fields.counts(found.facets, form.distances())),
        "explained": request.args.get("explain") == "1",
        "locations": _locations(found, form),
        "map": _map(found, form, view),
        "page_links": _page_links(form.address(), page, found.total, view),
    }


def _frame(form: SearchForm) -> dict[str, Any]:
    """What the page says about the search itself."""
    address = form.address()
    code = form.place.area_code if form.place else None
    place_name = area_names([code]).get(code, "") if code else ""
    return {
        "address": address,
        "chips": fields.chips(address, place_name),
        "near": place_name,
        "sorts": fields.SORTS,
        "wider": fields.wider(form.radius),
        "leaflet": url_for("search.leaflet_file", version=leaflet.VERSION, name="leaflet.js"),
    }


def _map(found: Found, form: SearchForm, view: str) -> dict[str, Any] | None:
    """The cells of the results with the names of their areas."""
    origin = form.place.cell if form.place else None
    drawn = maps.result_map(found.places, origin, MAP_CELLS[view])
    if drawn is None:
        return None
    names = area_names(one.area_code or None for one in drawn.counted)
    return {"drawing": drawn, "names": names, "counted": len(found.places)}


def _locations(found: Found, form: SearchForm) -> dict[int, PublicLocation]:
    """About where each listing is, by its id, seen from the place of the search."""
    shown = public_locations(found.listings, form.place)
    return {one.id: where for one, where in zip(found.listings, shown, strict=True)}


def _page_links(address: dict[str, Any], page: int, total: int, view: str) -> dict[str, Any] | None:
    last = min(math.ceil(total / PAGE_SIZE), _deepest())
    if last < 2 or page > last:
        return None
    kept = address | ({"view": "map"} if view == "map" else {})

    def link(number: int) -> str:
        given: dict[str, Any] = kept | ({"page": number} if number > 1 else {})
        return url_for("search.results", **given)

    shown = sorted({1, last, *range(max(1, page - WINDOW), min(last, page + WINDOW) + 1)})
    pages: list[dict[str, Any] | None] = []
    for before, number in zip([0, *shown], shown, strict=False):
        if number - before > 1:
            pages.append(None)
        pages.append({"number": number, "href": link(number), "current": number == page})
    return {
        "previous": link(page - 1) if page > 1 else None,
        "next": link(page + 1) if page < last else None,
        "pages": pages,
    }
