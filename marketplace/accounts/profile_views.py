"""What a member shows of herself besides her name: photo, skills; and a pause."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from marketplace import images
from marketplace.accounts import fields, portraits, service, skills
from marketplace.accounts.forms import PhotoForm, SkillForm
from marketplace.accounts.login_pages import Page
from marketplace.errors import Invalid, Problem
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("profile", __name__)
bp.add_app_template_global(fields.spoken_names, "spoken_names")


@bp.app_template_global()
def portrait_url(name: str, size: int = 96) -> str:
    """The address of a member's photo, 96 or 240 pixels wide."""
    return url_for("listings.photo", name=f"{name}-{size}.webp")


@bp.route("/account/photo", methods=["GET", "POST"])
@login_required
def photo() -> Page:
    form = PhotoForm()
    if not form.is_submitted():
        return render_form("accounts/photo.html", form)
    file = request.files.get("photo")
    if file is None or not file.filename:
        show_problems(form, [Problem("photo", "photo_missing")])
        return render_form("accounts/photo.html", form)
    try:
        data = file.stream.read(images.BYTES_MAX + 1)
        portraits.set_photo(actor(), data, folder=parts().settings.uploads_dir)
    except images.PictureRefused as refused:
        show_problems(form, [Problem("photo", refused.code)])
        return render_form("accounts/photo.html", form)
    flash(_("This is your photo now."), "good")
    return redirect(url_for("accounts.profile", public_id=actor().public_id), 303)


@bp.post("/account/photo/removal")
@login_required
def remove_photo() -> Page:
    portraits.remove_photo(actor(), folder=parts().settings.uploads_dir)
    flash(_("Your photo is removed."), "good")
    return redirect(url_for("profile.photo"), 303)


@bp.route("/account/skills", methods=["GET", "POST"], endpoint="skills")
@login_required
def edit_skills() -> Page:
    form = SkillForm()
    if form.is_submitted():
        try:
            skills.add_skill(actor(), form.draft())
            flash(_("It is on your profile."), "good")
            return redirect(url_for("profile.skills"), 303)
        except Invalid as invalid:
            show_problems(form, invalid.problems)
    return render_form("accounts/skills.html", form, mine=skills.skills_of(actor()))


@bp.post("/account/skills/<public_id>/removal")
@login_required
def remove_skill(public_id: str) -> Page:
    skills.remove_skill(actor(), public_id)
    flash(_("The line is removed."), "good")
    return redirect(url_for("profile.skills"), 303)


@bp.get("/account/pause")
@login_required
def take_break() -> Page:
    return render_template("accounts/pause.html")


@bp.post("/account/pause")
@login_required
def pause() -> Page:
    service.pause(actor())
    flash(_("You are taking a break. Your posts are hidden."), "good")
    return redirect(url_for("pages.my_page"), 303)


@bp.post("/account/pause/end")
@login_required
def end_pause() -> Page:
    service.end_pause(actor())
    flash(_("Welcome back. Your posts can be seen again."), "good")
    return redirect(url_for("pages.my_page"), 303)
