"""What staff set holds for the whole site, and says nothing where it was not set."""

from flask import Flask
from sqlalchemy import func, select

from marketplace.db import db
from marketplace.site_settings import (
    SiteSetting,
    SiteValues,
    set_site_values,
    site_values,
    stored_values,
)


def test_a_new_site_has_the_defaults_and_what_the_settings_say(app: Flask) -> None:
    assert stored_values() == SiteValues()
    assert site_values() == SiteValues(name="Lumbung")


def test_what_was_set_holds_at_once_and_can_be_set_back(app: Flask) -> None:
    set_site_values(SiteValues(name="Lumbung Sukamaju", offer_days=14))
    assert (site_values().name, site_values().offer_days) == ("Lumbung Sukamaju", 14)
    set_site_values(SiteValues(offer_days=14))
    assert stored_values() == SiteValues(offer_days=14)
    assert site_values().name == "Lumbung"
    assert db.session.scalar(select(func.count()).select_from(SiteSetting)) == 1
