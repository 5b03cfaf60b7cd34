"""Storms: lapses of a group as they are counted, and what is gathered for one decision."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0015_storms.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE tierline.storm_ticket")
    op.execute("DROP TABLE tierline.storm")
    op.execute("DROP INDEX tierline.event_lapse")
