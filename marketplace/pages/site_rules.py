"""What staff may set for their site. Pure."""

from dataclasses import dataclass

from marketplace.accounts.logins import check_email
from marketplace.errors import Problem
from marketplace.matching.fairness import LAMBDA_MAX

NAME_MAX = 40
CONTACT_MAX = 500
RULES_MAX = 4000
REVIEWS = ("off", "delay", "review")
HARDSHIPS = ("asked", "off")
MOST = {
    "offer_days": 365,
    "food_days": 30,
    "request_days": 365,
    "review_first": 50,
    "review_delay_hours": 168,
    "need_percent": round(100 * LAMBDA_MAX),
}
LEAST = {"need_percent": 0}  # of the others it is 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft:
    """What was filled in. A number that is none is None."""

    name: str
    default_area: str
    contact_email: str
    contact_text: str
    rules_id: str
    rules_en: str
    offer_days: int | None
    food_days: int | None
    request_days: int | None
    review: str
    review_first: int | None
    review_delay_hours: int | None
    need_percent: int | None
    hardship: str


def check_site(draft: SiteDraft) -> list[Problem]:
    """What is wrong, by field."""
    longest = {
        "name": NAME_MAX,
        "contact_text": CONTACT_MAX,
        "rules_id": RULES_MAX,
        "rules_en": RULES_MAX,
    }
    found = [
        Problem(field, "too_long", {"max": most})
        for field, most in longest.items()
        if len(getattr(draft, field)) > most
    ]
    if not draft.name.isprintable():
        found.append(Problem("name", "name_unreadable"))
    if draft.contact_email:
        found += [Problem("contact_email", one.code) for one in check_email(draft.contact_email)]
    if draft.review not in REVIEWS:
        found.append(Problem("review", "choice_missing"))
    if draft.hardship not in HARDSHIPS:
        found.append(Problem("hardship", "choice_missing"))
    for field, most in MOST.items():
        number, least = getattr(draft, field), LEAST.get(field, 1)
        if number is None or not least <= number <= most:
            found.append(Problem(field, "number_range", {"min": least, "max": most}))
    return found
