"""What is said of the need behind a request, to whoever asks and to nobody else."""

from typing import Any

from flask_babel import format_decimal, gettext, lazy_gettext, ngettext

# Who looks over a shoulder learns nothing from it: it does not say what it is about.
NEWS: dict[str, Any] = {
    "statement_ends": lazy_gettext("Something you told us in private ends on %(due)s. Renew it?"),
}


def share(value: float, digits: int = 2) -> str:
    """A number from 0 to 1 as the language writes it: 0.48, or 0,48."""
    return str(format_decimal(value, format=f"0.{'0' * digits}"))


def lines(facts: Any, points: Any) -> list[tuple[str, str]]:
    """The parts of a need (matching.fairness.Facts and Points): what it is, and what it counts."""
    days = int(facts.days_waiting)
    return [
        (
            gettext("You told us that times are hard")
            if facts.in_hardship
            else gettext("Hard times: you told us nothing"),
            share(points.hardship),
        ),
        (gettext("Your area, beside others"), share(points.area)),
        (
            ngettext("Waiting for %(num)d day", "Waiting for %(num)d days", days)
            if days
            else gettext("Waiting since today"),
            share(points.waiting),
        ),
        (
            ngettext(
                "Received once in 90 days", "Received %(num)d times in 90 days", facts.received
            )
            if facts.received
            else gettext("Nothing received in 90 days"),
            share(points.received),
        ),
    ]


def total(points: Any) -> str:
    """The sum of the parts as they are written, so that whoever adds them up finds it."""
    parts = (points.hardship, points.area, points.waiting, points.received)
    return share(sum(round(part, 2) for part in parts))
