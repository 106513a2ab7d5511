"""How an exchange goes, in plain words for members; the numbers come from the rules themselves."""

from datetime import timedelta

from flask_babel import gettext as _

from marketplace.exchanges import afterwards, deadlines
from marketplace.pages.texts import Section


def how_an_exchange_goes() -> list[Section]:
    """From the first word to the thanks, in the current language."""
    return [
        _ask(),
        _promise(),
        _meet(),
        _hand_over(),
        _loan(),
        _swap(),
        _falls_through(),
        _thanks(),
    ]


def days_until(state: str, verb: str) -> int:
    """After how many days the site takes a step of the state table by itself."""
    _base, plan = deadlines.PLANS[state]
    return next(abs(after) for after, found, _kind in plan if found == verb) // timedelta(days=1)


def _ask() -> Section:
    return Section(
        _("Ask, or offer to help"),
        (
            _(
                "Tap “I would like this” on an offer, “I can help” on a request, and write a "
                "sentence about yourself. From then on you wait in line, and you see your place."
            ),
            _("Asking costs nothing and binds nobody. You can stop waiting with one tap."),
        ),
    )


def _promise() -> Section:
    return Section(
        _("The promise"),
        (
            _(
                "Whoever posted it says who gets it: the first who asks, those who wait in their "
                "order, or whom they choose. The post says which. Only a promise keeps it for you."
            ),
            _(
                "Of several pieces you may be promised fewer than you asked for; the rest stays "
                "there for others."
            ),
            _(
                "Then write to each other soon. When no meeting is agreed %(days)s days after your "
                "last message, the promise lapses, so that nobody waits in vain.",
                days=days_until("promised", "release"),
            ),
        ),
    )


def _meet() -> Section:
    return Section(
        _("Agree on a place and a time"),
        (
            _(
                "Either of you proposes, the other accepts or proposes something else. Choose a "
                "public place by day, or bring somebody along."
            ),
            _(
                "Where exactly is seen by the two of you alone, and erased afterwards. Please do "
                "not send money in advance: nothing costs anything here."
            ),
        ),
    )


def _hand_over() -> Section:
    return Section(
        _("Hand over"),
        (
            _(
                "When you stand before each other, one shows the code on the page and the other "
                "enters it. Or one of you says afterwards that it changed hands, and the other "
                "agrees, or says that it did not."
            ),
            _(
                "Without an answer it counts after %(days)s days.",
                days=days_until("handed_over", "confirm"),
            ),
            _(
                "Nobody came, or you did not feel safe? Say on the page that it did not happen. "
                "The other side does not read that you did not feel safe."
            ),
        ),
    )


def _loan() -> Section:
    return Section(
        _("What is lent comes back"),
        (
            _(
                "You see until when it is lent, and we remind you before. If you need it longer "
                "and nobody else waits, you set a new day yourself."
            ),
            _(
                "When it is back, the lender has a look at it and says so. Whoever is late cannot "
                "borrow anything new meanwhile; after %(days)s days it counts as lost.",
                days=days_until("out", "lose"),
            ),
        ),
    )


def _swap() -> Section:
    return Section(
        _("A swap has two halves"),
        (_("Each half is said and agreed by itself. The swap is over when both are done."),),
    )


def _falls_through() -> Section:
    return Section(
        _("When it falls through"),
        (
            _(
                "Plans change. Call it off early and say why: that is fair, and counts less than "
                "not coming. It then goes to who waits next."
            ),
            _("When a post closes, everybody who still waits gets an answer."),
        ),
    )


def _thanks() -> Section:
    return Section(
        _("Thanks"),
        (
            _(
                "Afterwards you can thank each other. "
                "Others read your thanks only if you both agree."
            ),
            _(
                "Three short questions ask how it went. Each of you sees what the other said once "
                "both have answered, or after %(days)s days.",
                days=afterwards.BLIND.days,
            ),
            _(
                "There are no stars here. What others see of you are facts: how much you have "
                "completed, whether you come, how soon you answer."
            ),
        ),
    )
