"""Pages of what comes after an exchange: thanks, the three questions, passing it on, and the facts
about members that are shown beside their names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from marketplace import wording
from marketplace.accounts.models import Member
from marketplace.accounts.reputation import Reputation
from marketplace.accounts.service import are_blocked
from marketplace.db import utcnow
from marketplace.errors import Invalid, Problem
from marketplace.exchanges import afterwards, feedback, passing_on, reliability, thanks
from marketplace.exchanges.forms import PassingOnForm, ThanksForm
from marketplace.exchanges.models import Exchange, Thanks
from marketplace.exchanges.moves import exchange_of
from marketplace.exchanges.reputation import record_of, reputations_of
from marketplace.permissions import allows
from marketplace.web import actor, render_form, show_problems

bp = Blueprint("thanks", __name__)


@bp.route("/exchanges/<public_id>/thanks", methods=["GET", "POST"])
@login_required
def thank(public_id: str) -> Any:
    exchange, form = thanks.thankable(actor(), public_id), ThanksForm()
    if request.method == "GET":
        form = ThanksForm(formdata=None, obj=_Shown.of(thanks.given_by(actor(), exchange)))
        return _thank_page(exchange, form)
    try:
        thanks.thank(actor(), public_id, form.words.data or "", form.may_show.data)
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _thank_page(thanks.thankable(actor(), public_id), form)
    flash(_("Your thanks are sent."), "good")
    return _back(public_id)


@bp.post("/exchanges/<public_id>/thanks/removal")
@login_required
def remove(public_id: str) -> Any:
    thanks.remove(actor(), public_id)
    flash(_("Your thanks are taken back."), "good")
    return _back(public_id)


@bp.post("/exchanges/<public_id>/thanks/publication")
@login_required
def publish(public_id: str) -> Any:
    exchange = exchange_of(actor(), public_id)
    thanks.show(actor(), exchange.public_id, request.form.get("thanks", ""), _is_shown())
    return _back(public_id)


@bp.post("/exchanges/<public_id>/feedback")
@login_required
def answer(public_id: str) -> Any:
    question, said = next(_tapped(), ("", ""))
    feedback.answer(actor(), public_id, question, said)
    return _back(public_id, "feedback")


@bp.route("/exchanges/<public_id>/passing-on", methods=["GET", "POST"])
@login_required
def pass_on(public_id: str) -> Any:
    form = PassingOnForm()
    if request.method == "GET":
        return _passing_on_page(passing_on.linkable(actor(), public_id), form)
    try:
        passing_on.link(actor(), public_id, form.source.data or "")
    except Invalid as invalid:
        exchange = passing_on.linkable(actor(), public_id)
        form.offer(passing_on.received_by(actor(), exchange), None)
        show_problems(form, invalid.problems)
        return _passing_on_page(exchange, form)
    return _back(public_id, "passing-on")


@bp.get("/exchanges/<public_id>/chain")
@login_required
def chain(public_id: str) -> str:
    links = passing_on.chain(actor(), public_id)
    asked = next((one for one in links if one.exchange.public_id == public_id), None)
    return render_template("exchanges/chain.html", links=links, asked=asked)


@bp.get("/reliability")
def explain() -> str:
    return render_template("exchanges/reliability.html", reliability=reliability)


@bp.get("/me/reliability")
@login_required
def own_facts() -> str:
    record = record_of(actor(), utcnow())
    facts = Reputation(**record.facts())
    return render_template(
        "exchanges/own_facts.html",
        record=record,
        facts=facts,
        sentences=sentences(facts),
        went_on=passing_on.went_on_from(actor()),
    )


@bp.post("/me/reliability/passing-on")
@login_required
def show_passing_on() -> Any:
    passing_on.set_shown(actor(), _is_shown())
    return redirect(url_for("thanks.own_facts") + "#passing-on", 303)


@bp.after_app_request
def _remember_what_was_shown(response: Response) -> Response:
    """Thanks count as seen once the page with them has been made."""
    if (shown := g.pop("thanks_shown", None)) is not None and response.status_code == 200:
        thanks.mark_seen(actor(), shown)
    return response


@dataclass(frozen=True, slots=True)
class _Shown:
    """What was written, under the names of the form."""

    words: str
    may_show: bool

    @classmethod
    def of(cls, row: Thanks | None) -> "_Shown | None":
        return cls(row.words, row.by_public) if row else None


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What may be read and done after an exchange, or while one gives; for its page."""

    given: Thanks | None
    received: Thanks | None
    form: ThanksForm | None  # to write a first one
    said: feedback.Said | None
    may_link: bool
    source: Exchange | None
    went_on: int


