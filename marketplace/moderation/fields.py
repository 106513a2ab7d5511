"""The names of reasons, things and actions, in words of the current language."""

from datetime import date
from typing import Any

from flask import url_for
from flask_babel import format_date
from flask_babel import lazy_gettext as _l

from marketplace.moderation.models import Case

REASON_NAMES: dict[str, Any] = {
    "scam": _l("A scam, or asks for money"),
    "forbidden": _l("Something that may not be shared here"),
    "dangerous": _l("Dangerous"),
    "offensive": _l("Insults, threats or hatred"),
    "spam": _l("Advertising, or the same again and again"),
    "not_real": _l("Not real, or not as described"),
    "private_data": _l("Shows private data of somebody"),
    "minor": _l("Somebody under 18 is involved"),
    "other": _l("Something else"),
}
# The same reasons, as they are told to whom they concern.
REASONS_TOLD: dict[str, Any] = {
    "scam": _l("It looks like a scam, or it asks for money."),
    "forbidden": _l("It is about something that may not be shared here."),
    "dangerous": _l("It could be dangerous to somebody."),
    "offensive": _l("It insults, threatens or belittles others."),
    "spam": _l("It is advertising, or the same again and again."),
    "not_real": _l("It does not seem to be real, or as it is described."),
    "private_data": _l("It shows private data of somebody."),
    "minor": _l("Somebody under 18 is involved without a grown-up."),
    "other": _l("The moderators explain it below."),
}
ACTION_NAMES: dict[str, Any] = {
    "hide_listing": _l("Hide the post"),
    "unhide_listing": _l("Show the post again"),
    "decline_listing": _l("Send the post back"),
    "open_listing": _l("Let the post up"),
    "hide_message": _l("Hide the message"),
    "unhide_message": _l("Show the message again"),
    "warn": _l("Warn the member"),
    "pause": _l("Pause the member"),
    "end_pause": _l("End the pause"),
    "dismiss": _l("Nothing to do"),
}
ACTION_HINTS: dict[str, Any] = {
    "hide_listing": _l("Only its owner and staff see it then."),
    "hide_message": _l("Both see that it was hidden, not what it said."),
    "warn": _l("They read why, and can post and write less for three months."),
    "pause": _l("Their posts are hidden; they can read and appeal, not post or write."),
    "dismiss": _l("It closes the report. Nobody is told but those who reported."),
}
PAUSE_NAMES: dict[str, Any] = {
    "3": _l("3 days"),
    "7": _l("7 days"),
    "30": _l("30 days"),
    "0": _l("Until further notice"),
}
THING_NAMES: dict[str, Any] = {
    "listing": _l("Post"),
    "message": _l("Message"),
    "member": _l("Member"),
}


AUDITED: dict[str, Any] = {
    **{f"decision.{action}": name for action, name in ACTION_NAMES.items()},
    "case.dismiss": _l("Closed a report without a decision"),
    "conversation.view": _l("Read a reported message and what stands around it"),
    "listing.approve": _l("Let a first post up"),
    "appeal.uphold": _l("Found an appeal right"),
    "appeal.deny": _l("Let a decision stand after an appeal"),
    "account.hand_code": _l("Handed out a code for a new password"),
    "member.leave": _l("Began a deletion for a member"),
    "member.copy": _l("Made a copy of the data for a member"),
    "mail.retry": _l("Let a stuck mail go out"),
    "site.edit": _l("Changed a setting of the site"),
    "search.add_word": _l("Taught the search a word"),
    "search.change_word": _l("Changed a word of the search"),
    "search.remove_word": _l("Removed a word from the search"),
    "search.restore_word": _l("Brought a word of the search back"),
    "staff.add": _l("Made a member staff"),
    "staff.remove": _l("Ended that a member is staff"),
}
PAGES = {"case": "moderation.case", "appeal": "moderation.appeal", "listing": "listings.show"}


def audited(action: str) -> str:
    """What staff did, in words; the code itself for what has none yet."""
    return str(AUDITED.get(action, action))


def page_of(thing: str) -> str:
    """The address of a thing named in the record; empty when it has no page."""
    kind, _sep, public_id = thing.partition(":")
    return url_for(PAGES[kind], public_id=public_id) if kind in PAGES and public_id else ""


def reason_name(code: str) -> str:
    return str(REASON_NAMES[code])


def reason_told(code: str) -> str:
    """A reason as a sentence to whom it concerns; empty for none."""
    return str(REASONS_TOLD[code]) if code else ""


def action_name(code: str) -> str:
    return str(ACTION_NAMES[code])


def thing_name(case: Case) -> str:
    return str(THING_NAMES[case.thing])


def day_words(day: str) -> str:
    """A date that was kept as text (2026-12-01), in words."""
    return str(format_date(date.fromisoformat(day), "d MMMM yyyy"))
