"""The page on which staff set what holds for the whole site."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from marketplace.accounts.login import staff_required
from marketplace.pages import service, site_rules
from marketplace.pages.forms import SiteForm
from marketplace.site_settings import stored_values
from marketplace.web import actor, render_form, show_problems

bp = Blueprint("site", __name__)


@bp.route("/staff/site", methods=["GET", "POST"])
@staff_required
def edit() -> Response | tuple[str, int]:
    form = SiteForm()
    if request.method == "GET":
        form.show(stored_values())
        return render_form("staff/site.html", form)
    draft, problems = form.draft()
    problems = site_rules.check_site(draft) + problems
    if problems:
        show_problems(form, problems)
        return render_form("staff/site.html", form)
    service.edit_site(actor(), draft)
    flash(_("The settings of the site are saved and hold from now on."), "good")
    return redirect(url_for(".edit"), 303)
