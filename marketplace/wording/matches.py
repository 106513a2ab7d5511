"""The words of matches: what their two sides are told, and why one of them says no.

``NEWS`` and ``NEXT`` as in ``wording.exchanges``. What somebody said no with is never told.
"""

from typing import Any

from flask_babel import force_locale, gettext, lazy_gettext

NEWS: dict[str, Any] = {
    "match_accepted": lazy_gettext("%(name)s says that “%(other)s” and your “%(title)s” fit"),
    "match_agreed": lazy_gettext("%(name)s said yes as well: “%(other)s” and your “%(title)s”"),
    "match_declined": lazy_gettext("“%(other)s” and your “%(title)s”: it does not fit after all"),
    "match_closed": lazy_gettext("“%(other)s”, to which you said yes, is closed now"),
}

NEXT: dict[str, Any] = {
    "match_accepted": lazy_gettext(
        "Have a look. If you say yes too, the two of you can talk and arrange the rest."
    ),
    "match_agreed": lazy_gettext("You can talk now, and arrange the rest."),
    "match_declined": lazy_gettext("We keep looking for your post, and tell you what else fits."),
    "match_closed": lazy_gettext("We keep looking for your post, and tell you what else fits."),
}

# Why two listings fit, as a short phrase.
FITS: dict[str, Any] = {
    "same_words": lazy_gettext("The same words: %(words)s"),
    "alike": lazy_gettext("Much the same: %(pairs)s"),
    "helps": lazy_gettext("May help: %(pairs)s"),
    "same_category": lazy_gettext("The same category: %(category)s"),
    "distance": lazy_gettext("%(band)s away"),
    "online": lazy_gettext("Online, nobody has to travel"),
    "half_online": lazy_gettext("One of you is online, the other at a place"),
    "common_times": lazy_gettext("Both have time: %(times)s"),
    "enough": lazy_gettext("%(asked)s asked for, %(left)s there"),
    "not_enough": lazy_gettext("%(asked)s asked for, only %(left)s there"),
    "same_terms": lazy_gettext("Both agree: %(terms)s"),
    "loan_shorter": lazy_gettext("Lent for %(days)s days, needed for %(wanted)s"),
}

REASONS: dict[str, Any] = {
    "not_what_i_need": lazy_gettext("Not what I am looking for"),
    "too_far": lazy_gettext("Too far away"),
    "timing": lazy_gettext("The times do not suit me"),
    "have_it": lazy_gettext("I have found something already"),
    "other": lazy_gettext("Another reason"),
}


# Why something is shown further down: what the reader has said no to.
LESSONS: dict[str, Any] = {
    "not_what_i_need": lazy_gettext("Further down: much like something you were not looking for."),
    "too_far": lazy_gettext("Further down: about as far as what was too far for you."),
    "timing": lazy_gettext("Further down: at times that did not suit you."),
    "have_it": lazy_gettext("Further down: you said that you have found something already."),
}
# What a no with this reason does from then on.
TEACHES: dict[str, Any] = {
    "not_what_i_need": lazy_gettext("Posts much like this one come further down for you."),
    "too_far": lazy_gettext("What is as far away comes further down for you."),
    "timing": lazy_gettext("What is at the same times comes further down for you."),
    "have_it": lazy_gettext(
        "What else fits this post of yours comes further down. If you need nothing more, close it."
    ),
    "other": "",
}
STANDINGS: dict[str, Any] = {
    "agreed": lazy_gettext("You both said yes"),
    "declined_by_you": lazy_gettext("You said it does not fit"),
    "declined": lazy_gettext("%(name)s said it does not fit"),
    "over": lazy_gettext("This pair is over"),
    "closed": lazy_gettext("Over: one of the two posts is closed"),
    "accepted_by_you": lazy_gettext("You said yes; %(name)s has not answered yet"),
    "accepted": lazy_gettext("%(name)s said yes and waits for your word"),
    "open": lazy_gettext("Not answered yet"),
}


def standing(code: str, name: str) -> str:
    """How a match stands for one of its sides; ``name`` is the other's."""
    return str(STANDINGS[code]) % {"name": name}


def lesson(reason: str) -> str:
    """Why something is shown further down."""
    return str(LESSONS[reason])


def teaches(reason: str) -> str:
    """What a no with this reason does from then on; "" when nothing."""
    return str(TEACHES[reason])


def decline_reason(code: str) -> str:
    """Why a member said no to a match, as they choose it and read it again."""
    return str(REASONS[code])


def agreed_message(language: str, title: str) -> str:
    """What whoever needs it says first once both have said yes, in the language they read."""
    with force_locale(language):
        return gettext(
            "“%(title)s” is what I am looking for, and we both said yes. Shall we arrange it?",
            title=title,
        )
