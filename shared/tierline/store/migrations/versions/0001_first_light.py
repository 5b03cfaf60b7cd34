"""First light: alerts, problems, tickets, events, notices, outbox, records, logins."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in _statements("0001_first_light.sql"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA tierline CASCADE")


def _statements(name: str) -> list[str]:
    """The file's statements: separated by a line that holds nothing but `--;`."""
    text = (Path(__file__).parent / name).read_text()
    return [part for part in text.split("\n--;\n") if part.strip()]
