"""exchanges, with their meetings, returns and thanks; photos in messages; reputations

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RUNNING = (
    "state IN ('interested', 'promised', 'arranged', 'handed_over', 'partly', 'out', 'returned')"
)


def upgrade() -> None:
    op.create_table(
        "reputations",
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("shows_up", sa.Float(), nullable=True),
        sa.Column("replies_within", sa.Float(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["members.id"],
            name=op.f("fk_reputations_member_id_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_reputations")),
    )
    op.create_index(
        op.f("ix_reputations_computed_at"), "reputations", ["computed_at"], unique=False
    )

    op.create_table(
        "exchanges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("counterpart_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("opener_id", sa.Integer(), nullable=False),
        sa.Column("giver_id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column("terms", sa.String(length=4), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("in_return", sa.String(length=120), nullable=False),
        sa.Column("loan_days", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("there_said_by_id", sa.Integer(), nullable=True),
        sa.Column("there_said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("there_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("back_said_by_id", sa.Integer(), nullable=True),
        sa.Column("back_said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("meets_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meets_zone", sa.String(length=40), nullable=False),
        sa.Column("meets_where", sa.String(length=160), nullable=False),
        sa.Column("meeting_revision", sa.Integer(), nullable=False),
        sa.Column("giver_code", sa.String(length=6), nullable=False),
        sa.Column("receiver_code", sa.String(length=6), nullable=False),
        sa.Column("code_tries", sa.Integer(), nullable=False),
        sa.Column("code_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_on_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passes_on_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('interested', 'promised', 'arranged', 'handed_over', 'partly', 'out', 'returned', 'closed', 'lost', 'declined', 'released', 'cancelled', 'did_not_happen')",
            name=op.f("ck_exchanges_state"),
        ),
        sa.CheckConstraint("terms IN ('gift', 'loan', 'swap')", name=op.f("ck_exchanges_terms")),
        sa.CheckConstraint(
            "(giver_id = owner_id AND receiver_id = opener_id) "
            "OR (giver_id = opener_id AND receiver_id = owner_id)",
            name=op.f("ck_exchanges_sides"),
        ),
        sa.CheckConstraint("giver_id <> receiver_id", name=op.f("ck_exchanges_two_members")),
        sa.CheckConstraint(
            "quantity > 0 AND asked > 0", name=op.f("ck_exchanges_quantity_positive")
        ),
        sa.ForeignKeyConstraint(
            ["back_said_by_id"], ["members.id"], name=op.f("fk_exchanges_back_said_by_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_exchanges_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["counterpart_id"],
            ["listings.id"],
            name=op.f("fk_exchanges_counterpart_id_listings"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["members.id"], name=op.f("fk_exchanges_giver_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], name=op.f("fk_exchanges_listing_id_listings")
        ),
        sa.ForeignKeyConstraint(
            ["opener_id"], ["members.id"], name=op.f("fk_exchanges_opener_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["members.id"], name=op.f("fk_exchanges_owner_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["passes_on_id"],
            ["exchanges.id"],
            name=op.f("fk_exchanges_passes_on_id_exchanges"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["members.id"], name=op.f("fk_exchanges_receiver_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["there_said_by_id"], ["members.id"], name=op.f("fk_exchanges_there_said_by_id_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchanges")),
        sa.UniqueConstraint("public_id", name=op.f("uq_exchanges_public_id")),
    )
    op.create_index(
        op.f("ix_exchanges_conversation_id"), "exchanges", ["conversation_id"], unique=False
    )
    op.create_index(
        op.f("ix_exchanges_counterpart_id"), "exchanges", ["counterpart_id"], unique=False
    )
    op.create_index(op.f("ix_exchanges_giver_id"), "exchanges", ["giver_id"], unique=False)
    op.create_index(
        "ix_exchanges_listing_id_state_queued_at",
        "exchanges",
        ["listing_id", "state", "queued_at"],
        unique=False,
    )
    op.create_index(
        "ix_exchanges_one_running",
        "exchanges",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text(RUNNING),
        postgresql_where=sa.text(RUNNING),
    )
    op.create_index(
        "ix_exchanges_opener_id_state", "exchanges", ["opener_id", "state"], unique=False
    )
    op.create_index("ix_exchanges_owner_id_state", "exchanges", ["owner_id", "state"], unique=False)
    op.create_index(op.f("ix_exchanges_passes_on_id"), "exchanges", ["passes_on_id"], unique=False)
    op.create_index(op.f("ix_exchanges_receiver_id"), "exchanges", ["receiver_id"], unique=False)
    op.create_index("ix_exchanges_wake_at", "exchanges", ["wake_at"], unique=False)

    op.create_table(
        "exact_places",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["members.id"], name=op.f("fk_exact_places_by_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_exact_places_exchange_id_exchanges"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_exact_places")),
    )
    op.create_index(op.f("ix_exact_places_by_id"), "exact_places", ["by_id"], unique=False)

    op.create_table(
        "exchange_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=14), nullable=False),
        sa.Column("to_state", sa.String(length=14), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["members.id"], name=op.f("fk_exchange_events_actor_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_exchange_events_exchange_id_exchanges"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_events")),
    )
    op.create_index(
        op.f("ix_exchange_events_exchange_id"), "exchange_events", ["exchange_id"], unique=False
    )

    op.create_table(
        "feedbacks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=False),
        sa.Column("came", sa.Boolean(), nullable=True),
        sa.Column("as_described", sa.Boolean(), nullable=True),
        sa.Column("again", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_id"], ["members.id"], name=op.f("fk_feedbacks_about_id_members")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_feedbacks_by_id_members")),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_feedbacks_exchange_id_exchanges"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedbacks")),
        sa.UniqueConstraint("exchange_id", "by_id", name=op.f("uq_feedbacks_exchange_id_by_id")),
    )
    op.create_index(op.f("ix_feedbacks_about_id"), "feedbacks", ["about_id"], unique=False)
    op.create_index(op.f("ix_feedbacks_by_id"), "feedbacks", ["by_id"], unique=False)
    op.create_index(op.f("ix_feedbacks_exchange_id"), "feedbacks", ["exchange_id"], unique=False)

    op.create_table(
        "message_photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_message_photos_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_photos")),
        sa.UniqueConstraint("name", name=op.f("uq_message_photos_name")),
    )
    op.create_index(
        op.f("ix_message_photos_message_id"), "message_photos", ["message_id"], unique=False
    )

    op.create_table(
        "place_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_place_views_exchange_id_exchanges"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_place_views_member_id_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_views")),
    )
    op.create_index(
        op.f("ix_place_views_exchange_id"), "place_views", ["exchange_id"], unique=False
    )
    op.create_index(op.f("ix_place_views_member_id"), "place_views", ["member_id"], unique=False)

    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=160), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'countered', 'declined', 'withdrawn')",
            name=op.f("ck_proposals_state"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_proposals_by_id_members")),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_proposals_exchange_id_exchanges"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("public_id", name=op.f("uq_proposals_public_id")),
    )
    op.create_index(op.f("ix_proposals_by_id"), "proposals", ["by_id"], unique=False)
    op.create_index("ix_proposals_exchange_id_id", "proposals", ["exchange_id", "id"], unique=False)

    op.create_table(
        "return_checks",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("condition", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(length=300), nullable=False),
        sa.Column("photo_name", sa.String(length=40), nullable=False),
        sa.Column("photo_width", sa.Integer(), nullable=False),
        sa.Column("photo_height", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "condition IN ('as_before', 'worn', 'damaged')", name=op.f("ck_return_checks_condition")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["members.id"], name=op.f("fk_return_checks_by_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_return_checks_exchange_id_exchanges"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("exchange_id", name=op.f("pk_return_checks")),
    )
    op.create_index(op.f("ix_return_checks_by_id"), "return_checks", ["by_id"], unique=False)

    op.create_table(
        "thanks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by_public", sa.Boolean(), nullable=False),
        sa.Column("to_public", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["members.id"], name=op.f("fk_thanks_by_id_members")),
        sa.ForeignKeyConstraint(
            ["exchange_id"],
            ["exchanges.id"],
            name=op.f("fk_thanks_exchange_id_exchanges"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["to_id"], ["members.id"], name=op.f("fk_thanks_to_id_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thanks")),
        sa.UniqueConstraint("exchange_id", "by_id", name=op.f("uq_thanks_exchange_id_by_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_thanks_public_id")),
    )
    op.create_index(op.f("ix_thanks_by_id"), "thanks", ["by_id"], unique=False)
    op.create_index(op.f("ix_thanks_exchange_id"), "thanks", ["exchange_id"], unique=False)
    op.create_index(op.f("ix_thanks_to_id"), "thanks", ["to_id"], unique=False)

    with op.batch_alter_table("listings") as batch:
        batch.add_column(
            sa.Column("giving_rule", sa.String(length=6), server_default="order", nullable=False)
        )
        batch.create_check_constraint(
            op.f("ck_listings_giving_rule"), "giving_rule IN ('first', 'order', 'choice')"
        )


def downgrade() -> None:
    op.execute("UPDATE listings SET promised = 0")  # what reserved it is gone
    with op.batch_alter_table("listings") as batch:
        batch.drop_constraint(op.f("ck_listings_giving_rule"), type_="check")
        batch.drop_column("giving_rule")
    for table in (
        *("thanks", "return_checks", "proposals", "place_views", "message_photos", "feedbacks"),
        *("exchange_events", "exact_places", "exchanges", "reputations"),
    ):
        op.drop_table(table)
