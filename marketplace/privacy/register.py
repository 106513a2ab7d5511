"""Which tables hold what of a member, what a copy of her data shows of each, and what an erasure
does to it. Export and erasure walk this list and nothing else.

A test holds it against the schema: every table with a way to a member, every column that points
at one, and every column of a table whose rows outlive their member must be spoken for here. Who
adds a table adds an entry; who adds a column to a kept row says whether it is scrubbed.
"""

from marketplace.accounts.models import DEFAULT_REACH_KM, new_link_key
from marketplace.places.zones import WESTERN
from marketplace.privacy.held import DERIVED, INSIDE, SECRET, STAFF, WHOLE, Held
from marketplace.privacy.register_exchanges import EXCHANGES

_NO_PLACE = {
    "place_kind": "unknown",
    "cell": None,
    "cell_resolution": None,
    "area_code": None,
    "cell_5": None,
    "cell_6": None,
    "cell_7": None,
    "cell_8": None,
    "zone": WESTERN,
}
_CELLS_WITHHELD = dict.fromkeys(
    ("cell_5", "cell_6", "cell_7", "cell_8", "cell_resolution"), DERIVED
)

HELD: dict[str, Held] = {
    "members": Held(
        whose={"id": "members"},
        names={"created_by_id": "emptied"},
        erase="scrub",
        scrub={
            "name": "", "email": None, "email_confirmed_at": None, "language": "id",
            "bio": "", "reach_km": DEFAULT_REACH_KM, "is_staff": False,
            "adult_stated_at": None, "created_by_id": None, "last_seen_at": None,
            "paused_at": None, "erase_after": None, "suspended_at": None,
            "suspended_until": None, "warned_at": None, "photo_name": "",
            "languages_spoken": list, "link_key": new_link_key, "shows_passing_on": False,
            **_NO_PLACE,
        },
        stays=frozenset({"id", "public_id", "type", "is_demo", "created_at", "erased_at"}),
        why="the tombstone: what others wrote to her must not hang in the air",
        withheld={
            "id": INSIDE, "created_by_id": INSIDE, "photo_name": "the file is named instead",
            "link_key": SECRET, **_CELLS_WITHHELD,
        },
    ),
    "credentials": Held(
        whose={"member_id": "members"},
        withheld={"id": INSIDE, "member_id": INSIDE, "secret_hash": SECRET},
    ),
    "sign_ins": Held(
        whose={"member_id": "members"},
        withheld={"id": INSIDE, "public_id": INSIDE, "member_id": INSIDE, "token_hash": SECRET},
    ),
    "consents": Held(
        whose={"member_id": "members"},
        erase="keep",
        why="proof that there was consent, without a name; the sweep ends it after two years",
        withheld={"id": INSIDE, "member_id": INSIDE},
    ),
    "one_time_tokens": Held(
        whose={"member_id": "members"}, withheld={WHOLE: SECRET}
    ),
    "member_skills": Held(
        whose={"member_id": "members"},
        withheld=dict.fromkeys(("id", "public_id", "member_id", "matched_at", "reading"), INSIDE),
    ),
    "skill_terms": Held(
        whose={"skill_id": "member_skills"}, withheld={WHOLE: "the words of the lines, once more"}
    ),
    "skill_matches": Held(
        whose={"skill_id": "member_skills"}, withheld={WHOLE: "names what others have posted"}
    ),
    "recovery_codes": Held(
        whose={"member_id": "members"},
        names={"given_by_id": "stays on codes of others: a number without a name"},
        withheld={WHOLE: SECRET},
    ),
    "account_events": Held(
        whose={"member_id": "members"},
        withheld={"id": INSIDE, "member_id": INSIDE, "told_at": INSIDE},
    ),
    "hardships": Held(
        whose={"member_id": "members"}, withheld={"id": INSIDE, "member_id": INSIDE}
    ),
    "blocks": Held(
        whose={"blocker_id": "members", "blocked_id": "members"},
        shown_by=("blocker_id",),
        withheld={"id": INSIDE, "blocker_id": "a block is silent: only one's own are shown"},
    ),
    "audit_events": Held(
        whose={"member_id": "members", "actor_id": "members"},
        shown_by=("member_id",),
        erase="keep",
        why="staff answer for what they did; two years, about a tombstone without a name",
        withheld={
            "id": INSIDE, "member_id": INSIDE,
            "actor_id": STAFF,
            "reason": "notes among staff may name who complained; what was told to you is news",
            "params": "notes among staff",
        },
    ),
    "notification_preferences": Held(
        whose={"member_id": "members"}, withheld={"id": INSIDE, "member_id": INSIDE}
    ),
    "notifications": Held(
        whose={"member_id": "members"},
        withheld={
            **dict.fromkeys(("id", "public_id", "member_id", "mail_id"), INSIDE),
            **dict.fromkeys(("once", "mail_reason", "mail_due_at"), INSIDE),
        },
    ),
    "mail_hours": Held(whose={"member_id": "members"}, withheld={"member_id": INSIDE}),
    "listings": Held(
        whose={"owner_id": "members"},
        names={"created_by_id": "becomes the owner: posts for helped people stay theirs"},
        erase="scrub",
        scrub={
            "title": "", "description": "", "text_language": "id", "category": "",
            "gift": False, "loan": False, "swap": False, "loan_days_max": None,
            "unit": "", "giving_rule": "order", "window_hours": None, "hours": None,
            "available_until": None, "expires_at": None,
            "words": dict, "source_id": None, "state": "withdrawn", "quantity": None,
            **_NO_PLACE,
        },
        stays=frozenset({
            "id", "public_id", "owner_id", "created_by_id", "direction", "kind", "promised",
            "given", "created_at", "published_at", "updated_at", "revision", "indexed_revision",
            "matched_revision", "alerted_revision", "confirmed_at", "asked_at", "notice_at",
            "notice_for", "answered_at", "reading", "reread_at",
        }),
        why="an empty row while somebody else's conversation hangs on it; then the sweep ends it",
        withheld={
            **dict.fromkeys(("id", "owner_id", "created_by_id"), INSIDE),
            **dict.fromkeys(("revision", "indexed_revision", "matched_revision"), INSIDE),
            "alerted_revision": INSIDE, "reading": INSIDE, "reread_at": INSIDE,
            **dict.fromkeys(("notice_at", "notice_for", "asked_at", "answered_at"), INSIDE),
            "words": DERIVED, **_CELLS_WITHHELD,
        },
    ),
    "wishes": Held(
        whose={"listing_id": "listings"},
        part_of="listings",
        withheld={"id": INSIDE, "listing_id": INSIDE, "position": INSIDE},
    ),
    "photos": Held(
        whose={"listing_id": "listings"},
        part_of="listings",
        withheld={"id": INSIDE, "listing_id": INSIDE, "position": INSIDE, "name": INSIDE},
    ),
    "listing_events": Held(
        whose={"listing_id": "listings"},
        names={"actor_id": "stays on posts of others: a number without a name"},
        part_of="listings",
        withheld={
            "id": INSIDE, "listing_id": INSIDE,
            "actor_id": STAFF,
        },
    ),
    "saved_listings": Held(
        whose={"member_id": "members", "listing_id": "listings"},
        shown_by=("member_id",),
        withheld={"id": INSIDE, "member_id": INSIDE},
    ),
    "questions": Held(
        whose={"member_id": "members", "listing_id": "listings"},
        shown_by=("member_id",),
        withheld={"id": INSIDE, "member_id": "the owner never learns who asked"},
    ),
    "saved_searches": Held(
        whose={"member_id": "members"},
        withheld={
            **dict.fromkeys(("id", "public_id", "member_id", "keyed_as", "due_at"), INSIDE),
            "same_as": DERIVED, "as_typed": INSIDE, "feed_number": SECRET,
        },
    ),
    "saved_search_terms": Held(
        whose={"search_id": "saved_searches"}, withheld={WHOLE: "the words of it, once more"}
    ),
    "search_alerts": Held(
        whose={"search_id": "saved_searches", "listing_id": "listings"},
        withheld={WHOLE: "names what others have posted"},
    ),
    "matches": Held(
        whose={"offer_id": "listings", "request_id": "listings"},
        withheld={
            **dict.fromkeys(("id", "public_id", "parts"), INSIDE),
            **dict.fromkeys(("offer_revision", "request_revision"), INSIDE),
            **dict.fromkeys(("offer_seen_at", "request_seen_at"), "whether the other has looked"),
            **dict.fromkeys(
                ("state", "declined_by", "declined_at", "decline_reason"),
                "the other may not have answered; one's own stands on the page of the match",
            ),
            "lesson_forgotten_at": INSIDE,
        },
    ),
    "conversations": Held(
        whose={"owner_id": "members", "opener_id": "members"},
        names={"listing_id": "stays: the row of the post is empty"},
        erase="keep",
        why="the other side keeps what was written; it goes when both are gone",
        withheld={"id": INSIDE, "match_id": INSIDE},
    ),
    "messages": Held(
        whose={"sender_id": "members"},
        erase="keep",
        why="a letter belongs to whoever received it; it goes when both are gone",
        part_of="conversations",
        withheld={"id": INSIDE, "conversation_id": INSIDE},
    ),
    "message_photos": Held(
        whose={"message_id": "messages"},
        withheld={**dict.fromkeys(("id", "message_id", "name"), INSIDE)},
    ),
    **EXCHANGES,
    "reputations": Held(
        whose={"member_id": "members"}, withheld={"member_id": INSIDE, "score": DERIVED}
    ),
    "read_marks": Held(
        whose={"member_id": "members"},
        erase="keep",
        why="numbers only; the other side sees by them what had been read",
        withheld={WHOLE: "numbers of messages, of no use outside"},
    ),
    "digests": Held(whose={"member_id": "members"}, withheld={"member_id": INSIDE}),
    "cases": Held(
        whose={"member_id": "members"},
        erase="keep",
        why="what was complained of, by whom decided: codes and numbers, two years",
        withheld={WHOLE: "tells who complained; what was decided stands among the decisions"},
    ),
    "reports": Held(
        whose={"reporter_id": "members", "case_id": "cases"},
        shown_by=("reporter_id",),
        erase="scrub",
        scrub={"words": ""},
        stays=frozenset({"id", "public_id", "case_id", "reporter_id", "reason", "made_at"}),
        why="a case stays whole for two years: who said what kind of thing, without words",
        withheld=dict.fromkeys(("id", "public_id", "case_id", "reporter_id"), INSIDE),
    ),
    "decisions": Held(
        whose={"member_id": "members"},
        names={"staff_id": "stays: staff answer for what they decided; a number without a name"},
        erase="scrub",
        scrub={"words": ""},
        stays=frozenset({
            "id", "public_id", "case_id", "member_id", "staff_id", "listing_id", "message_id",
            "action", "reason", "until", "made_at", "undone_at",
        }),
        why="what was decided and why, for two years, about a number without a name",
        withheld={
            **dict.fromkeys(("id", "case_id", "member_id", "message_id"), INSIDE),
            "staff_id": STAFF,
        },
    ),
    "appeals": Held(
        whose={"decision_id": "decisions"},
        names={"staff_id": "stays: staff answer for what they decided; a number without a name"},
        erase="scrub",
        scrub={"words": "", "answer": ""},
        stays=frozenset({"id", "decision_id", "made_at", "decided_at", "staff_id", "upheld"}),
        why="belongs to its decision",
        part_of="decisions",
        withheld={"id": INSIDE, "decision_id": INSIDE, "staff_id": STAFF},
    ),
    "erasure_requests": Held(
        whose={"member_id": "members"},
        erase="keep",
        why="proof that the wish was met, without a name; two years",
        withheld={"id": INSIDE, "member_id": INSIDE},
    ),
    "data_exports": Held(
        whose={"member_id": "members"}, withheld={"id": INSIDE, "member_id": INSIDE}
    ),
}  # fmt: skip

# Tables without a way to a member, for the reader; the test asks for these too.
OTHERS: dict[str, str] = {
    "areas": "the gazetteer",
    "area_words": "the gazetteer",
    "site_settings": "what staff set for the site",
    "sweep_runs": "signs of life of the sweeps",
    "synonyms": "words that staff taught the search of the site, of nobody",
    "reset_requests": "an address somebody typed, for the seconds until a sweep answers",
    "outgoing_mails": "holds the address it goes to: erased by address, ended by the sweep",
}
