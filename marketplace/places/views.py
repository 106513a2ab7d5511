"""Choosing where one is, and what the place picker of every form asks for."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask_wtf import FlaskForm
from wtforms import FloatField

from marketplace import wording
from marketplace.accounts.rules import safe_next
from marketplace.errors import NotFound, Problem
from marketplace.places import cells, service
from marketplace.places.cells import Place
from marketplace.places.forms import (
    AREA_COOKIE,
    AREA_COOKIE_SECONDS,
    AreaForm,
    current_place,
    place_to_cookie,
)
from marketplace.web import actor, limiter, parts, render_form, show_problems

SUGGESTIONS_FRESH_SECONDS = 24 * 3600  # names of areas change once a year

bp = Blueprint("places", __name__)


class PointForm(FlaskForm):
    """A position of the browser, in degrees; read once and kept nowhere."""

    latitude = FloatField()
    longitude = FloatField()


def _area_page(form: AreaForm) -> Any:
    following = safe_next(request.args.get("next"))
    return render_form("places/choose_area.html", form, next=following)


@bp.get("/area")
def choose_area() -> Any:
    form = AreaForm(formdata=None)
    form.show_place(_asked_cell() or current_place())
    return _area_page(form)


@bp.post("/area")
def save_area() -> Any:
    form = AreaForm()
    form.validate()
    place, problems = form.chosen_place()
    if place is None:
        show_problems(form, problems)
        return _area_page(form)
    return _stay_at(place, redirect(safe_next(request.args.get("next")) or "/", 303))


def _stay_at(place: Place, response: Any) -> Any:
    """Remember the place: with the member when there is one, else in a cookie."""
    member = actor()
    if member is not None:
        service.move(member, place)
    else:
        response.set_cookie(
            AREA_COOKIE,
            place_to_cookie(place),
            max_age=AREA_COOKIE_SECONDS,
            secure=parts().settings.is_https,
            httponly=True,
            samesite="Lax",
        )
    return response


@bp.get("/places/suggestions")
@limiter.limit("240/minute")
def suggestions() -> Response:
    found = service.find_areas(request.args.get("q", ""))
    response = jsonify(items=[{"code": area.code, "label": area.label} for area in found])
    response.cache_control.public = True
    response.cache_control.max_age = SUGGESTIONS_FRESH_SECONDS
    return response


@bp.post("/places/point")
@limiter.limit("60/minute")
def snap_point() -> Any:
    form = PointForm()
    form.validate()
    try:
        place = service.place_of_point(form.latitude.data, form.longitude.data)
    except (TypeError, ValueError):
        return jsonify(error=wording.problem(Problem("place", "place_point"))), 422
    return jsonify(cell=cells.to_text(place.cell or 0), label=service.place_label(place))


@bp.get("/places/map")
def pick_on_map() -> str:
    asked = _asked_cell()
    area = request.args.get("area", "")
    drawn = service.map_around(asked) if asked else service.map_of_area(area)
    part = "part" in request.args
    page = "places/_map.html" if part else "places/pick_on_map.html"
    return render_template(page, map=drawn, area=area, part=part)


def _asked_cell() -> Place | None:
    """The place of ?cell=, or None when it is not asked for; NotFound when it is no cell."""
    text = request.args.get("cell", "")
    try:
        return service.place_of_cell(cells.from_text(text)) if text else None
    except ValueError:
        raise NotFound from None
