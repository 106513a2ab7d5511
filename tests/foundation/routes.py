"""Every address of the product with real ids in it, made from the URL map."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from werkzeug.routing import Rule

from marketplace.accounts.models import Member
from marketplace.listings.models import Listing
from marketplace.messages.models import Conversation

MEMBER_ENDPOINTS = {"accounts.profile", "safety.block", "safety.unblock"}
CONVERSATION_ENDPOINTS = {"safety.block_in_conversation"}


@dataclass(frozen=True)
class World:
    """What the ids in the addresses point to: everything here is alice's and bob's."""

    listing: Listing
    conversation: Conversation
    member: Member
    news: str = "unknown"

    def address(self, rule: Rule) -> str:
        """The address of ``rule``; placeholders that are no public id become something unknown."""
        values: dict[str, object] = {}
        for name, converter in rule._converters.items():
            if name == "public_id" or rule.endpoint.startswith("api"):
                values[name] = self._public_id(rule.endpoint)
            else:
                values[name] = 1 if type(converter).__name__ == "IntegerConverter" else "unknown"
        built = rule.build(values)
        assert built is not None, rule
        return built[1]

    def _public_id(self, endpoint: str) -> str:
        if endpoint in MEMBER_ENDPOINTS:
            return self.member.public_id
        if endpoint.startswith("notifications."):
            return self.news
        of_conversation = endpoint in CONVERSATION_ENDPOINTS or (
            endpoint.startswith("messages.") and "open" not in endpoint
        )
        return (self.conversation if of_conversation else self.listing).public_id


def rules_with(app: Flask, method: str) -> Iterator[Rule]:
    """Rules that answer ``method``, in a stable order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.rule, r.endpoint)):
        if method in (rule.methods or set()):
            yield rule
