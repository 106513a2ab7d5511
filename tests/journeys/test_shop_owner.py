"""A shop owner with a number and no address: signs up, loses the password, comes back by code.

Over HTTP, without JavaScript. Ibu Sri keeps a small shop; her phone is shared and gets lost.
"""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.models import Credential
from marketplace.db import db
from tests.conftest import Outbox
from tests.journeys.test_first_path import Reader
from tests.sample_areas import load_sample

FIRST, SECOND, THIRD = "toko kelontong pagi", "hujan sore di teras", "sapu lidi biru"
NUMBER = "0812-3456-7890"


@pytest.fixture
def browser(make_app: Callable[..., Flask]) -> Callable[[], Reader]:
    """A new browser without scripts, with the token of every form checked."""
    app = make_app(WTF_CSRF_ENABLED=True)
    with app.app_context():
        load_sample()
    return lambda: Reader(app.test_client(), "en")


def sign_up(reader: Reader, login: str, password: str, expect: int = 200) -> Reader:
    return reader.get("/sign-up").post(
        "/sign-up", expect, name="Ibu Sri", login=login, password=password, place="Beji, Depok",
        language="en", adult="y", agreed="y",
    )  # fmt: skip


def sign_in(reader: Reader, password: str, expect: int = 200) -> Reader:
    return reader.get("/sign-in").post("/sign-in", expect, login=NUMBER, password=password)


def code_on(reader: Reader) -> str:
    """The recovery code that the page shows."""
    assert reader.url == "/account/recovery-code"
    found = re.search(r"<code[^>]*>(.*?)</code>", reader.text)
    assert found
    return re.sub(r"<[^>]+>", "", found[1])


def recover(reader: Reader, code: str, password: str, expect: int = 200) -> Reader:
    """From the page of a forgotten password to the new one."""
    reader.get("/password/forgotten").post("/password/forgotten", login=NUMBER)
    assert reader.url == "/password/recovery"
    assert 'value="+6281234567890"' in reader.text, "the number is not asked for twice"
    return reader.post("/password/recovery", expect, login=NUMBER, code=code, password=password)


def test_a_shop_owner_signs_up_by_phone_loses_the_password_and_recovers_by_code(
    browser: Callable[[], Reader], outbox: Outbox
) -> None:
    shop = sign_up(browser(), NUMBER, FIRST)
    code = code_on(shop)
    assert code in shop.client.get("/account/recovery-code.txt").text
    shop.post("/account/recovery-code/saved")
    assert "Hello, Ibu Sri" in shop.text
    assert code not in shop.get("/account/recovery-code").text, "shown once"

    old_phone = sign_in(browser(), FIRST)
    assert old_phone.url == "/me"
    shop.get("/me").post("/sign-out")
    sign_in(shop, "entah apa kata sandinya", 422)

    fresh = code_on(recover(shop, code.lower(), SECOND))
    assert fresh != code
    shop.post("/account/recovery-code/saved")
    assert shop.url == "/me"
    from marketplace.worker import run_until_idle

    run_until_idle(shop.client.application)
    assert "a recovery code was used" in shop.get("/me").text, "she is told"

    assert old_phone.get("/me").url == "/sign-in", "the old sign-ins are dead"
    sign_in(browser(), FIRST, 422)
    assert sign_in(browser(), SECOND).url == "/me"

    thief = recover(browser(), code, THIRD, 422)
    assert "do not belong together, or the code was used already" in thief.text
    assert sign_in(browser(), SECOND).url == "/me"
    assert outbox.mails == [], "nothing is ever sent to a number"


def test_a_second_person_who_types_the_same_number_in_another_spelling_is_told(
    browser: Callable[[], Reader],
) -> None:
    shop = sign_up(browser(), NUMBER, FIRST)
    shop.post("/account/recovery-code/saved")
    other = sign_up(browser(), "+62 812 3456 7890", THIRD, 422)
    assert "An account already signs in with this number" in other.text
    assert "Set a new password with a code" in other.text
    assert 'value="Ibu Sri"' in other.text, "nothing typed is lost"
    with shop.client.application.app_context():
        assert db.session.scalars(select(Credential.login)).all() == ["+6281234567890"]
    assert sign_in(browser(), FIRST).url == "/me"
    assert other.get("/me").url == "/sign-in"
