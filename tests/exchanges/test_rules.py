"""The state table leads everybody to an end, and its counters add up over every path."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.exchanges import deadlines, rules
from marketplace.exchanges.rules import BY_VERB, Ways

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
OFFER_SIDES = {"owner": {"owner", "giver"}, "opener": {"opener", "receiver"}}
REQUEST_SIDES = {"owner": {"owner", "receiver"}, "opener": {"opener", "giver"}}


@dataclass(frozen=True)
class Path:
    """An exchange as the pure rules see it, with who said which way, and the counters."""

    terms: str = "gift"
    state: str = "interested"
    there_by: str = ""
    back_by: str = ""
    there: bool = False
    back: bool = False
    meets: bool = False
    promised: int = 0
    given: int = 0

    @property
    def ways(self) -> Ways:
        return Ways(bool(self.there_by), self.there, bool(self.back_by), self.back)

    def waits_for(self, who: str) -> list[str]:
        """The ways that somebody else than ``who`` said and that are not done."""
        said = {"there": (self.there_by, self.there), "back": (self.back_by, self.back)}
        return [way for way, (by, done) in said.items() if by and not done and by != who]

    def count(self, counts: str) -> "Path":
        change = {
            rules.RESERVE: (1, 0), rules.FREE: (-1, 0), rules.GIVE: (-1, 1),
            rules.GIVE_BACK: (0, -1), rules.NO_COUNT: (0, 0),
        }[counts]  # fmt: skip
        return replace(self, promised=self.promised + change[0], given=self.given + change[1])


def possible(path: Path, who: str, sides: set[str]) -> list[str]:
    asked = bool(path.waits_for(who)) and path.state != "did_not_happen"
    found = rules.verbs(path.state, sides, is_asked=asked)
    if not rules.unsaid(path.terms, path.ways):
        found = [verb for verb in found if verb != "hand_over"]
    return found


def step(path: Path, who: str, verb: str, direction: str = "offer") -> Path:
    """The same path after a step, as ``moves`` carries it out."""
    before = path
    if verb == "arrange":
        path = replace(path, meets=True)
    if verb == "hand_over":
        way = rules.unsaid(path.terms, path.ways)[0]
        path = replace(path, **{f"{way}_by": who})
    if verb == "confirm":
        path = replace(path, **dict.fromkeys(path.waits_for(who), True))
    if verb == "object":
        path = replace(path, **{f"{way}_by": "" for way in path.waits_for(who)})
    if verb == "meet":
        due = ("back",) if path.state in ("out", "returned") else rules.ways_of(path.terms)
        path = replace(path, **dict.fromkeys(due, True))
    if verb == "say_returned":
        path = replace(path, back_by=who)
    if verb == "deny_return":
        path = replace(path, back_by="")
    if verb in ("accept_return", "find"):
        path = replace(path, back=True)
    after = BY_VERB[verb].after
    if after == rules.SETTLED:
        after = rules.settled(path.terms, path.ways, path.meets)
    counts = rules.counts_of(verb, path.terms, (before.state, after), path.ways)
    path = path.count(rules.counts_for(direction, counts) if counts else counts)
    over = after in rules.ENDS or (path.there, path.back) != (before.there, before.back)
    return replace(path, state=after, meets=path.meets and not over)


def right(path: Path, direction: str) -> None:
    """What must be true of the counters in every state."""
    assert path.promised == (path.state in rules.RESERVING)
    if path.state in rules.RUNNING or path.state in ("declined", "released", "cancelled"):
        assert path.given == 0
    if path.state == "closed":
        kept = path.terms != "loan" or direction == "request"
        assert path.given == kept
    if path.state == "lost":
        assert path.given == 1
    if path.state == "did_not_happen":
        assert path.given == path.there


@given(
    st.sampled_from(rules.TERMS),
    st.sampled_from(["offer", "request"]),
    st.lists(
        st.tuples(st.sampled_from(["owner", "opener", "site"]), st.integers(0, 30)), max_size=40
    ),
)
def test_whoever_does_what_the_counters_add_up(
    terms: str, direction: str, taken: list[tuple[str, int]]
) -> None:
    sides = OFFER_SIDES if direction == "offer" else REQUEST_SIDES
    path = Path(terms)
    right(path, direction)
    for who, number in taken:
        found = possible(path, who, {rules.SITE} if who == "site" else sides[who])
        if found:
            path = step(path, who, found[number % len(found)], direction)
            right(path, direction)
            assert path.state in rules.STATES


def reachable(terms: str) -> set[Path]:
    """Every path as the rules see it that members can bring about, counters aside."""
    found, todo = set(), [Path(terms)]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        for who in ("owner", "opener", "site"):
            sides = {rules.SITE} if who == "site" else OFFER_SIDES[who]
            todo += [step(path, who, verb) for verb in possible(path, who, sides)]
    return found


@pytest.mark.parametrize("terms", rules.TERMS)
def test_from_every_running_state_the_site_alone_reaches_an_end(terms: str) -> None:
    for path in reachable(terms):
        if path.state == "interested":  # ended with the listing, by decline
            assert rules.may("decline", path.state, {rules.SITE})
            continue
        for _ in range(5):
            if path.state in rules.ENDS:
                break
            verb = _decision(path)
            assert verb in possible(path, "site", {rules.SITE}), path
            path = step(path, "site", verb)
        assert path.state in rules.ENDS


def _decision(path: Path) -> str:
    """What the site does when nobody did anything until the last deadline of the state."""
    facts = deadlines.Facts(
        state=path.state, stage=0, since=NOW, active_at=NOW, meets_at=NOW, due_at=NOW
    )
    for stage in range(10):
        found = deadlines.next_step(replace(facts, stage=stage))
        assert found is not None, path
        assert found.at < NOW + timedelta(days=100)
        if found.verb != deadlines.REMIND:
            return found.verb
    raise AssertionError(path)


@pytest.mark.parametrize("terms", rules.TERMS)
@pytest.mark.parametrize("who", ["owner", "opener"])
def test_each_side_alone_is_never_stuck(terms: str, who: str) -> None:
    """In every running state there is a step of their own, or their word is out and the site
    decides in time (the test above)."""
    for path in reachable(terms):
        if path.state not in rules.RUNNING or path.state == "interested":
            continue
        own = possible(path, who, OFFER_SIDES[who])
        said = path.state == "handed_over" and not path.waits_for(who)
        assert own or said, path


def test_what_undoes_a_step_is_a_step_that_is_possible_after_it() -> None:
    everybody = {rules.OWNER, rules.OPENER, rules.GIVER, rules.RECEIVER}
    for one in rules.TRANSITIONS:
        afters = rules.STATES if one.after == rules.SETTLED else (one.after,)
        for verb in one.undone_by:
            if verb == rules.ASK:
                assert one.after in rules.ENDS
                continue
            assert verb in BY_VERB, (one.verb, verb)
            assert any(rules.may(verb, state, everybody, is_asked=True) for state in afters)


def test_the_table_names_states_sides_and_reasons_that_exist() -> None:
    known = {rules.OWNER, rules.OPENER, rules.GIVER, rules.RECEIVER, rules.EITHER, rules.OTHER,
             rules.SITE}  # fmt: skip
    for one in rules.TRANSITIONS:
        assert set(one.before) <= set(rules.STATES)
        assert one.after in (*rules.STATES, rules.SETTLED)
        assert set(one.who) <= known
        assert set(one.reasons) <= set(rules.REASONS)
        assert one.tells in ("owner", "opener", "other", "both", "nobody")
    assert len(BY_VERB) == len(rules.TRANSITIONS)


def test_a_dispute_changes_nothing_but_what_is_known() -> None:
    assert rules.counts_of("dispute", "gift", ("did_not_happen", "did_not_happen"), Ways()) == ""


@pytest.mark.parametrize(
    ("terms", "ways", "state"),
    [
        ("gift", Ways(there_said=True), "handed_over"),
        ("gift", Ways(there_said=True, there_done=True), "closed"),
        ("loan", Ways(there_said=True, there_done=True), "out"),
        ("loan", Ways(True, True, back_said=True), "returned"),
        ("loan", Ways(True, True, True, True), "closed"),
        ("swap", Ways(True, True), "partly"),
        ("swap", Ways(back_said=True, back_done=True), "partly"),
        ("swap", Ways(True, True, back_said=True), "handed_over"),
        ("swap", Ways(there_said=True, back_said=True, back_done=True), "handed_over"),
        ("swap", Ways(True, True, True, True), "closed"),
        ("swap", Ways(), "arranged"),
    ],
)
def test_the_state_follows_from_what_was_said_and_done(terms: str, ways: Ways, state: str) -> None:
    assert rules.settled(terms, ways, is_arranged=True) == state


def test_a_swap_that_breaks_off_counts_what_changed_hands() -> None:
    change = ("partly", "did_not_happen")
    assert rules.counts_of("break_off", "swap", change, Ways(True, True)) == rules.GIVE
    back = Ways(back_said=True, back_done=True)
    assert rules.counts_of("break_off", "swap", change, back) == rules.FREE


def test_who_objects_after_the_meeting_has_a_week_again() -> None:
    facts = deadlines.Facts(
        state="arranged", stage=0, since=NOW, active_at=NOW - timedelta(days=12),
        meets_at=NOW - timedelta(days=10),
    )  # fmt: skip
    assert deadlines.decides_at(facts) == NOW + timedelta(days=7)
