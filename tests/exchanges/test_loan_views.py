"""Pages of loans over HTTP: each works, is nobody else's, knows the wrong state and bad input."""

import io
from datetime import date, timedelta

import pytest
import time_machine
from icalendar import Calendar
from PIL import Image
from PIL.ExifTags import Base as ImageIFD

from marketplace.db import db
from marketplace.exchanges import loans, returns, service
from marketplace.exchanges.models import ReturnCheck
from marketplace.exchanges.returns import Seen
from marketplace.exchanges.service import Wish
from tests.exchanges.lending import NOON, fresh, ladder, lent
from tests.listings.conftest import jpeg

DAY = timedelta(days=1)
STEPS = ("extension", "return", "return-check", "denial", "loss", "recovery")
ONLY_POSTS = ("return", "denial", "recovery")


@pytest.fixture(autouse=True)
def december():
    """The first of December at noon; the tests move on from there."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def thing(alice):
    return ladder(alice)


@pytest.fixture
def loan(alice, bob, thing):
    return lent(alice, bob, thing)


@pytest.fixture
def lender(as_member, alice):
    return as_member(alice)


@pytest.fixture
def borrower(as_member, bob):
    return as_member(bob)


def address(loan, step=""):
    return f"/exchanges/{loan.public_id}" + (f"/{step}" if step else "")


def condition(**changes):
    return {"condition": "as_before"} | changes


# Whoever is not one of the two


@pytest.mark.parametrize("step", STEPS)
def test_a_stranger_finds_nothing_and_a_visitor_is_asked_to_sign_in(
    loan, carol, as_member, client, step
):
    where = address(loan, step)
    assert as_member(carol).post(where).status_code == 404
    assert client.post(where).status_code == 303
    if step not in ONLY_POSTS:
        assert as_member(carol).get(where).status_code == 404
        assert client.get(where).status_code == 303


@pytest.mark.parametrize("step", ONLY_POSTS)
def test_what_changes_something_is_posted(loan, lender, step):
    assert lender.get(address(loan, step)).status_code == 405


@pytest.mark.parametrize("step", STEPS)
def test_once_it_is_over_nothing_more_happens(loan, alice, bob, lender, borrower, settings, step):
    returns.check_return(alice, loan.public_id, Seen("as_before"), folder=settings.uploads_dir)
    december_later = NOON + timedelta(minutes=2)
    with time_machine.travel(december_later, tick=False):
        for reader in (lender, borrower):
            data = {"until": "2026-12-12", "condition": "worn"}
            assert reader.post(address(loan, step), data=data).status_code == 409
            if step not in ONLY_POSTS:
                assert reader.get(address(loan, step)).status_code == 409


@pytest.mark.parametrize("step", ["return-check", "denial", "loss", "recovery"])
def test_a_borrower_takes_no_step_of_the_lender(loan, bob, borrower, step):
    loans.say_returned(bob, loan.public_id)
    assert borrower.post(address(loan, step), data=condition()).status_code == 409


def test_a_lender_does_not_say_it_in_the_borrowers_place(loan, lender):
    assert lender.post(address(loan, "return")).status_code == 409


# Longer


def test_the_page_says_until_when_and_offers_to_keep_it_longer(loan, lender, borrower):
    page = borrower.get(address(loan)).text
    assert "Tuesday, 8 December 2026" in page
    assert "7 days left" in page
    assert 'min="2026-12-09" max="2026-12-15"' in page
    assert "I have brought it back" in page
    page = lender.get(address(loan)).text
    assert "Set a new day" in page
    assert "It will not come back" in page


@pytest.mark.parametrize("until", ["2026-12-12", "12/12/2026", " 12.12.2026 "])
def test_a_borrower_sets_a_new_day(loan, borrower, until):
    answer = borrower.post(address(loan, "extension"), data={"until": until})
    assert answer.status_code == 303
    assert fresh(loan).due_on == date(2026, 12, 12)
    assert "The new day is set" in borrower.get(answer.headers["Location"]).text
    talk = borrower.get(f"/messages/{loan.conversation.public_id}").text
    assert "The loan runs longer, until 12 December" in talk


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("", "Choose the new day."),
        ("soon", "Write the date as day/month/year"),
        ("2026-12-24", "Choose a day from 9 December 2026 to 15 December 2026."),
        ("2026-12-08", "Choose a day from 9 December 2026"),
    ],
)
def test_a_day_that_cannot_be_is_said_beside_the_field(loan, borrower, until, words):
    answer = borrower.post(address(loan, "extension"), data={"until": until})
    assert answer.status_code == 422
    assert answer.text.count(words) == 2  # above, and beside the field
    assert f'value="{until}"' in answer.text


def test_the_form_has_a_page_of_its_own(loan, lender, borrower):
    assert "Keep it longer" in borrower.get(address(loan, "extension")).text
    assert "Set a new day" in lender.get(address(loan, "extension")).text


def test_while_somebody_waits_the_page_sends_the_borrower_to_the_lender(
    loan, thing, carol, borrower, lender
):
    service.ask(carol, thing.public_id, Wish(terms="loan"), "Saya juga")
    for answer in (
        borrower.get(address(loan, "extension")),
        borrower.post(address(loan, "extension"), data={"until": "2026-12-12"}),
    ):
        assert answer.status_code == 409
        assert "Somebody waits for it: ask the lender." in answer.text
        assert f"/messages/{loan.conversation.public_id}" in answer.text
    page = borrower.get(address(loan)).text
    assert "Somebody waits for it" in page
    assert "Keep it longer" not in page
    assert lender.post(address(loan, "extension"), data={"until": "2026-12-12"}).status_code == 303


def test_who_is_late_reads_it_in_words(loan, borrower, lender, december):
    december.move_to(NOON + 10 * DAY)
    page = borrower.get(address(loan)).text
    assert "3 days late" in page
    assert "cannot borrow anything else" in page
    page = lender.get(address(loan)).text
    assert "3 days late" in page
    assert "Write a friendly word" in page


def test_who_is_late_is_told_which_loan_when_asking_for_another(loan, borrower, carol, december):
    december.move_to(NOON + 10 * DAY)
    other = ladder(carol, title="Bor")
    page = borrower.get(f"/listings/{other.public_id}/exchanges").text
    assert "“Tangga” was due back on 8 December 2026." in page
    assert f'href="{address(loan)}"' in page
    answer = borrower.post(f"/listings/{other.public_id}/exchanges", data={"body": "Pinjam, ya"})
    assert answer.status_code == 422
    assert "“Tangga” was due back on 8 December 2026." in answer.text
    assert "Pinjam, ya" in answer.text


# Back


def test_the_borrower_says_it_and_the_lender_denies_it(loan, borrower, lender):
    assert borrower.post(address(loan, "return")).status_code == 303
    assert "You have said that it is back" in borrower.get(address(loan)).text
    assert "Bob says that it is back" in lender.get(address(loan)).text
    assert lender.post(address(loan, "denial")).status_code == 303
    assert fresh(loan).state == "out"
    assert lender.post(address(loan, "loss"), data={"body": ""}).status_code == 303


def test_the_check_with_a_photo_is_for_the_two_alone(
    loan, bob, borrower, lender, carol, staff, as_member, client
):
    loans.say_returned(bob, loan.public_id)
    assert "How did it come back?" in lender.get(address(loan, "return-check")).text
    exif = Image.Exif()
    exif[ImageIFD.ImageDescription] = "Rumah Alice"
    photo = (io.BytesIO(jpeg(exif=exif)), "foto.jpg")
    data = condition(condition="worn", words="Sedikit berdebu", photo=photo)
    answer = lender.post(address(loan, "return-check"), data=data)
    assert answer.status_code == 303
    for reader in (lender, borrower):
        page = reader.get(address(loan)).text
        assert "A little worn" in page
        assert "Sedikit berdebu" in page
        for width in (240, 480, 960):
            shown = reader.get(address(loan, f"return-check/photo/{width}"))
            assert (shown.status_code, shown.mimetype) == (200, "image/webp")
            assert shown.headers["Cache-Control"] == "private, no-store"
            assert "sandbox" in shown.headers["Content-Security-Policy"]
            assert b"Rumah" not in shown.data
            shown.close()
        assert reader.get(address(loan, "return-check/photo/999")).status_code == 404
    where = address(loan, "return-check/photo/480")
    name = db.session.get(ReturnCheck, loan.id).photo_name
    for other in (as_member(carol), as_member(staff)):
        assert other.get(where).status_code == 404
    assert client.get(where).status_code == 303
    for anybody in (client, lender, as_member(carol)):  # not by the address of public photos
        assert anybody.get(f"/photos/{name}-480.webp").status_code == 404
        assert anybody.get(f"/photos/{name}.jpg").status_code == 404


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Say in what condition it came back."),
        ({"condition": "gold"}, "Say in what condition it came back."),
        ({"condition": "damaged", "words": ""}, "Say in a few words what is damaged."),
        ({"condition": "worn", "words": "x" * 301}, "at most 300 characters"),
    ],
)
def test_what_is_missing_is_said_beside_the_field(loan, lender, data, words):
    answer = lender.post(address(loan, "return-check"), data=data)
    assert answer.status_code == 422
    assert answer.text.count(words) == 2
    assert fresh(loan).state == "out"


def test_a_file_that_is_no_photo_keeps_what_was_written(loan, lender, settings):
    data = condition(words="Utuh", photo=(io.BytesIO(b"%PDF-1.7"), "foto.jpg"))
    answer = lender.post(address(loan, "return-check"), data=data)
    assert answer.status_code == 422
    assert "not a photo we can read" in answer.text
    assert "Utuh" in answer.text
    assert fresh(loan).state == "out"
    assert not settings.uploads_dir.exists() or not any(settings.uploads_dir.rglob("*.webp"))


def test_without_a_photo_there_is_none(loan, lender):
    lender.post(address(loan, "return-check"), data=condition())
    assert lender.get(address(loan, "return-check/photo/480")).status_code == 404
    assert "return-check/photo" not in lender.get(address(loan)).text


def test_what_is_written_in_a_check_stays_text(loan, lender, borrower):
    lender.post(address(loan, "return-check"), data=condition(words="<script>alert(1)</script>"))
    page = borrower.get(address(loan)).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


# Lost


def test_the_lender_is_asked_before_it_counts_as_lost(loan, lender, borrower):
    assert "Will it not come back?" in lender.get(address(loan, "loss")).text
    answer = lender.post(address(loan, "loss"), data={"body": "Ikhlas saja, ya."})
    assert answer.status_code == 303
    assert fresh(loan).state == "lost"
    talk = borrower.get(f"/messages/{loan.conversation.public_id}").text
    assert "Ikhlas saja, ya." in talk
    assert "It has turned up" in lender.get(address(loan)).text
    assert "It has turned up" not in borrower.get(address(loan)).text
    assert lender.post(address(loan, "recovery")).status_code == 303
    assert fresh(loan).state == "closed"


def test_too_long_a_word_about_a_loss_is_refused(loan, lender):
    answer = lender.post(address(loan, "loss"), data={"body": "x" * 10_001})
    assert answer.status_code == 422
    assert fresh(loan).state == "out"


# The calendar, and what everybody may know


def test_the_calendar_shows_both_sides_theirs(loan, lender, borrower, december):
    page = lender.get("/me/loans").text
    assert "Tangga" in page
    assert "Lent to Bob" in page
    assert "Tuesday, 8 December 2026" in page
    assert "December 2026</time></caption>" in page
    assert ": 1 due" in page
    assert "Nothing" not in page
    assert "You have borrowed nothing" in lender.get("/me/loans?show=borrowed").text
    assert "Nothing is out" in borrower.get("/me/loans?show=lent").text
    page = borrower.get("/me/loans").text  # of which there is something
    assert "Borrowed from Alice" in page
    december.move_to(NOON + 8 * DAY)
    page = lender.get("/me/loans").text
    assert "Overdue" in page
    assert "1 day late" in page


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("2027-02", "February 2027"),
        ("2026-13", "December 2026"),
        ("9999-12", "December 2026"),
        ("0001-01", "December 2026"),
        ("", "December 2026"),
        ("x" * 5000, "December 2026"),
    ],
)
def test_the_month_is_chosen_in_the_address(loan, lender, asked, shown):
    answer = lender.get("/me/loans", query_string={"month": asked, "page": "-3"})
    assert answer.status_code == 200
    assert f"{shown}</time></caption>" in answer.text


def test_the_days_go_into_a_calendar_of_ones_own(alice, bob, loan, lender, borrower, december):
    lent(bob, alice, ladder(bob, title="Bor"), loan_days=2)
    answer = lender.get("/me/loans.ics")
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert answer.headers["Cache-Control"] == "private, no-store"
    drill, mine = Calendar.from_ical(answer.data).walk("VEVENT")
    assert drill["summary"] == "Bring back to Bob: Bor"
    assert (mine["summary"], mine["dtstart"].dt) == ("Bob brings back: Tangga", date(2026, 12, 8))
    assert mine["url"].endswith(f"/exchanges/{loan.public_id}")
    theirs = Calendar.from_ical(borrower.get("/me/loans.ics").data).walk("VEVENT")
    assert theirs[1]["summary"] == "Bring back to Alice: Tangga"
    assert theirs[1]["uid"] == mine["uid"]
    december.move_to(NOON + DAY)
    loans.extend(bob, loan.public_id, date(2026, 12, 12))
    later = Calendar.from_ical(lender.get("/me/loans.ics").data).walk("VEVENT")[1]
    assert later["dtstart"].dt == date(2026, 12, 12)
    assert later["sequence"] > mine["sequence"]
    assert later["uid"] == mine["uid"]


def test_the_calendar_is_for_members(client):
    assert client.get("/me/loans").status_code == 303
    assert client.get("/me/loans.ics").status_code == 303


def test_the_post_says_until_when_it_is_lent_and_to_nobody_by_name(
    thing, loan, carol, as_member, client
):
    for reader in (client, as_member(carol)):
        page = reader.get(f"/listings/{thing.public_id}", headers={"Accept-Language": "en"}).text
        assert "Lent out until 8 December" in page
        assert "Bob" not in page
