"""A post of alice, bob's conversation about it, and ways to report and decide in one line."""

import pytest
from flask import Flask

from marketplace.accounts.models import Member
from marketplace.db import new_public_id
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation
from marketplace.messages.service import open_conversation
from marketplace.moderation.models import Case, Decision
from marketplace.moderation.reports import report, reported_listing, reported_member
from marketplace.moderation.service import DecisionDraft, decide
from tests import factories
from tests.sample_areas import load_sample


@pytest.fixture
def listing(app: Flask, alice: Member) -> Listing:
    load_sample()
    return factories.offer(alice)


@pytest.fixture
def conversation(listing: Listing, bob: Member) -> Conversation:
    return open_conversation(bob, listing.public_id, "Halo Alice")


@pytest.fixture
def second(app: Flask) -> Member:
    return factories.member("Second", email="second@example.org", is_staff=True)


@pytest.fixture
def case(listing: Listing, bob: Member) -> Case:
    """Bob has reported alice's listing."""
    return report(bob, reported_listing(bob, listing.public_id), "scam", "").case


def case_about(member: Member, reporter: Member) -> Case:
    return report(reporter, reported_member(reporter, member.public_id), "spam", "").case


def do(actor: Member, case: Case, action: str, **more: object) -> Decision:
    """Decide with the reason "scam"."""
    values: dict[str, object] = {"reason": "scam", "key": new_public_id()} | more
    return decide(actor, case.public_id, DecisionDraft(action=action, **values))  # type: ignore[arg-type]
