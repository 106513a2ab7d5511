"""The page that says who comes first, and what staff may set about it."""

from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from marketplace.accounts.models import Member
from marketplace.pages import fair_guide
from marketplace.site_settings import SiteValues, set_site_values
from tests.pages.test_site import FILLED

As = Callable[[Member], FlaskClient]


def page(client: FlaskClient) -> str:
    answer = client.get("/fairness", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return unescape(answer.text)


def test_everybody_can_read_in_which_order_requests_stand(client: FlaskClient) -> None:
    text = page(client)
    for words in (
        "0.4 when you tell us",
        "What does not fit is not shown, however great the need.",
        "Need lifts a request by 25 per cent at most.",
        "shown to you alone",
        "Statistics Indonesia (BPS)",
        "Need may lift a request by 25 per cent.",
        "Members may tell in private that times are hard.",
        "score = fit × (1 + 0.25 × need)",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0, [("Ani", "0.80"), ("Budi", "0.75"), ("Citra", "0.48")]),
        (25, [("Budi", "0.92"), ("Ani", "0.86"), ("Citra", "0.60")]),
        (50, [("Budi", "1.09"), ("Ani", "0.92"), ("Citra", "0.72")]),
    ],
)
def test_the_example_is_worked_out_with_what_is_set_here(
    app: Flask, percent: int, expected: list[tuple[str, str]]
) -> None:
    set_site_values(SiteValues(need_percent=percent))
    with app.test_request_context(), force_locale("en"):
        rows = fair_guide.who_comes_first().example
    assert [(row.name, row.score) for row in rows] == expected


def test_the_page_says_what_staff_have_switched_off(client: FlaskClient) -> None:
    set_site_values(SiteValues(need_percent=0, hardship="off"))
    text = page(client)
    assert "need plays no part at present" in text
    assert "Need is switched off" in text
    assert "it counts for nobody" in text
    assert "when you tell us" not in text
    assert "/account/hardship" not in text


@pytest.mark.parametrize("path", ["/about", "/account", "/account/hardship"])
def test_one_finds_the_page(as_member: As, bob: Member, path: str) -> None:
    wanted = "/account/hardship" if path == "/account" else "/fairness"
    assert f'href="{wanted}"' in as_member(bob).get(path).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("need_percent", "51", "Write a number from 0 to 50."),
        ("need_percent", "-1", "Write a number from 0 to 50."),
        ("need_percent", "", "Write a number from 0 to 50."),
        ("hardship", "perhaps", "Hard times"),
    ],
)
def test_staff_cannot_set_what_would_break_the_promise(
    as_member: As, staff: Member, field: str, value: str, words: str
) -> None:
    answer = as_member(staff).post("/staff/site", data=FILLED | {field: value})
    assert answer.status_code == 422
    assert words in unescape(answer.text)


def test_an_operator_elsewhere_is_named_no_figures_of_indonesia(
    client: FlaskClient, app: Flask, tmp_path: Path
) -> None:
    parts = app.extensions["marketplace"]
    path = tmp_path / "rates.csv"
    path.write_text("code,poverty_pct\nMY14,5\n")
    app.extensions["marketplace"] = replace(
        parts, settings=replace(parts.settings, poverty_file=str(path))
    )
    text = page(client)
    assert "figures that whoever runs the site has entered" in text
    assert "Statistics Indonesia" not in text
