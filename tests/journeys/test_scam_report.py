"""A scam is reported, hidden, told; the appeal is upheld by somebody else, and it is open again.

Everything over HTTP, as a browser without JavaScript would do it.
"""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db
from marketplace.listings.models import Listing
from tests import factories
from tests.conftest import Outbox
from tests.sample_areas import load_sample

Browser = Callable[[Member], FlaskClient]


@pytest.fixture
def second(app: Flask) -> Member:
    return factories.member("Second", email="second@example.org", is_staff=True)


def test_a_reported_scam_is_hidden_told_appealed_and_open_again(
    app: Flask,
    alice: Member,
    bob: Member,
    staff: Member,
    second: Member,
    as_member: Browser,
    client: FlaskClient,
    outbox: Outbox,
    settle: Callable[[], None],
) -> None:
    load_sample()
    listing = factories.offer(alice, "Laptop gratis, transfer ongkir dulu")
    address = f"/listings/{listing.public_id}"
    settle()

    # Bob reports it; alice learns nothing of it.
    bobs = as_member(bob)
    assert f"{address}/report" in bobs.get(address).text
    form = {"reason": "scam", "words": "Ia meminta transfer lebih dulu."}
    thanks = bobs.post(f"{address}/report", data=form, follow_redirects=True)
    assert thanks.status_code == 200
    assert "Thank you" in thanks.text
    assert f"/members/{alice.public_id}/block" in thanks.text
    report_address = thanks.request.path
    settle()
    assert outbox.to("alice@example.org") == []
    assert "reported" in outbox.to("staff@example.org")[0]["Subject"]

    # Staff see it with its reason and hide it.
    staffs = as_member(staff)
    assert "Laptop gratis" in staffs.get("/staff/reports").text
    case_address = _first(r'"(/staff/reports/\w{12})"', staffs.get("/staff/reports").text)
    page = staffs.get(case_address).text
    assert "Ia meminta transfer lebih dulu." in page
    decision = {
        "key": _first(r'name="key"[^>]* value="(\w+)"', page),
        "action": "hide_listing",
        "reason": "scam",
        "words": "Ongkir tidak boleh diminta lebih dulu.",
        "days": "0",
    }
    done = staffs.post(f"{case_address}/decisions", data=decision)
    assert done.status_code == 303
    settle()
    assert client.get(address).status_code == 404
    assert "Laptop" not in client.get("/search?q=laptop").text

    # Alice is told why, by mail and on her page; not by whom.
    alices = as_member(alice)
    mail = outbox.to("alice@example.org")[-1]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "has hidden" in str(mail["Subject"]) or "have hidden" in str(mail["Subject"])
    assert "looks like a scam" in text
    assert "Ongkir tidak boleh diminta lebih dulu." in text
    assert "Bob" not in text
    assert "Staff" not in text
    assert "Laptop gratis" in alices.get("/me").text
    told = _first(r"(/decisions/\w{12})", alices.get(address).text)
    page = alices.get(told).text
    assert "looks like a scam" in page
    assert "Bob" not in page
    assert bobs.get(told).status_code == 404

    # She appeals; who decided cannot decide again while somebody else is there.
    words = {"words": "Ongkir dibayar ke kurir, bukan kepada saya."}
    assert alices.post(told, data=words).status_code == 303
    appeal_address = told.replace("/decisions/", "/staff/appeals/")
    assert "somebody else of staff" in staffs.get(appeal_address).text
    assert staffs.post(appeal_address, data={"upheld": "yes"}).status_code == 409
    seconds = as_member(second)
    assert "bukan kepada saya" in seconds.get(appeal_address).text
    assert seconds.post(appeal_address, data={"upheld": "yes"}).status_code == 303
    settle()

    # It is open again for everybody, and both are told.
    assert client.get(address).status_code == 200
    assert db.session.get_one(Listing, listing.id).state == "open"
    assert "You were right" in str(outbox.to("alice@example.org")[-1]["Subject"])
    assert "You were right" in alices.get(told).text
    assert "once more" in str(outbox.to("bob@example.org")[-1]["Subject"])
    assert bobs.get(report_address).status_code == 200

    # All of it is on the record.
    record = seconds.get("/staff/audit").text
    for action in ("Hide the post", "Found an appeal right"):
        assert action in record


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found.group(1)
