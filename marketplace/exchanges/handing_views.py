"""At the door: one side shows a code, the other scans or types it, and it is done for both."""

from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from markupsafe import Markup
from werkzeug.wrappers import Response

from marketplace.errors import Invalid
from marketplace.exchanges import handing
from marketplace.exchanges.forms import CodeForm
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import exchange_of, verbs
from marketplace.responses import secret_page
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("handing", __name__)


@bp.get("/exchanges/<public_id>/code")
@login_required
def code(public_id: str) -> Any:
    """One's own code, large and as a QR: for the eyes of the other side, who stands there."""
    exchange = exchange_of(actor(), public_id)
    if "meet" not in verbs(actor(), exchange):
        return _to_exchange(exchange)
    shown = handing.own_code(actor(), public_id)
    door = url_for(".door", public_id=public_id, code=shown)
    page = render_template(
        "exchanges/code.html",
        exchange=exchange,
        code=shown,
        picture=_picture(parts().settings.base_url + door),
        does=handing.due_at_the_door(exchange),
    )
    return secret_page(page)


@bp.route("/exchanges/<public_id>/door", methods=["GET", "POST"])
@login_required
def door(public_id: str) -> Any:
    """Where the code of the other side is entered; scanning it leads here, with the code."""
    exchange = exchange_of(actor(), public_id)
    form = CodeForm()
    if request.method == "GET":
        if "meet" not in verbs(actor(), exchange):
            return _to_exchange(exchange)
        return _door_page(exchange, CodeForm(formdata=None, code=request.args.get("code", "")[:12]))
    try:
        met = handing.meet(actor(), public_id, form.code.data or "")
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _door_page(exchange, form)
    flash(_("Done: it is written down for both of you."))
    return _to_exchange(met)


def _door_page(exchange: Exchange, form: CodeForm) -> Response:
    does = handing.due_at_the_door(exchange)
    page, status = render_form("exchanges/door.html", form, exchange=exchange, does=does)
    return secret_page(page, status)


def _to_exchange(exchange: Exchange) -> Response:
    return redirect(url_for("exchanges.show", public_id=exchange.public_id), 303)


def _picture(address: str) -> Markup:
    """A QR code as SVG, black on white in every colour scheme: cameras expect that."""
    drawn = segno.make(address, error="m", micro=False)
    return Markup(
        drawn.svg_inline(
            border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
        )
    )