@bp.app_template_global()
def afterwards_of(exchange: Exchange) -> Afterwards:
    """Everything that ``exchanges/_thanks.html`` shows; the thanks in it count as seen."""
    reader, end = actor(), thanks.end_of(exchange)
    given, received = _written(reader, exchange) if not exchange.runs else (None, None)
    over = end.at is not None and end.was_promised
    links = passing_on.may_link(reader, exchange) and passing_on.has_received(reader, exchange)
    return Afterwards(
        given=given,
        received=received,
        form=None if given else _first_form(reader, exchange),
        said=feedback.said_in(reader, exchange) if over else None,
        may_link=links,
        source=passing_on.source_of(exchange),
        went_on=passing_on.went_on(exchange) if afterwards.may_thank(end) else 0,
    )


def _written(reader: Member, exchange: Exchange) -> tuple[Thanks | None, Thanks | None]:
    """What the reader wrote and what they are shown, which is nothing across a block."""
    other = exchange.other(reader)
    written = {one.by_id: one for one in thanks.thanks_in(exchange)}
    received = written.get(other.id)
    if received is not None and are_blocked(reader, other):
        received = None
    if received is not None and received.seen_at is None:
        g.thanks_shown = received.id
    return written.get(reader.id), received


@bp.app_template_global()
def load_reputations(members: Iterable[Member]) -> str:
    """Read the facts of all members of a page at once; then ``facts_of`` asks nothing more."""
    known: dict[int, Any] = g.setdefault("reputations", {})
    missing = {member.id for member in members} - known.keys()
    if missing:
        known.update(reputations_of(missing))
    return ""


@bp.app_template_global()
def facts_of(member: Member) -> list[str]:
    """What may be relied on of the member, as phrases; empty for who is new to exchanging."""
    load_reputations([member])
    return sentences(g.reputations[member.id])


def sentences(facts: Reputation | None) -> list[str]:
    """The facts in words of the current language, as far as there are any."""
    if facts is None:
        return []
    said = [wording.thanks.completed(facts.completed)] if facts.completed else []
    if facts.shows_up is not None:
        said.append(str(wording.thanks.SHOWS_UP[reliability.shows_up_band(facts.shows_up)]))
    if facts.replies_within is not None:
        said.append(str(wording.thanks.REPLIES[reliability.reply_band(facts.replies_within)]))
    return said


@bp.app_template_global()
def thanks_for(member: Member) -> thanks.ThanksPage:
    """The thanks that stand on the member's page, for the reader of this page."""
    return thanks.thanks_on_page(actor(), member, request.args.get("thanks", 1, type=int))


@bp.app_template_global()
def thanks_pages(member: Member, shown: thanks.ThanksPage) -> dict[str, Any]:
    """The addresses of the pages of thanks, for ``ui.pagination``."""

    def href(page: int) -> str | None:
        if not 1 <= page <= shown.pages:
            return None
        address = url_for("accounts.profile", public_id=member.public_id, thanks=page)
        return address + "#thanks"

    return {"previous": href(shown.page - 1), "next": href(shown.page + 1)}


@bp.app_template_global()
def went_on_from(member: Member) -> int:
    """How often what the member gave went on; 0 for who does not wish to show it."""
    return passing_on.went_on_from(member) if member.shows_passing_on else 0


def _first_form(reader: Member, exchange: Exchange) -> ThanksForm | None:
    other = exchange.other(reader)
    may = afterwards.may_thank(thanks.end_of(exchange)) and other.erased_at is None
    may = may and allows(reader, "exchange.thank", exchange) and not are_blocked(reader, other)
    return ThanksForm(formdata=None) if may else None


def _tapped() -> Iterator[tuple[str, str]]:
    """The question that was answered: the button that was pressed names it."""
    return ((one, request.form[one]) for one in afterwards.QUESTIONS if one in request.form)


def _is_shown() -> bool:
    """Which of the two buttons was pressed."""
    whether = request.form.get("shown")
    if whether not in ("yes", "no"):
        raise Invalid([Problem("shown", "choice_missing")])
    return whether == "yes"


def _thank_page(exchange: Exchange, form: ThanksForm) -> Any:
    other = exchange.other(actor())
    return render_form("exchanges/thank.html", form, exchange=exchange, other=other)


def _passing_on_page(exchange: Exchange, form: PassingOnForm) -> Any:
    if form.source.choices is None:
        received = passing_on.received_by(actor(), exchange)
        form.offer(received, passing_on.source_of(exchange))
    return render_form("exchanges/pass_on.html", form, exchange=exchange)


def _back(public_id: str, part: str = "thanks") -> Any:
    exchange = exchange_of(actor(), public_id)
    return redirect(url_for("exchanges.show", public_id=exchange.public_id) + f"#{part}", 303)
