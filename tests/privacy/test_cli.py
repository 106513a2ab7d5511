"""Requests by letter, and the report of a breach."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.models import AuditEvent, Member
from marketplace.db import db
from marketplace.listings.models import Listing
from tests.privacy.conftest import EMAIL, NAME

Run = Callable[..., Any]


@pytest.fixture
def run(app: Flask) -> Run:
    return lambda *arguments: app.test_cli_runner().invoke(args=["privacy", *arguments])


@pytest.mark.parametrize("by", ["id", "login"])
def test_a_copy_by_letter_is_written_readable_for_its_owner_alone_and_recorded(
    full_life: Listing, rukmini: Member, run: Run, tmp_path: Path, by: str
) -> None:
    file = tmp_path / "copy.zip"
    done = run("export", rukmini.public_id if by == "id" else EMAIL.upper(), str(file))
    assert done.exit_code == 0, done.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert NAME in zipfile.ZipFile(file).read("index.html").decode()
    db.session.rollback()
    row = db.session.scalars(select(AuditEvent)).one()
    assert (row.action, row.actor_id, row.member_id) == ("member.copy", None, rukmini.id)
    assert run("export", EMAIL, str(file)).exit_code == 1  # never over another file


def test_a_deletion_by_letter_has_its_days_of_grace_too_and_is_recorded(
    full_life: Listing, rukmini: Member, run: Run, settle: Callable[[], None], outbox: Any
) -> None:
    done = run("erase", EMAIL, "--reason", "letter of 20 November")
    assert done.exit_code == 0, done.output
    assert "erased after" in done.output
    db.session.rollback()
    assert db.session.get_one(Member, rukmini.id).is_leaving
    row = db.session.scalars(select(AuditEvent)).one()
    assert (row.action, row.actor_id, row.reason) == (
        "member.leave", None, "letter of 20 November",
    )  # fmt: skip
    settle()
    assert any("will be deleted" in mail["Subject"] for mail in outbox.to(EMAIL))


def test_nobody_of_this_name(run: Run, rukmini: Member) -> None:
    assert run("erase", "nobody@example.org").exit_code == 1


def test_the_report_counts_who_is_concerned_and_leaves_room_for_what_people_know(
    full_life: Listing, rukmini: Member, run: Run
) -> None:
    done = run("breach-report", "--since", "2026-01-01")
    assert done.exit_code == 0, done.output
    for said in ("UU PDP", "to be told by", "Members concerned: 4", "listings: 3",
                 "what happened: ...."):  # fmt: skip
        assert said in done.output, said
    assert NAME not in done.output
    assert EMAIL not in done.output


def test_the_report_about_some_members_as_json(
    full_life: Listing, rukmini: Member, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "ids.txt"
    file.write_text(f"{rukmini.public_id}\n")
    done = run("breach-report", "--since", "2026-11-20T08:00", "--members", str(file), "--json")
    found = json.loads(done.output)
    assert (found["members"], found["member_ids"]) == (1, [rukmini.public_id])
    assert found["records"]["conversations"] == 2
    assert found["what_happened"] == ""
