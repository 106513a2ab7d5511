"""Whoever waits for something that will not come is told so."""

from collections.abc import Callable
from datetime import timedelta

import time_machine
from flask import Flask

from marketplace.accounts.models import Member
from marketplace.db import db, utcnow
from marketplace.exchanges import service
from marketplace.exchanges.service import Wish
from marketplace.listings import lifecycle
from tests import factories
from tests.exchanges import world


def test_who_waits_for_what_ran_out_is_answered_unless_it_is_put_up_again(
    app: Flask, alice: Member, bob: Member, settle: Callable[[], None]
) -> None:
    posts = [factories.offer(alice, title) for title in ("Sepeda", "Kursi")]
    for post in posts:
        service.ask(bob, post.public_id, Wish(terms="gift"), "Boleh?")
    with time_machine.travel(utcnow() + timedelta(days=36)):
        settle()
        assert [one.state for one in world.exchanges()] == ["interested"] * 2
        lifecycle.renew_listing(alice, posts[1].public_id)
    with time_machine.travel(utcnow() + timedelta(days=38)):
        settle()
        db.session.rollback()
        assert [one.state for one in world.exchanges()] == ["declined", "interested"]
