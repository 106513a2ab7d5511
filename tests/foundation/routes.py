"""Every address of the product with real ids in it, made from the URL map."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from marketplace.accounts.models import Member
from marketplace.db import db, new_public_id, transaction
from marketplace.exchanges.service import Wish, ask
from marketplace.listings.models import Listing
from marketplace.matching.models import Match
from marketplace.messages.models import Conversation, Message
from marketplace.moderation.appeals import appeal
from marketplace.moderation.reports import report, reported_member, reported_message
from marketplace.moderation.service import DecisionDraft, decide
from marketplace.search.models import SavedSearch
from tests import factories

MEMBER_ENDPOINTS = {"accounts.profile", "safety.block", "safety.unblock"}
SEARCH_ENDPOINTS = {
    f"searches.{name}"
    for name in ("look", "change", "remove", "restore", "renew_feed")
}  # fmt: skip
MATCH_ENDPOINTS = {
    f"matches.{name}" for name in ("show", "accept", "decline", "take_back", "lesson")
}
CONVERSATION_ENDPOINTS = {"safety.block_in_conversation"}


@dataclass(frozen=True)
class World:
    """What the ids in the addresses point to: everything here is alice's and bob's."""

    listing: Listing
    conversation: Conversation
    member: Member
    news: str = "unknown"
    ids: Mapping[str, str] = field(default_factory=dict)  # public ids by endpoint

    def address(self, rule: Rule) -> str:
        """The address of ``rule``; placeholders that are no public id become something unknown."""
        values: dict[str, object] = {}
        if rule.rule.startswith("/exchanges/<public_id>"):
            return rule.build(
                {"public_id": self.ids.get("exchanges", "unknown")}
                | dict.fromkeys(rule.arguments - {"public_id"}, "unknown")
            )[1]
        for name, converter in rule._converters.items():
            if name == "public_id" or rule.endpoint.startswith("api"):
                values[name] = self._public_id(rule.endpoint)
            else:
                values[name] = 1 if type(converter).__name__ == "IntegerConverter" else "unknown"
        built = rule.build(values)
        assert built is not None, rule
        return built[1]

    def _public_id(self, endpoint: str) -> str:
        if endpoint in self.ids:
            return self.ids[endpoint]
        if endpoint in MEMBER_ENDPOINTS:
            return self.member.public_id
        if endpoint.startswith("notifications."):
            return self.news
        of_conversation = endpoint in CONVERSATION_ENDPOINTS or (
            endpoint.startswith("messages.") and "open" not in endpoint
        )
        return (self.conversation if of_conversation else self.listing).public_id


def moderated(world: World, bob: Member, staff: Member) -> World:
    """The same world after bob reported alice, alice bob's message, and she appealed."""
    alice = world.member
    theirs = select(Message.id).where(
        Message.conversation_id == world.conversation.id, Message.sender_id != alice.id
    )
    about_alice = report(bob, reported_member(bob, alice.public_id), "spam", "")
    message_id = db.session.scalars(theirs.order_by(Message.id).limit(1)).one()
    reported = reported_message(alice, world.conversation.public_id, message_id)
    about_bob = report(alice, reported, "spam", "")
    draft = DecisionDraft(action="warn", reason="spam", key=new_public_id())
    decision = decide(staff, about_alice.case.public_id, draft)
    appeal(alice, decision.public_id, "Halo tetangga")
    case = about_bob.case.public_id
    asked = ask(bob, world.conversation.listing.public_id, Wish(), "Halo tetangga")
    ids = {
        **dict.fromkeys(SEARCH_ENDPOINTS, _saved_search(alice)),
        **dict.fromkeys(MATCH_ENDPOINTS, _match(world.listing, bob)),
        "exchanges": asked.public_id,
        "safety.report": about_alice.public_id,
        "safety.decision": decision.public_id,
        "moderation.case": case,
        "moderation.decide": case,
        "moderation.appeal": decision.public_id,
    }
    return replace(world, ids=ids)


def _match(offer: Listing, bob: Member) -> str:
    request = factories.request(bob)
    with transaction() as session:
        row = Match(
            offer_id=offer.id,
            request_id=request.id,
            score=0.5,
            offer_revision=offer.revision,
            request_revision=request.revision,
        )
        session.add(row)
    return row.public_id


def _saved_search(member: Member) -> str:
    with transaction() as session:
        row = SavedSearch(member_id=member.id, name="Mesin jahit", text="mesin jahit", same_as="x")
        session.add(row)
    return row.public_id


def rules_with(app: Flask, method: str) -> Iterator[Rule]:
    """Rules that answer ``method``, in a stable order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.rule, r.endpoint)):
        if method in (rule.methods or set()):
            yield rule
