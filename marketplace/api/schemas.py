"""What the API takes and gives, as schemas: they check the questions and document the answers."""

from typing import Any

from marshmallow import Schema, fields, validate

from marketplace.listings import categories, rules

PAGE = 20
PAGE_MOST = 100
TEXT_MOST = 600  # characters of a question that the analysis reads
RADIUS_MOST_KM = 500
SORTS = ("best", "nearest", "newest")


class Several(fields.List[Any]):
    """A parameter given several times, or once with commas between."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list):
            value = [one.strip() for text in value for one in str(text).split(",") if one.strip()]
        return super()._deserialize(value, *args, **kwargs)


def _about(text: str) -> dict[str, str]:
    return {"description": text}


class PageArgs(Schema):
    cursor = fields.String(metadata=_about("the `next` of the page before, with the same filters"))
    limit = fields.Integer(
        load_default=PAGE,
        validate=validate.Range(1, PAGE_MOST),
        metadata=_about("items on a page"),
    )


class ListArgs(PageArgs):
    direction = fields.String(validate=validate.OneOf(rules.DIRECTIONS))
    kind = Several(
        fields.String(validate=validate.OneOf(rules.KINDS)), metadata=_about("any of these")
    )
    category = fields.String(
        validate=validate.OneOf(list(categories.all_categories())),
        metadata=_about("includes the categories below it"),
    )
    terms = Several(
        fields.String(validate=validate.OneOf(rules.TERMS)), metadata=_about("any of these")
    )


class SearchArgs(ListArgs):
    q = fields.String(
        load_default="",
        validate=validate.Length(max=TEXT_MOST),
        metadata=_about("words, in Indonesian or English"),
    )
    area = fields.String(
        validate=validate.Length(max=120),
        metadata=_about("official code of an area, or its name; distances begin there"),
    )
    cell = fields.String(metadata=_about("H3 cell of resolution 5 to 8; distances begin there"))
    radius_km = fields.Float(
        validate=validate.Range(0, RADIUS_MOST_KM, min_inclusive=False),
        metadata=_about("only within this distance of `area` or `cell`"),
    )
    sort = fields.String(load_default="best", validate=validate.OneOf(SORTS))


class BandSchema(Schema):
    from_km = fields.Integer(required=True)
    to_km = fields.Integer(required=True, allow_none=True, metadata=_about("null: no limit"))


class PlaceSchema(Schema):
    """A cell, never a point."""

    kind = fields.String(required=True, validate=validate.OneOf(("cell", "online", "unknown")))
    cell = fields.String(required=True, allow_none=True, metadata=_about("H3, hexadecimal"))
    precision = fields.Integer(
        required=True, allow_none=True, metadata=_about("resolution of the cell, 5 to 8")
    )
    area = fields.String(required=True, metadata=_about("name of the district or city"))
    band = fields.Nested(
        BandSchema,
        required=True,
        allow_none=True,
        metadata=_about("distance from the place asked for, as a range"),
    )


class OwnerSchema(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    type = fields.String(required=True)


class PhotoSchema(Schema):
    alt = fields.String(required=True)
    small = fields.String(required=True, metadata=_about("WebP, longest edge 240 px"))
    medium = fields.String(required=True, metadata=_about("WebP, longest edge 480 px"))
    large = fields.String(required=True, metadata=_about("WebP, longest edge 960 px"))


class WishSchema(Schema):
    text = fields.String(required=True)
    category = fields.String(required=True)


class ListingSchema(Schema):
    id = fields.String(required=True)
    url = fields.String(required=True, metadata=_about("its page"))
    direction = fields.String(required=True, validate=validate.OneOf(rules.DIRECTIONS))
    kind = fields.String(required=True, validate=validate.OneOf(rules.KINDS))
    title = fields.String(required=True)
    description = fields.String(required=True)
    language = fields.String(required=True)
    category = fields.String(required=True, metadata=_about("empty: none chosen"))
    terms = fields.List(fields.String(validate=validate.OneOf(rules.TERMS)), required=True)
    loan_days_max = fields.Integer(required=True, allow_none=True)
    quantity = fields.Integer(required=True, allow_none=True, metadata=_about("null: not counted"))
    left = fields.Integer(required=True, allow_none=True)
    unit = fields.String(required=True)
    wishes = fields.List(fields.Nested(WishSchema), required=True)
    hours = fields.String(
        required=True,
        allow_none=True,
        metadata=_about("168 bits in hexadecimal, lowest: Monday 00:00 local; null: any time"),
    )
    available_until = fields.Date(required=True, allow_none=True)
    place = fields.Nested(PlaceSchema, required=True)
    owner = fields.Nested(OwnerSchema, required=True)
    photos = fields.List(fields.Nested(PhotoSchema), required=True)
    published_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


class ReasonSchema(Schema):
    code = fields.String(required=True)
    params = fields.Dict(required=True)


class MatchSchema(Schema):
    listing = fields.Nested(ListingSchema, required=True)
    grains = fields.Integer(required=True, metadata=_about("how well it fits, 1 to 3"))
    reasons = fields.List(fields.Nested(ReasonSchema), required=True)


class _Page(Schema):
    next = fields.String(
        required=True, allow_none=True, metadata=_about("cursor of the next page; null: the end")
    )
    total = fields.Integer(required=True)


class ListingPage(_Page):
    items = fields.List(fields.Nested(ListingSchema), required=True)


class MatchPage(_Page):
    items = fields.List(fields.Nested(MatchSchema), required=True)


class FieldProblem(Schema):
    field = fields.String(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)


class ProblemSchema(Schema):
    """application/problem+json (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    errors = fields.List(fields.Nested(FieldProblem))
