"""What a table looks like, as PostgreSQL itself says: its key, and the columns that hold words."""

from collections.abc import Mapping
from dataclasses import dataclass

from tierline.store.tickets import Connection

COLUMNS = """
SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type,
    array_position(i.indkey::int2[], a.attnum) AS place
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relnamespace = 'tierline'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition
ORDER BY c.relname, place, a.attnum
"""

TEXT, WORDS, JSON, BYTES = "text", "text[]", "json", "bytea"
HOLDS = {"text": TEXT, "character varying": TEXT, "text[]": WORDS, "json": JSON, "jsonb": JSON,
         "bytea": BYTES}  # fmt: skip
"""By PostgreSQL's type: what a column may hold words in."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: the columns of its key with their types, and those that hold words, by kind."""

    table: str
    key: Mapping[str, str]
    columns: Mapping[str, str]

    @property
    def client(self) -> str:
        """The column that says whose a row is; empty where there is none."""
        if self.table == "client":
            return "name"
        return "client" if "client" in self.columns else ""

    @property
    def sieved(self) -> bool:
        """Whether PostgreSQL can tell which rows may hold a text: not of bytes."""
        return BYTES not in self.columns.values()


async def shapes(connection: Connection) -> dict[str, Shape]:
    """Every table of the schema, partitions aside."""
    found: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
    for row in await connection.fetch(COLUMNS):
        key, columns = found.setdefault(row["table"], ({}, {}))
        if row["place"] is not None:
            key[row["name"]] = row["type"]
        if row["type"] in HOLDS:
            columns[row["name"]] = HOLDS[row["type"]]
    return {table: Shape(table, *beside) for table, beside in found.items()}
