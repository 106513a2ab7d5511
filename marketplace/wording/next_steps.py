"""What comes next in an exchange, in words: for each code of ``exchanges.next_steps`` a title, what
to do, and what the main button says.

A code may have other words for an exchange of some terms, for help instead of a thing, or for a
request: ``said_giver_swap``, ``said_giver_help``, ``answer_request``.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext

_AGREE = lazy_gettext("Now agree on where and when. A public place by day is best.")
_CODE = lazy_gettext(
    "When you stand before each other, one shows the code and the other scans or types it: then it "
    "is done for both."
)
_CODE_BUTTON = lazy_gettext("When we meet: the code")
_IS_THAT_SO = lazy_gettext("Is that so? Without an answer it counts after a week.")
_SAY_SO = lazy_gettext(
    "Say so when it is done; %(name)s then agrees. If you two did not meet, say that below."
)
_GIVEN = lazy_gettext("Yes, I have handed it over")
_RECEIVED = lazy_gettext("Yes, I have received it")
_HELPED = lazy_gettext("Yes, I have helped")
_WAS_HELPED = lazy_gettext("Yes, I was helped")
_MY_HALF = lazy_gettext("I have given my half")
_THEIR_HALF = lazy_gettext("I have received the other half")
_STILL_TO_AGREE = lazy_gettext(
    "%(name)s still has to agree. Without an answer it counts after a week."
)
_SIMILAR = lazy_gettext("Look for something similar")
_OTHERS = lazy_gettext("See what others need")
_NOT_YOU = lazy_gettext("Often it is nobody's fault. Perhaps somebody else has something like it.")
_OTHERS_NEED = lazy_gettext("Thank you for offering. Others near you need help as well.")
_NOTHING_YET = lazy_gettext(
    "We tell you as soon as there is an answer. Meanwhile you can write a message."
)

_WORDS: dict[str, tuple[Any, Any, Any]] = {
    "answer": (
        lazy_gettext("%(name)s would like this"),
        lazy_gettext(
            "Promise it, and you two agree on where and when. Or say no: an answer is kind as well."
        ),
        lazy_gettext("Promise it"),
    ),
    "answer_request": (
        lazy_gettext("%(name)s can help you"),
        lazy_gettext(
            "Accept, and you two agree on where and when. Or say no: an answer is kind as well."
        ),
        lazy_gettext("Accept the help"),
    ),
    "window_draw_owner": (
        lazy_gettext("%(name)s takes part in the draw"),
        lazy_gettext("You need not do anything: it is drawn by itself when the time is over."),
        "",
    ),
    "window_choice_owner": (
        lazy_gettext("%(name)s would like this"),
        lazy_gettext("You choose when the time for asking is over; until then others may ask."),
        "",
    ),
    "window_draw_opener": (
        lazy_gettext("You take part in the draw"),
        lazy_gettext("We tell you how it went, whatever comes of it."),
        "",
    ),
    "window_choice_opener": (
        lazy_gettext("%(name)s answers when the time for asking is over"),
        _NOTHING_YET,
        "",
    ),
    "drawn_owner": (
        lazy_gettext("%(name)s waits in the order of the draw"),
        lazy_gettext("If a promise falls through, it goes to the next by itself."),
        "",
    ),
    "drawn_opener": (
        lazy_gettext("You wait in the order of the draw"),
        lazy_gettext("If a promise falls through, it goes to the next by itself."),
        "",
    ),
    "wait_answer": (lazy_gettext("%(name)s has not answered yet"), _NOTHING_YET, ""),
    "arrange_giver": (lazy_gettext("You have promised it to %(name)s"), _AGREE, ""),
    "arrange_receiver": (lazy_gettext("%(name)s has promised it to you"), _AGREE, ""),
    "arrange_giver_help": (lazy_gettext("You help %(name)s"), _AGREE, ""),
    "arrange_receiver_help": (lazy_gettext("%(name)s helps you"), _AGREE, ""),
    "arrange_giver_swap": (lazy_gettext("You and %(name)s want to swap"), _AGREE, ""),
    "arrange_receiver_swap": (lazy_gettext("You and %(name)s want to swap"), _AGREE, ""),
    "meet_giver": (lazy_gettext("You hand it over to %(name)s"), _CODE, _CODE_BUTTON),
    "meet_receiver": (lazy_gettext("%(name)s hands it over to you"), _CODE, _CODE_BUTTON),
    "meet_giver_help": (lazy_gettext("You help %(name)s"), _CODE, _CODE_BUTTON),
    "meet_receiver_help": (lazy_gettext("%(name)s helps you"), _CODE, _CODE_BUTTON),
    "meet_giver_swap": (lazy_gettext("You and %(name)s swap"), _CODE, _CODE_BUTTON),
    "meet_receiver_swap": (lazy_gettext("You and %(name)s swap"), _CODE, _CODE_BUTTON),
    "said_giver": (lazy_gettext("Have you handed it over to %(name)s?"), _SAY_SO, _GIVEN),
    "said_receiver": (lazy_gettext("Have you received it from %(name)s?"), _SAY_SO, _RECEIVED),
    "said_giver_help": (lazy_gettext("Have you helped %(name)s?"), _SAY_SO, _HELPED),
    "said_receiver_help": (lazy_gettext("Has %(name)s helped you?"), _SAY_SO, _WAS_HELPED),
    "said_giver_swap": (
        lazy_gettext("Have you and %(name)s swapped?"),
        lazy_gettext(
            "Say what you gave; after that, what you received. If you two did not meet, say that "
            "below."
        ),
        _MY_HALF,
    ),
    "confirm_giver": (
        lazy_gettext("%(name)s says that you have handed it over"),
        _IS_THAT_SO,
        _GIVEN,
    ),
    "confirm_receiver": (
        lazy_gettext("%(name)s says that you have received it"),
        _IS_THAT_SO,
        _RECEIVED,
    ),
    "confirm_giver_help": (
        lazy_gettext("%(name)s says that you have helped"),
        _IS_THAT_SO,
        _HELPED,
    ),
    "confirm_receiver_help": (
        lazy_gettext("%(name)s says that you were helped"),
        _IS_THAT_SO,
        _WAS_HELPED,
    ),
    "confirm_giver_swap": (
        lazy_gettext("%(name)s says that you have given your half"),
        _IS_THAT_SO,
        _MY_HALF,
    ),
    "confirm_receiver_swap": (
        lazy_gettext("%(name)s says that you have received the other half"),
        _IS_THAT_SO,
        _THEIR_HALF,
    ),
    "wait_confirm": (
        lazy_gettext("You have said that it changed hands"),
        _STILL_TO_AGREE,
        "",
    ),
    "wait_confirm_help": (
        lazy_gettext("You have said that the help was given"),
        _STILL_TO_AGREE,
        "",
    ),
    "second_giver": (
        lazy_gettext("Your half of the swap is still to come"),
        lazy_gettext("You have received the other half. Say so here once you have given yours."),
        _MY_HALF,
    ),
    "second_receiver": (
        lazy_gettext("The half of %(name)s is still to come"),
        lazy_gettext("You have given yours. Say so here once you have received the other."),
        _THEIR_HALF,
    ),
    "second_said_giver": (
        lazy_gettext("Have you given your half as well?"),
        lazy_gettext("%(name)s still has to agree with what you said before."),
        _MY_HALF,
    ),
    "second_said_receiver": (
        lazy_gettext("Have you received the other half as well?"),
        lazy_gettext("%(name)s still has to agree with what you said before."),
        _THEIR_HALF,
    ),
    # What to do about a loan stands in a part of the page of its own.
    "lent": (lazy_gettext("It is with %(name)s now"), "", ""),
    "borrowed": (lazy_gettext("You have borrowed it"), "", ""),
    "look_at_it": (lazy_gettext("%(name)s says that it is back"), "", ""),
    "wait_look": (lazy_gettext("You have said that it is back"), "", ""),
    "lost_giver": (lazy_gettext("It counts as lost"), "", ""),
    "lost_receiver": (lazy_gettext("It counts as lost"), "", ""),
    "closed": (
        lazy_gettext("It is done"),
        lazy_gettext("You two have brought this to a good end."),
        "",
    ),
    "declined_owner": (
        lazy_gettext("You two did not come together this time"),
        lazy_gettext("If it can be done after all, you can still promise it to %(name)s."),
        "",
    ),
    "declined_opener": (lazy_gettext("This time it did not work out"), _NOT_YOU, _SIMILAR),
    "declined_opener_request": (
        lazy_gettext("This time it did not work out"),
        _OTHERS_NEED,
        _OTHERS,
    ),
    "released_owner": (
        lazy_gettext("The promise is taken back"),
        lazy_gettext("It is free again. If you two agree after all, you can promise it once more."),
        "",
    ),
    "released_opener": (lazy_gettext("The promise was taken back"), _NOT_YOU, _SIMILAR),
    "released_opener_request": (lazy_gettext("The promise was taken back"), _OTHERS_NEED, _OTHERS),
    "cancelled_owner": (
        lazy_gettext("%(name)s no longer needs it"),
        lazy_gettext("What you had promised is free again."),
        "",
    ),
    "cancelled_owner_request": (
        lazy_gettext("%(name)s cannot help after all"),
        lazy_gettext("Your post is still there for others to see, as long as it is open."),
        "",
    ),
    "cancelled_opener": (
        lazy_gettext("You have called it off"),
        lazy_gettext("As long as the post is open, you can ask once more."),
        "",
    ),
    "failed_own": (
        lazy_gettext("You have said that it did not happen"),
        lazy_gettext("%(name)s has been told, and can say so if that is wrong. That is all."),
        "",
    ),
    "failed_unsafe": (
        lazy_gettext("We are sorry that you did not feel safe"),
        lazy_gettext(
            "%(name)s does not learn of this reason. Tell the moderators what happened, so that it "
            "does not happen to others. If you are in danger, call 112."
        ),
        lazy_gettext("Tell the moderators"),
    ),
    "failed_theirs": (
        lazy_gettext("%(name)s says that it did not happen"),
        lazy_gettext("If that is not so, say it within two weeks: then it counts for neither."),
        lazy_gettext("That is not so"),
    ),
    "disputed_own": (
        lazy_gettext("You have said that the report is not so"),
        lazy_gettext("It counts for neither of you. You can go on writing to each other."),
        "",
    ),
    "disputed_theirs": (
        lazy_gettext("%(name)s says that your report is not so"),
        lazy_gettext("It counts for neither of you. You can go on writing to each other."),
        "",
    ),
    "failed": (
        lazy_gettext("It did not happen"),
        lazy_gettext("Nothing is left to do here. You can go on writing to each other."),
        "",
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """The words of what comes next; ``label`` is empty where there is no main button."""

    title: str
    text: str
    label: str


def words_of(code: str, variants: tuple[str, ...], name: str) -> Said:
    """The words of a code: of the first of the variants (terms, "help", "request") that has any
    of its own."""
    own = (f"{code}_{variant}" for variant in variants)
    words = _WORDS[next((one for one in own if one in _WORDS), code)]
    return Said(*(str(part) % {"name": name} if part else "" for part in words))
