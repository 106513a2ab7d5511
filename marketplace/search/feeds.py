"""What a search finds as a feed: Atom (RFC 4287) and JSON Feed 1.1, the newest first.

Nothing is in it that a visitor does not see on the page of a post, and of where it is no more than
the name of the area. The same posts make the same bytes.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from feedgenerator import Atom1Feed
from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from marketplace.listings import categories, fields
from marketplace.listings.models import Listing
from marketplace.places.service import PublicLocation, public_locations
from marketplace.site_settings import site_values
from marketplace.web import current_language, parts

ENTRIES = 50
DESCRIPTION_SHOWN = 600  # characters
PHOTO_PX = 480
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)  # of a feed that is still empty
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # even escaped
ATOM_TYPE, JSON_TYPE = "application/atom+xml", "application/feed+json"


@dataclass(frozen=True, slots=True)
class Feed:
    """``page`` and ``address`` are paths of this site: of the search, and of the feed itself."""

    title: str
    page: str
    address: str
    posts: Sequence[Listing]

    @property
    def changed_at(self) -> datetime:
        """When one of its posts last changed."""
        return max((_changed_at(one) for one in self.posts), default=BEGAN)


class _Atom(Atom1Feed):  # type: ignore[misc]
    def latest_post_date(self) -> datetime:
        """Of an empty feed always the same: the library would say now."""
        return super().latest_post_date() if self.items else BEGAN


def atom(feed: Feed) -> bytes:
    made = _Atom(
        title=_readable(feed.title),
        link=_absolute(feed.page),
        description="",
        language=current_language(),
        author_name=site_values().name,
        feed_url=_absolute(feed.address),
        feed_guid=_tag(f"search:{feed.page}"),
    )
    for entry in _entries(feed.posts):
        made.add_item(
            title=_readable(entry["title"]),
            link=entry["url"],
            description=_readable(entry["html"]) or None,
            unique_id=entry["id"],
            pubdate=entry["published"],
            updateddate=entry["changed"],
            categories=entry["tags"],
        )
    return str(made.writeString("utf-8")).encode()


def _readable(text: str) -> str:
    """Without the signs that XML has no way to write: with one, no reader takes the feed."""
    return NO_XML.sub("", text)


def json_feed(feed: Feed) -> bytes:
    items = [
        {
            "id": entry["id"],
            "url": entry["url"],
            "title": entry["title"],
            "content_html": entry["html"],
            "date_published": entry["published"].isoformat(timespec="seconds"),
            "date_modified": entry["changed"].isoformat(timespec="seconds"),
            "tags": entry["tags"],
            "language": entry["language"],
            **({"image": entry["image"]} if entry["image"] else {}),
        }
        for entry in _entries(feed.posts)
    ]
    content = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": _absolute(feed.page),
        "feed_url": _absolute(feed.address),
        "language": current_language(),
        "authors": [{"name": site_values().name}],
        "items": items,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _entries(posts: Sequence[Listing]) -> list[dict[str, Any]]:
    places = public_locations(posts)
    return [_entry(*pair) for pair in zip(posts, places, strict=True)]


def _entry(post: Listing, place: PublicLocation) -> dict[str, Any]:
    photo = post.photos[0] if post.photos else None
    image = _absolute(_photo(photo.name)) if photo else ""
    direction = str(fields.DIRECTION_NAMES[post.direction])
    title = post.title or gettext("Without a title")
    category = categories.name(post.category, current_language()) if post.category else ""
    return {
        "id": _tag(f"listing:{post.public_id}"),
        "url": _absolute(url_for("listings.show", public_id=post.public_id)),
        "title": f"{direction}: {title}",
        "html": _html(post, _where(place), image, photo.alt if photo else ""),
        "image": image,
        "published": post.published_at or post.created_at,
        "changed": _changed_at(post),
        "tags": [direction, category] if category else [direction],
        "language": post.text_language,
    }


def _html(post: Listing, where: str, image: str, alt: str) -> str:
    """The beginning of the description, where it is and a photo; what members wrote stays text."""
    pieces = []
    if image:
        pieces.append(Markup('<p><img src="{}" alt="{}"></p>').format(image, alt))
    if text := post.description[:DESCRIPTION_SHOWN]:
        more = "…" if len(post.description) > DESCRIPTION_SHOWN else ""
        lines = Markup("<br>").join(f"{text}{more}".splitlines())
        pieces.append(Markup("<p>{}</p>").format(lines))
    if where:
        pieces.append(Markup("<p>{}</p>").format(where))
    return "".join(pieces)


def _where(place: PublicLocation) -> str:
    return gettext("online") if place.kind == "online" else place.area_name


def _changed_at(post: Listing) -> datetime:
    return max(post.updated_at, post.published_at or post.created_at)


def _photo(name: str) -> str:
    return url_for("listings.photo", name=f"{name}-{PHOTO_PX}.webp")


def _absolute(path: str) -> str:
    """Never by the Host of a request."""
    return f"{parts().settings.base_url}{path}"


def _tag(what: str) -> str:
    """An id that stays whatever becomes of addresses (RFC 4151)."""
    host = urlsplit(parts().settings.base_url).hostname
    return f"tag:{host},{BEGAN.year}:{what}"
