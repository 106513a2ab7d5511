"""The rules and the privacy text, in plain words, with the versions that consents refer to.

Who changes what a text promises raises its version; a test holds the two together.
"""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from marketplace.site_settings import local_rules_since, site_values

VERSIONS = {"privacy": "2026-11-26", "rules": "2026-11-26"}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, paragraphs, and points under them. Placeholder: %(site)s."""

    title: Any
    paragraphs: tuple[Any, ...] = ()
    points: tuple[Any, ...] = ()


NOT_SHARED = Section(
    _l("What may not be shared"),
    points=(
        _l("medicine on prescription, drugs, alcohol and tobacco"),
        _l("live animals, and parts of protected ones"),
        _l("weapons, ammunition and explosives"),
        _l("money, loans of money, lottery tickets, investments, accounts and SIM cards"),
        _l("identity papers, and copies of them"),
        _l("stolen or forged things, and things that were recalled because they are dangerous"),
        _l("anything sexual, and anything that the law forbids"),
    ),
)

RULES = (
    Section(
        _l("In short"),
        (
            _l(
                "%(site)s is a place to give, lend, swap, teach and ask. "
                "Be honest, be kind, keep what you promise."
            ),
        ),
    ),
    Section(
        _l("Sharing, not selling"),
        (
            _l(
                "Nothing is sold here. Please do not write prices or bank details. Costs of "
                "material that somebody has to pay anyway may be mentioned, for example cloth "
                "for a sewing course."
            ),
            _l("A swap is a swap of things, help or knowledge, agreed by both."),
        ),
    ),
    NOT_SHARED,
    Section(
        _l("Your posts"),
        points=(
            _l("Write only about what is really there or really needed."),
            _l("Say openly what is broken or missing. Use your own words and your own photos."),
            _l(
                "Do not write addresses or phone numbers in a post. "
                "Messages are the place for that."
            ),
            _l("Close a post when it is done, so that nobody asks in vain."),
            _l("Post for somebody else only when they know and agree."),
        ),
    ),
    Section(
        _l("With each other"),
        points=(
            _l("Answer, even when the answer is no."),
            _l("Come when you said you would come. If you cannot, say so early."),
            _l(
                "Nobody is turned away for religion, origin, skin, sex, disability "
                "or how they live."
            ),
            _l("No insults, no threats, no advertising, no messages to many people at once."),
        ),
    ),
    Section(
        _l("Stay safe"),
        points=(
            _l("Meet by day in a public place, or bring somebody along."),
            _l("Never transfer money in advance, pay a deposit or pass on a one-time code."),
            _l("Look at things before you take them, and try electrical ones out."),
            _l("Food: say when it was made and what is in it."),
            _l(
                "Advice about health or law given here is a neighbour's help and does not "
                "replace a doctor or a lawyer."
            ),
        ),
    ),
    Section(
        _l("Who may take part"),
        (
            _l(
                "You may sign up when you are 18 or older. For younger people, a parent or "
                "another adult posts and keeps the appointment."
            ),
            _l("What you give, lend or do, you answer for yourself; so does the other side."),
        ),
    ),
    Section(
        _l("When rules are broken"),
        (
            _l(
                "If you see something that does not belong here, report it: on the post, the "
                "profile or the message. Nobody learns that it was you. Whom you want nothing to "
                "do with, you can block."
            ),
            _l(
                "The moderators may hide a post or a message, warn a member, or pause an account "
                "for some days or until further notice. They always say why and for how long."
            ),
            _l(
                "You can appeal once, within 30 days. If possible, somebody else looks at it than "
                "the first time. If you are right, the decision is undone. What the moderators do "
                "is written down."
            ),
            _l(
                "When these rules change in a way that matters, members are told before the change "
                "takes effect."
            ),
        ),
    ),
)

PRIVACY = (
    Section(
        _l("In short"),
        (
            _l(
                "We keep as little as sharing with neighbours needs. No advertising, no tracking, "
                "no selling of data, no cookies of others. Where you live is never shown, only "
                "about how far away you are."
            ),
        ),
    ),
    Section(
        _l("What we keep, and why"),
        points=(
            _l(
                "your name and what you write about yourself, "
                "so that neighbours know whom they meet"
            ),
            _l(
                "your photo, the languages you speak and what you say you can do or would like, "
                "if you give them, so that neighbours find each other"
            ),
            _l("your e-mail address, to let you sign in and to tell you about messages"),
            _l("your phone number, if you sign in with one: for nothing else, and not checked"),
            _l(
                "your password and your recovery code, only as scrambled values that cannot be "
                "read back"
            ),
            _l("your place, as a cell of about 74 hectares or a larger area, to show what is near"),
            _l("your posts with their photos, so that others find them"),
            _l("your messages, so that the two of you can read them"),
            _l(
                "that times are hard, only if you tell us: then your requests stand a little "
                "higher among those that fit about equally well, and your chance in a draw is a "
                "little higher; it is erased after half a year, or as soon as you take it back"
            ),
            _l("that you are an adult and which texts you agreed to, with the time, as proof"),
            _l("on which devices you are signed in, so that you can end it"),
            _l(
                "whom you block, what you report, and what the moderators decided about you and "
                "why, so that this place stays safe and you can answer"
            ),
        ),
    ),
    Section(
        _l("What we do not keep"),
        points=(
            _l(
                "The exact position of your phone, or where you tap on a map: it is turned into "
                "the cell at once and forgotten. It is never stored, logged or put into an address."
            ),
            _l("What a photo says about its place, time and camera: it is removed on arrival."),
            _l(
                "What you search for. The technical log holds the time, the page and the "
                "duration, and neither names nor search words."
            ),
        ),
    ),
    Section(
        _l("Who sees what"),
        points=(
            _l(
                "Everybody: your name, your photo, your languages, what you write about yourself, "
                "your open posts, the name of your area and a rough distance."
            ),
            _l("The other side of a conversation: the messages of the two of you."),
            _l(
                "Only you: your e-mail address, your phone number, your drafts, your sign-ins, "
                "what you told us of hard times, and what your need counts."
            ),
            _l(
                "The people who run this site: what is needed to keep it running and safe. They "
                "cannot read your password. Of a conversation they see only a message that one of "
                "you reported and the two before and after it; every look is written down."
            ),
            _l(
                "Nobody else. Data leaves this server only as mail to you. Where a street map is "
                "switched on, your browser fetches its pictures from the map's own server."
            ),
        ),
    ),
    Section(
        _l("Cookies"),
        (
            _l(
                "There are four, all our own: one keeps you signed in and protects forms, one "
                "remembers your language, one the area you chose, and one that this browser "
                "signed in before, so that strangers cannot lock you out. Nothing follows you "
                "to other sites."
            ),
        ),
    ),
    Section(
        _l("How long"),
        points=(
            _l("Your account and what belongs to it: while you are here."),
            _l(
                "Posts end by themselves after some weeks and are then no longer shown. Two years "
                "later we erase their words, photos and place; drafts after a year."
            ),
            _l("Messages: while one of the two of you is here."),
            _l("Ended sign-ins: 90 days. News that you have seen: 180 days."),
            _l(
                "What was filled into a mail is emptied once the mail is sent. That it was sent: "
                "30 days."
            ),
            _l("Reports and decisions of the moderators: two years."),
            _l("A sign-up that nobody confirms: 14 days."),
            _l(
                "When you delete your account, everything is hidden at once and erased after seven "
                "days. Messages that you sent stay with those who received them, without your "
                "name. Proof of what you agreed to and of decisions stays for two years, also "
                "without your name."
            ),
        ),
    ),
    Section(
        _l("Your rights"),
        (
            _l(
                "Under the Indonesian law on personal data (UU PDP 27/2022), and under the GDPR "
                "where it applies, you may see, correct and receive your data, restrict its use, "
                "withdraw your consent and have it deleted."
            ),
            _l("All of this you do yourself in your account, at once and without a reason:"),
        ),
        (
            _l("see and correct: “My profile”"),
            _l("receive a copy of everything, with your photos: “My data”"),
            _l("restrict: pause your account, which hides your posts and stops notices"),
            _l("withdraw your consent and be forgotten: “Delete my account”"),
        ),
    ),
    Section(
        _l("If something goes wrong"),
        (
            _l(
                "Should data get into wrong hands, those concerned are told within three days: "
                "what happened, and what they can do."
            ),
        ),
    ),
)

TEXTS: dict[str, tuple[Section, ...]] = {"privacy": PRIVACY, "rules": RULES}


def versions() -> dict[str, str]:
    """What a new member agrees to: each text with its version, the site's own rules too."""
    since = local_rules_since()
    return VERSIONS | ({"local_rules": f"{since:%Y-%m-%dT%H:%M}"} if since else {})


def local_rules(language: str) -> tuple[str, str]:
    """The site's own rules in this language, or in the other one: the text and its language."""
    values = site_values()
    both = {"id": values.rules_id, "en": values.rules_en}
    shown = language if both.get(language) else next((lang for lang in both if both[lang]), "id")
    return both[shown], shown


def sentences(section: Section, site: str) -> dict[str, Any]:
    """The words of a section in the current language."""
    return {
        "title": str(section.title),
        "paragraphs": [str(text) % {"site": site} for text in section.paragraphs],
        "points": [str(text) for text in section.points],
    }
