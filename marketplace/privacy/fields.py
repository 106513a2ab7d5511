"""How the tables and columns of a copy are called in the language of its reader, and its page.

A column that a copy shows and that has no name here fails a test.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from flask import current_app
from flask_babel import format_date, format_datetime, gettext
from flask_babel import lazy_gettext as _l

from marketplace.listings import categories
from marketplace.listings import fields as listing_fields
from marketplace.listings.units import UNIT_NAMES
from marketplace.moderation import fields as moderation_fields
from marketplace.privacy import export
from marketplace.search import saved_forms
from marketplace.web import LANGUAGES, current_language
from marketplace.wording import copies

TABLES: dict[str, Any] = {
    "members": _l("My profile"),
    "member_skills": _l("What I can, and what I would like"),
    "credentials": _l("Names with which I sign in"),
    "sign_ins": _l("Devices"),
    "consents": _l("What I agreed to"),
    "account_events": _l("Changes of my account"),
    "hardships": _l("That times are hard for me"),
    "blocks": _l("Whom I have blocked"),
    "audit_events": _l("What staff did about me"),
    "notification_preferences": _l("What I want to hear of"),
    "notifications": _l("News"),
    "mail_hours": _l("When I want mail"),
    "listings": _l("My offers and requests"),
    "wishes": _l("In return"),
    "photos": _l("Photos"),
    "listing_events": _l("What happened to it"),
    "saved_listings": _l("What I saved"),
    "questions": _l("Questions whether something is still there"),
    "saved_searches": _l("Saved searches"),
    "matches": _l("What fitted"),
    "conversations": _l("Conversations"),
    "messages": _l("Messages"),
    "message_photos": _l("Photos in my messages"),
    "exchanges": _l("Exchanges"),
    "exchange_events": _l("What happened to it"),
    "giving_windows": _l("Times for asking, and draws"),
    "proposals": _l("Proposed meetings"),
    "exact_places": _l("Addresses I gave"),
    "place_views": _l("When I saw an address"),
    "return_checks": _l("What I said of things that came back"),
    "thanks": _l("Thanks"),
    "feedbacks": _l("What I said of exchanges"),
    "reputations": _l("What others may rely on"),
    "digests": _l("Daily mail"),
    "reports": _l("What I reported"),
    "decisions": _l("Decisions about me"),
    "appeals": _l("What I said to it"),
    "erasure_requests": _l("Deletion of my account"),
    "data_exports": _l("Copies of my data"),
}

COLUMNS: dict[str, Any] = {
    "about": _l("About"),
    "action": _l("What"),
    "actor": _l("By whom"),
    "adult_stated_at": _l("Said to be an adult on"),
    "again": _l("Would do it again"),
    "agreed_at": _l("Agreed on"),
    "alt": _l("Description"),
    "answer": _l("Answer"),
    "answered_at": _l("Answered on"),
    "area": _l("Area"),
    "area_code": _l("Code of the area"),
    "as_described": _l("As described"),
    "asked": _l("Asked for"),
    "asked_at": _l("Asked on"),
    "asked_by": _l("Asked by"),
    "at": _l("Time"),
    "available_until": _l("Until"),
    "back_at": _l("Back on"),
    "back_said_at": _l("Said to be back on"),
    "bio": _l("About me"),
    "blocked": _l("Member"),
    "body": _l("Text"),
    "by": _l("By whom"),
    "by_public": _l("The writer shows it"),
    "came": _l("Came as agreed"),
    "category": _l("Category"),
    "cell": _l("Cell on the map"),
    "changed_at": _l("Changed on"),
    "channel": _l("By mail"),
    "closes_at": _l("Closes on"),
    "completed": _l("Completed"),
    "computed_at": _l("As of"),
    "condition": _l("Condition"),
    "confirmed_at": _l("Last confirmed on"),
    "created_at": _l("Begun on"),
    "day": _l("Day"),
    "decided_at": _l("Decided on"),
    "description": _l("Description"),
    "digest_hour": _l("Hour of the daily mail"),
    "direction": _l("Offer or request"),
    "due_on": _l("Due on"),
    "email": _l("E-mail"),
    "email_confirmed_at": _l("E-mail confirmed on"),
    "ended_at": _l("Ended on"),
    "ends_at": _l("Counts until"),
    "erase_after": _l("To be erased on"),
    "erased_at": _l("Erased on"),
    "expires_at": _l("Ends on"),
    "extensions": _l("Times extended"),
    "file": _l("File"),
    "from_state": _l("Before"),
    "gift": _l("Gift"),
    "given": _l("Given"),
    "giver": _l("Who gives"),
    "giving_rule": _l("Who gets it"),
    "offer_accepted_at": _l("Whoever offers said yes at"),
    "request_accepted_at": _l("Whoever needs it said yes at"),
    "closed_at": _l("Closed at"),
    "has_digest": _l("Daily mail"),
    "height": _l("Height"),
    "hidden_at": _l("Hidden on"),
    "hours": _l("When it suits"),
    "how_often": _l("By mail"),
    "id": _l("Number"),
    "in_return": _l("In return"),
    "is_demo": _l("Made up for the demo"),
    "is_staff": _l("Staff"),
    "kind": _l("Kind"),
    "kinds": _l("What kind"),
    "language": _l("Language"),
    "languages_spoken": _l("Languages you speak"),
    "last_message_at": _l("Latest message on"),
    "last_seen_at": _l("Last used on"),
    "link": _l("Page"),
    "listing": _l("About"),
    "loan": _l("Loan"),
    "loan_days": _l("Days of the loan"),
    "loan_days_max": _l("Days of the loan"),
    "login": _l("Name to sign in with"),
    "made_at": _l("Made on"),
    "mail": _l("By mail"),
    "mailed_at": _l("Mailed on"),
    "meets_at": _l("Meeting on"),
    "meets_where": _l("Meeting at"),
    "meets_zone": _l("Time zone of the meeting"),
    "member": _l("Member"),
    "name": _l("Name"),
    "offer": _l("Offer"),
    "online": _l("Also online"),
    "opener": _l("Asked by"),
    "opens_at": _l("Opens on"),
    "origin": _l("Found by"),
    "outcome": _l("Outcome"),
    "owner": _l("Posted by"),
    "params": _l("Details"),
    "paused_at": _l("Paused on"),
    "photo_height": _l("Height of the photo"),
    "photo_width": _l("Width of the photo"),
    "place": _l("Place"),
    "place_kind": _l("Kind of place"),
    "promised": _l("Promised"),
    "promised_at": _l("Promised on"),
    "published_at": _l("Published on"),
    "quantity": _l("Number"),
    "queued_at": _l("Waiting since"),
    "quiet_from": _l("No mail from (hour)"),
    "quiet_until": _l("No mail until (hour)"),
    "radius_km": _l("Within, km"),
    "reach_km": _l("How far I would go (km)"),
    "reason": _l("Reason"),
    "received": _l("Received in 90 days"),
    "reminded_at": _l("Reminded on"),
    "reasons": _l("Reasons"),
    "receiver": _l("Who receives"),
    "removed_at": _l("Taken off on"),
    "replies_within": _l("Answers within hours"),
    "request": _l("Request"),
    "said_at": _l("Said on"),
    "rule": _l("Who gets it"),
    "saved_at": _l("Saved on"),
    "score": _l("How well it fits (0 to 1)"),
    "seen_at": _l("Seen on"),
    "sender": _l("From"),
    "sent_at": _l("Sent on"),
    "shows_passing_on": _l("My profile says how often it went on"),
    "shows_up": _l("Comes as agreed"),
    "size_bytes": _l("Size in bytes"),
    "source": _l("Number where it came from"),
    "starts_at": _l("Time"),
    "state": _l("State"),
    "suspended_at": _l("Paused by staff on"),
    "suspended_until": _l("Paused by staff until"),
    "swap": _l("Swap"),
    "terms": _l("Terms"),
    "text": _l("Text"),
    "text_language": _l("Language of the text"),
    "there_at": _l("Handed over on"),
    "there_said_at": _l("Said to be handed over on"),
    "thing": _l("About"),
    "title": _l("Title"),
    "to": _l("To whom"),
    "to_public": _l("The reader shows it"),
    "to_state": _l("After"),
    "told_at": _l("Told on"),
    "topic": _l("Topic"),
    "type": _l("Kind of member"),
    "undone_at": _l("Taken back on"),
    "unit": _l("Unit"),
    "until": _l("Until"),
    "updated_at": _l("Changed on"),
    "upheld": _l("Upheld"),
    "user_agent": _l("Browser"),
    "verb": _l("What"),
    "version": _l("Version"),
    "warned_at": _l("Warned on"),
    "width": _l("Width"),
    "window_hours": _l("Hours in which people may ask"),
    "words": _l("In words"),
    "zone": _l("Time zone"),
}  # fmt: skip

# Tables whose rows are shown in a way of their own, besides the photos inside posts.
DESIGNED = ("conversations",)


def keys_of(table: str) -> list[str]:
    """The keys of a row of a table in the copy, without what stands inside it."""
    keys = [export.key_of(column) for column in export.shown_columns(table)]
    return keys + ["area"] * ("area_code" in keys) + ["file"] * (table in export.PICTURES)


def in_words(key: str, value: Any) -> str:
    """A value as the reader would say it; empty for none."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, dict) and value.keys() <= {"id", "name", "title"}:
        return str(value.get("title") or value.get("name") or gettext("Deleted member"))
    if isinstance(value, dict):
        return "; ".join(filter(None, (_flat(v) for v in value.values())))
    if key.endswith("_at") or key in ("at", "erase_after"):
        return str(format_datetime(datetime.fromisoformat(value), "d MMMM yyyy, HH:mm"))
    if key in ("available_until", "due_on"):
        return str(format_date(date.fromisoformat(value), "d MMMM yyyy"))
    if isinstance(value, list) and key in ("kinds", "terms"):
        return ", ".join(_word(key.removesuffix("s"), one) for one in value)
    return _word(key, value)


