"""``flask search rebuild`` and ``flask search check``."""

from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from marketplace.accounts.models import Member
from marketplace.db import transaction, utcnow
from marketplace.listings.models import Listing
from tests import factories


def run(app: Flask, *command: str):
    return app.test_cli_runner().invoke(args=["search", *command])


def test_check_agrees_after_the_sweeps(
    app: Flask, alice: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice)
    settle()
    result = run(app, "check")
    assert result.exit_code == 0
    assert " 1 documents of 1 open posts" in result.output
    assert result.output.endswith("0 listings wait to be indexed.\nIndex and database agree.\n")


def test_check_says_how_far_behind_the_index_is_and_what_is_to_be_read_anew(
    app: Flask, alice: Member, settle: Callable[[], None]
) -> None:
    factories.offer(alice)
    settle()
    factories.offer(alice, updated_at=utcnow() - timedelta(seconds=70), reading="")
    result = run(app, "check")
    assert "1 listings wait to be indexed, the oldest for 70 s.\n" in result.output
    assert "1 of 2 posts are to be read anew.\n" in result.output


def test_check_finds_what_is_missing_outdated_and_superfluous(
    app: Flask, alice: Member, settle: Callable[[], None]
) -> None:
    missing, outdated, superfluous = (factories.offer(alice) for _ in range(3))
    settle()
    app.extensions["marketplace"].search_index.apply([], [missing.id])
    with transaction() as session:
        session.execute(
            update(Listing).where(Listing.id == outdated.id).values(revision=7, indexed_revision=7)
        )
        session.execute(
            update(Listing).where(Listing.id == superfluous.id).values(state="withdrawn")
        )
    names = (missing.id, outdated.id, superfluous.id)
    result = run(app, "check")
    assert result.exit_code == 1
    for what, id in zip(("missing", "outdated", "superfluous"), names, strict=True):
        assert f"1 {what}: {id}\n" in result.output
    assert run(app, "rebuild").exit_code == 0
    assert run(app, "check").exit_code == 0


def test_check_says_when_there_is_no_index_and_rebuild_makes_one(
    app: Flask, alice: Member, settle: Callable[[], None], lose_index: Callable[[], None]
) -> None:
    factories.offer(alice)
    settle()
    lose_index()
    result = run(app, "check")
    assert result.exit_code == 1
    assert "cannot be used" in result.output
    result = run(app, "rebuild")
    assert result.exit_code == 0
    assert "1 listings indexed" in result.output
    assert run(app, "check").exit_code == 0
