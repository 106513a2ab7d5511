"""Posting, showing and ending offers and requests, and serving their photos."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from marketplace import images, picture_files
from marketplace.db import new_public_id, utcnow
from marketplace.errors import Conflict, Invalid, NotFound, Problem
from marketplace.exchanges import giving
from marketplace.listings import fields, photos, rules, service, sharing
from marketplace.listings.forms import ListingForm
from marketplace.listings.member_text import member_text
from marketplace.listings.models import Listing
from marketplace.listings.rows import draft_of
from marketplace.matching import first_look
from marketplace.places.cells import place_of
from marketplace.places.forms import current_place
from marketplace.places.service import public_location
from marketplace.responses import picture_response
from marketplace.search.reading import analysed
from marketplace.web import actor, parts, render_form, show_problems

bp = Blueprint("listings", __name__)
bp.add_app_template_filter(member_text)
bp.add_app_template_filter(fields.day_in_words)
for function in (
    fields.category_kinds,
    fields.category_name,
    fields.joined_sentence,
    fields.last_day,
    fields.left_sentence,
    fields.term_name,
    fields.terms_sentence,
    fields.week_days,
    fields.week_parts,
    fields.week_shortcuts,
    fields.week_sentences,
):
    bp.add_app_template_global(function)

PHOTO_AGE = timedelta(days=365)  # a name never changes its content
PREVIEW_SUFFIX = ".jpg"
PHOTO_ACTIONS = ("photo", "remove", "return", "first", "earlier", "later")
Page = AnyResponse | str | tuple[str, int]


@bp.app_template_global()
def photo_url(photo: Any, size: int | str = 480) -> str:
    """The address of a photo 240, 480 or 960 pixels wide, or of its "preview" JPEG."""
    suffix = PREVIEW_SUFFIX if size == "preview" else f"-{size}.webp"
    return url_for("listings.photo", name=f"{photo.name}{suffix}")


@bp.get("/listings/<public_id>")
def show(public_id: str) -> Page:
    """One listing as its reader may see it; 410 for one that is over."""
    try:
        listing = service.get_visible(actor(), public_id)
    except NotFound:
        return _gone(public_id)
    if listing.state == "draft":
        return redirect(url_for(".edit", public_id=public_id))
    location = public_location(listing, current_place())
    return render_template(
        "listings/show.html",
        listing=listing,
        location=location,
        is_open=listing.is_open(utcnow()),
        share=_preview(listing, location.area_name),
    )


@bp.route("/listings/new", methods=["GET", "POST"])
@login_required
def new() -> Page:
    """An empty posting form; the first POST makes the draft, whatever else is wrong."""
    form = ListingForm()
    if request.method == "POST":
        return _receive(form, None)
    form.key.data = new_public_id()
    form.direction.data = request.args.get("direction", "")
    form.kind.data, form.giving_rule.data = "goods", "order"
    form.show_where(place_of(actor()))
    return _page(form, None)


@bp.route("/listings/<public_id>/edit", methods=["GET", "POST"])
@login_required
def edit(public_id: str) -> Page:
    """The same form for a draft or an open listing of one's own."""
    listing = service.get_own(actor(), public_id)
    if listing.state not in photos.CHANGEABLE:
        raise Conflict("listing_closed")
    form = ListingForm()
    if request.method == "POST":
        form.key.data = listing.public_id
        return _receive(form, listing)
    form.show(draft_of(listing))
    form.show_rule(listing)
    if listing.place_kind == "unknown":
        form.show_where(place_of(actor()))
    return _page(form, listing)


@bp.post("/listings/<public_id>/publication")
@login_required
def put_up(public_id: str) -> Page:
    """Put up a draft as it is kept, after the first look at what may already help."""
    listing = service.get_own(actor(), public_id)
    if listing.state in ("open", "pending"):  # a double tap
        return redirect(url_for(".show", public_id=public_id), 303)
    if listing.state != "draft":
        raise Conflict("listing_closed")
    first_look.remember(public_id)
    form = ListingForm()
    form.show(draft_of(listing))
    form.show_rule(listing)
    return _publish(form, listing, draft_of(listing), [])


@bp.get("/photos/<name>")
def photo(name: str) -> Response:
    """A stored photo; it can be kept for ever, and never runs as anything but a picture.

    One of a post that the moderators hid is there for its owner and for staff alone.
    """
    path = picture_files.stored_file(parts().settings.uploads_dir, name)
    caching = f"public, max-age={int(PHOTO_AGE.total_seconds())}, immutable"
    if photos.is_held(stem := picture_files.stem_of(name)):
        photos.require_shown(actor(), stem)
        caching = "private, no-store"
    return picture_response(path, caching)


def _preview(listing: Listing, area: str) -> sharing.Preview:
    base = parts().settings.base_url
    return sharing.preview(
        listing,
        url=base + url_for(".show", public_id=listing.public_id),
        image=base + photo_url(listing.photos[0], "preview") if listing.photos else "",
        area=area,
        category=fields.category_name(listing.category),
    )


def _gone(public_id: str) -> Page:
    closed = service.find_closed(actor(), public_id)
    if closed is None:
        raise NotFound("listing")
    return render_template("listings/gone.html", listing=closed), 410


