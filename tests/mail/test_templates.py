"""Every mail: a subject, a text and, for most, an HTML part, in the language of its reader."""

import re
import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from marketplace import wording
from marketplace.config import PROJECT_ROOT, load_settings
from marketplace.db import utcnow
from marketplace.mail import queue_mail, render_mail
from marketplace.moderation.telling import KINDS
from marketplace.notifications.links import off_token
from marketplace.web import parts
from tests.conftest import Outbox, application, let_go

pytestmark = pytest.mark.one_database

HOSTILE = '<script>alert(1)</script> & "Dewi"'
PARAMS: dict[str, dict[str, Any]] = {
    "confirm_email": {"name": HOSTILE, "token": "t0ken"},
    "already_member": {"name": HOSTILE},
    "reset_password": {"name": HOSTILE, "token": "t0ken"},
    "no_account": {},
    "account_leaving": {"name": HOSTILE, "day": "3 December 2026"},
    "account_kept": {"name": HOSTILE},
    "test": {},
    "password_changed": {"name": HOSTILE},
} | {
    kind: {"name": HOSTILE, "title": "Mesin jahit", "reason": "other", "words": HOSTILE,
           "until": "2026-12-01", "link": "/decisions/0123456789ab"}
    for kind in (*KINDS.values(), "appeal_upheld", "appeal_denied")
} | {
    kind: {"name": HOSTILE, "link": "/reports/0123456789ab"}
    for kind in ("report_closed", "report_reversed", "new_report", "new_appeal")
} | {
    kind: {"name": HOSTILE, "title": HOSTILE, "direction": direction, "link": "/answers/a.1.b"}
    | {"ends": "2026-12-03"}
    for kind, direction in (
        ("listing_expires", "offer"),
        ("listing_expired", "offer"),
        ("listing_asked", "request"),
        ("listing_there", "offer"),
        ("listing_gone", "request"),
    )
}  # fmt: skip
PARAMS |= {
    kind: {"name": HOSTILE, "title": HOSTILE, "other": HOSTILE, "due": "2026-12-03"}
    | {"search": HOSTILE}
    | {"quantity": 2, "waiting": 3, "number": 2, "total": 3, "link": "/exchanges/0123456789ab"}
    | {"meets": "2026-11-28T02:00:00+00:00", "zone": "Asia/Jakarta", "where": HOSTILE}
    for kind in wording.SHARED_NEWS
}
PARAMS |= {
    kind: {"name": HOSTILE, "number": 2, "link": "/me/listings", "posts": [
        {"title": HOSTILE, "listing": "0123456789ab", "ends": "2026-12-03"},
        {"title": "Mesin jahit", "listing": "0123456789ac", "ends": ""},
    ]}
    for kind in ("listings_expire", "listings_expired")
}  # fmt: skip
POST = {"title": HOSTILE, "about": "offered, 1–2 km", "listing": "0123456789ab"}
FOUND = [
    {"title": HOSTILE, "id": "0123456789ab", "direction": "offer", "online": False}
    | {"band": {"from": 1, "to": 2}, "area": HOSTILE},
    {"title": "Les", "id": "0123456789ac", "direction": "request", "online": True}
    | {"band": None, "area": ""},
]
PARAMS |= {
    kind: {"name": HOSTILE, "search": HOSTILE, "num": 2, "title": HOSTILE, "link": "/me/searches"}
    | {
        "searches": [
            {"name": HOSTILE, "id": "x", "posts": FOUND, "more": more, "off": "a.search-b.c"}
            for more in range(number)
        ]
    }
    for kind, number in (("search_found", 0), ("search_found_more", 1), ("searches_found", 2))
}
PARAMS["new_match"] = {"name": HOSTILE, "other": HOSTILE, "title": "Mesin", "link": "/listings/x"}
PARAMS["new_message"] = {
    "name": HOSTILE, "sender": HOSTILE, "title": HOSTILE, "body": HOSTILE, "conversation": "x",
}  # fmt: skip
PARAMS["digest"] = {
    "name": HOSTILE,
    "headline": HOSTILE,
    "messages": [{"sender": HOSTILE, "title": HOSTILE, "count": 2, "conversation": "x"}],
    "matches": [{"title": HOSTILE, "listing": "0123456789ab", "fitting": [POST]}],
    "news": [{"sentence": HOSTILE, "public_id": "x"}, {"sentence": HOSTILE, "public_id": ""}],
    "near": [POST],
}


