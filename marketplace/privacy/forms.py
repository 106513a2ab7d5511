"""Forms of the pages about one's own data. They only parse."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField


class ProofForm(FlaskForm):  # type: ignore[misc]
    """Proves that it is really the member: her password, or for who has none a tick."""

    password = PasswordField(_l("Your password"))
    sure = BooleanField(_l("Yes, delete my account"))
