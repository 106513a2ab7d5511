"""Codes of the pure modules, in words of the current language.

A code without words raises KeyError, so that no member ever reads one.
"""

from typing import Any, Protocol

from flask_babel import gettext, lazy_gettext

from marketplace.wording import (
    exchanges,
    history,
    loans,
    matches,
    meetings,
    needs,
    queues,
    quick_replies,
    searches,
    searching,
    tasks,
    thanks,
)
from marketplace.wording.posts import NEWS as NEWS_OF_POSTS
from marketplace.wording.warnings import WARNINGS as WARNINGS


class Coded(Protocol):
    @property
    def code(self) -> str: ...

    @property
    def params(self) -> Any: ...


PROBLEMS: dict[str, Any] = {
    "message_missing": lazy_gettext("Please write a message first."),
    "too_many_conversations": lazy_gettext(
        "You have written to %(max)s neighbours for the first time in the last day. That many "
        "are enough, so that nobody is flooded with messages. Hours until you can write to others: "
        "%(hours)s. Conversations that are running go on."
    ),
    "too_many_listings": lazy_gettext(
        "You have posted %(max)s times in the last day. That many are enough, so that everybody's "
        "posts are seen. Hours until you can put this up: %(hours)s. It is kept among your drafts."
    ),
    "name_missing": lazy_gettext("Write your name, or what neighbours call you."),
    "name_unreadable": lazy_gettext("There is a sign in this name that cannot be shown."),
    "email_missing": lazy_gettext("Write your e-mail address."),
    "email_malformed": lazy_gettext("Write an address like name@example.org, without spaces."),
    "login_missing": lazy_gettext("Write your e-mail address or your phone number."),
    "phone_malformed": lazy_gettext("Write an Indonesian mobile number, like 0812 3456 7890."),
    "phone_taken": lazy_gettext("An account already signs in with this number."),
    "phone_needed": lazy_gettext(
        "You need a name to sign in with: write a number, or add an e-mail address first."
    ),
    "present_wrong": lazy_gettext("This is not your present password."),
    "email_same": lazy_gettext("This is your address already."),
    "too_many_tries_here": lazy_gettext(
        "There were too many tries. Please try again in a quarter of an hour."
    ),
    "login_unknown": lazy_gettext("Nobody signs in with this. Check how it is written."),
    "code_for_staff": lazy_gettext(
        "Not for yourself or for other staff: whoever runs the server helps them."
    ),
    "seen_missing": lazy_gettext("Give a code only to a person who stands before you."),
    "reason_missing": lazy_gettext("Write down how you know; it is kept with your name."),
    "skill_missing": lazy_gettext("Write a few words, for example “sewing clothes”."),
    "too_many_skills": lazy_gettext("At most %(max)s lines, please. Remove one to add another."),
    "code_wrong": lazy_gettext(
        "This name and this code do not belong together, or the code was used already. Check both."
    ),
    "too_many_codes": lazy_gettext(
        "There were too many tries from here. Please try again in a quarter of an hour."
    ),
    "password_short": lazy_gettext("Choose a password of at least %(min)s characters."),
    "password_long": lazy_gettext("Choose a password of at most %(max)s characters."),
    "password_common": lazy_gettext(
        "This password is easy to guess. Three words that do not belong together are better."
    ),
    "choice_missing": lazy_gettext("Choose one of these."),
    "adult_missing": lazy_gettext(
        "Only adults can have an account. If you are younger, an adult you trust can post for you."
    ),
    "agreed_missing": lazy_gettext("Please read the rules; you can join only if you agree."),
    "sign_in_wrong": lazy_gettext(
        "This name and this password do not belong together. Check both, or set a new password."
    ),
    "too_many_tries": lazy_gettext(
        "There were too many tries. Wait a quarter of an hour, or set a new password by mail "
        "or with your recovery code: that works at once."
    ),
    "password_wrong": lazy_gettext("This is not your password. Please try once more."),
    "too_many_proofs": lazy_gettext("There were too many tries. Please wait a quarter of an hour."),
    "too_many_copies": lazy_gettext(
        "You have had %(max)s copies within a day. The next one is possible tomorrow."
    ),
    "too_many_sign_ups": lazy_gettext(
        "Many people have just signed up from here. Please try again in an hour."
    ),
    "too_many_resets": lazy_gettext(
        "Many links were asked for from here. Please try again in an hour."
    ),
    "digest_is_off": lazy_gettext("The daily digest is off: turn it on, or choose another way."),
    "required": lazy_gettext("Please fill this in."),
    "place_missing": lazy_gettext("Say where: a village, district, city or postcode."),
    "place_unknown": lazy_gettext(
        "We do not know this place. Try the name of the district or city, or a postcode."
    ),
    "place_ambiguous": lazy_gettext("There are several places of this name. Choose one."),
    "place_point": lazy_gettext("This position cannot be read. Write the name of the place."),
    "radius_range": lazy_gettext("Write a distance above 0 and up to %(max)s km."),
    "too_long": lazy_gettext("This is too long: at most %(max)s characters."),
    "whole_number": lazy_gettext("Write a whole number, for example 20."),
    "line_too_long": lazy_gettext("This line is longer than %(max)s KB."),
    "not_json": lazy_gettext("This line is not a JSON object."),
    "not_text": lazy_gettext("Write this as text."),
    "text_missing": lazy_gettext("A title or a description is needed."),
    "point_unreadable": lazy_gettext("Write latitude and longitude as numbers of degrees, both."),
    "instant_unreadable": lazy_gettext("Write the time like 2027-05-12T08:30:00+07:00."),
    "cursor_unknown": lazy_gettext("This cursor does not belong to this question."),
    "needs_place": lazy_gettext("This needs a place as well: area or cell."),
    "date_unreadable": lazy_gettext("Write the date as day/month/year, for example 12/5/2027."),
    "choose_direction": lazy_gettext("Choose whether you have something or need something."),
    "choose_kind": lazy_gettext("Choose what kind of thing it is."),
    "choose_category": lazy_gettext("Choose a category from the list."),
    "choose_language": lazy_gettext("Choose a language from the list."),
    "choose_terms": lazy_gettext("Choose at least one: giving, lending or swapping."),
    "choose_unit": lazy_gettext("Choose a unit from the list."),
    "title_missing": lazy_gettext("Say in a few words what it is, for example “sewing machine”."),
    "title_short": lazy_gettext("Please write a little more: at least three letters."),
    "price_in_text": lazy_gettext(
        "“%(found)s” reads like a price. Nothing is sold here; please leave it out. What material "
        "costs may be mentioned, for example “material costs Rp 20.000”."
    ),
    "doubt_medicine": lazy_gettext(
        "“%(found)s”: medicine on prescription may not be shared here, it can harm others."
    ),
    "doubt_alcohol_tobacco": lazy_gettext(
        "“%(found)s”: alcohol, tobacco and vapes may not be shared here."
    ),
    "doubt_animals": lazy_gettext("“%(found)s”: live animals may not be shared here."),
    "doubt_weapons": lazy_gettext(
        "“%(found)s”: weapons, ammunition and explosives may not be shared here."
    ),
    "doubt_money": lazy_gettext(
        "“%(found)s”: money, loans of money, lottery tickets, accounts and SIM cards may not be "
        "shared here."
    ),
    "doubt_papers": lazy_gettext(
        "“%(found)s”: identity papers and certificates may not be shared here."
    ),
    "quantity_range": lazy_gettext("Write a number from 1 to %(max)s."),
    "number_range": lazy_gettext("Write a number from %(min)s to %(max)s."),
    "quantity_promised": lazy_gettext(
        "%(taken)s are promised or given already; write at least that."
    ),
    "loan_days_range": lazy_gettext("Write a number of days from 1 to %(max)s."),
    "too_many_saved": lazy_gettext("You have saved %(max)s posts. Take one out to save another."),
    "too_many_questions": lazy_gettext(
        "You have asked about %(max)s posts today. You can ask about others tomorrow."
    ),
    "too_many_wishes": lazy_gettext("At most %(max)s lines, please."),
    "online_goods": lazy_gettext("Things change hands somewhere: choose a place."),
    "until_past": lazy_gettext("This day is over: choose today or a later day."),
    "until_far": lazy_gettext("Choose a day within a year; you can extend it later."),
    "too_many_photos": lazy_gettext("There is room for %(max)s photos. Remove one to add another."),
    "too_many_in_message": lazy_gettext("At most %(max)s photos in one message, please."),
    "photo_missing": lazy_gettext("Choose a photo first."),
    "photo_too_heavy": lazy_gettext("This photo is larger than 8 MB. Please choose a smaller one."),
    "photo_too_large": lazy_gettext(
        "This photo has more than 25 million pixels. Please choose a smaller one."
    ),
    "photo_kind": lazy_gettext("This file is not a photo we can read. Use JPEG, PNG or WebP."),
    "photo_broken": lazy_gettext("This photo is incomplete. Please send it again."),
    "words_missing": lazy_gettext("Please say it in a sentence or two."),
    "too_many_reports": lazy_gettext(
        "You have reported %(max)s things today. Please come back tomorrow; "
        "if somebody is in danger, call 112."
    ),
    "photo_two_things": lazy_gettext(
        "There is something else inside this file. Please take or choose another photo."
    ),
}
PROBLEMS |= loans.PROBLEMS | meetings.PROBLEMS | exchanges.PROBLEMS | searches.PROBLEMS

