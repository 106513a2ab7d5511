"""What exchanges hold of their two members; a part of the register."""

from marketplace.privacy.held import INSIDE, SECRET, Held

_SIDES = {"owner_id": "members", "opener_id": "members"}
_OTHERS_NUMBER = "a number without a name"

EXCHANGES: dict[str, Held] = {
    "exchanges": Held(
        whose=_SIDES,
        names={
            "giver_id": _OTHERS_NUMBER, "receiver_id": _OTHERS_NUMBER,
            "there_said_by_id": _OTHERS_NUMBER, "back_said_by_id": _OTHERS_NUMBER,
        },
        erase="scrub",
        scrub={
            "in_return": "", "meets_at": None, "meets_where": "", "meets_zone": "",
            "giver_code": "", "receiver_code": "",
        },
        stays=frozenset({
            "id", "public_id", "conversation_id", "listing_id", "counterpart_id", "owner_id",
            "opener_id", "giver_id", "receiver_id", "terms", "asked", "quantity", "loan_days",
            "state", "queued_at", "promised_at", "there_said_by_id", "there_said_at", "there_at",
            "back_said_by_id", "back_said_at", "back_at", "due_on", "extensions",
            "meeting_revision", "code_tries", "code_tried_at", "wake_at", "stage", "retry_at",
            "ended_at",
            "passed_on_at", "passes_on_id", "created_at", "updated_at",
        }),
        why="the other side keeps what became of it; it goes with the conversation",
        withheld={
            **dict.fromkeys(("id", "conversation_id", "counterpart_id"), INSIDE),
            **dict.fromkeys(("there_said_by_id", "back_said_by_id", "passes_on_id"), INSIDE),
            **dict.fromkeys(("meeting_revision", "wake_at", "stage", "passed_on_at"), INSIDE),
            "retry_at": INSIDE,
            **dict.fromkeys(("giver_code", "receiver_code"), SECRET),
            **dict.fromkeys(("code_tries", "code_tried_at"), INSIDE),
        },
    ),
    "giving_windows": Held(
        whose={"listing_id": "listings"},
        part_of="listings",
        withheld={
            **dict.fromkeys(("id", "listing_id", "retry_at"), INSIDE),
            "seed": SECRET, "alias_key": SECRET,
            "record": "stands on the page of the draw, for everybody",
        },
    ),
    "exchange_events": Held(
        whose={"exchange_id": "exchanges"},
        names={"actor_id": _OTHERS_NUMBER},
        erase="keep",
        why="codes and times: what became of it, for the other side",
        part_of="exchanges",
        withheld=dict.fromkeys(("id", "exchange_id"), INSIDE),
    ),
    "proposals": Held(
        whose={"by_id": "members", "exchange_id": "exchanges"},
        part_of="exchanges",
        withheld=dict.fromkeys(("id", "public_id", "exchange_id"), INSIDE),
    ),
    "exact_places": Held(
        whose={"by_id": "members", "exchange_id": "exchanges"},
        shown_by=("by_id",),
        withheld={"exchange_id": INSIDE},
    ),
    "place_views": Held(
        whose={"member_id": "members", "exchange_id": "exchanges"},
        names={},
        erase="keep",
        why="the other side may ask who saw the address; numbers and times only",
        shown_by=("member_id",),
        withheld=dict.fromkeys(("id", "exchange_id"), INSIDE),
    ),
    "return_checks": Held(
        whose={"by_id": "members"},
        erase="delete",
        shown_by=("by_id",),
        withheld={"exchange_id": INSIDE, "photo_name": "the file is named instead"},
    ),
    "thanks": Held(
        whose={"by_id": "members", "to_id": "members"},
        withheld=dict.fromkeys(("id", "public_id", "exchange_id"), INSIDE),
    ),
    "feedbacks": Held(
        whose={"by_id": "members", "about_id": "members"},
        shown_by=("by_id",),
        withheld=dict.fromkeys(("id", "exchange_id"), INSIDE),
    ),
}  # fmt: skip