def _flat(value: Any) -> str:
    """What stands inside a value, in one line."""
    if isinstance(value, list):
        return ", ".join(filter(None, (_flat(one) for one in value)))
    if isinstance(value, dict):
        return " ".join(filter(None, (_flat(one) for one in value.values())))
    return str(value) if value else ""


def _word(key: str, value: Any) -> str:
    if isinstance(value, str) and (said := copies.word(key, value)):
        return said
    if key in ("language", "text_language") and value in LANGUAGES:
        return LANGUAGES[value]
    if key == "unit" and value in UNIT_NAMES:
        return str(UNIT_NAMES[value])
    if key == "category":
        return categories.name(value, current_language())
    if key == "direction":
        return str(listing_fields.DIRECTION_NAMES[value])
    if key == "kind" and value in listing_fields.KIND_NAMES:
        return str(listing_fields.KIND_NAMES[value])
    if key == "reason" and value in moderation_fields.REASON_NAMES:
        return str(moderation_fields.REASON_NAMES[value])
    if key == "term":
        return copies.word("terms", value)
    if key == "how_often":
        return str(saved_forms.WAYS[value])
    if key == "hours":
        names = dict(listing_fields.week())
        return ", ".join(str(names[one]) for one in value)
    return str(value)


def page(copy: export.Copy) -> Iterator[str]:
    """The page of a copy, piece by piece: one file that any browser opens by itself."""
    template = current_app.jinja_env.get_template("privacy/copy.html")
    return template.generate(
        copy=copy, tables=TABLES, columns=COLUMNS, in_words=in_words, parts_of=export.parts_of,
        language=current_language(),
    )  # fmt: skip
