"""Forms of the accounts pages. They only parse; ``rules`` says what is wrong."""

import re

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice

from marketplace.accounts import fields, rules
from marketplace.accounts.logins import READ_MAX, normal_email, normal_login
from marketplace.accounts.models import Member
from marketplace.listings import categories
from marketplace.places.forms import PlaceFields
from marketplace.web import current_language

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
    spoken = SelectMultipleField(_l("Languages you speak"), validate_choice=False)
    reach_km = SelectField(_l("How far you would go"), validate_choice=False)
    language = RadioField(
        _l("Language of this site"), choices=LANGUAGE_CHOICES, validate_choice=False
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.spoken.choices = [
            SelectChoice(code, name) for code, name in fields.SPOKEN_NAMES.items()
        ]
        self.reach_km.choices = [
            SelectChoice(str(km), gettext("up to %(km)s km", km=km))
            for km in rules.REACH_CHOICES_KM
        ]

    def show(self, member: Member) -> None:
        """Fill in what is known of ``member``."""
        self.name.data, self.bio.data = member.name, member.bio
        self.language.data, self.reach_km.data = member.language, str(member.reach_km)
        self.spoken.data = member.languages_spoken

    def draft(self) -> rules.ProfileDraft:
        reach = self.reach_km.data or ""
        return rules.ProfileDraft(
            name=rules.normal_name(self.name.data or ""),
            bio=(self.bio.data or "").replace("\r\n", "\n").strip(),
            reach_km=int(reach) if re.fullmatch("[0-9]{1,3}", reach) else None,
            language=self.language.data or "",
            spoken=tuple(self.spoken.data or ()),
        )


class PhotoForm(FlaskForm):  # type: ignore[misc]
    photo = FileField(_l("Photo"))


class SkillForm(FlaskForm):  # type: ignore[misc]
    direction = RadioField(
        _l("What is it?"),
        choices=[
            SelectChoice("offer", _l("I can help with this")),
            SelectChoice("request", _l("I would like to learn this, or get help with it")),
        ],
        validate_choice=False,
    )
    text = StringField(_l("In a few words"))
    category = SelectField(_l("Category"), validate_choice=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.category.choices = [SelectChoice("", gettext("No category"))]
        for group, members in categories.grouped(current_language()):
            self.category.choices += [
                SelectChoice(slug, name, optgroup=group)
                for slug, name in members
                if (found := categories.find(slug)) and found.kind != "goods"
            ]

    def draft(self) -> rules.SkillDraft:
        category = self.category.data or ""
        return rules.SkillDraft(
            direction=self.direction.data or "",
            text=rules.normal_name(self.text.data or ""),
            category=category if categories.is_category(category) else "",
        )
