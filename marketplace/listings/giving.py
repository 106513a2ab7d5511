"""Which rules there are for who gets it, and for how long people may ask before. Pure."""

from marketplace.errors import Problem

# The first who asks, at once; those who wait, in their order; whom the owner chooses; a draw.
RULES = {
    "offer": ("order", "first", "choice", "draw"),
    "request": ("order", "choice"),
}
WITH_WINDOW = ("choice", "draw")  # in which nothing is promised until its time is over
WINDOW_HOURS_MIN, WINDOW_HOURS_MAX = 2, 24
WINDOW_HOURS = (2, 4, 8, 12, 24)  # to choose from


def fitting(direction: str, rule: str, hours: int | None) -> int | None:
    """The hours that go with a rule: none where there is no window."""
    return hours if direction == "offer" and rule in WITH_WINDOW else None


def check(direction: str, rule: str, hours: int | None) -> list[Problem]:
    """Whether such a rule may be chosen, with so many hours; a draw needs some."""
    if rule not in RULES.get(direction, ()):
        return [Problem("giving_rule", "choice_missing")]
    hours = fitting(direction, rule, hours)
    if hours is None:
        return [Problem("window_hours", "window_hours_missing")] if rule == "draw" else []
    if not WINDOW_HOURS_MIN <= hours <= WINDOW_HOURS_MAX:
        bounds = {"min": WINDOW_HOURS_MIN, "max": WINDOW_HOURS_MAX}
        return [Problem("window_hours", "window_hours_range", bounds)]
    return []
