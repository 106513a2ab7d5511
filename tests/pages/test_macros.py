"""The pieces of forms: words beside the field, a summary that leads there, nothing typed lost."""

from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice

from marketplace.errors import Problem
from marketplace.web import show_problems


class Form(FlaskForm):
    name = StringField("Name")
    terms = RadioField(
        "Terms", choices=[SelectChoice("gift", "Given"), SelectChoice("loan", "Lent")]
    )
    days = SelectMultipleField(
        "Days", choices=[SelectChoice("1", "Monday"), SelectChoice("2", "Tuesday")]
    )
    unit = SelectField("Unit", choices=[SelectChoice("kg", "kg")])
    agreed = BooleanField("I agree")


@pytest.fixture
def form(app: Flask) -> Iterator[Form]:
    data = {"name": "<i>typed</i>", "terms": "loan", "days": ["2"]}
    with app.test_request_context(method="POST", data=data, headers={"Accept-Language": "en"}):
        yield Form()


def drawn(source: str, form: Form) -> str:
    return render_template_string(
        '{% import "_macros.html" as ui with context %}' + source, form=form
    )


def test_a_field_is_tied_to_its_hint_and_its_error(form: Form) -> None:
    show_problems(form, [Problem("name", "required")])
    html = drawn('{{ ui.text_field(form.name, hint="Short", autocomplete="name") }}', form)
    assert 'aria-describedby="name-hint name-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="name-error"' in html
    assert "Please fill this in." in html
    assert 'autocomplete="name"' in html


def test_what_was_typed_is_kept_and_never_markup(form: Form) -> None:
    html = drawn("{{ ui.text_field(form.name) }}", form)
    assert 'value="&lt;i&gt;typed&lt;/i&gt;"' in html
    assert "aria-invalid" not in html
    assert "aria-describedby" not in html


def test_the_summary_comes_with_links_to_the_fields(form: Form) -> None:
    show_problems(form, [Problem("name", "required"), Problem("nowhere", "required")])
    html = drawn("{{ ui.error_summary(form) }}", form)
    assert "2 things need your attention" in html
    assert '<a href="#name">Name: Please fill this in.</a>' in html
    assert 'tabindex="-1"' in html


def test_without_errors_there_is_no_summary(form: Form) -> None:
    assert drawn("{{ ui.error_summary(form) }}", form).strip() == ""


@pytest.mark.parametrize("macro", ["radio_group(form.terms", "check_group(form.days"])
def test_a_group_has_a_legend_and_its_first_choice_takes_the_link(form: Form, macro: str) -> None:
    name = macro.partition("form.")[2]
    show_problems(form, [Problem(name, "required")])
    html = drawn("{{ ui." + macro + ', hint="Choose") }}', form)
    assert "<legend>" in html
    assert f'id="{name}"' in html
    assert f'aria-describedby="{name}-hint {name}-error"' in html
    assert html.count(" checked") == 1


def test_further_attributes_reach_the_field(form: Form) -> None:
    html = drawn('{{ ui.text_field(form.name, inputmode="numeric", class="input--short") }}', form)
    assert 'inputmode="numeric"' in html
    assert 'class="input input--short"' in html
    assert "<textarea" in drawn(
        "{{ ui.text_field(form.name, rows=0) }}{{ '<textarea' | safe }}", form
    )


def test_one_check_box_says_what_is_wrong_with_it(form: Form) -> None:
    show_problems(form, [Problem("agreed", "required")])
    html = drawn("{{ ui.checkbox(form.agreed) }}", form)
    assert 'aria-describedby="agreed-error"' in html
    assert "I agree" in html


def test_pages_are_links_and_the_present_one_is_not(form: Form) -> None:
    links = {
        "previous": "/?page=1",
        "next": None,
        "pages": [{"number": 1, "href": "/?page=1", "current": False}, None,
                  {"number": 9, "href": "/?page=9", "current": True}],
    }  # fmt: skip
    html = render_template_string(
        '{% import "_macros.html" as ui with context %}{{ ui.pagination(links) }}', links=links
    )
    assert 'href="/?page=1" rel="prev"' in html
    assert 'aria-current="page"' in html
    assert 'rel="next"' not in html
    assert 'href="/?page=9"' not in html