def rendered(template: str, **more: Any) -> EmailMessage:
    row = queue_mail(
        template, to="dewi@example.org", language="en", params=PARAMS[template], **more
    )
    row.public_id = "0123456789ab"
    row.created_at = utcnow()
    return render_mail(row, parts().settings)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


@pytest.fixture(scope="module")
def rendering(tmp_path_factory: pytest.TempPathFactory, _empty_sqlite: Path) -> Iterator[Flask]:
    """One application for all mails: to render one changes nothing."""
    instance = tmp_path_factory.mktemp("mail")
    shutil.copy(_empty_sqlite, instance / "marketplace.sqlite3")
    app = application(load_settings({}, instance_dir=instance, log_level="CRITICAL"), Outbox())
    yield app
    with app.app_context():
        let_go(app)


@pytest.fixture(scope="module", params=PARAMS)
def mail(request: pytest.FixtureRequest, rendering: Flask) -> EmailMessage:
    """Each mail, rendered once for the tests that read it."""
    with rendering.app_context():
        return rendered(request.param)


def test_a_mail_has_a_subject_and_both_parts(mail: EmailMessage) -> None:
    assert mail["Subject"]
    assert "\n" not in mail["Subject"]
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = part(mail, "plain"), part(mail, "html")
    assert "Subject:" not in plain
    assert str(mail["Subject"]) in unescape(html)
    assert "{{" not in plain + html
    assert "None" not in plain + html


def test_the_html_part_shows_what_a_member_typed_and_never_runs_it(mail: EmailMessage) -> None:
    html = part(mail, "html")
    assert "<script" not in html
    assert "http-equiv" not in html
    assert "<img" not in html, "a picture would tell us when a mail is read"


def test_every_link_leads_to_the_site_itself(rendering: Flask, mail: EmailMessage) -> None:
    text = part(mail, "plain") + part(mail, "html")
    base = rendering.extensions["marketplace"].settings.base_url
    links = re.findall(r"https?://[^\s\"<]+", text)
    assert links
    assert all(link.startswith(base) for link in links), links


def test_a_mail_about_the_account_cannot_be_turned_off(mail: EmailMessage) -> None:
    assert mail["List-Unsubscribe"] is None
    assert "Turn them off" not in part(mail, "plain")


def test_a_mail_that_can_be_turned_off_says_how_to_people_and_to_programs(
    app: Flask, alice: Any
) -> None:
    token = off_token(alice, "message")
    mail = rendered("password_changed", unsubscribe_token=token)
    address = f"{parts().settings.base_url}/notifications/off/{token}"
    assert mail["List-Unsubscribe"].replace("\n", "") == f"<{address}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in part(mail, "plain")
    assert address in part(mail, "html")


def test_everything_that_is_told_has_a_mail() -> None:
    folder = PROJECT_ROOT / "templates" / "mail"
    for kind in wording.NEWS:
        shares_one = kind in wording.SHARED_NEWS
        name = "news" if shares_one else kind
        assert (folder / f"{name}.txt").exists(), kind
        assert (folder / f"{name}.html").exists(), kind


def test_every_mail_template_with_a_page_of_html_has_a_text_too() -> None:
    folder = PROJECT_ROOT / "templates" / "mail"
    pages = {path.stem for path in folder.glob("*.html") if not path.stem.startswith("_")}
    texts = {path.stem for path in folder.glob("*.txt") if not path.stem.startswith("_")}
    assert pages <= texts
    for name in texts:
        assert (folder / f"{name}.txt").read_text("utf-8").startswith("Subject: "), name
