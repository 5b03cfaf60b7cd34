"""JSON Schema (2020-12) of mapping files, for editors.

`python -m tierline.replay.schema > docs/reference/replay-mapping-schema.json`
"""

import json
import sys
from typing import Any

from tierline.policy.schema import DIALECT
from tierline.replay.grammar import MAPPING


def mapping_schema() -> dict[str, Any]:
    """The schema of a mapping file."""
    return {
        "$schema": DIALECT,
        "title": "Tierline replay mapping",
        "description": "How the export of another help desk is read as a history to replay.",
        **MAPPING.schema(),
    }


def schema_text() -> str:
    """The schema as it stands in the documentation."""
    return json.dumps(mapping_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