# News that say no more than their sentence; one mail template serves them all.
SHARED_NEWS = (
    exchanges.NEWS | loans.NEWS | meetings.NEWS | thanks.NEWS | queues.NEWS | searches.NEWS
    | matches.NEWS
)  # fmt: skip
NEXT = (
    exchanges.NEXT | loans.NEXT | meetings.NEXT | thanks.NEXT | queues.NEXT | searches.NEXT
    | matches.NEXT
)  # fmt: skip
NEWS: dict[str, Any] = {  # by the kind of a notification; its mail template has the same name
    "new_match": lazy_gettext("“%(other)s” fits your “%(title)s”"),
    "new_message": lazy_gettext("%(sender)s wrote to you about “%(title)s”"),
    "password_changed": lazy_gettext("Your password was changed on %(time)s."),
    "recovered_by_code": lazy_gettext(
        "On %(time)s a recovery code was used to set a new password for your account."
    ),
    "new_device": lazy_gettext(
        "Your account was signed in to on a device that it does not know: %(device)s, %(time)s."
    ),
    "recovery_code_made": lazy_gettext("A new recovery code was made on %(time)s."),
    "code_handed_out": lazy_gettext(
        "On %(time)s staff handed out a code with which a new password can be set."
    ),
    "email_changed": lazy_gettext("Your e-mail address was changed on %(time)s."),
    "phone_changed": lazy_gettext("The number with which you sign in was changed on %(time)s."),
    "account_leaving": lazy_gettext("Your account will be deleted on %(day)s"),
    "account_kept": lazy_gettext("Your account stays"),
    "listing_hidden": lazy_gettext("The moderators have hidden your post “%(title)s”"),
    "listing_shown_again": lazy_gettext("Your post “%(title)s” is no longer hidden"),
    "listing_declined": lazy_gettext("The moderators have sent your post “%(title)s” back"),
    "listing_opened": lazy_gettext("Your post “%(title)s” is up"),
    "message_hidden": lazy_gettext("The moderators have hidden a message of yours"),
    "message_shown_again": lazy_gettext("A message of yours is no longer hidden"),
    "member_warned": lazy_gettext("The moderators ask you to keep to the rules"),
    "member_paused": lazy_gettext("The moderators have paused your account"),
    "pause_ended": lazy_gettext("Your account is no longer paused"),
    "appeal_upheld": lazy_gettext("You were right: the decision is undone"),
    "appeal_denied": lazy_gettext("The moderators have looked at your appeal"),
    "report_closed": lazy_gettext("The moderators have looked at what you reported"),
    "report_reversed": lazy_gettext("The moderators have looked once more at what you reported"),
    "new_report": lazy_gettext("Something was reported"),
    "new_appeal": lazy_gettext("Somebody appeals against a decision"),
} | SHARED_NEWS
NEWS |= NEWS_OF_POSTS | searches.FOUND | needs.NEWS
PROBLEMS |= thanks.PROBLEMS | searching.PROBLEMS | queues.PROBLEMS
LAG = searching.LAG

