"""The demo neighbourhood in the database: put there, taken away, put there anew.

Posts and messages go through the same verbs as those of members and are then dated back, so that
the place looks lived in. Removing takes every demo member with all that is theirs, and nothing
else.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select, update

from marketplace.accounts.models import Member
from marketplace.db import db, transaction, utcnow
from marketplace.demo import content
from marketplace.demo.exchanges import add_exchanges, release_from_others
from marketplace.demo.pictures import Pictures, store_drawings
from marketplace.demo.scenes import add_moderation, forget_moderation
from marketplace.demo.searches import add_searches
from marketplace.listings import hours, rules
from marketplace.listings import service as listings
from marketplace.listings.models import Listing, ListingEvent, Photo
from marketplace.mail import OutgoingMail
from marketplace.messages import service as messages
from marketplace.messages.models import Conversation, Message
from marketplace.notifications.models import MailHours, Notification
from marketplace.notifications.rules import Hours
from marketplace.places import service as places
from marketplace.places.cells import Place, place_columns, place_of
from marketplace.places.models import Area
from marketplace.search.port import IndexBusy, IndexUnusable
from marketplace.search.reading import analysed
from marketplace.site_settings import site_values

if TYPE_CHECKING:
    from marketplace import Parts

Echo = Callable[[str], None]
MAIL_DOMAIN = "demo.example"  # reserved for examples: no mail can ever arrive there
JOINED = timedelta(days=240)  # the first member; the others follow one by one
SEEN_STEP = timedelta(minutes=37)  # between the last visits of two members
UNREAD = 5  # of the conversations wait for an answer
ANSWERED_BEFORE = timedelta(minutes=5)  # the last message is at least this old
SPARE = timedelta(hours=8)  # left of the shortest-lived posts after dating them back


def has_demo() -> bool:
    """Whether this database holds any demo member; one quick query."""
    return db.session.scalar(select(Member.id).where(Member.is_demo).limit(1)) is not None


def load(parts: "Parts", echo: Echo = print) -> int:
    """Put the neighbourhood into the database; the number of posts, 0 when it is there already.

    Everything or nothing; needs the gazetteer.
    """
    if has_demo():
        return 0
    echo("Preparing the drawings of the demo neighbourhood ...")
    pictures = store_drawings(parts.settings.uploads_dir)
    db.session.rollback()
    posts = content.posts()
    with transaction():
        now = utcnow()
        cast = _add_members(now)
        rows = {}
        for number, post in enumerate(posts, 1):
            rows[post.id] = _publish(post, cast[post.owner], now)
            _add_photo(rows[post.id], post, pictures)
            if number % 100 == 0:
                echo(f"  {number} of {len(posts)} offers and requests")
        _add_conversations(cast, rows, now)
        add_searches(parts, cast, now)
    echo(f"The demo neighbourhood is ready: {len(cast)} members, {len(posts)} posts.")
    return len(posts)


def reset(parts: "Parts", echo: Echo = print) -> int:
    """Take the neighbourhood away and put it there anew, dated from today."""
    remove(parts, echo, keep_drawings=True)
    return load(parts, echo)


def remove(parts: "Parts", echo: Echo = print, *, keep_drawings: bool = False) -> int:
    """Take every demo member away with all that is theirs; the number of members.

    Conversations between a demo member and a real one go too, nothing else of real members.
    """
    with transaction() as session:
        gone = session.execute(select(Member.id, Member.email).where(Member.is_demo)).all()
        members = [row.id for row in gone]
        posts = list(session.scalars(select(Listing.id).where(Listing.owner_id.in_(members))))
        names = set(session.scalars(select(Photo.name).where(Photo.listing_id.in_(posts))))
        mails = _remove_mails([row.email for row in gone if row.email])
        forget_moderation(members)
        release_from_others(members)
        session.execute(
            delete(Conversation).where(
                or_(
                    Conversation.listing_id.in_(posts),
                    Conversation.opener_id.in_(members),
                    Conversation.owner_id.in_(members),
                )
            )
        )
        session.execute(delete(Listing).where(Listing.id.in_(posts)))
        _forget_deeds(members)
        session.execute(delete(Member).where(Member.id.in_(members)))
        names -= set(session.scalars(select(Photo.name).where(Photo.name.in_(names))))
    if not keep_drawings:
        _remove_files(parts.settings.uploads_dir, (f"{name[:2]}/{name}*" for name in names))
    _remove_files(parts.settings.mail_dir, (f"{public_id}.eml" for public_id in mails))
    _remove_from_index(parts, posts, echo)
    echo(f"Removed {len(members)} demo members and {len(posts)} posts.")
    return len(members)


def _add_members(now: datetime) -> dict[str, Member]:
    cast = content.members()
    rows = {}
    for number, one in enumerate(cast):
        joined = now - JOINED * (len(cast) - number) / len(cast)
        rows[one.key] = Member(
            name=one.name,
            type=one.type,
            email=f"{one.key}@{MAIL_DOMAIN}",
            email_confirmed_at=joined,
            adult_stated_at=joined,
            created_at=joined,
            last_seen_at=now - SEEN_STEP * number,
            language=one.language,
            bio=one.bio,
            reach_km=one.reach_km,
            is_demo=True,
            **place_columns(_place(one)),
        )
    db.session.add_all(rows.values())
    db.session.flush()
    # No quiet hours: whoever tries the demo finds a mail at once, whatever the time is there.
    usual = {"quiet_from": 0, "quiet_until": 0, "digest_hour": Hours().digest_hour}
    db.session.add_all(MailHours(member_id=row.id, **usual) for row in rows.values())
    return rows


def _place(one: content.DemoMember) -> Place:
    """The district, or the cell around an invented spot in it."""
    area = db.session.get(Area, one.area)
    if area is not None and area.latitude is not None and area.longitude is not None:
        point = one.point(area.latitude, area.longitude)
        if point is not None:
            return places.place_of_point(*point)
    return places.place_of_area(one.area)


def _publish(post: content.DemoPost, owner: Member, now: datetime) -> Listing:
    """Post it as its owner would, then date it back."""
    place = place_of(owner)
    today = now.astimezone(ZoneInfo(owner.zone)).date()
    days = post.until_days
    draft = rules.Draft(
        direction=post.direction,
        kind=post.kind,
        title=post.title,
        description=post.description,
        text_language=post.language,
        category=post.category,
        terms=post.terms,
        loan_days_max=post.loan_days,
        wishes=tuple(rules.WishDraft(text, category) for text, category in post.wishes),
        quantity=post.quantity,
        unit=post.unit,
        place=Place.online(owner.zone) if post.online else place,
        hours=hours.mask_of(post.picks) if post.picks else None,
        available_until=today + timedelta(days=days) if days else None,
    )
    row = listings.publish_listing(owner, draft, analyse=analysed)
    open_for = timedelta(days=rules.days_open(post.direction, post.category, site_values()))
    _date_back(row, post.age(open_for - SPARE), days is None)
    return row


def _date_back(row: Listing, age: timedelta, expires_too: bool) -> None:
    at = utcnow() - age
    row.created_at = row.published_at = row.updated_at = at
    row.reread_at = utcnow()  # for whoever measures how long it has been waiting
    for happened in row.events:
        happened.at = at
    if expires_too and row.expires_at is not None:
        row.expires_at -= age


def _add_photo(row: Listing, post: content.DemoPost, pictures: Pictures) -> None:
    if not post.drawing:
        return
    stored = pictures[post.drawing]
    alt = stored.alt[post.language]
    size = {"width": stored.width, "height": stored.height}
    row.photos.append(Photo(position=1, name=stored.name, alt=alt, **size))


def _add_conversations(cast: dict[str, Member], rows: dict[str, Listing], now: datetime) -> None:
    """What they wrote to each other. All but the newest was read, and told of by mail, long ago."""
    told = sorted(content.conversations(), key=lambda one: -one.hours_ago)
    for number, one in enumerate(told):
        conversation = _converse(one, cast, rows[one.post])
        last = _date_messages(conversation, one, now)
        if number < len(told) - UNREAD:
            for reader in (conversation.opener, conversation.owner):
                messages.mark_read(reader, conversation, last)
    add_exchanges(cast, rows, now)
    add_moderation(cast)
    _remove_mails([member.email or "" for member in cast.values()])
    theirs = Notification.member_id.in_([member.id for member in cast.values()])
    db.session.execute(delete(Notification).where(theirs))


def _converse(
    one: content.DemoConversation, cast: dict[str, Member], listing: Listing
) -> Conversation:
    first, *others = one.messages
    conversation = messages.open_conversation(cast[one.opener], listing.public_id, first.text)
    for said in others:
        messages.reply(cast[said.sender], conversation.public_id, said.text)
    return conversation


def _date_messages(conversation: Conversation, one: content.DemoConversation, now: datetime) -> int:
    """Give the messages their times; the id of the last."""
    at, last = now - timedelta(hours=one.hours_ago), 0
    conversation.created_at = at
    written = db.session.scalars(
        select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
    ).all()
    for row, said in zip(written, one.messages, strict=True):
        at = min(at + timedelta(minutes=said.minutes_later), now - ANSWERED_BEFORE)
        row.created_at, last = at, row.id
    conversation.last_message_at = at
    return last


def _remove_mails(addresses: Collection[str]) -> list[str]:
    """Delete the mails to these addresses; their public ids, which name files."""
    chosen = OutgoingMail.to.in_(addresses)
    names = list(db.session.scalars(select(OutgoingMail.public_id).where(chosen)))
    db.session.execute(delete(OutgoingMail).where(chosen))
    return names


def _forget_deeds(members: Collection[int]) -> None:
    """What demo members did to things of real ones stays done, without their name."""
    db.session.execute(
        update(ListingEvent).where(ListingEvent.actor_id.in_(members)).values(actor_id=None)
    )
    db.session.execute(
        update(Listing)
        .where(Listing.created_by_id.in_(members))
        .values(created_by_id=Listing.owner_id)
    )
    db.session.execute(
        update(Member)
        .where(Member.created_by_id.in_(members), ~Member.is_demo)
        .values(created_by_id=None)
    )


def _remove_files(folder: Path, patterns: Iterable[str]) -> None:
    for pattern in patterns:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def _remove_from_index(parts: "Parts", posts: Collection[int], echo: Echo) -> None:
    """Rows that are gone raise no revision, so the index has to be told here."""
    try:
        parts.search_index.apply((), posts)
    except IndexUnusable:
        pass  # it is built anew from the rows anyway
    except IndexBusy:
        echo("The search index is busy; when it is done, run: flask --app wsgi search rebuild")
