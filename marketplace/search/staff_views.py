"""The pages of staff about search: how it stands, and the words of the site."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.login import staff_required
from marketplace.errors import Invalid
from marketplace.search import lag, synonyms
from marketplace.search.models import Synonym
from marketplace.search.word_fields import concept_name, other_names
from marketplace.search.word_forms import WordForm
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("search_staff", __name__)


@bp.get("/staff/search")
@staff_required
def index() -> str:
    page = synonyms.page_of(actor(), parts().search_index, request.args.get("page", 1, type=int))
    return render_template(
        "staff/search.html",
        lag=lag.measure(parts()),
        page=page,
        meaning_of=synonyms.meaning_of,
        concept_name=concept_name,
    )


@bp.route("/staff/search/words/new", methods=["GET", "POST"])
@staff_required
def new_word() -> Any:
    """With words in its address it says what they mean, and stores nothing."""
    if request.method == "GET":
        return _page(WordForm(request.args))
    form = WordForm()
    try:
        row = synonyms.add_synonym(actor(), form.draft())
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _page(form)
    flash(_("“%(words)s” is known from now on. The posts follow by themselves.", words=row.words))
    return redirect(url_for(".index"), 303)


@bp.route("/staff/search/words/<public_id>", methods=["GET", "POST"])
@staff_required
def word(public_id: str) -> Any:
    row = synonyms.find_synonym(public_id)
    form = WordForm()
    if request.method == "GET":
        form.show(row)
        return _page(form, row)
    try:
        synonyms.change_synonym(actor(), public_id, form.draft())
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _page(form, synonyms.find_synonym(public_id))
    flash(_("Changed. The posts follow by themselves."), "good")
    return redirect(url_for(".index"), 303)


@bp.post("/staff/search/words/<public_id>/removal")
@staff_required
def remove_word(public_id: str) -> Any:
    row = synonyms.remove_synonym(actor(), public_id)
    flash(_("“%(words)s” is removed. Below you can bring it back.", words=row.words), "good")
    return redirect(url_for(".index", _anchor="removed"), 303)


@bp.post("/staff/search/words/<public_id>/return")
@staff_required
def restore_word(public_id: str) -> Any:
    row = synonyms.restore_synonym(actor(), public_id)
    flash(_("“%(words)s” is back.", words=row.words), "good")
    return redirect(url_for(".index"), 303)


def _page(form: WordForm, row: Synonym | None = None) -> Any:
    index = parts().search_index
    typed = synonyms.look_up(index, form.words.data or "", row)
    meant = synonyms.look_up(index, form.same_as.data or "", row)
    form.offer(meant.meanings if meant else ())
    return render_form(
        "staff/word.html", form, row=row, typed=typed, meant=meant,
        concept_name=concept_name, other_names=other_names,
        hints={one.slug: other_names(one) for one in meant.meanings} if meant else {},
    )  # fmt: skip
