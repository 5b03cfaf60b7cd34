"""Reactions: what an event means for other tickets; marks of major incidents and problems."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0009_reactions.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX tierline.ticket_problems")
    op.execute("DROP INDEX tierline.ticket_major")
    op.execute("ALTER TABLE tierline.ticket DROP COLUMN major")
    op.execute("DELETE FROM tierline.progress WHERE consumer = 'reactions'")
    op.execute("DROP TABLE tierline.reaction")
