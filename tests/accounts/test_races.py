"""Two people, or one person twice, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts import credentials, rules, sign_ups, tokens
from marketplace.accounts.models import Credential, Member, OneTimeToken
from marketplace.db import db, transaction
from marketplace.errors import Conflict
from marketplace.places.cells import Place
from tests import factories

THREADS = 8


def _at_once(app: Flask, act: Callable[[int], str]) -> list[str]:
    """What each of eight threads came to, all started together."""
    barrier = Barrier(THREADS)

    def run(number: int) -> str:
        with app.app_context():
            barrier.wait()
            return act(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return sorted(pool.map(run, range(THREADS)))


def test_a_reset_link_used_by_eight_at_once_sets_one_password(app: Flask, alice: Member) -> None:
    with transaction():
        token = tokens.make_token(alice, "reset_password", rules.RESET_WITHIN)

    def reset(number: int) -> str:
        try:
            credentials.reset_password(token, f"hujan sore ke {number}")
        except Conflict:
            return "too late"
        return "won"

    assert _at_once(app, reset) == ["too late"] * 7 + ["won"]


def test_one_address_signed_up_by_eight_at_once_becomes_one_account(app: Flask) -> None:
    place = Place("cell", factories.place()["cell"], 8, None, "Asia/Jakarta")

    def sign_up(number: int) -> str:
        draft = rules.SignUpDraft(
            name=f"Dewi {number}", login="dewi@example.org", password=f"hujan sore ke {number}",
            language="id", adult=True, agreed=True,
        )  # fmt: skip
        sign_ups.sign_up(draft, place, [])
        return "sent"

    assert _at_once(app, sign_up) == ["sent"] * 8
    db.session.rollback()
    assert db.session.scalar(select(func.count(Member.id))) == 1
    assert db.session.scalar(select(func.count(Credential.id))) == 1
    usable = [
        row for row in db.session.scalars(select(OneTimeToken))
        if row.expires_at - row.created_at == rules.CONFIRM_WITHIN
    ]  # fmt: skip
    assert len(usable) == 1, "only the newest link works"
