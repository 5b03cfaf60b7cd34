"""Speed: how the long rows are kept."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = (Path(__file__).parent / "0004_speed.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE tierline.event RESET (toast_tuple_target)")
    op.execute("ALTER TABLE tierline.outbox RESET (toast_tuple_target)")
    for table, column in (("ticket", "doc"), ("event", "body"), ("outbox", "body")):
        op.execute(f"ALTER TABLE tierline.{table} ALTER COLUMN {column} SET COMPRESSION default")
