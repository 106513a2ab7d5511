"""What the people concerned are told: what was decided, why, for how long, and how to answer.

Names of staff are in none of it: the moderators decide.
"""

from sqlalchemy import select

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.listings.models import Listing
from marketplace.moderation.models import Case, Decision
from marketplace.notifications.service import notify

# What was done -> the kind of the notice.
KINDS = {
    "hide_listing": "listing_hidden",
    "unhide_listing": "listing_shown_again",
    "decline_listing": "listing_declined",
    "open_listing": "listing_opened",
    "hide_message": "message_hidden",
    "unhide_message": "message_shown_again",
    "warn": "member_warned",
    "pause": "member_paused",
    "end_pause": "pause_ended",
}
PAUSE_OVER = "pause_over:"


def tell_concerned(decision: Decision) -> None:
    """Tell the member what was decided about them."""
    params = {
        "title": decision.listing.title if decision.listing else "",
        "reason": decision.reason,
        "words": decision.words,
        "until": decision.until.date().isoformat() if decision.until else "",
    }
    link = f"/decisions/{decision.public_id}"
    notify(decision.member, "account", KINDS[decision.action], params, link=link)


def tell_pause_over(decision: Decision) -> None:
    """Tell the member that a pause with an end has come to it."""
    params = {"title": "", "reason": "", "words": "", "until": ""}
    link, once = f"/decisions/{decision.public_id}", pause_told(decision.id)
    notify(decision.member, "account", "pause_ended", params, link=link, once=once)


def pause_told(decision_id: object) -> str:
    """The mark by which the end of a pause is told one time only."""
    return f"{PAUSE_OVER}{decision_id}"


def tell_opened(listing: Listing) -> None:
    """Tell the owner that a post which had to wait is up."""
    link = f"/listings/{listing.public_id}"
    notify(listing.owner, "account", "listing_opened", {"title": listing.title}, link=link)


def tell_appellant(decision: Decision, upheld: bool, answer: str) -> None:
    """Tell the member what came of their appeal."""
    kind = "appeal_upheld" if upheld else "appeal_denied"
    link = f"/decisions/{decision.public_id}"
    notify(decision.member, "account", kind, {"words": answer}, link=link)


def tell_reporters(case: Case | None, kind: str, besides: Member) -> None:
    """Tell everybody who reported the thing that something came of it, without details."""
    for report in case.reports if case else ():
        if report.reporter_id != besides.id:
            notify(report.reporter, "account", kind, {}, link=f"/reports/{report.public_id}")


def tell_staff(kind: str, link: str) -> None:
    """Tell staff that something waits for them."""
    for member in db.session.scalars(select(Member).where(*Member.staff_here())):
        notify(member, "staff", kind, {}, link=link)
