"""The ready-made sentences of conversations, sent as they stand here, in the sender's language."""

from typing import Any

from flask_babel import lazy_gettext

QUICK: dict[str, Any] = {
    "still_there": lazy_gettext("Is it still there?"),
    "when_to_come": lazy_gettext("When can I come?"),
    "photo_please": lazy_gettext("Could you send a photo?"),
    "yes_there": lazy_gettext("Yes, it is still there."),
    "when_can_you_come": lazy_gettext("When could you come?"),
    "still_needed": lazy_gettext("Do you still need it?"),
    "yes_needed": lazy_gettext("Yes, I still need it."),
    "is_ready": lazy_gettext("It is ready for you."),
    "near_public_place": lazy_gettext("Shall we meet at a public place?"),
    "on_my_way": lazy_gettext("I am on my way."),
    "fifteen_late": lazy_gettext("I will be 15 minutes late."),
    "another_day": lazy_gettext("Could we move it to another day?"),
    "glad": lazy_gettext("I am glad that it helps."),
    "thank_you": lazy_gettext("Thank you very much."),
    "when_other_half": lazy_gettext("When shall we do the other half?"),
    "all_well": lazy_gettext("Is everything all right with it?"),
    "when_back": lazy_gettext("When will you bring it back?"),
    "longer": lazy_gettext("May I keep it a little longer?"),
    "when_to_return": lazy_gettext("When can I bring it back?"),
}


def quick_reply(code: str) -> str:
    """The sentence of a code; "" for none that is known."""
    return str(QUICK.get(code, ""))
