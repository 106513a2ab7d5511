"""What other sites and messengers are told about a listing: never more than its page says.

No exact place (the name of the area at most), no price, no address of a member.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from marketplace.listings.models import Listing

DESCRIPTION_MAX = 200  # characters; messengers cut at about this length
JSON_LD_TEXT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Preview:
    """``image`` is empty without a photo; ``whatsapp`` an address that opens a message."""

    title: str
    description: str
    url: str
    image: str
    whatsapp: str
    json_ld: dict[str, Any]


def preview(listing: Listing, *, url: str, image: str, area: str, category: str) -> Preview:
    """All of it; ``url`` and ``image`` are absolute, ``area`` and ``category`` names or empty."""
    lines = " ".join(listing.description.split())
    description = " · ".join(part for part in (area, shortened(lines, DESCRIPTION_MAX)) if part)
    text = f"{listing.title}\n{url}"
    data = _json_ld(listing, url, image)
    if area:
        data["areaServed"] = {"@type": "AdministrativeArea", "name": area}
    if category:
        data["category"] = category
    return Preview(
        title=listing.title,
        description=description or listing.title,
        url=url,
        image=image,
        whatsapp="https://wa.me/?" + urlencode({"text": text}),
        json_ld=data,
    )


def shortened(text: str, most: int) -> str:
    """Cut at the end of a word, with an ellipsis."""
    if len(text) <= most:
        return text
    return text[: most - 1].rsplit(" ", 1)[0] + "…"


def _json_ld(listing: Listing, url: str, image: str) -> dict[str, Any]:
    """schema.org Offer or Demand of a Product or a Service."""
    item: dict[str, Any] = {
        "@type": "Product" if listing.kind == "goods" else "Service",
        "name": listing.title,
    }
    if listing.description:
        item["description"] = shortened(listing.description, JSON_LD_TEXT_MAX)
    if image:
        item["image"] = image
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Offer" if listing.direction == "offer" else "Demand",
        "name": listing.title,
        "url": url,
        "itemOffered": item,
    }
    if listing.published_at:
        data["availabilityStarts"] = listing.published_at.isoformat(timespec="seconds")
    if listing.expires_at:
        data["availabilityEnds"] = listing.expires_at.isoformat(timespec="seconds")
    return data
