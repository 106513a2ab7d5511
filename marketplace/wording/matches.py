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

REASONS: dict[str, Any] = {
    "not_what_i_need": lazy_gettext("Not what I am looking for"),
    "too_far": lazy_gettext("Too far away"),
    "timing": lazy_gettext("The times do not suit me"),
    "have_it": lazy_gettext("I have found something already"),
    "other": lazy_gettext("Another reason"),
}


STANDINGS: dict[str, Any] = {
    "agreed": lazy_gettext("You both said yes"),
    "declined_by_you": lazy_gettext("You said it does not fit"),
    "declined": lazy_gettext("%(name)s said it does not fit"),
    "closed": lazy_gettext("Over: one of the two posts is closed"),
    "accepted_by_you": lazy_gettext("You said yes; %(name)s has not answered yet"),
    "accepted": lazy_gettext("%(name)s said yes and waits for your word"),
    "open": lazy_gettext("Not answered yet"),
}


def standing(code: str, name: str) -> str:
    """How a match stands for one of its sides; ``name`` is the other's."""
    return str(STANDINGS[code]) % {"name": name}


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
