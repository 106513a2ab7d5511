"""What the moderators of the demo find: two reports, an appeal; and how it is taken away again.

Through the same verbs as those of members, so that every page of staff has something on it.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select

from marketplace.accounts.models import Member
from marketplace.db import db, new_public_id
from marketplace.listings.models import Listing
from marketplace.messages.models import Message
from marketplace.moderation import appeals, reports, service
from marketplace.moderation.models import Case, Decision, Report
from marketplace.moderation.service import DecisionDraft

MODERATORS = ("nisa", "bagus")  # two, so that an appeal can be looked at by the other


def add_moderation(cast: Mapping[str, Member]) -> None:
    """Name the moderators, and give them something to do."""
    for key in MODERATORS:
        cast[key].set_staff(True)
    db.session.flush()
    _report_a_post(cast)
    _report_a_message(cast)
    _appeal(cast)


def _report_a_post(cast: Mapping[str, Member]) -> None:
    post = db.session.scalars(
        select(Listing).where(Listing.owner_id == cast["rudi"].id).order_by(Listing.id).limit(1)
    ).one()
    said = {
        "novi": ("not_real", "Sudah dua kali saya datang, barangnya tidak ada."),
        "tania": ("not_real", ""),
    }
    for key, (reason, words) in said.items():
        reported = reports.reported_listing(cast[key], post.public_id)
        reports.report(cast[key], reported, reason, words)


def _report_a_message(cast: Mapping[str, Member]) -> None:
    reader, sender = cast["fajar"], cast["hendra"]
    message = db.session.scalars(
        select(Message).where(Message.sender_id == sender.id).order_by(Message.id).limit(1)
    ).one()
    reported = reports.reported_message(reader, message.conversation.public_id, message.id)
    reports.report(reader, reported, "other", "Sepertinya salah kirim, mohon dicek.")


def _appeal(cast: Mapping[str, Member]) -> None:
    warned, reporter, moderator = cast["arif"], cast["melati"], cast["nisa"]
    reported = reports.reported_member(reporter, warned.public_id)
    case = reports.report(reporter, reported, "spam", "Kabar yang sama dipasang tiga kali.").case
    draft = DecisionDraft(
        action="warn",
        reason="spam",
        words="Mohon jangan memasang kabar yang sama berkali-kali.",
        key=new_public_id(),
    )
    decision = service.decide(moderator, case.public_id, draft)
    appeals.appeal(warned, decision.public_id, "Barangnya memang tiga, warnanya berbeda.")


def forget_moderation(members: Collection[int]) -> None:
    """Take away what was reported by and decided about these members."""
    db.session.execute(delete(Decision).where(Decision.member_id.in_(members)))
    db.session.execute(delete(Case).where(Case.member_id.in_(members)))
    db.session.execute(delete(Report).where(Report.reporter_id.in_(members)))
