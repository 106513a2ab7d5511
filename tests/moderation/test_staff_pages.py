"""The pages of staff are there for staff alone."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.config import PROJECT_ROOT
from marketplace.db import transaction, utcnow
from marketplace.mail import queue_mail
from marketplace.moderation.fields import AUDITED
from marketplace.moderation.queues import waiting


def test_staff_pages_do_not_exist_for_a_member(
    client: FlaskClient,
    carol: Member,
    staff: Member,
    as_member: Callable[[Member], FlaskClient],
) -> None:
    assert client.get("/staff").status_code == 303
    assert as_member(carol).get("/staff").status_code == 404
    assert as_member(staff).get("/staff").status_code == 200
    assert "/staff" not in as_member(carol).get("/me").text
    assert "/staff" in as_member(staff).get("/me").text


def test_the_overview_leads_to_everything_that_waits(
    staff: Member, as_member: Callable[[Member], FlaskClient]
) -> None:
    overview = as_member(staff).get("/staff").text
    waiting = overview[overview.index("Waiting for you") :]
    for address in ("reports", "appeals", "listings", "mail"):
        assert f'href="/staff/{address}"' in waiting
        assert as_member(staff).get(f"/staff/{address}").status_code == 200


def test_everything_that_is_recorded_has_words() -> None:
    """Every action that the code records is named on the page of the record."""
    recorded = set()
    for path in sorted((PROJECT_ROOT / "marketplace").rglob("*.py")):
        for call in re.findall(r"\brecord\((.*?)\)", path.read_text("utf-8"), re.S):
            recorded |= set(re.findall(r'"([a-z_]+\.[a-z_]+)"', call))
    assert len(recorded) > 8
    assert recorded - set(AUDITED) == set()


def test_mail_that_is_just_being_sent_is_not_counted_as_doubtful(app: Flask) -> None:
    with transaction():
        mail = queue_mail("no_account", to="alice@example.org", language="en")
        mail.state, mail.next_try_at = "sending", utcnow()
    assert waiting().mails == 0
    with transaction():
        mail.next_try_at = utcnow() - timedelta(hours=1)
    assert waiting().mails == 1
