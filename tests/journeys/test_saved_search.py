"""A search is kept, something new comes by mail, and one tap in the mail ends it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.db import db, transaction
from marketplace.search import saved, standing
from tests import factories
from tests.conftest import Outbox

THURSDAY = datetime.fromisoformat("2026-11-26T12:00+07:00")
FRIDAY = datetime.fromisoformat("2026-11-27T07:01+07:00")
WORDS = {
    "en": ("“Mesin jahit Singer” fits your search “mesin jahit”", "offered, under 1 km",
           "These mails are off", "2 new posts fit your saved searches"),
    "id": ("“Mesin jahit Singer” cocok dengan pencarian “mesin jahit” Anda",
           "ditawarkan, kurang dari 1 km", "Surel ini sudah dihentikan",
           "2 kabar baru cocok dengan pencarian tersimpan Anda"),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "id"])
def test_from_the_button_to_the_mail_and_one_tap_off(
    app: Any,
    alice: Member,
    bob: Member,
    as_member: Callable[[Member], FlaskClient],
    outbox: Outbox,
    settle: Callable[[], None],
    language: str,
) -> None:
    subject, where, off, summary = WORDS[language]
    with transaction():
        bob.language = language
    with time_machine.travel(THURSDAY) as clock:
        browser = as_member(bob)
        browser.post("/me/searches", data={"q": "mesin jahit"})
        (kept,) = saved.searches_of(bob)
        there = f"/me/searches/{kept.search.public_id}"
        browser.post(f"{there}/change", data={"name": "mesin jahit", "how_often": "at_once"})
        factories.offer(alice, "Mesin jahit Singer")
        settle()
        assert outbox.to("bob@") == []
        clock.shift(standing.GATHERED)
        settle()
        (mail,) = outbox.to("bob@")
        assert mail["Subject"] == subject
        text = mail.get_body(("plain",)).get_content()
        assert where in text
        assert there in text
        assert "List-Unsubscribe=One-Click" in mail["List-Unsubscribe-Post"]
        link = re.sub(r"^<https?://[^/]+|>$", "", mail["List-Unsubscribe"])
        assert link in text.replace("\n", "")
        stranger = app.test_client()
        asked = stranger.get(link)
        assert asked.status_code == 200
        assert asked.headers["Referrer-Policy"] == "strict-origin"
        assert "no-store" in asked.headers["Cache-Control"]
        db.session.rollback()
        assert saved.searches_of(bob)[0].search.how_often == "at_once"  # opening changes nothing
        answer = stranger.post(
            link,
            data={"List-Unsubscribe": "One-Click"},
            headers={"Accept-Language": language},
        )
        assert off in answer.text
        factories.offer(alice, "Mesin jahit Janome")
        settle()
        clock.shift(timedelta(hours=5))
        settle()
        assert len(outbox.to("bob@")) == 1
        assert "1" in browser.get("/me/searches").text
        stranger.post(link, data={"turn": "on"})
        browser.post("/me/searches", data={"q": "sepeda"})
        for title in ("Mesin jahit Butterfly", "Sepeda gunung"):
            factories.offer(alice, title)
        settle()
        clock.move_to(FRIDAY)
        settle()
        mail = next(one for one in outbox.to("bob@") if one["Subject"] == summary)
        assert f"{bob.public_id}.alert." in mail["List-Unsubscribe"]
        html = mail.get_body(("html",)).get_content()
        assert "Mesin jahit Butterfly" in html
        assert "Sepeda gunung" in html
        assert html.count("/searches/off/") == 2


def test_a_link_that_we_did_not_make_is_not_found(app: Any, bob: Member, carol: Member) -> None:
    from marketplace.search import saved_links
    from marketplace.search.service import SearchRequest
    from marketplace.web import parts

    row = saved.save_search(parts(), bob, SearchRequest(text="sepeda"), "sepeda")
    good, client = saved_links.off_token(bob, row), app.test_client()
    assert client.get(f"/searches/off/{good}").status_code == 200
    for bad in (
        good[:-1],
        good + "0",
        "x",
        good.replace(bob.public_id, carol.public_id),
        saved_links.off_token(carol, row),
        good.replace("search-", ""),
    ):
        assert client.get(f"/searches/off/{bad}").status_code == 404, bad
        assert client.post(f"/searches/off/{bad}").status_code == 404, bad
    saved.remove_search(bob, row.public_id)
    assert client.post(f"/searches/off/{good}").status_code == 404
