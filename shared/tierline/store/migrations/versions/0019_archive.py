"""Archives: what was written out, and what remains of an archived ticket."""

from pathlib import Path

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0019_archive.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE tierline.month DROP COLUMN thinned")
    op.execute("DROP TABLE tierline.archived")
    op.execute("DROP TABLE tierline.archive")
