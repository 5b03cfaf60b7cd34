"""Bookings, and what its desk owner has to confirm with the client."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0010_bookings.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX tierline.event_surveyed, tierline.notice_surveyed")
    op.execute(
        "ALTER TABLE tierline.ticket DROP COLUMN booked_from, DROP COLUMN booked_until,"
        " DROP COLUMN confirming"
    )