def _page(form: ListingForm, listing: Listing | None) -> Page:
    return render_form("listings/edit.html", form, listing=listing, rules=rules, **_shots(listing))


def _shots(listing: Listing | None) -> dict[str, Any]:
    return {"removed_photo": photos.removed_photo(listing) if listing else None}


def _receive(form: ListingForm, listing: Listing | None) -> Page:
    """What one of the buttons of the form asks for; whatever it is, nothing typed is lost."""
    draft, problems = form.read(place_of(actor()))
    action, _sep, name = request.form.get("action", "publish").partition(":")
    if listing is None or listing.state == "draft":
        listing = _keep(draft)
        if listing.state != "draft":  # a double tap: it is published already
            return redirect(url_for(".show", public_id=listing.public_id), 303)
    of_rule = _choose_rule(form, listing)
    problems += of_rule
    problems += _change_photos(listing, action, name)
    if action == "photo" and not _uploads():
        problems.append(Problem("photo", "photo_missing"))
    if action in PHOTO_ACTIONS:
        show_problems(form, [found for found in problems if found.field == "photo"])
        return _after_photos(form, listing)
    if action == "save" and listing.state == "draft":
        return _after_saving(form, listing, rules.check_sizes(draft) + of_rule)
    return _publish(form, listing, draft, problems)


def _choose_rule(form: ListingForm, listing: Listing) -> list[Problem]:
    """Who gets it, for what is not up yet; afterwards that has a page of its own."""
    if listing.state != "draft" or listing.direction != "offer" or not form.giving_rule.data:
        return []
    try:
        giving.choose(actor(), listing.public_id, *form.chosen_rule)
    except Invalid as invalid:
        return list(invalid.problems)
    return []


def _keep(draft: rules.Draft) -> Listing:
    try:
        return service.save_draft(actor(), draft)
    except Conflict:
        return service.get_own(actor(), draft.key)


def _uploads() -> list[FileStorage]:
    return [file for file in request.files.getlist("photo") if file.filename]


def _change_photos(listing: Listing, action: str, name: str) -> list[Problem]:
    """Describe, arrange, take off and attach as the form says; the problems of those refused."""
    alts = {
        name.removeprefix("alt-"): text
        for name, text in request.form.items()
        if name.startswith("alt-")
    }
    if alts:
        photos.describe_photos(actor(), listing.public_id, alts)
    try:
        if action == "remove":
            photos.remove_photo(actor(), listing.public_id, name)
        elif action == "return":
            photos.return_photo(actor(), listing.public_id, name)
        elif action in ("first", "earlier", "later"):
            photos.move_photo(actor(), listing.public_id, name, action)
    except Invalid as invalid:
        return list(invalid.problems)
    return _attach(listing)


def _attach(listing: Listing) -> list[Problem]:
    problems: list[Problem] = []
    for file in _uploads():
        try:
            data = file.stream.read(images.BYTES_MAX + 1)
            folder = parts().settings.uploads_dir
            photos.attach_photo(actor(), listing.public_id, data, folder=folder)
        except images.PictureRefused as refused:
            problems.append(Problem("photo", refused.code))
        except Invalid as invalid:
            problems += invalid.problems
    return problems


def _after_photos(form: ListingForm, listing: Listing) -> Page:
    if request.headers.get("X-Fragment") == "photos":
        return render_form("listings/_photos.html", form, listing=listing, **_shots(listing))
    if listing.state == "draft" and not form.errors:
        return redirect(url_for(".edit", public_id=listing.public_id, _anchor="photos"), 303)
    return _page(form, listing)


def _after_saving(form: ListingForm, listing: Listing, problems: list[Problem]) -> Page:
    address = url_for(".edit", public_id=listing.public_id)
    if request.headers.get("X-Fragment") == "saved":
        return Response(status=204, headers={"Content-Location": address})
    show_problems(form, problems)
    if form.errors:
        return _page(form, listing)
    flash(_("The draft is saved. Only you can see it."))
    return redirect(address, 303)


def _publish(
    form: ListingForm, listing: Listing, draft: rules.Draft, problems: list[Problem]
) -> Page:
    unread = {found.field for found in problems}
    problems += [found for found in service.check(draft) if found.field not in unread]
    problems += form.doubts()
    try:
        if problems:
            raise Invalid(problems)
        if listing.state == "draft":
            if first_look.is_due(listing.public_id, draft):
                return _first_look(form, listing)
            draft = replace(draft, key=listing.public_id)
            listing = service.publish_listing(actor(), draft, analyse=analysed)
            is_up = listing.state == "open"
            flash(
                _("It is up. Neighbours can see it now.")
                if is_up
                else _("Thank you. It goes up soon.")
            )
        else:
            service.edit_listing(actor(), listing.public_id, draft, analyse=analysed)
            flash(_("The changes are saved."))
    except Invalid as invalid:
        show_problems(form, invalid.problems)
        return _page(form, listing)
    return redirect(url_for(".show", public_id=listing.public_id), 303)


def _first_look(form: ListingForm, listing: Listing) -> Page:
    sure = "y" if form.sure.data else None  # what was ticked is kept as well
    address = url_for("typing.before_posting", public_id=listing.public_id, sure=sure)
    return redirect(address, 303)
