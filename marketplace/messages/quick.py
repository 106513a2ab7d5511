"""Which ready-made sentences fit a conversation now, as codes. Pure.

A neighbour on a bus answers with one tap: ``wording.quick_replies`` has the words. Only what the
side would really say next is offered.
"""

OPENER, OWNER = "opener", "owner"
ENDED = ("declined", "released", "cancelled", "did_not_happen", "lost")

# Before a promise, by what the conversation is about and who reads: (direction, side).
_BEFORE = {
    ("offer", OPENER): ("still_there", "when_to_come", "photo_please"),
    ("offer", OWNER): ("yes_there", "when_can_you_come"),
    ("request", OPENER): ("still_needed", "when_to_come"),
    ("request", OWNER): ("yes_needed", "when_can_you_come"),
}
# Later, by the state and whether who reads gives or receives.
_GIVING = {
    "promised": ("is_ready", "when_can_you_come", "near_public_place"),
    "arranged": ("on_my_way", "fifteen_late", "another_day"),
    "handed_over": ("glad",),
    "partly": ("when_other_half",),
    "out": ("all_well", "when_back"),
    "returned": ("thank_you",),
    "closed": ("glad",),
}
_RECEIVING = {
    "promised": ("thank_you", "when_to_come", "near_public_place"),
    "arranged": ("on_my_way", "fifteen_late", "another_day"),
    "handed_over": ("thank_you",),
    "partly": ("when_other_half",),
    "out": ("thank_you", "longer", "when_to_return"),
    "returned": ("thank_you",),
    "closed": ("thank_you",),
}
CODES = tuple(
    dict.fromkeys(
        code
        for table in (_BEFORE, _GIVING, _RECEIVING)
        for codes in table.values()
        for code in codes
    )
)


def replies(direction: str, side: str, state: str = "") -> tuple[str, ...]:
    """The codes for who is ``side`` (opener, owner) of a conversation about an offer or a request,
    whose exchange is in ``state`` ("" without one); at most three."""
    if state in ENDED:
        return ()
    if state in ("", "interested"):
        return _BEFORE[direction, side]
    gives = (direction == "offer") == (side == OWNER)
    return (_GIVING if gives else _RECEIVING)[state]
