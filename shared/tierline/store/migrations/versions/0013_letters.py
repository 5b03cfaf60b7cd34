"""Letters, training, guides; events by the instant they were recorded."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0013_letters.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX tierline.event_recorded")
    op.execute("DROP INDEX tierline.event_moved")
    op.execute("DROP TABLE tierline.guide")
    op.execute("DROP TABLE tierline.training")
    op.execute("DROP TABLE tierline.letter")
    op.execute("DROP TABLE tierline.letter_due")
