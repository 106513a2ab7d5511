"""What a listing tells machines: JSON-LD without a price, and without where exactly it is."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import Member
from marketplace.listings.models import Listing
from tests import factories
from tests.sample_areas import load_sample


def structured(client: FlaskClient, listing: Listing) -> dict[str, Any]:
    page = client.get(f"/listings/{listing.public_id}").text
    found = re.search(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page, re.S)
    assert found, "the page has no structured data"
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize(("direction", "kind"), [("offer", "Offer"), ("request", "Demand")])
def test_it_says_what_is_offered_or_asked(
    client: FlaskClient, alice: Member, direction: str, kind: str
) -> None:
    load_sample()
    data = structured(client, factories.listing(alice, "Tangga lipat", direction=direction))
    assert data["@type"] == kind
    assert "Tangga lipat" in json.dumps(data)


def test_it_holds_no_price_and_no_coordinates(client: FlaskClient, alice: Member) -> None:
    load_sample()
    text = json.dumps(structured(client, factories.offer(alice))).lower()
    for word in ("price", "latitude", "longitude", "geocoordinates", "streetaddress"):
        assert word not in text


def test_a_title_cannot_break_out_of_it(client: FlaskClient, alice: Member) -> None:
    load_sample()
    title = "</script><script>alert(1)</script>"
    listing = factories.offer(alice, title)
    assert title in json.dumps(structured(client, listing), ensure_ascii=False)
    assert "<script>alert" not in client.get(f"/listings/{listing.public_id}").text
