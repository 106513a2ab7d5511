"""Loans while they are out: extended, brought back, overdue, lost, and what that does to others."""

from datetime import date, timedelta

import pytest
import time_machine

from marketplace.db import db, transaction, utcnow
from marketplace.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import handing, loans, returns, service, sweeps
from marketplace.exchanges import lent as calendar
from marketplace.exchanges.models import ReturnCheck
from marketplace.exchanges.returns import Seen
from marketplace.exchanges.service import Wish
from marketplace.matching.models import Match
from marketplace.moderation.blocking import block_member
from marketplace.notifications.models import Notification
from marketplace.picture_files import PRIVATE
from tests import factories
from tests.exchanges.lending import NOON, fresh, ladder, lent
from tests.listings.conftest import jpeg

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("december")


@pytest.fixture
def december():
    """The first of December at noon; the tests move on from there."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def folder(settings):
    return settings.uploads_dir


def told(member):
    """Kinds of the news of a member, the oldest first."""
    db.session.rollback()
    rows = db.session.query(Notification).filter_by(member_id=member.id)
    return [row.kind for row in rows.order_by(Notification.id) if row.topic != "message"]


def codes(caught):
    return [problem.code for problem in caught.value.problems]


# Out


def test_it_is_due_the_agreed_days_after_it_went_out(alice, bob):
    assert lent(alice, bob, ladder(alice)).due_on == date(2026, 12, 8)
    other = lent(alice, bob, ladder(alice, title="Bor"), loan_days=3)
    assert other.due_on == date(2026, 12, 4)


def test_the_day_is_counted_where_it_was_lent(alice, bob, december):
    december.move_to(NOON + timedelta(hours=13))  # 1 December 18:00 UTC, the second in Depok
    assert lent(alice, bob, ladder(alice)).due_on == date(2026, 12, 9)


def test_without_a_word_about_days_a_loan_runs_for_two_weeks(alice, bob):
    assert lent(alice, bob, ladder(alice, loan_days_max=None)).due_on == date(2026, 12, 15)


def test_on_a_request_the_opener_lends(alice, bob):
    wanted = factories.request(alice, "Butuh tangga", gift=False, loan=True, loan_days_max=5)
    loan = lent(bob, alice, wanted)
    assert (loan.giver_id, loan.receiver_id, loan.due_on) == (bob.id, alice.id, date(2026, 12, 6))
    loans.extend(alice, loan.public_id, date(2026, 12, 9))
    loans.say_returned(alice, loan.public_id)
    returns.check_return(bob, loan.public_id, Seen("as_before"), folder=None)
    wanted = fresh(wanted)
    assert (wanted.promised, wanted.given, wanted.state) == (0, 1, "fulfilled")


# Longer


def test_a_borrower_extends_alone_when_nobody_waits(alice, bob):
    loan = lent(alice, bob, ladder(alice))
    loan = fresh(loans.extend(bob, loan.public_id, date(2026, 12, 12)))
    assert (loan.due_on, loan.extensions, loan.state) == (date(2026, 12, 12), 1, "out")
    assert loan.events[-1].params["until"] == "2026-12-12"
    assert loan.events[-1].params["from"] == "2026-12-08"
    assert told(alice)[-1] == "exchange_extend"
    assert "exchange_extend" not in told(bob)


def test_a_borrower_does_not_extend_while_somebody_waits(alice, bob, carol):
    thing = ladder(alice)
    loan = lent(alice, bob, thing)
    waiting = service.ask(carol, thing.public_id, Wish(terms="loan"), "Saya juga")
    with pytest.raises(Conflict) as refused:
        loans.extend(bob, loan.public_id, date(2026, 12, 12))
    assert refused.value.code == "loan_waited_for"
    assert fresh(loan).due_on == date(2026, 12, 8)
    loans.extend(alice, loan.public_id, date(2026, 12, 12))  # the lender may
    service.withdraw(carol, waiting.public_id)
    assert fresh(loans.extend(bob, loan.public_id, date(2026, 12, 14))).due_on.day == 14


def test_who_waits_for_another_of_several_stands_in_nobodys_way(alice, bob, carol):
    thing = ladder(alice, quantity=3)
    loan = lent(alice, bob, thing, quantity=2)
    service.ask(carol, thing.public_id, Wish(terms="loan"), "Satu saja")
    assert loans.extend(bob, loan.public_id, date(2026, 12, 12))
    dani = factories.member("Dani")
    service.ask(dani, thing.public_id, Wish(terms="loan"), "Saya juga")
    with pytest.raises(Conflict):
        loans.extend(bob, loan.public_id, date(2026, 12, 15))


def test_a_queue_for_a_request_is_no_queue_for_the_thing(alice, bob, carol):
    wanted = factories.request(alice, "Butuh tangga", gift=False, loan=True)
    loan = lent(bob, alice, wanted)
    service.ask(carol, wanted.public_id, Wish(terms="loan"), "Saya juga punya")
    assert loans.extend(alice, loan.public_id, loan.due_on + DAY)


def test_three_times_alone_then_the_lender_is_asked(alice, bob):
    loan = lent(alice, bob, ladder(alice))
    for _ in range(3):
        loan = fresh(loans.extend(bob, loan.public_id, fresh(loan).due_on + DAY))
    with pytest.raises(Conflict) as refused:
        loans.extend(bob, loan.public_id, loan.due_on + DAY)
    assert refused.value.code == "loan_extended_enough"


def test_too_late_alone_is_a_matter_for_the_lender(alice, bob, december):
    loan = lent(alice, bob, ladder(alice))
    december.move_to(NOON + 10 * DAY)
    loans.extend(bob, loan.public_id, date(2026, 12, 12))  # three days late
    december.move_to(NOON + 15 * DAY)
    with pytest.raises(Conflict) as refused:
        loans.extend(bob, loan.public_id, date(2026, 12, 20))
    assert refused.value.code == "loan_late"
    assert fresh(loans.extend(alice, loan.public_id, date(2027, 3, 1))).due_on.year == 2027


def test_the_lender_takes_an_extension_back_and_means_it(alice, bob):
    loan = lent(alice, bob, ladder(alice))
    loans.extend(bob, loan.public_id, date(2026, 12, 12))
    with pytest.raises(Invalid):
        loans.extend(alice, loan.public_id, date(2026, 12, 7))  # sooner than ever agreed
    loan = fresh(loans.extend(alice, loan.public_id, date(2026, 12, 8)))
    assert loan.due_on == date(2026, 12, 8)
    with pytest.raises(Conflict):
        loans.extend(bob, loan.public_id, date(2026, 12, 12))
    with pytest.raises(Invalid):
        loans.extend(alice, loan.public_id, date(2026, 12, 7))


@pytest.mark.parametrize("until", [None, date(2026, 12, 8), date(2026, 12, 16)])
def test_another_day_than_may_be_is_refused(alice, bob, until):
    loan = lent(alice, bob, ladder(alice))
    with pytest.raises(Invalid):
        loans.extend(bob, loan.public_id, until)
    assert fresh(loan).due_on == date(2026, 12, 8)


def test_a_second_tap_extends_once(alice, bob):
    loan = lent(alice, bob, ladder(alice))
    for _ in range(2):
        loans.extend(bob, loan.public_id, date(2026, 12, 12))
    assert fresh(loan).extensions == 1
    loan = fresh(loans.extend(bob, loan.public_id, date(2026, 12, 14)))  # a better thought is none
    assert (loan.due_on, loan.extensions) == (date(2026, 12, 14), 2)


def test_only_the_two_extend_and_only_what_is_out(alice, bob, carol):
    loan = lent(alice, bob, ladder(alice))
    with pytest.raises(NotFound):
        loans.extend(carol, loan.public_id, date(2026, 12, 12))
    loans.say_returned(bob, loan.public_id)
    with pytest.raises(Conflict):
        loans.extend(bob, loan.public_id, date(2026, 12, 12))


# Back


def test_the_lender_looks_at_it_and_that_closes_it(alice, bob, folder):
    thing = ladder(alice)
    loan = lent(alice, bob, thing)
    loans.say_returned(bob, loan.public_id)
    seen = Seen("worn", "Sedikit\ntergores", jpeg())
    returns.check_return(alice, loan.public_id, seen, folder=folder)
    check = db.session.get(ReturnCheck, fresh(loan).id)
    assert (check.condition, check.words, check.by_id) == ("worn", "Sedikit tergores", alice.id)
    assert check.photo_name.endswith(PRIVATE)
    loan, thing = fresh(loan), fresh(thing)
    assert (loan.state, loan.wake_at) == ("closed", None)
    assert loan.back_at is not None
    assert (thing.state, thing.promised, thing.given) == ("open", 0, 0)
    assert told(bob)[-1] == "exchange_accept_return"


def test_the_lender_may_close_it_without_a_word_of_the_borrower(alice, bob, folder):
    loan = lent(alice, bob, ladder(alice))
    returns.check_return(alice, loan.public_id, Seen("as_before"), folder=folder)
    assert fresh(loan).state == "closed"


def test_a_second_tap_checks_once_and_leaves_no_files(alice, bob, folder):
    loan = lent(alice, bob, ladder(alice))
    for _ in range(2):
        returns.check_return(alice, loan.public_id, Seen("as_before", "", jpeg()), folder=folder)
    check = db.session.get(ReturnCheck, loan.id)
    stems = {path.name.partition("-")[0].partition(".")[0] for path in folder.rglob("*.webp")}
    assert stems == {check.photo_name}


def test_the_borrower_does_not_judge_their_own_return(alice, bob, carol, folder):
    loan = lent(alice, bob, ladder(alice))
    with pytest.raises(Conflict):
        returns.check_return(bob, loan.public_id, Seen("as_before"), folder=folder)
    with pytest.raises(NotFound):
        returns.check_return(carol, loan.public_id, Seen("as_before"), folder=folder)


def test_after_a_code_at_the_door_the_lender_can_still_say_how_it_is(alice, bob, folder, december):
    loan = lent(alice, bob, ladder(alice))
    handing.meet(alice, loan.public_id, handing.own_code(bob, loan.public_id))
    loan = fresh(loan)
    assert loan.state == "closed"
    assert returns.may_check(alice, loan)
    assert not returns.may_check(bob, loan)
    returns.check_return(alice, loan.public_id, Seen("damaged", "Kakinya patah"), folder=folder)
    assert told(bob)[-1] == "loan_checked"
    assert not returns.may_check(alice, fresh(loan))


def test_weeks_later_it_is_too_late_to_say_how_it_came_back(alice, bob, december):
    loan = lent(alice, bob, ladder(alice))
    handing.meet(alice, loan.public_id, handing.own_code(bob, loan.public_id))
    december.move_to(NOON + 14 * DAY)
    assert not returns.may_check(alice, fresh(loan))


def test_what_is_not_back_is_out_as_before(alice, bob):
    loan = lent(alice, bob, ladder(alice))
    loans.say_returned(bob, loan.public_id)
    loans.deny_return(alice, loan.public_id)
    loan = fresh(loan)
    assert (loan.state, loan.back_said_at, loan.back_said_by_id) == ("out", None, None)
    assert told(bob)[-1] == "exchange_deny_return"
    loans.say_returned(bob, loan.public_id)
    assert fresh(loan).state == "returned"


def test_without_a_word_of_the_lender_it_counts_as_back(alice, bob, december):
    loan = lent(alice, bob, ladder(alice))
    loans.say_returned(bob, loan.public_id)
    december.move_to(NOON + 2 * DAY)
    sweeps.wake(None)
    assert told(alice)[-1] == "return_waits"
    december.move_to(NOON + 7 * DAY)
    sweeps.wake(None)
    assert fresh(loan).state == "closed"
    assert told(alice)[-1] == told(bob)[-1] == "exchange_accept_return_by_site"


# Late


def overdue(lender, borrower, clock):
    loan = lent(lender, borrower, ladder(lender))
    clock.move_to(NOON + 8 * DAY)
    return loan


def test_overdue_follows_from_the_day_and_is_no_state(alice, bob, december):
    loan = lent(alice, bob, ladder(alice))
    december.move_to(NOON + 7 * DAY)
    assert not loans.is_overdue(fresh(loan))
    assert loans.may_borrow(bob)
    december.move_to(NOON + 7 * DAY + timedelta(hours=12))  # midnight in Depok
    assert loans.is_overdue(fresh(loan))
    assert not loans.may_borrow(bob)
    loans.say_returned(bob, loan.public_id)
    assert not loans.is_overdue(fresh(loan))
    assert loans.may_borrow(bob)  # whoever brought it back need not wait for the lender's word


def test_who_is_late_cannot_ask_for_another_loan_but_for_gifts(alice, bob, carol, december):
    loan = overdue(alice, bob, december)
    other = ladder(carol, title="Bor", gift=True)
    with pytest.raises(Invalid) as refused:
        service.ask(bob, other.public_id, Wish(terms="loan"), "Pinjam, ya")
    problem = refused.value.problems[0]
    assert problem.code == "loan_overdue"
    assert dict(problem.params) == {"title": "Tangga", "due": "2026-12-08"}
    assert service.ask(bob, other.public_id, Wish(terms="gift"), "Minta, ya").state
    loans.extend(alice, loan.public_id, date(2026, 12, 20))
    third = ladder(carol, title="Gergaji")
    assert service.ask(bob, third.public_id, Wish(terms="loan"), "Pinjam, ya").state


def test_who_is_late_may_lend(alice, bob, december):
    overdue(alice, bob, december)
    wanted = factories.request(alice, "Butuh bor", gift=False, loan=True)
    assert service.ask(bob, wanted.public_id, Wish(terms="loan"), "Saya punya").giver_id == bob.id


def test_who_is_late_does_not_accept_a_loan_on_their_request(alice, bob, carol, december):
    wanted = factories.request(bob, "Butuh bor", gift=False, loan=True)
    overdue(alice, bob, december)
    offered = service.ask(carol, wanted.public_id, Wish(terms="loan"), "Saya punya")
    with pytest.raises(Invalid) as refused:
        service.promise(bob, offered.public_id)
    assert codes(refused) == ["loan_overdue"]


# Reminders


def test_each_is_told_once_and_in_time(alice, bob, december):
    lent(alice, bob, ladder(alice))
    before = len(told(alice)), len(told(bob))
    morning = NOON.replace(hour=1)  # eight in Depok
    at = {}
    for days in (1, 4, 5, 6, 7, 8, 9, 13, 14, 15, 20, 21, 22, 40, 66, 67, 68):
        for hours in (-0.5, 0.5):
            december.move_to(morning + days * DAY + timedelta(hours=hours))
            sweeps.wake(None)
            news = told(bob)[before[1] :], told(alice)[before[0] :]
            for who, kinds in zip(("bob", "alice"), news, strict=True):
                for kind in kinds:
                    at.setdefault((who, kind), (days, hours))
    assert at == {
        ("bob", "loan_due_soon"): (5, 0.5),
        ("bob", "loan_due"): (7, 0.5),
        ("alice", "loan_due_lender"): (7, 0.5),
        ("bob", "loan_overdue"): (8, 0.5),
        ("alice", "loan_overdue_lender"): (8, 0.5),
        ("bob", "loan_overdue_week"): (14, 0.5),
        ("alice", "loan_overdue_week_lender"): (14, 0.5),
        ("bob", "loan_overdue_weeks"): (21, 0.5),
        ("alice", "loan_overdue_weeks_lender"): (21, 0.5),
        ("bob", "exchange_lose_by_site"): (67, 0.5),
        ("alice", "exchange_lose_by_site"): (67, 0.5),
    }
    kinds = told(bob)[before[1] :] + told(alice)[before[0] :]
    assert len(kinds) == len(at)  # each once


def test_a_return_that_is_denied_late_is_not_lost_at_once(alice, bob, december):
    loan = lent(alice, bob, ladder(alice))
    december.move_to(NOON + 65 * DAY)
    loans.say_returned(bob, loan.public_id)
    december.move_to(NOON + 70 * DAY)
    loans.deny_return(alice, loan.public_id)
    sweeps.wake(None)
    assert fresh(loan).state == "out"
    december.move_to(NOON + 84 * DAY)
    sweeps.wake(None)
    assert fresh(loan).state == "lost"


def test_an_extension_moves_every_reminder(alice, bob, december):
    loan = lent(alice, bob, ladder(alice))
    december.move_to(NOON + 5 * DAY)
    sweeps.wake(None)
    assert told(bob)[-1] == "loan_due_soon"
    loans.extend(bob, loan.public_id, date(2026, 12, 15))
    for days, kind in ((7, "loan_due_soon"), (12, "loan_due_soon"), (14, "loan_due"),
                       (15, "loan_overdue"), (21, "loan_overdue_week")):  # fmt: skip
        december.move_to(NOON + days * DAY)
        sweeps.wake(None)
        assert told(bob)[-1] == kind, days
    assert told(bob).count("loan_due_soon") == 2


# Lost and found


def test_what_is_lost_counts_as_given_and_closes_the_post(alice, bob, carol, settle, december):
    thing = ladder(alice)
    loan = lent(alice, bob, thing)
    waiting = service.ask(carol, thing.public_id, Wish(terms="loan"), "Saya juga")
    loans.lose(alice, loan.public_id, "Tidak apa-apa, ya.")
    thing = fresh(thing)
    assert (fresh(loan).state, thing.promised, thing.given) == ("lost", 0, 1)
    assert thing.state == "fulfilled"
    assert "exchange_lose" in told(bob)
    assert fresh(loan).conversation.last_message_at == NOON
    december.move_to(NOON + DAY)
    settle()
    assert fresh(waiting).state == "declined"


def test_what_was_lost_and_turns_up_is_there_again(alice, bob):
    thing = ladder(alice, quantity=2)
    loan = lent(alice, bob, thing)
    loans.lose(alice, loan.public_id)
    assert fresh(thing).state == "open"  # the other one is still there
    assert fresh(thing).unpromised == 1
    with pytest.raises(Conflict):
        loans.find(bob, loan.public_id)
    loans.find(alice, loan.public_id)
    assert (fresh(loan).state, fresh(thing).given, fresh(thing).unpromised) == ("closed", 0, 2)
    assert told(bob)[-1] == "exchange_find"


def test_a_word_that_is_too_long_loses_nothing(alice, bob):
    loan = lent(alice, bob, ladder(alice))
    with pytest.raises(Invalid):
        loans.lose(alice, loan.public_id, "x" * 10_001)
    assert fresh(loan).state == "out"


def test_a_lender_who_blocked_the_borrower_can_still_say_that_it_is_lost(alice, bob):

    loan = lent(alice, bob, ladder(alice))
    block_member(alice, bob)
    loans.lose(alice, loan.public_id, "Hilang.")
    assert fresh(loan).state == "lost"


def test_a_paused_borrower_brings_back_but_does_not_extend(alice, bob):
    loan = lent(alice, bob, ladder(alice))
    with transaction():
        bob = fresh(bob)
        bob.suspended_at = utcnow()
    with pytest.raises(NotAllowed):
        loans.extend(bob, loan.public_id, date(2026, 12, 12))
    assert loans.say_returned(bob, loan.public_id).state == "returned"


# Quantities


def test_part_of_it_is_lent_and_the_rest_stays_open(alice, bob, carol, folder):
    chairs = ladder(alice, title="Kursi", quantity=10)
    first = lent(alice, bob, chairs, quantity=6)
    second = lent(alice, carol, chairs, quantity=4)
    assert (fresh(chairs).state, fresh(chairs).unpromised) == ("open", 0)
    returns.check_return(alice, first.public_id, Seen("as_before"), folder=folder)
    assert (fresh(chairs).promised, fresh(chairs).unpromised) == (4, 6)
    loans.lose(alice, second.public_id)
    assert (fresh(chairs).given, fresh(chairs).unpromised, fresh(chairs).state) == (4, 6, "open")


# Those who wait


def test_after_a_return_the_next_in_line_gets_it(alice, bob, carol, folder, settle):
    thing = ladder(alice)
    loan = lent(alice, bob, thing)
    waiting = service.ask(carol, thing.public_id, Wish(terms="loan"), "Saya juga")
    returns.check_return(alice, loan.public_id, Seen("as_before"), folder=folder)
    settle()
    assert fresh(waiting).state == "promised"
    assert "exchange_promise_by_site" in told(carol)


def test_a_thing_that_met_a_request_goes_to_those_who_wait_for_the_thing(
    alice, bob, carol, folder, settle
):
    thing = ladder(alice, title="Tangga lipat")
    wanted = factories.request(bob, "Butuh tangga lipat", gift=False, loan=True)
    with transaction() as session:
        session.add(Match(offer_id=thing.id, request_id=wanted.id, score=0.9, reasons=[],
                          offer_revision=1, request_revision=1))  # fmt: skip
    loan = lent(alice, bob, wanted, meets_own=True)
    assert loan.counterpart_id == thing.id
    waiting = service.ask(carol, thing.public_id, Wish(terms="loan"), "Saya juga")
    with pytest.raises(Conflict):
        loans.extend(bob, loan.public_id, loan.due_on + DAY)
    returns.check_return(alice, loan.public_id, Seen("as_before"), folder=folder)
    assert (fresh(thing).promised, fresh(thing).given) == (0, 0)
    assert fresh(wanted).given == 1
    settle()
    assert fresh(waiting).state == "promised"


def test_what_is_damaged_goes_to_nobody_before_the_lender_decides(
    alice, bob, carol, folder, settle
):
    thing = ladder(alice)
    loan = lent(alice, bob, thing)
    waiting = service.ask(carol, thing.public_id, Wish(terms="loan"), "Saya juga")
    seen = Seen("damaged", "Kakinya patah")
    returns.check_return(alice, loan.public_id, seen, folder=folder)
    settle()
    assert fresh(waiting).state == "interested"
    assert told(alice)[-1].startswith("exchange_free")


# The calendar


def test_the_calendar_shows_what_is_late_first_and_what_is_said_back_above_all(
    alice, bob, carol, december
):
    late = lent(alice, bob, ladder(alice, title="Bor"), loan_days=1)
    soon = lent(alice, carol, ladder(alice, title="Gergaji"), loan_days=5)
    back = lent(alice, carol, ladder(alice, title="Palu"), loan_days=7)
    loans.say_returned(carol, back.public_id)
    december.move_to(NOON + 3 * DAY)
    agenda = calendar.agenda(alice, "lent")
    assert [line.exchange.id for line in agenda.lines] == [back.id, late.id, soon.id]
    assert [key for key, _ in agenda.groups()] == ["said_back", "late", "2026-12-06"]
    assert agenda.counts == {"lent": 3, "borrowed": 0}
    assert agenda.due == {date(2026, 12, 2): 1, date(2026, 12, 6): 1}
    mine = calendar.agenda(carol, "borrowed")
    assert [line.other.id for line in mine.lines] == [alice.id, alice.id]
    assert calendar.agenda(carol, "lent").lines == []


def test_a_day_knows_its_page(alice, bob, monkeypatch):
    monkeypatch.setattr(calendar, "PER_PAGE", 2)
    for number in range(3):
        lent(alice, bob, ladder(alice, title=f"Kursi {number}"), loan_days=1 + number // 2)
    first, second = calendar.agenda(alice, "lent"), calendar.agenda(alice, "lent", 2)
    assert (len(first.lines), len(second.lines), first.pages) == (2, 1, 2)
    assert first.page_of == {date(2026, 12, 2): 1, date(2026, 12, 3): 2}


def test_everybody_may_know_until_when_all_of_it_is_lent(alice, bob, carol, december):
    thing = ladder(alice, quantity=2)
    assert calendar.lent_until(thing) is None
    lent(alice, bob, thing, loan_days=3)
    assert calendar.lent_until(fresh(thing)) is None  # one is there
    lent(alice, carol, thing, loan_days=5)
    assert calendar.lent_until(fresh(thing)) == date(2026, 12, 4)
    december.move_to(NOON + 20 * DAY)
    assert calendar.lent_until(fresh(thing)) == date(2026, 12, 21)  # how late is nobody's business
