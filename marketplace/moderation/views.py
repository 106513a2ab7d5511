"""What members do for their own safety: block somebody, and see whom they have blocked."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from marketplace.accounts import blocks
from marketplace.accounts import service as accounts
from marketplace.accounts.models import Member
from marketplace.messages import service as messages
from marketplace.permissions import require
from marketplace.web import actor

bp = Blueprint("safety", __name__)


@bp.route("/members/<public_id>/block", methods=["GET", "POST"])
@login_required
def block(public_id: str) -> Any:
    """Say what a block does, and set it."""
    person = accounts.visible_member(actor(), public_id)
    return _block(person, url_for("accounts.profile", public_id=public_id))


@bp.route("/messages/<public_id>/block", methods=["GET", "POST"])
@login_required
def block_in_conversation(public_id: str) -> Any:
    """The same for the other one of a conversation, who may have become invisible since."""
    conversation = messages.conversation_of(actor(), public_id)
    person = messages.other_of(conversation, actor())
    return _block(person, url_for("messages.conversation", public_id=public_id))


def _block(person: Member, back: str) -> Any:
    require(actor(), "member.block", person)
    if request.method == "GET":
        return render_template("safety/block.html", person=person, back=back)
    blocks.block_member(actor(), person)
    flash(_("You and %(name)s no longer find each other.", name=person.name), "good")
    return redirect(url_for(".blocked"), 303)


@bp.get("/account/blocked")
@login_required
def blocked() -> Any:
    return render_template("safety/blocked.html", people=blocks.blocked_members(actor()))


@bp.post("/account/blocked/<public_id>/end")
@login_required
def unblock(public_id: str) -> Any:
    person = blocks.unblock_member(actor(), public_id)
    flash(_("You have unblocked %(name)s.", name=person.name), "good")
    return redirect(url_for(".blocked"), 303)