STATES: dict[str, Any] = {
    "draft": lazy_gettext("Draft"),
    "pending": lazy_gettext("Waiting for review"),
    "open": lazy_gettext("Open"),
    "held": lazy_gettext("Hidden by the moderators"),
    "fulfilled": lazy_gettext("Done"),
    "withdrawn": lazy_gettext("Withdrawn"),
}


def problem(coded: Coded) -> str:
    """What is wrong and what to do, as a sentence."""
    return str(PROBLEMS[coded.code]) % exchanges.readable(coded.params)


def reason(coded: Coded) -> str:
    """Why two listings fit, as a short phrase."""
    return str(matches.FITS[coded.code]) % dict(coded.params)


def news(kind: str, params: Any) -> str:
    """What a member is told, as one sentence."""
    return str(NEWS[kind]) % exchanges.readable(params)


def told(kind: str, params: Any) -> str:
    """The same as a sentence among others: with its full stop."""
    sentence = news(kind, params)
    return sentence if sentence.endswith(("?", ".", "…")) else f"{sentence}."


def state(code: str) -> str:
    return str(STATES[code])


exchange_state, exchange_reason, why = exchanges.state, exchanges.reason, exchanges.why
task, task_when, whose_turn, mark = tasks.task, tasks.task_when, tasks.whose, tasks.mark
condition, LOAN_STAYS = loans.condition, loans.STAYS
exchange_line, exchange_sign, told_reason = history.line, history.sign_of, history.told_reason
quick_reply = quick_replies.quick_reply


def next_step(kind: str, params: Any) -> str:
    """What to do about news, below its sentence in the mail; often nothing."""
    return str(NEXT.get(kind, "")) % exchanges.readable(params)


def band(from_km: float, to_km: float | None) -> str:
    """A distance band: "under 1 km", "2-5 km", "over 200 km"."""
    if to_km is None:
        return gettext("over %(km)s km", km=f"{from_km:g}")
    if not from_km:
        return gettext("under %(km)s km", km=f"{to_km:g}")
    return gettext("%(low)s–%(high)s km", low=f"{from_km:g}", high=f"{to_km:g}")
