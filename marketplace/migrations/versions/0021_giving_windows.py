"""windows in which people may ask before it is said who gets it, and draws

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op


revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

RULES_BEFORE = "giving_rule IN ('first', 'order', 'choice')"
RULES = "giving_rule IN ('first', 'order', 'choice', 'draw')"
HOURS = (
    "window_hours IS NULL OR (window_hours BETWEEN 2 AND 24 AND direction = 'offer' "
    "AND giving_rule IN ('choice', 'draw'))"
)
RUNS = sa.text("ended_at IS NULL")
NAMES_KEPT = sa.text("alias_key <> '' AND ended_at IS NOT NULL")
WITH_WINDOW = sa.text("window_hours IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("listings") as batch:
        batch.add_column(sa.Column("window_hours", sa.Integer(), nullable=True))
        batch.drop_constraint(op.f("ck_listings_giving_rule"), type_="check")
        batch.create_check_constraint(op.f("ck_listings_giving_rule"), RULES)
        batch.create_check_constraint(op.f("ck_listings_window_hours"), HOURS)
    op.create_index(
        "ix_listings_with_window", "listings", ["updated_at"],
        sqlite_where=WITH_WINDOW, postgresql_where=WITH_WINDOW,
    )
    op.create_table(
        "giving_windows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=6), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("alias_key", sa.String(length=64), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("rule IN ('choice', 'draw')", name=op.f("ck_giving_windows_rule")),
        sa.CheckConstraint(
            "outcome IN ('', 'drawn', 'chooses', 'nobody', 'called_off')",
            name=op.f("ck_giving_windows_outcome"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (outcome = '')", name=op.f("ck_giving_windows_ended")
        ),
        sa.ForeignKeyConstraint(
            ["listing_id"], ["listings.id"], ondelete="CASCADE",
            name=op.f("fk_giving_windows_listing_id_listings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_giving_windows")),
    )
    op.create_index(op.f("ix_giving_windows_listing_id"), "giving_windows", ["listing_id"])
    op.create_index(
        "ix_giving_windows_one_running", "giving_windows", ["listing_id"], unique=True,
        sqlite_where=RUNS, postgresql_where=RUNS,
    )
    op.create_index(
        "ix_giving_windows_closes_at", "giving_windows", ["closes_at"],
        sqlite_where=RUNS, postgresql_where=RUNS,
    )
    op.create_index(
        "ix_giving_windows_names_kept", "giving_windows", ["ended_at"],
        sqlite_where=NAMES_KEPT, postgresql_where=NAMES_KEPT,
    )


def downgrade() -> None:
    op.drop_table("giving_windows")
    op.drop_index("ix_listings_with_window", table_name="listings")
    op.execute(
        "UPDATE listings SET window_hours = NULL, giving_rule = 'order' WHERE giving_rule = 'draw'"
    )
    with op.batch_alter_table("listings") as batch:
        batch.drop_constraint(op.f("ck_listings_window_hours"), type_="check")
        batch.drop_constraint(op.f("ck_listings_giving_rule"), type_="check")
        batch.create_check_constraint(op.f("ck_listings_giving_rule"), RULES_BEFORE)
        batch.drop_column("window_hours")
