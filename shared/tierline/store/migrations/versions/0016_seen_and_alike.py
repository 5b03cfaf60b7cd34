"""Alerts that are alike, by acceptance; restricted tickets, and who may see them."""

from pathlib import Path

from alembic import op

revision = "0016"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0016_seen_and_alike.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE tierline.subscription DROP COLUMN restricted")
    op.execute("DROP TABLE tierline.restricted")
    op.execute("DROP INDEX tierline.alert_alike")
