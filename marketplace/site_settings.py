"""What staff set for their site on a page, as rows; the environment's ``Settings`` come before it.

Stands below all features, so that each may ask. An empty value means: as the settings say.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import UTCDateTime, db, transaction, utcnow

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


def site_values() -> SiteValues:
    """What is in force; one query per request. A row whose name is no longer known is ignored."""
    if "site_values" not in g:
        known = {field.name for field in fields(SiteValues)}
        rows = db.session.execute(select(SiteSetting.name, SiteSetting.value))
        g.site_values = replace(SiteValues(), **{n: v for n, v in rows if n in known})
    found: SiteValues = g.site_values
    return found


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
