"""Who comes first when several requests fit an offer, in plain words for members; the numbers come
from ``matching.fairness`` and from what the operator has set."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.accounts import hardship
from marketplace.exchanges import draws
from marketplace.matching import fairness
from marketplace.matching.needs import weight
from marketplace.pages.texts import Section
from marketplace.site_settings import site_values
from marketplace.wording.needs import share
from marketplace.wording.queues import tickets

# Made up for the example: how well a request fits, and what its need counts.
EXAMPLE = ((_l("Ani"), 0.80, 0.30), (_l("Budi"), 0.75, 0.90), (_l("Citra"), 0.48, 1.00))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the example, its numbers as the language writes them."""

    name: str
    fits: str
    need: str
    score: str


@dataclass(frozen=True, slots=True)
class Guide:
    """The page: what comes before the example, the example in its order, and what comes after."""

    before: list[Section]
    example: list[Row]
    after: list[Section]
    is_asked: bool  # about hard times


def who_comes_first() -> Guide:
    """The page in the current language, with what is in force here."""
    return Guide(
        before=[_fit(), _need(), _nothing_else(), _promise()],
        example=_example(),
        after=[_who_sees(), _draws(), _where(), _here(), _figures()],
        is_asked=hardship.is_asked(),
    )


def _example() -> list[Row]:
    lifted = weight()
    relevance, need = [row[1] for row in EXAMPLE], [row[2] for row in EXAMPLE]
    scores = fairness.fair_scores(relevance, need, lifted)
    rows = [
        Row(str(name), share(fits), share(needs), share(float(score)))
        for (name, fits, needs), score in zip(EXAMPLE, scores, strict=True)
    ]
    return [rows[at] for at in fairness.rank(range(len(EXAMPLE)), relevance, need, lifted)]


def _fit() -> Section:
    return Section(
        _("First: what fits"),
        (
            _(
                "Words, category, distance, time and how new the posts are say how well a request "
                "fits an offer, as a number from 0 to 1. What does not fit is not shown, however "
                "great the need."
            ),
        ),
    )


def _need() -> Section:
    hard_times = _(
        "%(points)s when you tell us, in private and only if you like, that times are hard;",
        points=share(fairness.HARDSHIP_WEIGHT, 1),
    )
    return Section(
        _("Then: who needs it more"),
        (
            _(
                "Among requests that fit about equally well, those of neighbours who need it more "
                "stand a little higher. What a need counts is a number from 0 to 1, too:"
            ),
        ),
        (
            *([hard_times] if hardship.is_asked() else []),
            _(
                "up to %(points)s for the area: more, the more of its people are poor;",
                points=share(fairness.AREA_WEIGHT, 1),
            ),
            _(
                "up to %(points)s for waiting: it grows until the request has stood for "
                "%(days)d days;",
                points=share(fairness.WAITING_WEIGHT, 1),
                days=round(fairness.WAITING_DAYS),
            ),
            _(
                "%(points)s for whoever has received nothing in %(days)d days, half of it after "
                "one thing received, a third after two.",
                points=share(fairness.RECEIVED_WEIGHT, 1),
                days=fairness.RECEIVED_DAYS,
            ),
        ),
    )


def _nothing_else() -> Section:
    return Section(
        _("What does not count"),
        (
            _(
                "How much you have given, how long you have been here, what others say of you, "
                "who you know, what you believe, where you come from, and whether you offer "
                "something in return."
            ),
        ),
    )


def _promise() -> Section:
    if not weight():
        return Section(
            _("What you can rely on"),
            (_("On this site need plays no part at present: what fits better stands higher."),),
        )
    return Section(
        _("What you can rely on"),
        (
            _(
                "Need lifts a request by %(percent)d per cent at most. One that fits better by "
                "more than that always stays above, and the more you need something, the higher "
                "you stand, never lower.",
                percent=site_values().need_percent,
            ),
            _("An example: three neighbours ask for a sewing machine, and somebody offers one."),
        ),
    )


def _who_sees() -> Section:
    return Section(
        _("Who sees what"),
        (
            _(
                "What your need counts, and why, is shown to you alone, beside what fits your "
                "request. The giver sees an order and the reasons why something fits, nothing "
                "else. From the order somebody may guess that a neighbour needs it more, but not "
                "how much and not why."
            ),
            _("The giver decides: the order is a help to look, not a ruling."),
        ),
    )


def _draws() -> Section:
    return Section(
        _("Where many ask for one thing"),
        (
            _(
                "A giver may let everybody ask for some hours and then have it drawn who gets it. "
                "Everybody takes part with tickets of their own."
            ),
            tickets(draws.TICKETS, draws.extra_tickets(weight())),
            _(
                "A draw can be repeated by anybody from what is published after it; how, stands on "
                "its page."
            ),
        ),
    )


def _where() -> Section:
    counts = _(
        "It counts in the order in which a giver sees requests, and a little in the draw, "
        "where a giver lets chance decide who gets something."
    )
    return Section(
        _("Where need counts, and where not"),
        (
            *([counts] if weight() else []),
            _(
                "It does not count in the search, in saved searches, in who waits first, and in "
                "the order in which offers are shown to whoever asks."
            ),
        ),
    )


def _here() -> Section:
    lifted = (
        _("Need may lift a request by %(percent)d per cent.", percent=site_values().need_percent)
        if weight()
        else _("Need is switched off: what fits better stands higher.")
    )
    asked = (
        _("Members may tell in private that times are hard.")
        if hardship.is_asked()
        else _("Nobody is asked whether times are hard, and it counts for nobody.")
    )
    return Section(
        _("What is set on this site"),
        (
            _(
                "Whoever runs the site may choose between 0 and %(most)d per cent, and whether "
                "members are asked about hard times. Every change is put on record.",
                most=round(100 * fairness.LAMBDA_MAX),
            ),
        ),
        (lifted, asked),
    )


def _figures() -> Section:
    if site_values().poverty_path:
        source = _("Which areas are poorer: figures that whoever runs the site has entered.")
    else:
        source = _(
            "Which areas are poorer: people below the poverty line per regency and city, 2021, by "
            "Statistics Indonesia (BPS), from the database wilayah-indonesia (ODbL 1.0). Where "
            "there is no figure, and outside Indonesia, an area counts as one in the middle."
        )
    return Section(
        _("Where the figures come from"),
        (
            source,
            _(
                "The formula: score = fit × (1 + %(lifted)s × need). The idea is not ours: food "
                "banks share out by need in a like way, and it was studied how much that costs.",
                lifted=share(weight()),
            ),
        ),
    )
