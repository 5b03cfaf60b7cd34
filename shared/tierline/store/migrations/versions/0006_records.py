"""Records: sites, vendors, partners, absences; versions, and who changed what."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NEW = {
    "client": ("domains", "account_manager", "service_manager"),
    "contact": ("phone",),
    "device": ("agreement",),
    "person": ("skills", "zone", "capacity", "usual_clients"),
}
_COMMON = ("doc", "version", "changed_at", "loaded")


def upgrade() -> None:
    text = (Path(__file__).parent / "0006_records.sql").read_text()
    for statement in text.split("\n--;\n"):
        op.execute(statement)


def downgrade() -> None:
    for table in ("record_change", "absence", "partner", "vendor", "site"):
        op.execute(f"DROP TABLE tierline.{table}")
    op.execute("DROP INDEX tierline.device_site")
    op.execute("DROP INDEX tierline.person_name")
    for table, columns in _NEW.items():
        for column in (*columns, *_COMMON):
            op.execute(f"ALTER TABLE tierline.{table} DROP COLUMN {column}")
