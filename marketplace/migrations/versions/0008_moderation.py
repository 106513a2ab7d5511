"""reports, decisions and appeals; a pause and a warning of a member; a message that is hidden

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("members") as batch:
        batch.add_column(sa.Column("suspended_at", INSTANT, nullable=True))
        batch.add_column(sa.Column("suspended_until", INSTANT, nullable=True))
        batch.add_column(sa.Column("warned_at", INSTANT, nullable=True))
    with op.batch_alter_table("messages") as batch:
        batch.add_column(sa.Column("hidden_at", INSTANT, nullable=True))
    _create_cases()
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        _to("reports", "case_id", "cases", "CASCADE"),
        _to("reports", "reporter_id", "members"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reports_public_id")),
        sa.UniqueConstraint("case_id", "reporter_id", name=op.f("uq_reports_case_id_reporter_id")),
    )
    _index("reports", "reporter_id")
    _create_decisions()
    op.create_table(
        "appeals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        _to("appeals", "decision_id", "decisions", "CASCADE"),
        _to("appeals", "staff_id", "members", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeals_decision_id")),
    )
    _index("appeals", "staff_id")


def downgrade() -> None:
    for table in ("appeals", "decisions", "reports", "cases"):
        op.drop_table(table)
    with op.batch_alter_table("messages") as batch:
        batch.drop_column("hidden_at")
    with op.batch_alter_table("members") as batch:
        for column in ("warned_at", "suspended_until", "suspended_at"):
            batch.drop_column(column)


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("thing", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.CheckConstraint(
            "thing IN ('listing', 'member', 'message')", name=op.f("ck_cases_thing")
        ),
        sa.CheckConstraint(
            "outcome IN ('', 'acted', 'dismissed')", name=op.f("ck_cases_outcome")
        ),
        _to("cases", "member_id", "members"),
        _to("cases", "listing_id", "listings", "SET NULL"),
        _to("cases", "message_id", "messages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("public_id", name=op.f("uq_cases_public_id")),
    )
    _index("cases", "member_id", "listing_id", "message_id")
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_cases_open_key",
        "cases",
        ["key"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("member_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("listing_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        _to("decisions", "case_id", "cases", "SET NULL"),
        _to("decisions", "member_id", "members"),
        _to("decisions", "staff_id", "members", "SET NULL"),
        _to("decisions", "listing_id", "listings", "SET NULL"),
        _to("decisions", "message_id", "messages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_decisions_public_id")),
    )
    _index("decisions", "case_id", "member_id", "staff_id", "listing_id", "message_id")


def _to(table: str, column: str, target: str, ondelete: str | None = None) -> sa.Constraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
