"""Searches that a member keeps: the list, one of them, and the links that turn its mail off."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace.errors import Invalid
from marketplace.notifications.choices import has_address
from marketplace.places.forms import current_place
from marketplace.places.service import area_names
from marketplace.responses import secret_page
from marketplace.search import saved, saved_forms, saved_links
from marketplace.search.forms import SearchForm
from marketplace.search.models import SavedSearch
from marketplace.search.saved_forms import SavedSearchForm
from marketplace.search.standing import NEVER
from marketplace.web import actor, csrf, parts, render_form, show_problems

bp = Blueprint("searches", __name__)

bp.add_app_template_global(saved_forms.when_mailed, "when_mailed")


@bp.app_template_global()
def saved_already(form: SearchForm) -> SavedSearch | None:
    """The search of this page, when the reader keeps it."""
    member = actor()
    return saved.find_saved(member, form.wanted(0, 1)) if member else None


@bp.app_template_global()
def new_in_searches() -> int:
    """How much is new in all of the reader's searches together."""
    return sum(one.new for one in saved.searches_of(actor()))


@bp.get("/me/searches")
@login_required
def searches() -> str:
    """All of them, with how much is new in each."""
    kept = saved.searches_of(actor())
    return render_template(
        "search/saved.html",
        kept=kept,
        words=saved_forms.describe(one.search for one in kept),
        removed=saved.removed_searches(actor()),
        most=saved.SEARCHES_MAX,
    )


@bp.post("/me/searches")
@login_required
def save() -> Response:
    """Keep the search whose parameters are in the form, and go back to it."""
    form = SearchForm(request.form, current_place())
    if form.problems:
        raise Invalid(form.problems)
    saved.save_search(parts(), actor(), form.wanted(0, 1), _name(form))
    if has_address(actor()):
        flash(_("Saved. Once a day you get a mail if there is something new."), "good")
    else:
        flash(_("Saved. Once a day your news tells if there is something new."), "good")
    return redirect(url_for("search.results", **form.address()), 303)


@bp.get("/me/searches/<public_id>")
@login_required
def look(public_id: str) -> Response:
    """Its results, the newest first; what is among them is not new any more."""
    row = saved.look(actor(), public_id)
    return redirect(url_for("search.results", **saved_forms.address_of(row)), 303)


@bp.route("/me/searches/<public_id>/change", methods=["GET", "POST"])
@login_required
def change(public_id: str) -> Any:
    """Its name, and when its member hears of it."""
    row = saved.get_search(actor(), public_id)
    form = SavedSearchForm(obj=row)
    if request.method == "POST" and form.validate():
        try:
            saved.change_search(actor(), public_id, form.name.data or "", form.how_often.data or "")
        except Invalid as invalid:
            show_problems(form, invalid.problems)
        else:
            flash(_("Your choice is saved."), "good")
            return redirect(url_for("searches.searches"), 303)
    return render_form("search/change.html", form, **_about(row))


@bp.post("/me/searches/<public_id>/deletion")
@login_required
def remove(public_id: str) -> Response:
    saved.remove_search(actor(), public_id)
    flash(_("Deleted. You can bring it back below until tomorrow."))
    return redirect(url_for("searches.searches"), 303)


@bp.post("/me/searches/<public_id>/restoration")
@login_required
def restore(public_id: str) -> Response:
    row = saved.restore_search(actor(), public_id)
    flash(_("“%(name)s” is back.", name=row.name), "good")
    return redirect(url_for("searches.searches"), 303)


@bp.post("/me/searches/<public_id>/feed")
@login_required
def renew_feed(public_id: str) -> Response:
    """Another secret address for its feed; the one before is dead."""
    saved.new_feed_address(actor(), public_id)
    flash(_("The feed has a new address. The old one shows nothing any more."), "good")
    return redirect(url_for("searches.change", public_id=public_id, _anchor="feed"), 303)


@bp.route("/searches/off/<token>", methods=["GET", "POST"])
@csrf.exempt  # Mail programs POST here by themselves (RFC 8058), without a cookie or a token of
# ours. Who can forge the request must know the signed link, and then needs no forging; it turns
# the mail of one saved search off or on and does nothing else.
def turn_off(token: str) -> Response:
    row = saved_links.of_mail(token)
    if request.method == "POST":
        row = saved_links.turn(token, on=request.form.get("turn") == "on")
    page = render_template(
        "search/turn_off.html",
        token=token,
        search=row,
        is_on=row.how_often != NEVER,
        changed=request.method == "POST",
    )
    return secret_page(page)


def _name(form: SearchForm) -> str:
    code = form.place.area_code if form.place and form.names_place else None
    return saved_forms.name_for(form.address(), area_names([code]).get(code or "", ""))


def _about(row: SavedSearch) -> dict[str, Any]:
    """What the page of one search shows besides its form."""
    words = saved_forms.describe([row])[row.id]
    token = saved_links.feed_token(row)
    return {
        "search": row,
        "words": words,
        "hints": saved_forms.HINTS,
        "feed_token": token,
        "has_address": has_address(row.member),
    }
