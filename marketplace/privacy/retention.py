"""How long what is kept, and why: one table. Pure.

``sweeps.retain`` ends what is over; docs/privacy.md shows the same table, and a test compares.
Days count from the moment that ``since`` names. What is not listed here is kept while its member
is here, and goes with the erasure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

PROOF_DAYS = 730  # two years: in that time somebody may ask what was agreed or decided, and why


@dataclass(frozen=True, slots=True)
class Term:
    """One kind of thing, its days, what they count from, and the reason."""

    name: str
    what: str
    days: int
    since: str
    why: str


TERMS = (
    Term("sign_ups", "sign-ups that nobody confirmed", 14, "signing up",
         "the address may be a stranger's"),
    Term("tokens", "one-time links, of which only a hash is kept", 30, "they ended",
         "so that an old link says what became of it"),
    Term("codes", "recovery codes, of which only a hash is kept", 90, "they ended",
         "a question about an account can be answered"),
    Term("hardships", "that a member said that times are hard", 1, "it no longer holds",
         "it is said for half a year and then forgotten"),
    Term("sign_ins", "sign-ins: browser name and times", 90, "they ended or ran out",
         "a member may ask who was in her account"),
    Term("account_events", "changes of the account", 90, "the member was told",
         "a member may ask who was in her account"),
    Term("sent_mails", "mail that was sent: to whom, which kind, when", 30, "it was sent",
         "a mail that did not arrive can be traced"),
    Term("unsent_mails", "mail that could not be sent", 90, "it was written",
         "the operator can see that something is wrong"),
    Term("unsent_words", "what mail that could not be sent would have said", 7, "it was written",
         "it is not tried again by then"),
    Term("mail_files", "mail written as files, where there is no mail server", 30, "it was written",
         "read by then"),
    Term("seen_news", "news that were seen", 180, "they were seen",
         "to look something up once more"),
    Term("unseen_news", "news that nobody looked at", 365, "they were written",
         "who comes back after months finds what happened"),
    Term("resting_searches", "mail about saved searches whose results nobody looks at", 365,
         "their member last looked", "nobody is mailed about what they no longer look for"),
    Term("unseen_searches", "saved searches whose results nobody looks at", PROOF_DAYS,
         "their member last looked", "a year after their mail stopped, they are forgotten"),
    Term("removed_searches", "saved searches that were deleted", 1, "they were deleted",
         "to bring back what was deleted by mistake"),
    Term("drafts", "drafts", 365, "they were last touched",
         "long enough to go on after a year's harvest"),
    Term("closed_posts", "posts that are over: words, photos, place", PROOF_DAYS, "they ended",
         "to post the same again, and to answer complaints"),
    Term("return_photos", "photos of things that came back from a loan", 180, "they were taken",
         "a question about damage is settled by then"),
    Term("place_views", "that somebody was shown an exact place, and when", PROOF_DAYS,
         "they saw it", "who gave the place may ask who saw it"),
    Term("photo_files", "files of photos that nothing shows any more", 1, "they were stored",
         "a photo is stored before its row is written"),
    Term("reports", "reports that are dealt with", PROOF_DAYS, "they were closed",
         "who is reported again and again stands out"),
    Term("decisions", "decisions of staff that are no longer in force, with appeals", PROOF_DAYS,
         "they were made", "the person concerned may ask why"),
    Term("audit", "the record of what staff did", PROOF_DAYS, "it was done",
         "staff answer for what they do"),
    Term("copies", "that a copy of the data was handed out", 365, "it was made",
         "a member may ask who took her data"),
    Term("consents", "proof of consent, without a name", PROOF_DAYS, "the member was erased",
         "the law asks for proof"),
    Term("erasure_requests", "that deletion was asked for, without a name", PROOF_DAYS,
         "it was done or taken back", "proof that the wish was met"),
    Term("tombstones", "the empty row of an erased member, once nothing hangs on it", PROOF_DAYS,
         "the member was erased", "the proofs above belong to it"),
)  # fmt: skip


def cutoff(name: str, now: datetime) -> datetime:
    """What began before this instant is over."""
    return now - timedelta(days=next(term.days for term in TERMS if term.name == name))


def table() -> str:
    """The table as docs/privacy.md shows it."""
    rows = ["| what | days | since | why |", "|---|---|---|---|"]
    rows += [f"| {t.what} | {t.days} | {t.since} | {t.why} |" for t in TERMS]
    return "\n".join(rows)
