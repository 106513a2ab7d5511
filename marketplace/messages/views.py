"""Pages of conversations: the inbox, one conversation, the first message about a listing."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from marketplace import wording
from marketplace.accounts.login import unattended
from marketplace.accounts.models import Member
from marketplace.db import utcnow
from marketplace.errors import Invalid
from marketplace.exchanges import history
from marketplace.exchanges.moves import verbs
from marketplace.exchanges.service import latest_in
from marketplace.listings import units
from marketplace.listings.models import Listing
from marketplace.messages import inbox as inboxes
from marketplace.messages import photos, quick, rules, searching, service, talks
from marketplace.messages.forms import MessageForm, suggestion
from marketplace.messages.models import Conversation, Message
from marketplace.permissions import allows
from marketplace.responses import picture_response
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("messages", __name__)
# The browser asks every time whether it may still show it; unchanged, it costs no data.
PHOTO_CACHING = "private, no-cache"


@bp.get("/messages")
@login_required
def inbox() -> str:
    """The list of conversations, or with ``q`` what was found in them."""
    query = request.args.get("q", "").strip()[: searching.QUERY_MAX]
    page = request.args.get("page", 1, type=int)
    if query:
        found = searching.search(actor(), query, page)
        return render_template("messages/search.html", query=query, found=found)
    shown = inboxes.inbox(actor(), page)
    states = history.states([row.conversation for row in shown.rows])
    return render_template("messages/inbox.html", inbox=shown, states=states)


@bp.get("/messages/<public_id>")
@login_required
def conversation(public_id: str) -> Any:
    return _conversation_page(public_id, MessageForm())


@bp.post("/messages/<public_id>")
@login_required
def reply(public_id: str) -> Any:
    form = MessageForm()
    ready = wording.quick_reply(request.form.get("quick", ""))
    try:
        _send(public_id, ready or form.body.data or "", form.uploads())
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _conversation_page(public_id, form)
    if ready and form.body.data:  # what was being typed stays where it was
        return _conversation_page(public_id, form)
    return _to_conversation(public_id)


@bp.get("/messages/<public_id>/news")
@login_required
def news(public_id: str) -> Any:
    """What came since the page was shown, as a fragment of it; 204 when nothing did.

    The page asks for it by itself: it counts as no visit, and what is marked as read is only what
    the page says it has shown.
    """
    unattended()
    pulse = talks.pulse(actor(), public_id)
    has = {name: request.args.get(name, 0, type=int) for name in ("after", "step", "read", "shown")}
    if (shown := min(has["shown"], pulse.latest)) > pulse.read_by_me:
        service.mark_read(actor(), pulse.conversation, shown)
    stand = history.stand_of(pulse.conversation)
    moved = stand.code != request.args.get("stand")
    if not moved and (pulse.latest, pulse.read_by_other) == (has["after"], has["read"]):
        return "", 204
    return _news(pulse, stand if moved else None, has)


@bp.post("/messages/<public_id>/fulfilment")
@login_required
def fulfilment(public_id: str) -> Response:
    service.close_listing(actor(), public_id)
    flash(_("The post is closed. You can go on writing here."))
    return _to_conversation(public_id)


@bp.route("/listings/<public_id>/conversations", methods=["GET", "POST"])
@login_required
def open_conversation(public_id: str) -> Any:
    if request.method == "POST" and "body" in request.form:
        return _send_first(public_id)
    if running := service.conversation_about(actor(), public_id):
        return _to_conversation(running.public_id)
    listing = service.answerable_listing(actor(), public_id)
    return _first_page(listing, MessageForm(formdata=None, body=suggestion(listing)))


def _send(public_id: str, body: str, uploads: list[bytes]) -> None:
    if not uploads:
        service.reply(actor(), public_id, body)
        return
    photos.send(actor(), public_id, body, uploads, folder=parts().settings.uploads_dir)


@bp.get("/messages/<public_id>/photos/<name>/<width>")
@login_required
def photo(public_id: str, name: str, width: str) -> Any:
    folder = parts().settings.uploads_dir
    path = photos.file_for(actor(), public_id, name, width, folder=folder)
    return picture_response(path, PHOTO_CACHING)


def _send_first(public_id: str) -> Any:
    form = MessageForm()
    try:
        opened = service.open_conversation(actor(), public_id, form.body.data or "")
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        if running := service.conversation_about(actor(), public_id):
            return _conversation_page(running.public_id, form)
        return _first_page(service.answerable_listing(actor(), public_id), form)
    return _to_conversation(opened.public_id)


def _first_page(listing: Listing, form: MessageForm) -> Any:
    return render_form("messages/first.html", form, listing=listing)


def _conversation_page(public_id: str, form: MessageForm) -> Any:
    found = service.conversation_of(actor(), public_id)
    before = request.args.get("before", type=int)
    if at := request.args.get("at", type=int):  # a message that was found: with what follows it
        before = talks.before_with(found, at)
    # First: its commit would make every message that is loaded by then be read once more.
    service.mark_read(actor(), found, talks.latest_id(found, before))
    talk = talks.talk(actor(), found, before)
    return render_form(
        "messages/conversation.html",
        form,
        talk=talk,
        entries=_entries(talk),
        stand=history.stand_of(found),
        photos_max=rules.PHOTOS_MAX,
        **_exchange(found, talk.listing_shown),
    )


def _exchange(found: Conversation, is_listing_shown: bool) -> dict[str, Any]:
    """What the page says of the exchange that a conversation carries, and what fits it."""
    exchange = latest_in(found)
    runs = exchange is not None and exchange.runs
    side = quick.OWNER if found.owner_id == actor().id else quick.OPENER
    state = exchange.state if exchange else ""
    return {
        "exchange": exchange,
        "verbs": verbs(actor(), exchange) if exchange else [],
        "may_ask": is_listing_shown and not runs and may_answer(found.listing),
        "quick": quick.replies(found.listing.direction, side, state),
    }


def _news(pulse: talks.Pulse, stand: history.Stand | None, has: dict[str, int]) -> str:
    """``stand`` is that of the exchange where it moved."""
    found = pulse.conversation
    came = talks.messages_after(found, has["after"])
    steps = history.lines_after(found, has["step"]) if stand else []
    return render_template(
        "messages/_news.html",
        pulse=pulse,
        conversation=found,
        other=service.other_of(found, actor()),
        entries=history.merged(came, steps),
        after=came[-1].id if came else pulse.latest,
        stand=stand,
        **(_exchange(found, talks.shows_listing(actor(), found)) if stand else {}),
    )


def _entries(talk: talks.Talk) -> list[history.Entry]:
    """The messages of the page, and what happened between them."""
    since = talk.messages[0].created_at if talk.earlier else None
    return history.merged(talk.messages, history.lines(talk.conversation, since, talk.until))


def _to_conversation(public_id: str) -> Response:
    return redirect(url_for("messages.conversation", public_id=public_id) + "#latest", 303)


@bp.app_template_global()
def unread_messages() -> int:
    """Messages that wait for the signed-in member; one query."""
    member = actor()
    return service.unread_count(member) if member else 0


@bp.app_template_global()
def running_conversation(listing: Listing) -> Any:
    """The conversation that the signed-in member has about a listing, or None."""
    member = actor()
    return service.conversation_about(member, listing.public_id) if member else None


@bp.app_template_global()
def may_answer(listing: Listing) -> bool:
    """Whether the reader may write about the listing, or could once signed in."""
    member = actor()
    if not listing.is_open(utcnow()):
        return False
    return member is None or allows(member, "listing.answer", listing)


@bp.app_template_global()
def member_name(member: Member) -> str:
    """The name of somebody who may have left since."""
    return _("Deleted member") if member.erased_at else member.name


bp.add_app_template_global(searching.marked)
bp.add_app_template_global(searching.words_of)


@bp.app_template_global()
def line_amount(line: history.Line) -> str:
    """How much a step is about, in words; "" where there is only one of it."""
    listing, number = line.exchange.listing, line.event.params.get("quantity") or 1
    one_thing = number == 1 and (listing.capacity or 1) == 1
    return "" if one_thing else units.amount(number, listing.unit)


@bp.app_template_global()
def said_shortly(message: Message) -> str:
    """A message in a list, in one line."""
    if message.hidden_at:
        return _("Hidden by the moderators")
    count = len(message.photos)
    text = message.body or (ngettext("%(num)d photo", "%(num)d photos", count) if count else "")
    return _("You: %(text)s", text=text) if message.sender_id == actor().id else text
