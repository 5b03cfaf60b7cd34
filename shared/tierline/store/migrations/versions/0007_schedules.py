"""Schedules: who is on call, and what was changed by hand."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0007_schedules.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE tierline.override")
    op.execute("DROP TABLE tierline.schedule")
