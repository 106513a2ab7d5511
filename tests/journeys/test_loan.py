"""A loan from the first word to the end, over HTTP: extended alone, refused once somebody waits,
late, brought back, checked with a photo; then the next in line gets it by itself."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.exchanges.models import Exchange
from tests import factories
from tests.conftest import Outbox
from tests.listings.conftest import jpeg
from tests.sample_areas import load_sample

DAY = timedelta(days=1)
NOON = datetime(2026, 12, 1, 5, tzinfo=UTC)


@pytest.mark.usefixtures("app")
def test_a_loan_is_extended_then_returned_late_and_passes_on(
    app: Flask,
    alice: Member,
    bob: Member,
    carol: Member,
    as_member: Callable[[Member], FlaskClient],
    settle: Callable[[], None],
    outbox: Outbox,
) -> None:
    load_sample()
    with time_machine.travel(NOON, tick=False) as clock:

        def day(number: int) -> None:
            """Noon, so many days after the first; what was due by then is done."""
            clock.move_to(NOON + number * DAY)
            settle()

        expires = NOON + 90 * DAY
        ladder = factories.offer(
            alice, "Tangga", gift=False, loan=True, loan_days_max=7, expires_at=expires
        )
        lender, borrower, waiting = as_member(alice), as_member(bob), as_member(carol)

        # Asked for, promised, out.
        asking = f"/listings/{ladder.public_id}/exchanges"
        asked = borrower.post(asking, data={"body": "Pinjam, ya"}, follow_redirects=True)
        address = asked.request.path
        lender.post(f"{address}/promise")
        lender.post(f"{address}/handover")
        page = borrower.post(f"{address}/confirmation", follow_redirects=True).text
        assert "8 December 2026" in page
        assert "Lent out until 8 December" in waiting.get(f"/listings/{ladder.public_id}").text

        # Longer, alone; the other is told.
        page = borrower.post(
            f"{address}/extension", data={"until": "12/12/2026"}, follow_redirects=True
        ).text
        assert "12 December 2026" in page
        settle()
        assert any("until 12 December 2026" in m["Subject"] for m in outbox.to("alice@example.org"))

        # Somebody waits: not alone any more.
        waiting.post(asking, data={"body": "Saya juga perlu"})
        refused = borrower.post(f"{address}/extension", data={"until": "14/12/2026"})
        assert refused.status_code == 409
        assert "Somebody waits for it: ask the lender." in refused.text

        # Two days before, on the day, and late.
        mails = len(outbox.to("bob@example.org"))
        for number, subject in (
            (7, None),  # the first day is no longer the one
            (9, "is due back on 12 December 2026"),
            (11, "is due back today"),
            (12, "was due back on 12 December 2026"),
        ):
            day(number)
            new = [mail["Subject"] for mail in outbox.to("bob@example.org")[mails:]]
            assert (not new) if subject is None else (subject in new[0]), number
            mails += len(new)
        late = [mail["Subject"] for mail in outbox.to("alice@example.org")]
        assert any("Bob has not brought “Tangga” back yet" in subject for subject in late)
        assert "1 day late" in lender.get("/me/loans").text
        drill = factories.offer(carol, "Bor", gift=False, loan=True, expires_at=expires)
        another = borrower.post(
            f"/listings/{drill.public_id}/exchanges", data={"body": "Pinjam bor"}
        )
        assert another.status_code == 422
        assert "“Tangga” was due back on 12 December 2026" in another.text

        # Back, looked at, closed.
        day(13)
        assert (
            "You have said that it is back"
            in borrower.post(f"{address}/return", follow_redirects=True).text
        )
        checked = lender.post(
            f"{address}/return-check",
            data={"condition": "worn", "photo": (io.BytesIO(jpeg()), "foto.jpg")},
            follow_redirects=True,
        )
        assert "A little worn" in checked.text
        loan = db.session.query(Exchange).filter_by(opener_id=bob.id, listing_id=ladder.id).one()
        assert loan.state == "closed"
        with borrower.get(f"{address}/return-check/photo/480") as photo:
            assert photo.mimetype == "image/webp"

        # The next in line has it promised, without anybody's doing.
        day(14)
        db.session.rollback()
        following = db.session.query(Exchange).filter_by(opener_id=carol.id).one()
        assert following.state == "promised"
        assert any("is promised to you now" in m["Subject"] for m in outbox.to("carol@example.org"))
        db.session.refresh(ladder)
        assert (ladder.state, ladder.promised, ladder.given) == ("open", 1, 0)
