"""What a page says when something cannot be done: what happened, and what to do now."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Failure:
    """``back``: loading the same page again may help; ``up``: the page of what it is about tells
    more. ``drawing``: a name of drawings.svg."""

    title: Any
    text: Any
    drawing: str = "path"
    back: bool = False
    up: bool = False


BY_STATUS = {
    400: Failure(
        _l("That could not be read"),
        _l("Something in the request was incomplete. Go back and try once more."),
    ),
    403: Failure(
        _l("This is not for you to change"),
        _l("You may see this, but only its owner may do that."),
    ),
    404: Failure(
        _l("There is nothing here"),
        _l("The address may be mistyped, or what stood here has been given away, met or closed."),
    ),
    405: Failure(
        _l("That does not work this way"),
        _l("This address only takes what a form sends. Go back and use the button on the page."),
    ),
    409: Failure(
        _l("Something has changed meanwhile"),
        _l(
            "Somebody was faster, or it is closed already. "
            "Load the page again to see how it is now."
        ),
        "basket",
    ),
    410: Failure(
        _l("This is over"),
        _l("It has been given away, met or closed. Perhaps there is something like it near you."),
        "basket",
    ),
    413: Failure(
        _l("That is too large"),
        _l("A photo may have up to 8 MB. Go back and choose a smaller one."),
    ),
    422: Failure(
        _l("Something needs your attention"),
        _l("Go back and look at what you filled in. This was not possible:"),
    ),
    429: Failure(
        _l("A little too fast"),
        _l("There were many tries in a short time. Wait some minutes and try again."),
        "rain",
        back=True,
    ),
    500: Failure(
        _l("Something broke on our side"),
        _l("It is not your fault, and it has been noted. Try again in a moment."),
        "rain",
        back=True,
    ),
    503: Failure(
        _l("Back in a moment"),
        _l(
            "The site is busy or being repaired. Nothing that you saved is lost. "
            "Try again in half a minute."
        ),
        "rain",
        back=True,
    ),
}
# What a conflict is about, where a member would want to know.
BY_CODE = {
    "exchange_moved": Failure(
        _l("It has moved on meanwhile"),
        _l(
            "The other side was faster, or you pressed the button in another window. "
            "Have a look at how it stands now; nothing was changed."
        ),
        "path",
        up=True,
    ),
    "nothing_left": Failure(
        _l("There is not that much left"),
        _l(
            "It is promised to somebody else already, all of it or too much of it. Nothing was "
            "promised twice; whoever waits keeps the place."
        ),
        "basket",
        up=True,
    ),
    "window_runs": Failure(
        _l("People may still ask for it"),
        _l(
            "So that everybody has the same chance, nothing is promised before the time for asking "
            "is over. It stands on the post and on the page of those who wait."
        ),
        "path",
        up=True,
    ),
    "window_over": Failure(
        _l("The time for asking is over"),
        _l("You can still wait: if a promise falls through, it goes to the next by itself."),
        "path",
        up=True,
    ),
    "draw_order": Failure(
        _l("A draw says who comes first"),
        _l(
            "Who waits keeps the place that was drawn or will be: nobody can be taken before "
            "somebody else, or out of it. If a promise falls through, it goes to the next."
        ),
        "path",
        up=True,
    ),
    "rule_stands": Failure(
        _l("The rule stands now"),
        _l(
            "Somebody has asked relying on it. It can be changed again when nobody waits; if it "
            "cannot go on like this, close the post, and everybody is answered."
        ),
        "path",
        up=True,
    ),
    "listing_closed": Failure(
        _l("This post is closed"),
        _l(
            "It was given, met or withdrawn, or its time has run out. "
            "Perhaps a neighbour has something like it."
        ),
        "basket",
        up=True,
    ),
    "meeting_ahead": Failure(
        _l("You have not met yet"),
        _l(
            "The time on which you two agreed is still to come. If something comes between, call "
            "it off or propose another time; afterwards you can say that nobody came."
        ),
        "path",
        up=True,
    ),
    "proposal_answered": Failure(
        _l("This proposal is no longer open"),
        _l("It was answered, taken back or replaced meanwhile. Look at what is proposed now."),
        up=True,
    ),
    "proposal_past": Failure(
        _l("This time has passed"),
        _l("Nobody had answered by then. Propose another time that suits you."),
        up=True,
    ),
    "no_meeting": Failure(
        _l("No meeting is arranged"),
        _l(
            "Where exactly you meet is shown here to the two of you while a meeting stands. "
            "Afterwards nobody sees it any more."
        ),
        up=True,
    ),
    "cannot_write": Failure(
        _l("Nothing can be sent here any more"),
        _l("One of you two is away or has ended the conversation. What was written stays here."),
        "letters",
        up=True,
    ),
    "not_ended_well": Failure(
        _l("It is too early for thanks"),
        _l("You can say thank you once it has changed hands and you both agree."),
        up=True,
    ),
    "thanks_seen": Failure(
        _l("Your thanks have been read"),
        _l("They can no longer be changed, but you can take them back."),
        "letters",
        up=True,
    ),
    "thanks_private": Failure(
        _l("These thanks are for you alone"),
        _l("Whoever wrote them does not want them to be shown on a page."),
        "letters",
        up=True,
    ),
    "out_of_reach": Failure(
        _l("Nothing can be sent here any more"),
        _l("One of you two is away or has ended the conversation. What was written stays here."),
        "letters",
        up=True,
    ),
    "feedback_closed": Failure(
        _l("The questions are not open"),
        _l("They can be answered for a month after an exchange that was promised and is over."),
        up=True,
    ),
    "feedback_shown": Failure(
        _l("This answer has been shown"),
        _l("Once both see what the other said, answers stay as they are."),
        up=True,
    ),
    "not_giving": Failure(
        _l("There is nothing to pass on here"),
        _l("Only who gives can say what it passes on, while it runs or after a good end."),
        up=True,
    ),
}
CSRF = Failure(
    _l("This form has become old"),
    _l(
        "The page was open for a long time, or cookies are switched off. "
        "Go back, load the page again and send it once more."
    ),
)


PAUSED = Failure(
    _l("Your account is paused"),
    _l(
        "The moderators have paused it: you can read, but not post or write. "
        "Your page says why, for how long, and how to appeal."
    ),
)


def error_page(status: int, code: str = "") -> Failure:
    """The words for a status; those of the nearest general one when it has none of its own."""
    if code == "csrf":
        return CSRF
    if status == 403 and code == "paused":
        return PAUSED
    if status == 409 and code in BY_CODE:
        return BY_CODE[code]
    return BY_STATUS.get(status) or BY_STATUS[500 if status >= 500 else 400]
