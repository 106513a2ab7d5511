"""Forms of the accounts pages. They only parse; ``rules`` says what is wrong."""

import re

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from marketplace.accounts import rules
from marketplace.accounts.logins import READ_MAX, normal_email, normal_login
from marketplace.accounts.models import Member
from marketplace.places.forms import PlaceFields

LANGUAGE_CHOICES = [SelectChoice("id", "Bahasa Indonesia"), SelectChoice("en", "English")]


class SignUpForm(PlaceFields, FlaskForm):  # type: ignore[misc]
    name = StringField(_l("Name"))
    login = StringField(_l("E-mail or phone number"))
    password = PasswordField(_l("Password"))
    language = RadioField(
        _l("Language of this site"), choices=LANGUAGE_CHOICES, validate_choice=False
    )
    adult = BooleanField(_l("I am 18 years old or older"))
    agreed = BooleanField(_l("I agree to the rules, and I have read how my data is handled"))

    def draft(self) -> rules.SignUpDraft:
        return rules.SignUpDraft(
            name=rules.normal_name(self.name.data or ""),
            login=normal_login(self.login.data or ""),
            password=self.password.data or "",
            language=self.language.data or "",
            adult=bool(self.adult.data),
            agreed=bool(self.agreed.data),
        )


class LoginForm(FlaskForm):  # type: ignore[misc]
    """The name with which somebody signs in."""

    login = StringField(_l("E-mail or phone number"))

    def typed_login(self) -> str:
        """In the form in which names are compared."""
        return normal_login(self.login.data or "")


class SignInForm(LoginForm):
    password = PasswordField(_l("Password"))
    next = HiddenField()


class ForgottenForm(LoginForm):
    pass


class RecoveryForm(LoginForm):
    code = StringField(_l("Recovery code"))
    password = PasswordField(_l("New password"))


class ProvenForm(FlaskForm):  # type: ignore[misc]
    """Asks for the present password besides what is to be changed."""

    present = PasswordField(_l("Your present password"))


class PasswordForm(ProvenForm):
    password = PasswordField(_l("New password"))


class EmailForm(ProvenForm):
    email = EmailField(_l("New e-mail address"))

    def typed_email(self) -> str:
        return normal_email((self.email.data or "")[:READ_MAX])


class PhoneForm(ProvenForm):
    phone = StringField(_l("New phone number"))

    def typed_phone(self) -> str:
        return normal_login(self.phone.data or "")


class CodeForm(ProvenForm):
    pass


class HandOutForm(LoginForm):
    """Staff hand a code to somebody who stands before them."""

    seen = BooleanField(_l("I have seen this person, and the account is theirs"))
    reason = TextAreaField(_l("How do you know it?"))


class ResetForm(FlaskForm):  # type: ignore[misc]
    password = PasswordField(_l("New password"))


class ProfileForm(PlaceFields, FlaskForm):  # type: ignore[misc]
    name = StringField(_l("Name"))
    bio = TextAreaField(_l("About you (may stay empty)"))
    reach_km = SelectField(_l("How far you would go"), validate_choice=False)
    language = RadioField(
        _l("Language of this site"), choices=LANGUAGE_CHOICES, validate_choice=False
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reach_km.choices = [
            SelectChoice(str(km), gettext("up to %(km)s km", km=km))
            for km in rules.REACH_CHOICES_KM
        ]

    def show(self, member: Member) -> None:
        """Fill in what is known of ``member``."""
        self.name.data, self.bio.data = member.name, member.bio
        self.language.data, self.reach_km.data = member.language, str(member.reach_km)

    def draft(self) -> rules.ProfileDraft:
        reach = self.reach_km.data or ""
        return rules.ProfileDraft(
            name=rules.normal_name(self.name.data or ""),
            bio=(self.bio.data or "").replace("\r\n", "\n").strip(),
            reach_km=int(reach) if re.fullmatch("[0-9]{1,3}", reach) else None,
            language=self.language.data or "",
        )
