"""What staff set for their site on a page, as rows; the environment's ``Settings`` come before it.

Stands below all features, so that each may ask. A stored value that is empty means: as the settings
say.
"""

import logging
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app, g
from sqlalchemy import JSON, String, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.config import Settings
from marketplace.db import UTCDateTime, db, transaction, utcnow

log = logging.getLogger(__name__)

LAST_KNOWN = "site_values"
LOCAL_RULES = ("rules_id", "rules_en")
REVIEWS = ("off", "delay", "review")


class SiteSetting(db.Model):
    """One value that was changed from its default."""

    __tablename__ = "site_settings"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, onupdate=utcnow)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteValues:
    """The values in force. Days and hours are whole numbers above 0.

    ``review`` says what happens to the first ``review_first`` listings of a new member: "off"
    (up at once), "delay" (up by themselves after ``review_delay_hours``), "review" (staff decide).
    ``need_percent``: by how much need may lift a request, 0 to 50; ``hardship``: whether members
    are "asked" about hard times, or that is "off". ``poverty_path`` comes from the settings alone.
    """

    name: str = ""
    default_area: str = ""
    contact_email: str = ""
    contact_text: str = ""
    rules_id: str = ""
    rules_en: str = ""
    offer_days: int = 30
    food_days: int = 3
    request_days: int = 60
    review: str = "off"
    review_first: int = 3
    review_delay_hours: int = 2
    need_percent: int = 25
    hardship: str = "asked"
    poverty_path: Path | None = None


def site_values() -> SiteValues:
    """What is in force: what staff set, else what the settings say; one query per request.

    Never fails: while the database does not answer, what was last known holds, so that the page
    that tells of the failure can be drawn.
    """
    if "site_values" not in g:
        g.site_values = _in_force(_known())
    found: SiteValues = g.site_values
    return found


def stored_values() -> SiteValues:
    """What staff set, read anew. A row whose name is no longer known is ignored."""
    known = {field.name for field in fields(SiteValues)}
    rows = db.session.execute(select(SiteSetting.name, SiteSetting.value))
    return replace(SiteValues(), **{n: v for n, v in rows if n in known})


def local_rules_since() -> datetime | None:
    """When the rules of this site were last changed; None when it has none of its own."""
    return db.session.scalar(
        select(func.max(SiteSetting.changed_at)).where(SiteSetting.name.in_(LOCAL_RULES))
    )


def without_database() -> None:
    """From here on this request asks the database nothing about the site."""
    if "site_values" not in g:
        g.site_values = _in_force(current_app.extensions.get(LAST_KNOWN, SiteValues()))


def set_site_values(values: SiteValues) -> None:
    """Make ``values`` those in force; only what differs from the default is stored."""
    plain = SiteValues()
    with transaction() as session:
        for field in fields(SiteValues):
            value = getattr(values, field.name)
            row = session.get(SiteSetting, field.name)
            if value == getattr(plain, field.name):
                if row is not None:
                    session.delete(row)
            elif row is None:
                session.add(SiteSetting(name=field.name, value=value))
            else:
                row.value = value
    g.pop("site_values", None)


def _known() -> SiteValues:
    try:
        current_app.extensions[LAST_KNOWN] = stored_values()
    except SQLAlchemyError:
        log.warning("the settings of the site cannot be read; those last known hold")
    last: SiteValues = current_app.extensions.get(LAST_KNOWN, SiteValues())
    return last


def _in_force(set_by_staff: SiteValues) -> SiteValues:
    settings: Settings = current_app.extensions["marketplace"].settings
    return replace(
        set_by_staff,
        name=set_by_staff.name or settings.site_name,
        default_area=set_by_staff.default_area or settings.default_area,
        contact_email=set_by_staff.contact_email or settings.contact_email,
        poverty_path=settings.poverty_path,
    )
